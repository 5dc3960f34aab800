"""Devices in a grid with named axes, and how an array lies on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from lamella._base import InvalidArgument, InvalidShape, check, publish


def list_devices(device_type: str | None = None) -> list[str]:
    """The names of the devices, those of other processes too: "cpu:0", "gpu:1" ...

    Args:
        device_type: "cpu", "gpu" or "tpu"; None for the kind that computes.

    Example:
        >>> list_devices("cpu")[0]
        'cpu:0'
    """
    return [_name(device) for device in jax.devices(device_type)]


def get_device_count(device_type: str | None = None) -> int:
    """The number of devices of a kind, those of other processes too.

    Args:
        device_type: "cpu", "gpu" or "tpu"; None for the kind that computes.

    Example:
        >>> get_device_count() == len(list_devices())
        True
    """
    return len(jax.devices(device_type))


def _name(device: Any) -> str:
    platform = "gpu" if device.platform in ("cuda", "rocm") else device.platform
    return f"{platform}:{device.id}"


def _device(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    known = {_name(device): device for device in jax.devices(given.partition(":")[0].lower())}
    return known[check.one_of(given.lower(), list(known), "devices")]


class DeviceMesh:
    """Devices in a grid, each axis with a name.

    Args:
        shape: the sizes of the grid, for instance (2, 4).
        axis_names: a name for each axis, for instance ("batch", "model").
        devices: names or JAX devices, as many as the grid has places; None for all.

    Raises: InvalidArgument, if names, sizes and devices do not go together.

    Example:
        >>> DeviceMesh((1,), ("batch",), devices=["cpu:0"])
        <DeviceMesh batch=1 on cpu:0>
    """

    def __init__(
        self, shape: Sequence[int], axis_names: Sequence[str], devices: Any = None
    ) -> None:
        found = list_devices() if devices is None else np.asarray(devices, object).ravel().tolist()
        if not shape or len(shape) != len(axis_names) or len(set(axis_names)) != len(axis_names):
            raise InvalidArgument(
                "Each axis of a mesh has a size and a name of its own. "
                f"Received: shape={tuple(shape)}, axis_names={tuple(axis_names)}.",
                help='For instance DeviceMesh((2, 4), ("batch", "model")).',
            )
        if math.prod(shape) != len(found):
            raise InvalidArgument(
                f"A mesh of shape {tuple(shape)} has {math.prod(shape)} places. "
                f"Received: {len(found)} devices.",
                help="Make their product the number of devices, or pass devices=[...].",
            )
        self.shape = tuple(shape)
        self.axis_names = tuple(axis_names)
        self.backend_mesh = Mesh(
            np.array([_device(one) for one in found], object).reshape(self.shape), self.axis_names
        )

    @property
    def devices(self) -> np.ndarray:
        """The devices' names, in the shape of the grid."""
        return np.vectorize(_name, otypes=[object])(self.backend_mesh.devices)

    def __repr__(self) -> str:
        axes = " ".join(f"{name}={size}" for name, size in zip(self.axis_names, self.shape))
        return f"<DeviceMesh {axes} on {', '.join(self.devices.ravel())}>"


class TensorLayout:
    """Which axis of an array is split over which axis of a mesh.

    Args:
        axes: for each axis of the array a mesh axis, or None where it is not split.
        device_mesh: the mesh; one that has none gets that of its LayoutMap.

    Raises: InvalidArgument for an axis that the mesh has not.

    Example:
        >>> mesh = DeviceMesh((1,), ("model",), devices=["cpu:0"])
        >>> TensorLayout((None, "model"), mesh)
        <TensorLayout (None, 'model')>
    """

    def __init__(self, axes: Sequence[str | None], device_mesh: DeviceMesh | None = None) -> None:
        self.axes = tuple(axes)
        self.device_mesh = device_mesh
        for axis in self.axes:
            if device_mesh is not None and axis is not None:
                check.one_of(axis, device_mesh.axis_names, "axes")

    @property
    def backend_layout(self) -> NamedSharding:
        """The layout as JAX has it."""
        if self.device_mesh is None:
            raise InvalidArgument(
                "A layout without a mesh places nothing. Received: device_mesh=None.",
                help="Pass TensorLayout(axes, device_mesh).",
            )
        return NamedSharding(self.device_mesh.backend_mesh, PartitionSpec(*self.axes))

    def for_shape(self, shape: tuple[int, ...], whose: str) -> NamedSharding:
        """The same for an array of a shape, which it must fit.

        Raises: InvalidShape, if the number of axes or a size does not go with it.
        """
        sharding = self.backend_layout
        sizes = dict(sharding.mesh.shape)
        whole = len(shape) == len(self.axes) and all(
            size is None or axis is None or not size % sizes[axis]
            for size, axis in zip(shape, self.axes)
        )
        if not whole:
            raise InvalidShape(
                f"{whose} has shape {shape}; the layout {self.axes} over {sizes} devices does not "
                "fit it.",
                help="Give an entry for each axis, and split those whose size the devices divide.",
            )
        return sharding

    def __repr__(self) -> str:
        return f"<TensorLayout {self.axes}>"


def distribute_tensor(tensor: Any, layout: TensorLayout) -> Any:
    """Lays an array on the devices; inside compiled code, asks XLA to.

    Args:
        tensor: any array.
        layout: how.

    Raises: InvalidShape, if it does not fit the array.

    Example:
        >>> mesh = DeviceMesh((1,), ("batch",), devices=["cpu:0"])
        >>> distribute_tensor(np.ones((4, 2)), TensorLayout(("batch", None), mesh)).shape
        (4, 2)
    """
    check.of_kind(layout, TensorLayout, "A layout", "Pass TensorLayout(axes, device_mesh).")
    place = jax.lax.with_sharding_constraint
    place = place if isinstance(tensor, jax.core.Tracer) else jax.device_put
    return place(tensor, layout.for_shape(np.shape(tensor), "The array"))


publish(__name__)
