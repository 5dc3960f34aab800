"""Where entries stand in an order."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import publish
from lamella._graph.operation import op
from lamella.ops._arrays import NUMPY, array, inexact
from lamella.ops._declare import of_one


def _or_missing(find: Any, filler: float, x: Any, axis: Any, keepdims: bool) -> jax.Array:
    x = inexact(x)
    missing = jnp.isnan(x)
    place = find(jnp.where(missing, filler, x), axis=axis, keepdims=keepdims)
    nothing = jnp.all(missing, axis=axis, keepdims=keepdims)
    return jnp.where(nothing, -1, place).astype("int32")


@op("argmax", module=NUMPY)
def argmax(x: Any, axis: Any = None, keepdims: bool = False) -> jax.Array:
    """The place of the greatest entry, of the first one if there are several.

    Args:
        x: numbers.
        axis: the axis to go along, the flat array if None.
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> int(argmax([1, 5, 3]))
        1
    """
    return jnp.argmax(array(x), axis=axis, keepdims=keepdims).astype("int32")


@op("argmin", module=NUMPY)
def argmin(x: Any, axis: Any = None, keepdims: bool = False) -> jax.Array:
    """The place of the least entry, of the first one if there are several.

    Args:
        x: numbers.
        axis: the axis to go along, the flat array if None.
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> int(argmin([4, 1, 3]))
        1
    """
    return jnp.argmin(array(x), axis=axis, keepdims=keepdims).astype("int32")


@op("nanargmax", module=NUMPY)
def nanargmax(x: Any, axis: Any = None, keepdims: bool = False) -> jax.Array:
    """The place of the greatest entry that is not NaN, -1 if all are NaN.

    Args:
        x: numbers.
        axis: the axis to go along, the flat array if None.
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> int(nanargmax([1.0, float("nan"), 3.0]))
        2
    """
    return _or_missing(jnp.argmax, -jnp.inf, x, axis, keepdims)


@op("nanargmin", module=NUMPY)
def nanargmin(x: Any, axis: Any = None, keepdims: bool = False) -> jax.Array:
    """The place of the least entry that is not NaN, -1 if all are NaN.

    Args:
        x: numbers.
        axis: the axis to go along, the flat array if None.
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> int(nanargmin([1.0, float("nan"), 3.0]))
        0
    """
    return _or_missing(jnp.argmin, jnp.inf, x, axis, keepdims)


@op("argsort", module=NUMPY)
def argsort(x: Any, axis: int | None = -1) -> jax.Array:
    """The places of the entries in ascending order.

    Args:
        x: numbers.
        axis: the axis to go along, the flat array if None.
    Example:
        >>> argsort([3, 1, 2]).tolist()
        [1, 2, 0]
    """
    x = array(x)
    return jnp.argsort(x, axis=None if x.ndim == 0 else axis).astype("int32")


@of_one(jnp.sort)
def sort(x: Any, axis: int | None = -1) -> jax.Array:
    """The entries in ascending order.

    Args:
        x: numbers.
        axis: the axis to go along, the flat array if None.
    Example:
        >>> sort([3, 1, 2]).tolist()
        [1, 2, 3]
    """


@op("argpartition", module=NUMPY)
def argpartition(x: Any, kth: int, axis: int | None = -1) -> jax.Array:
    """Places such that the entry at kth is where sorting would put it.

    Args:
        x: numbers.
        kth: a place in the order.
        axis: the axis to go along, the flat array if None.
    Example:
        >>> int(argpartition([3, 1, 2], 0)[0])
        1
    """
    x, axis = (jnp.ravel(array(x)), -1) if axis is None else (array(x), axis)
    return jnp.argpartition(x, kth, axis=axis).astype("int32")


@op("searchsorted", module=NUMPY, arrays=2, class_name="SearchSorted")
def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> jax.Array:
    """Where values would go into a sorted sequence.

    Args:
        sorted_sequence: one axis, ascending.
        values: what to place.
        side: "left" or "right" of equal entries.
    Example:
        >>> searchsorted([1, 3, 5], [3, 4]).tolist()
        [1, 2]
    """
    return jnp.searchsorted(array(sorted_sequence), array(values), side=side).astype("int32")


publish(__name__)
