"""Ways to spread a model: its rows over devices, or its weights too."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, MutableMapping
from typing import Any

import jax
from jax.sharding import NamedSharding, PartitionSpec

from lamella._base import InvalidArgument, check, near_miss, publish, warn_person
from lamella._state import placement
from lamella.distribution.mesh import DeviceMesh, TensorLayout, distribute_tensor, list_devices


class LayoutMap(MutableMapping):
    """Layouts by the path of a weight, or by a regular expression that is all of it.

    "<path of a layer>/output" names what a layer gives.

    Args:
        device_mesh: the mesh of the layouts that have none.

    Raises: InvalidArgument for a key that is there already, or a path that two keys match.

    Example:
        >>> layout = LayoutMap(DeviceMesh((1,), ("model",), devices=["cpu:0"]))
        >>> layout[".*dense.*kernel"] = (None, "model")
        >>> layout["net/dense_3/kernel"]
        <TensorLayout (None, 'model')>
        >>> layout["net/dense_3/bias"] is None
        True
    """

    def __init__(self, device_mesh: DeviceMesh) -> None:
        self.device_mesh = device_mesh
        self._layouts: dict[str, TensorLayout] = {}

    def __getitem__(self, key: str) -> TensorLayout | None:
        if key in self._layouts:
            return self._layouts[key]
        keys = [pattern for pattern in self._layouts if re.fullmatch(pattern, key)]
        if len(keys) > 1:
            raise InvalidArgument(
                f"One layout is wanted for '{key}'. Received: {keys}, which all match.",
                help="Make the expressions narrower: r'^dense/kernel$'.",
            )
        return self._layouts[keys[0]] if keys else None

    def __setitem__(self, key: str, layout: Any) -> None:
        if key in self._layouts:
            raise InvalidArgument(
                f"{key!r} has a layout already: {self._layouts[key]}.",
                help=f"Delete it first: del layout_map[{key!r}].",
            )
        layout = TensorLayout(layout) if isinstance(layout, tuple | list) else layout
        check.of_kind(layout, TensorLayout, "A layout", 'Or a tuple: (None, "model").')
        if layout.device_mesh is None:
            layout = TensorLayout(layout.axes, self.device_mesh)
        self._layouts[key] = layout

    def __delitem__(self, key: str) -> None:
        del self._layouts[key]

    def __len__(self) -> int:
        return len(self._layouts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._layouts)


class Distribution:
    """What DataParallel and ModelParallel have in common.

    Args:
        device_mesh: the devices.
        batch_dim_name: the axis over which the rows of a batch are shared out.
        layout_map: how weights are split, None for not at all.
    """

    def __init__(
        self, device_mesh: DeviceMesh, batch_dim_name: str, layout_map: LayoutMap | None
    ) -> None:
        self.device_mesh = device_mesh
        self.batch_dim_name = check.one_of(batch_dim_name, device_mesh.axis_names, "batch_dim_name")
        self.layout_map = layout_map

    def get_data_layout(self, data_shape: tuple) -> TensorLayout:
        """The layout of a batch: its rows are shared out."""
        rest = (None,) * (len(data_shape) - 1)
        return TensorLayout((self.batch_dim_name, *rest), self.device_mesh)

    def get_variable_layout(self, variable: Any) -> TensorLayout:
        """The layout of a weight; every device has a copy where no rule matches."""
        found = None if self.layout_map is None else self.layout_map[variable.path]
        return found or TensorLayout((None,) * len(variable.shape), self.device_mesh)

    def get_tensor_layout(self, path: str) -> TensorLayout | None:
        """The layout of what a layer gives, None if there is no rule for it."""
        return None if self.layout_map is None else self.layout_map[path]

    def distribute_dataset(self, dataset: Any) -> Any:
        """The dataset as it is: batches are shared out when they arrive."""
        return dataset

    @contextlib.contextmanager
    def scope(self) -> Iterator[None]:
        """Puts it in force inside of a `with`."""
        before = distribution()
        set_distribution(self)
        try:
            yield
        finally:
            set_distribution(before)

    def for_weight(self, path: str, shape: tuple[int, ...]) -> Any:
        layout = None if self.layout_map is None else self.layout_map[path]
        return None if layout is None else layout.for_shape(shape, f"Variable '{path}'")

    def with_output(self, path: str, outputs: Any) -> Any:
        layout = self.get_tensor_layout(path)
        if layout is None:
            return outputs

        def lay(array: Any) -> Any:
            if not all(isinstance(size, int) for size in array.shape):  # shapes are being inferred
                return array
            rows = layout.axes[0] if array.shape[0] % self._parts == 0 else None
            fitting = TensorLayout((rows, *layout.axes[1:]), self.device_mesh)
            return distribute_tensor(array, fitting)

        return jax.tree.map(lay, outputs)

    def copied(self) -> NamedSharding:
        return NamedSharding(self.device_mesh.backend_mesh, PartitionSpec())

    def split(self, batch: Any) -> Any:
        sharding = self.get_data_layout((None,)).backend_layout
        if any(leaf.shape[0] % self._parts for leaf in jax.tree.leaves(batch)):
            return batch
        return jax.tree.map(lambda a: jax.lax.with_sharding_constraint(a, sharding), batch)

    def tell_if_uneven(self, rows: int) -> None:
        if rows % self._parts:
            warn_person(
                f"Batches of {rows} rows cannot be shared out among {self._parts} devices: each "
                f"computes all of them. Make batch_size a multiple of {self._parts}."
            )

    @property
    def _parts(self) -> int:
        return int(self.device_mesh.backend_mesh.shape[self.batch_dim_name])

    def check(self, paths: list[str]) -> None:
        for key in self.layout_map or ():
            if not any(path == key or re.fullmatch(key, path) for path in paths):
                inside = any(re.search(key, path) for path in paths)
                wider = f"A rule must match the whole path: write '.*{key}.*'."
                hint = wider if inside else near_miss(key, paths)
                raise InvalidArgument(
                    f"The rule {key!r} of the LayoutMap matches no weight of the model.",
                    help=f"{hint} The paths are {', '.join(paths)}.".strip(),
                )


class DataParallel(Distribution):
    """Shares the rows of every batch out among devices; each has all weights.

    The gradient is that of the whole batch, BatchNormalization's statistics too: the numbers are
    those of one device, up to the order of sums.

    Args:
        device_mesh: the devices in a row, None for all of them.
        devices: their names, in place of a mesh.
        auto_shard_dataset: accepted; every process passes the whole data.

    Example:
        >>> DataParallel(devices=["cpu:0"]).batch_dim_name
        'batch'
    """

    def __init__(
        self, device_mesh: Any = None, devices: Any = None, auto_shard_dataset: bool = True
    ) -> None:
        if device_mesh is None:
            devices = list_devices() if devices is None else list(devices)
            device_mesh = DeviceMesh((len(devices),), ("batch",), devices)
        super().__init__(device_mesh, device_mesh.axis_names[0], None)
        self.auto_shard_dataset = auto_shard_dataset


class ModelParallel(Distribution):
    """Splits weights as a LayoutMap says, and shares rows out along the mesh's first axis.

    Args:
        layout_map: which weights are split, and how.
        batch_dim_name: the mesh axis for rows, None for the first.
        auto_shard_dataset: accepted; every process passes the whole data.

    Raises: InvalidArgument, when a model is run, for a rule that matches none of its weights.

    Example:
        >>> layout = LayoutMap(DeviceMesh((1, 1), ("batch", "model"), devices=["cpu:0"]))
        >>> layout[".*kernel"] = (None, "model")
        >>> ModelParallel(layout_map=layout).batch_dim_name
        'batch'
    """

    def __init__(
        self,
        *,
        layout_map: LayoutMap,
        batch_dim_name: str | None = None,
        auto_shard_dataset: bool = True,
    ) -> None:
        example = "Make one: LayoutMap(device_mesh), and give it rules like a dictionary."
        check.of_kind(layout_map, LayoutMap, "layout_map", example)
        mesh = layout_map.device_mesh
        super().__init__(mesh, batch_dim_name or mesh.axis_names[0], layout_map)
        self.auto_shard_dataset = auto_shard_dataset


def distribution() -> Distribution | None:
    """The distribution in force, None if there is none.

    Example:
        >>> distribution() is None
        True
    """
    return placement.current()  # type: ignore[return-value]


def set_distribution(value: Distribution | None) -> None:
    """Puts a distribution in force for all models; None ends it.

    Args:
        value: set it before the model is made, so that no device has to hold all of it.

    Example:
        >>> set_distribution(None)
    """
    if value is not None:
        known = "Pass DataParallel(), ModelParallel(layout_map=...) or None."
        check.of_kind(value, Distribution, "A distribution", known)
    placement.use(value)


def initialize(
    job_addresses: str | None = None,
    num_processes: int | None = None,
    process_id: int | None = None,
) -> None:
    """Joins several processes, on one machine or many, before anything is computed.

    Args:
        job_addresses: "host:port" of the first process, commas between several; None to find out.
        num_processes: how many there are.
        process_id: the number of this one, from 0.

    Example:
        >>> initialize("localhost:1234", 2, 0)  # doctest: +SKIP
    """
    first = None if job_addresses is None else job_addresses.partition(",")[0]
    jax.distributed.initialize(first, num_processes, process_id)


publish(__name__)
