"""Many entries to one: sums, means, extremes."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import publish
from lamella._graph.operation import op
from lamella.ops._arrays import NUMPY, array, inexact, wide
from lamella.ops._declare import of_one


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


publish(__name__)
