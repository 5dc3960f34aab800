"""Arrays that are all there: checked on the host, placed on the device once."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import jax
import jax.numpy as jnp
import numpy as np

from lamella._base.dtypes import is_float
from lamella._base.errors import InvalidArgument, InvalidData, WrongType
from lamella._base.settings import floatx


@dataclass(frozen=True)
class ArrayData:
    """Inputs, targets and weights of one length, as structures of arrays.

    Args:
        x: inputs.
        y: targets, None if there are none.
        sample_weight: weights of the rows, None for all 1.
    """

    x: Any
    y: Any = None
    sample_weight: Any = None

    @staticmethod
    def read(x: Any, y: Any = None, sample_weight: Any = None, role: str = "x") -> ArrayData:
        """Checks and converts what a person passed.

        Raises: InvalidData for text, objects, empty arrays, NaN and unlike lengths.
        """
        second = role.replace("x", "y") if "x" in role else f"{role} y"
        data = ArrayData(_read(x, role), _read(y, second), _read(sample_weight, "sample_weight"))
        _same_length(data, role)
        return data

    @property
    def rows(self) -> int:
        return int(jax.tree.leaves(self.x)[0].shape[0])

    def map(self, function: Callable[[Any], Any]) -> ArrayData:
        """The same structure with every array changed."""
        parts = (self.x, self.y, self.sample_weight)
        return ArrayData(*(jax.tree.map(function, part) for part in parts))

    def on_device(self) -> Any:
        """All arrays on the device, as a step receives them: x, (x, y) or (x, y, weights)."""
        return self.map(jnp.asarray).packed()

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

    def with_class_weight(self, class_weight: dict[int, float]) -> ArrayData:
        """The data with weights by class for sample weights."""
        if self.sample_weight is not None:
            raise InvalidArgument(
                "Both class_weight and sample_weight were given; only one can be used.",
                help="Multiply them yourself and pass the product as sample_weight.",
            )
        leaves = jax.tree.leaves(self.y)
        if len(leaves) != 1:
            raise InvalidArgument(
                f"class_weight needs exactly one array of targets. Received: {len(leaves)}.",
                help="Pass sample_weight with an array for each output instead.",
            )
        return ArrayData(self.x, self.y, class_weights(np.asarray(leaves[0]), class_weight))


def class_weights(y: np.ndarray, class_weight: dict[int, float]) -> np.ndarray:
    """The weight of each row by its class; classes that are not named weigh 1."""
    try:
        table = {int(key): float(value) for key, value in class_weight.items()}
    except (TypeError, ValueError, AttributeError):
        raise WrongType(
            f"class_weight must be a dictionary of class numbers to weights. "
            f"Received: {class_weight!r}.",
            help="Pass for example class_weight={0: 1.0, 1: 5.0}.",
        ) from None
    if y.ndim > 1:
        y = np.argmax(y, axis=-1) if y.shape[-1] > 1 else np.squeeze(y, axis=-1)
    whole = np.round(y).astype("int64")
    weights = np.ones(whole.shape, floatx())
    for label, weight in table.items():
        weights[whole == label] = weight
    return weights


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
        if _is_array(value[0]):
            # A list of arrays: one for each input, as Keras reads it.
            return [_read(item, f"{role}[{index}]") for index, item in enumerate(value)]
        value = _from_list(value, role)
    return _read_array(value, role)


def _is_array(value: Any) -> bool:
    return callable(getattr(value, "__array__", None)) and getattr(value, "ndim", 0) > 0


def _from_list(value: Any, role: str) -> np.ndarray:
    try:
        return np.asarray(value)
    except ValueError as cause:
        raise InvalidData(
            f"Argument `{role}` is a list whose rows are of unlike length.",
            help="Make the rows equally long, for example by padding, and pass one array.",
        ) from cause


def _read_array(value: Any, role: str) -> Any:
    if not isinstance(value, (np.ndarray, jax.Array)):
        if not callable(getattr(value, "__array__", None)):
            raise WrongType(
                f"Argument `{role}` must be an array. Received: {type(value).__name__}.",
                help="Pass a NumPy or JAX array, a list of numbers, or a generator of batches.",
            )
        value = np.asarray(value)
    if value.dtype.kind in "OSUM":
        _refuse_dtype(value, role)
    if value.ndim == 0:
        raise InvalidData(
            f"Argument `{role}` is a single number; an array of rows is wanted.",
            help="Pass one row as an array of length 1.",
        )
    if value.shape[0] == 0:
        _refuse_empty(role, value.shape)
    if value.dtype == np.float64:
        value = value.astype(floatx())
    elif value.dtype in (np.int64, np.uint64):
        value = _as_int32(value, role)
    return value


def _as_int32(value: Any, role: str) -> Any:
    narrow = np.int32 if value.dtype == np.int64 else np.uint32
    limits = np.iinfo(narrow)
    if value.size and (value.max() > limits.max or value.min() < limits.min):
        raise InvalidData(
            f"Argument `{role}` has whole numbers beyond 32 bits: {value.min()} to {value.max()}.",
            help="Bring them into range, for example by numbering the values from 0.",
        )
    return value.astype(narrow)


def _refuse_dtype(value: np.ndarray, role: str) -> NoReturn:
    first = value.ravel()[0] if value.size else None
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


def refuse_nan(value: Any, role: str) -> None:
    """Raises InvalidData with the first bad row, if an array has a NaN."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(value):
        bad = _first_nan(leaf)
        if bad is not None:
            row, count = bad
            raise InvalidData(
                f"Argument `{role}{jax.tree_util.keystr(path)}` has {count} NaN entries, the first "
                f"in row {row}.",
                help="Remove or fill those rows: keep = ~np.isnan(x).reshape(len(x), -1).any(1).",
            )


def warn_nan(value: Any, role: str) -> None:
    """Warns once if an array has a NaN."""
    for leaf in jax.tree.leaves(value):
        bad = _first_nan(leaf)
        if bad is not None:
            warnings.warn(
                f"`{role}` has {bad[1]} NaN entries, the first in row {bad[0]}; what is predicted "
                "for such rows is NaN too.",
                stacklevel=4,
            )
            return


def _first_nan(leaf: Any) -> tuple[int, int] | None:
    if not is_float(leaf.dtype) or leaf.size == 0:
        return None
    array = np.asarray(leaf)
    # A sum is one fast pass; only a suspicious one is looked at entry by entry.
    with np.errstate(all="ignore"):
        if not np.isnan(np.sum(array, dtype=np.float32)):
            return None
    bad = np.isnan(array)
    if not bad.any():
        return None
    rows = bad.reshape(len(array), -1).any(axis=1)
    return int(np.argmax(rows)), int(bad.sum())


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """One batch from its parts; parts at the end that are None are left out.

    Example:
        >>> pack_x_y_sample_weight([1.0], [2.0])
        ([1.0], [2.0])
    """
    if y is None and sample_weight is None:
        return (x,) if isinstance(x, (list, tuple, dict)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)
