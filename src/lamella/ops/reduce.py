"""Axes reduced to one number each, and the order of entries along an axis."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import publish
from lamella._graph.operation import op
from lamella.ops._declare import NUMPY, array, inexact, of_one, wide


@of_one(jnp.sum)
def sum(x: Any, axis: Any = None, keepdims: bool = False) -> jax.Array:
    """The sum over axes.

    Args:
        x: numbers.
        axis: the axis or axes to reduce, all of them if None.
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> sum([[1, 2], [3, 4]], axis=0).tolist()
        [4, 6]
    """


@op("mean", module=NUMPY)
def mean(x: Any, axis: Any = None, keepdims: bool = False) -> jax.Array:
    """The mean over axes, computed in float32 or wider.

    Args:
        x: numbers.
        axis: the axis or axes to reduce, all of them if None.
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> mean([[1, 2], [3, 4]], axis=0).tolist()
        [2.0, 3.0]
    """
    x = array(x)
    compute = jnp.promote_types(x.dtype, "float32")
    result = x.dtype if jnp.issubdtype(x.dtype, jnp.inexact) else compute
    return jnp.mean(x, axis=axis, keepdims=keepdims, dtype=compute).astype(result)


@of_one(jnp.max)
def max(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> jax.Array:
    """The greatest entry over axes.

    Args:
        x: numbers.
        axis: the axis or axes to reduce, all of them if None.
        keepdims: whether reduced axes stay, with size 1.
        initial: a lower bound of the result.
    Example:
        >>> max([[1, 2], [3, 4]], axis=0).tolist()
        [3, 4]
    """


@of_one(jnp.min)
def min(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> jax.Array:
    """The least entry over axes.

    Args:
        x: numbers.
        axis: the axis or axes to reduce, all of them if None.
        keepdims: whether reduced axes stay, with size 1.
        initial: an upper bound of the result.
    Example:
        >>> min([[1, 2], [3, 4]], axis=0).tolist()
        [1, 2]
    """


@of_one(jnp.max)
def amax(x: Any, axis: Any = None, keepdims: bool = False) -> jax.Array:
    """The greatest entry over axes.

    Args:
        x: numbers.
        axis: the axis or axes to reduce, all of them if None.
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> int(amax([1, 2]))
        2
    """


@of_one(jnp.min)
def amin(x: Any, axis: Any = None, keepdims: bool = False) -> jax.Array:
    """The least entry over axes.

    Args:
        x: numbers.
        axis: the axis or axes to reduce, all of them if None.
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> int(amin([1, 2]))
        1
    """


@of_one(jnp.prod)
def prod(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> jax.Array:
    """The product over axes.

    Args:
        x: numbers.
        axis: the axis or axes to reduce, all of them if None.
        keepdims: whether reduced axes stay, with size 1.
        dtype: the type of the result, chosen by the entries if None.
    Example:
        >>> int(prod([2, 3]))
        6
    """


@of_one(jnp.all)
def all(x: Any, axis: Any = None, keepdims: bool = False) -> jax.Array:
    """Whether all entries are true.

    Args:
        x: numbers.
        axis: the axis or axes to reduce, all of them if None.
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> bool(all([True, False]))
        False
    """


@of_one(jnp.any)
def any(x: Any, axis: Any = None, keepdims: bool = False) -> jax.Array:
    """Whether an entry is true.

    Args:
        x: numbers.
        axis: the axis or axes to reduce, all of them if None.
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> bool(any([True, False]))
        True
    """


@op("var", module=NUMPY)
def var(x: Any, axis: Any = None, keepdims: bool = False) -> jax.Array:
    """The variance over axes: the mean squared distance from the mean.

    Args:
        x: numbers.
        axis: the axis or axes to reduce, all of them if None.
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> float(var([1.0, 3.0]))
        1.0
    """
    x = array(x)
    compute = jnp.promote_types(x.dtype, "float32")
    result = x.dtype if jnp.issubdtype(x.dtype, jnp.inexact) else compute
    return jnp.var(x, axis=axis, keepdims=keepdims, dtype=compute).astype(result)


@of_one(jnp.std, wide)
def std(x: Any, axis: Any = None, keepdims: bool = False) -> jax.Array:
    """The standard deviation over axes: the root of the variance.

    Args:
        x: numbers.
        axis: the axis or axes to reduce, all of them if None.
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> float(std([1.0, 3.0]))
        1.0
    """


@of_one(jnp.ptp)
def ptp(x: Any, axis: Any = None, keepdims: bool = False) -> jax.Array:
    """The distance from the least to the greatest entry.

    Args:
        x: numbers.
        axis: the axis or axes to reduce, all of them if None.
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> int(ptp([2, 7]))
        5
    """


@op("count_nonzero", module=NUMPY)
def count_nonzero(x: Any, axis: Any = None) -> jax.Array:
    """How many entries are not zero.

    Args:
        x: numbers.
        axis: the axis or axes to count over, all of them if None.
    Example:
        >>> int(count_nonzero([0, 1, 2]))
        2
    """
    return jnp.count_nonzero(array(x), axis=axis).astype("int32")


@of_one(jnp.cumsum)
def cumsum(x: Any, axis: int | None = None, dtype: Any = None) -> jax.Array:
    """The sums of all entries up to each one.

    Args:
        x: numbers.
        axis: the axis to go along, the flat array if None.
        dtype: the type of the result, chosen by the entries if None.
    Example:
        >>> cumsum([1, 2, 3]).tolist()
        [1, 3, 6]
    """


@of_one(jnp.cumprod)
def cumprod(x: Any, axis: int | None = None, dtype: Any = None) -> jax.Array:
    """The products of all entries up to each one.

    Args:
        x: numbers.
        axis: the axis to go along, the flat array if None.
        dtype: the type of the result, chosen by the entries if None.
    Example:
        >>> cumprod([1, 2, 3]).tolist()
        [1, 2, 6]
    """


@of_one(jnp.median, inexact)
def median(x: Any, axis: Any = None, keepdims: bool = False) -> jax.Array:
    """The middle entry over axes.

    Args:
        x: numbers.
        axis: the axis or axes to reduce, all of them if None.
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> float(median([1, 5, 3]))
        3.0
    """


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
