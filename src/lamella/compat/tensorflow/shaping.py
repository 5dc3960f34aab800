"""Shape, order, choice: reshape, concat, gather and their kin."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from lamella import ops
from lamella._base import check
from lamella.compat.tensorflow.function import define, rename, require_one_type
from lamella.compat.tensorflow.tensors import convert, sizes_of

rename(
    "",
    "expand_dims(input, axis); stack(values, axis=0); unstack(value, num=None, axis=0); "
    "stop_gradient(input); roll(input, shift, axis); reverse(tensor, axis) = flip; "
    "repeat(input, repeats, axis=None); "
    "scatter_nd(indices, updates, shape) = scatter; "
    "tensor_scatter_nd_update(tensor, indices, updates) = scatter_update",
)


def _concat(values: Any, axis: int) -> Any:
    parts = [convert(value) for value in values]
    require_one_type("concat", *parts)
    return ops.concatenate(parts, axis)


def _split(value: Any, how: Any, axis: int) -> Any:
    if isinstance(how, (int, np.integer)):
        return ops.split(convert(value), int(how), axis)
    sizes = list(sizes_of(how))
    if -1 in sizes:
        sizes[sizes.index(-1)] = value.shape[axis] - sum(sizes) - 1
    return ops.split(convert(value), [int(edge) for edge in np.cumsum(sizes)[:-1]], axis)


def _pad(tensor: Any, paddings: Any, mode: str, value: Any) -> Any:
    widths = [tuple(int(width) for width in row) for row in np.asarray(paddings)]
    kind = check.one_of(mode.lower(), ("constant", "reflect", "symmetric"), "mode")
    return ops.pad(convert(tensor), widths, kind, value if kind == "constant" else None)


def _slice(x: Any, begin: Any, size: Any) -> Any:
    starts, lengths = sizes_of(begin), sizes_of(size)
    ends = [None if n == -1 else start + n for start, n in zip(starts, lengths)]
    return convert(x)[tuple(slice(start, end) for start, end in zip(starts, ends))]


def _boolean_mask(tensor: Any, mask: Any, axis: int) -> Any:
    """The number of entries must be known: this cannot be compiled."""
    x, chosen = convert(tensor), np.asarray(mask)
    flat = x.reshape(*x.shape[:axis], chosen.size, *x.shape[axis + chosen.ndim :])
    return jnp.take(flat, np.flatnonzero(chosen), axis=axis)


def _where(condition: Any, x: Any, y: Any) -> Any:
    if x is None and y is None:
        return jnp.stack(jnp.nonzero(convert(condition)), axis=-1)
    require_one_type("where", x, y)
    return ops.where(convert(condition), x, y)


def _descending(direction: str) -> bool:
    return check.one_of(direction, ("ASCENDING", "DESCENDING"), "direction") == "DESCENDING"


def _sort(values: Any, axis: int, direction: str) -> Any:
    return jnp.sort(convert(values), axis, descending=_descending(direction))


def _argsort(values: Any, axis: int, direction: str, stable: bool) -> Any:
    return jnp.argsort(convert(values), axis, stable=True, descending=_descending(direction))


def _unique(x: Any) -> Any:
    """In the order of first occurrence, where NumPy sorts."""
    values, first, places = np.unique(np.asarray(x), return_index=True, return_inverse=True)
    order = np.argsort(first)
    return convert(values[order]), convert(np.argsort(order)[places])


def _squeeze(x: Any, axis: Any) -> Any:
    return ops.squeeze(convert(x), tuple(axis) if isinstance(axis, list) else axis)


def _transpose(a: Any, perm: Any) -> Any:
    return ops.transpose(convert(a), None if perm is None else sizes_of(perm))


def _gather(params: Any, indices: Any, checked: Any, axis: int) -> Any:
    return ops.take(convert(params), convert(indices), axis)


_ORDER = "(values, axis=-1, direction='ASCENDING'"
define(
    "",
    {
        "reshape(tensor, shape)": lambda x, s: ops.reshape(convert(x), sizes_of(s)),
        "squeeze(input, axis=None)": _squeeze,
        "transpose(a, perm=None)": _transpose,
        "concat(values, axis)": _concat,
        "split(value, num_or_size_splits, axis=0)": _split,
        "tile(input, multiples)": lambda x, n: ops.tile(convert(x), sizes_of(n)),
        "broadcast_to(input, shape)": lambda x, s: ops.broadcast_to(convert(x), sizes_of(s)),
        "pad(tensor, paddings, mode='CONSTANT', constant_values=0)": _pad,
        "slice(input_, begin, size)": _slice,
        "gather(params, indices, validate_indices=None, axis=0)": _gather,
        "gather_nd(params, indices)": lambda x, places: convert(x)[
            tuple(jnp.moveaxis(convert(places), -1, 0))
        ],
        "boolean_mask(tensor, mask, axis=0)": _boolean_mask,
        "where(condition, x=None, y=None)": _where,
        f"sort{_ORDER})": _sort,
        f"argsort{_ORDER}, stable=False)": _argsort,
        "unique(x)": _unique,
    },
)
