"""Arrays that are all there: checked on the host, placed on the device once."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, NoReturn

import jax
import jax.numpy as jnp
import numpy as np

from lamella._base import InvalidArgument, InvalidData, WrongType, is_float
from lamella._state import placement
from lamella.data.class_weights import weights_by_output
from lamella.data.host import HostArray, from_elsewhere, is_on_host, narrowed
from lamella.data.tables import is_column, is_table, read_column, read_table


@dataclass(frozen=True)
class ArrayData:
    """Inputs, targets and weights of one length, as structures of arrays.

    Args:
        x: inputs.
        y: targets, None if there are none.
        sample_weight: weights of the rows, None for all 1.
        columns: the names of the columns of x, if it was one table.
    """

    x: Any
    y: Any = None
    sample_weight: Any = None
    columns: tuple[str, ...] | None = None
    _placed: Any = field(default=None, init=False, repr=False, compare=False)

    @staticmethod
    def read(
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        role: str = "x",
        names: Sequence[str] | None = None,
        y_names: Sequence[str] | None = None,
    ) -> ArrayData:
        """Checks and converts what a person passed.

        Args:
            x, y, sample_weight: arrays, tables, structures of them, or None.
            role: what x is called in errors; it ends in "x".
            names: the model's inputs: several take the columns of a table by name.
            y_names: the same of its outputs.

        Raises: InvalidData for text, objects, empty arrays and unlike lengths.
        """
        prefix = role.removesuffix("x")
        columns = None
        if is_table(x):
            x, columns = read_table(x, role, names)
        if is_table(y):
            y, _ = read_table(y, f"{prefix}y", y_names)
        inputs, targets = _read(x, role), _read(y, f"{prefix}y")
        weight = _read(sample_weight, f"{prefix}sample_weight")
        data = ArrayData(inputs, targets, weight, columns)
        _same_length(data, role)
        return data

    @property
    def rows(self) -> int:
        return int(jax.tree.leaves(self.x)[0].shape[0])

    @property
    def stays_on_host(self) -> bool:
        """Whether a part is too large to be read at once: take rows of it batch by batch."""
        parts = (self.x, self.y, self.sample_weight)
        return any(isinstance(leaf, HostArray) for leaf in jax.tree.leaves(parts))

    def map(self, function: Callable[[Any], Any]) -> ArrayData:
        """The same structure with every array changed."""
        x, y, weight = (jax.tree.map(function, p) for p in (self.x, self.y, self.sample_weight))
        return ArrayData(x, y, weight, self.columns)

    def take(self, index: np.ndarray) -> ArrayData:
        """Some of the rows, as NumPy arrays in memory."""
        return self.map(
            lambda a: a.take(index) if isinstance(a, HostArray) else np.asarray(a)[index]
        )

    def glimpse(self) -> ArrayData:
        """The data with a few thousand rows in place of each part that stays on the host."""
        return self.map(lambda a: a.take(a.spread()) if isinstance(a, HostArray) else a)

    def on_device(self) -> Any:
        """All arrays on the device, as a step receives them: x, (x, y) or (x, y, weights).

        They are placed once.
        """
        if self._placed is None:
            object.__setattr__(self, "_placed", self.map(_place).packed())
        return self._placed

    def packed(self) -> Any:
        """The arrays as a step receives them: x, (x, y) or (x, y, weights)."""
        return pack_x_y_sample_weight(self.x, self.y, self.sample_weight)

    def split(self, share: float) -> tuple[ArrayData, ArrayData]:
        """All but the last `share` of the rows, and those."""
        edge = math.floor(self.rows * (1.0 - share))
        if edge == 0 or edge == self.rows:
            raise InvalidArgument(
                f"validation_split={share} of {self.rows} rows leaves "
                f"{edge} for training and {self.rows - edge} for validation.",
                help="Pass more rows, another share, or validation_data=(x, y).",
            )
        return self.map(lambda a: a[:edge]), self.map(lambda a: a[edge:])

    def with_class_weight(
        self, class_weight: Any, names: Sequence[str] | None = None, *, warn: bool = True
    ) -> ArrayData:
        """The data with weights by class for sample weights.

        Args:
            class_weight: weights by class number; for several outputs a dictionary of those by
                output name, or a list of them. An output without any weighs 1.
            names: the model's outputs.
            warn: whether to warn of classes that never occur.

        Raises: InvalidArgument for an output that is not there, or sample weights beside them.
        """
        if self.sample_weight is not None:
            raise InvalidArgument(
                "Both class_weight and sample_weight were given; only one can be used.",
                help="Multiply them yourself and pass the product as sample_weight.",
            )
        if self.y is None:
            raise InvalidArgument(
                "class_weight was given without targets.", help="Pass y, whose classes it weighs."
            )
        return replace(self, sample_weight=weights_by_output(self.y, class_weight, names, warn))


def rows_of(x: Any) -> int:
    """The number of rows of a batch."""
    return int(next(leaf.shape[0] for leaf in jax.tree.leaves(x)))


def _read(value: Any, role: str) -> Any:
    if value is None:
        return None
    if isinstance(value, dict):
        return {key: _read(item, f"{role}[{key!r}]") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        if not value:
            _refuse_empty(role, (0,))
        if _is_structure(value):
            # A list of arrays: one for each input, as Keras reads it.
            return [_read(item, f"{role}[{index}]") for index, item in enumerate(value)]
        value = _from_list(value, role)
    return _read_array(value, role)


def _is_structure(value: list | tuple) -> bool:
    """Whether a list holds arrays or dictionaries at any depth, and not numbers alone."""
    first = value[0] if value else None
    if isinstance(first, (list, tuple)):
        return _is_structure(first)
    return isinstance(first, dict) or _is_array(first)


def _is_array(value: Any) -> bool:
    if is_table(value) or is_column(value) or is_on_host(value):
        return True
    # Tensors of TensorFlow have a shape and no ndim.
    rank = getattr(value, "ndim", None) or len(getattr(value, "shape", ()))
    return callable(getattr(value, "__array__", None)) and rank > 0


def _from_list(value: Any, role: str) -> np.ndarray:
    try:
        return np.asarray(value)
    except ValueError as cause:
        raise InvalidData(
            f"Argument `{role}` is a list whose rows are of unlike length.",
            help="Make the rows equally long, for example by padding, and pass one array.",
        ) from cause


def _read_array(value: Any, role: str) -> Any:
    if is_table(value):
        value, _ = read_table(value, role)
    elif is_column(value):
        value = read_column(value, role)
    value = from_elsewhere(value, role)
    if not isinstance(value, (np.ndarray, jax.Array, HostArray)):
        if isinstance(value, type) or not callable(getattr(value, "__array__", None)):
            _refuse_kind(value, role)
        value = np.asarray(value)
    if value.dtype.kind in "OSUMmTV" and not is_float(value.dtype):
        _refuse_dtype(value, role)
    if value.ndim == 0:
        raise InvalidData(
            f"Argument `{role}` is a single number; an array of rows is wanted.",
            help="Pass one row as an array of length 1.",
        )
    if value.shape[0] == 0:
        _refuse_empty(role, value.shape)
    return value if isinstance(value, HostArray) else narrowed(value, role)


def _refuse_kind(value: Any, role: str) -> NoReturn:
    help = "Pass a NumPy or JAX array, a list of numbers, a table, or a generator of batches."
    kind = type(value).__name__
    if callable(value):
        name = getattr(value, "__name__", "it")
        kind = f"the {'class' if isinstance(value, type) else 'function'} {name}"
        help = f"Call it and pass what it gives: {name}(...)."
    raise WrongType(f"Argument `{role}` must be an array. Received: {kind}.", help=help)


def _refuse_dtype(value: Any, role: str) -> NoReturn:
    first = value[:1].ravel()[0] if isinstance(value, np.ndarray) and value.size else None
    raise InvalidData(
        f"Argument `{role}` has dtype {value.dtype} (first entry {first!r}); numbers are wanted.",
        help="Convert it: x.astype('float32') for numbers kept as objects, "
        "or turn text into class numbers.",
    )


def _refuse_empty(role: str, shape: tuple) -> NoReturn:
    raise InvalidData(
        f"Argument `{role}` is empty: shape {tuple(shape)}.",
        help="Check the filter or the path that the data came from.",
    )


def _same_length(data: ArrayData, role: str) -> None:
    if data.x is None:
        return
    sizes: dict[str, int] = {}
    for name, part in ((role, data.x), ("y", data.y), ("sample_weight", data.sample_weight)):
        for path, leaf in jax.tree_util.tree_leaves_with_path(part):
            sizes[f"{name}{jax.tree_util.keystr(path)}"] = int(leaf.shape[0])
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{name} has {size}" for name, size in sizes.items())
        raise InvalidData(
            f"The arrays must have the same number of rows. Received: {listed}.",
            help="Check that x and y were filtered and split in the same way.",
        )


def refuse_nan(value: Any, role: str, columns: Sequence[str] | None = None) -> None:
    """Raises InvalidData with the first bad row, if an array has a NaN.

    Of what stays on the host a few thousand rows are looked at.

    Args:
        value: a structure of arrays.
        role: what it is called in the error.
        columns: the names of the columns of a single matrix.
    """
    for path, leaf in jax.tree_util.tree_leaves_with_path(value):
        bad = _find_nan(leaf)
        if bad is not None:
            where = f", column {columns[bad.column]!r}" if columns and bad.column >= 0 else ""
            raise InvalidData(
                f"Argument `{role}{jax.tree_util.keystr(path)}` has {bad.entries} NaN entries, the "
                f"first in row {bad.row}{where}.",
                help="Remove or fill those rows: keep = ~np.isnan(x).reshape(len(x), -1).any(1).",
            )


def _place(array: Any) -> jax.Array:
    # Of a NumPy array JAX would compile a copy for each shape.
    if type(array) is not np.ndarray:
        return placement.copied(jnp.asarray(array))
    # JAX on a processor takes memory that starts at a multiple of 64 as it is.
    room = np.empty(array.nbytes + 64, np.uint8)
    start = -room.ctypes.data % 64
    copy = room[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return placement.copied(jax.device_put(copy))


def warn_nan(value: Any, role: str) -> None:
    """Warns once if an array has a NaN."""
    for leaf in jax.tree.leaves(value):
        bad = _find_nan(leaf)
        if bad is not None:
            warnings.warn(
                f"`{role}` has {bad.entries} NaN entries, the first in row {bad.row}; what is "
                "predicted for such rows is NaN too.",
                stacklevel=4,
            )
            return


class _Nan(NamedTuple):
    row: int
    column: int
    entries: int


def _find_nan(leaf: Any) -> _Nan | None:
    if not is_float(leaf.dtype) or leaf.size == 0:
        return None
    numbers = leaf.spread() if isinstance(leaf, HostArray) else None
    array = np.asarray(leaf) if numbers is None else leaf.take(numbers)
    # A sum is one fast pass; only a suspicious one is looked at entry by entry.
    with np.errstate(all="ignore"):
        if not np.isnan(np.sum(array, dtype=np.float32)):
            return None
    bad = np.isnan(array)
    if not bad.any():
        return None
    place = np.unravel_index(np.argmax(bad), bad.shape)
    row = int(place[0])
    column = int(place[1]) if array.ndim == 2 else -1
    return _Nan(row if numbers is None else int(numbers[row]), column, int(bad.sum()))


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """One batch from its parts; parts at the end that are None are left out.

    Example:
        >>> pack_x_y_sample_weight([1.0], [2.0])
        ([1.0], [2.0])
    """
    if y is None and sample_weight is None:
        return (x,) if isinstance(x, (list, tuple, dict)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)
