"""Statistics: with missing values, by weight, and by rank."""

import functools
from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import InvalidArgument, floatx, publish
from lamella._graph.operation import op
from lamella.ops._declare import NUMPY, array, inexact, inexacts, of_one, of_two


def _with_shares(x: Any, q: Any) -> tuple[jax.Array, jax.Array]:
    return inexact(x), jnp.asarray(q, floatx())


@of_one(jnp.nansum)
def nansum(x: Any, axis: Any = None, keepdims: bool = False) -> jax.Array:
    """The sum over axes; NaN counts as missing.

    Args:
        x: numbers.
        axis: the axis or axes to reduce, all of them if None.
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> float(nansum([1.0, 3.0, float("nan")]))
        4.0
    """


@of_one(jnp.nanprod)
def nanprod(x: Any, axis: Any = None, keepdims: bool = False) -> jax.Array:
    """The product over axes; NaN counts as missing.

    Args:
        x: numbers.
        axis: the axis or axes to reduce, all of them if None.
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> float(nanprod([1.0, 3.0, float("nan")]))
        3.0
    """


@of_one(jnp.nanmean, inexact)
def nanmean(x: Any, axis: Any = None, keepdims: bool = False) -> jax.Array:
    """The mean over axes; NaN counts as missing.

    Args:
        x: numbers.
        axis: the axis or axes to reduce, all of them if None.
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> float(nanmean([1.0, 3.0, float("nan")]))
        2.0
    """


@of_one(jnp.nanmax)
def nanmax(x: Any, axis: Any = None, keepdims: bool = False) -> jax.Array:
    """The greatest entry over axes; NaN counts as missing.

    Args:
        x: numbers.
        axis: the axis or axes to reduce, all of them if None.
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> float(nanmax([1.0, 3.0, float("nan")]))
        3.0
    """


@of_one(jnp.nanmin)
def nanmin(x: Any, axis: Any = None, keepdims: bool = False) -> jax.Array:
    """The least entry over axes; NaN counts as missing.

    Args:
        x: numbers.
        axis: the axis or axes to reduce, all of them if None.
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> float(nanmin([1.0, 3.0, float("nan")]))
        1.0
    """


@of_one(jnp.nanvar, inexact)
def nanvar(x: Any, axis: Any = None, keepdims: bool = False) -> jax.Array:
    """The variance over axes; NaN counts as missing.

    Args:
        x: numbers.
        axis: the axis or axes to reduce, all of them if None.
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> float(nanvar([1.0, 3.0, float("nan")]))
        1.0
    """


@of_one(jnp.nanstd, inexact)
def nanstd(x: Any, axis: Any = None, keepdims: bool = False) -> jax.Array:
    """The standard deviation over axes; NaN counts as missing.

    Args:
        x: numbers.
        axis: the axis or axes to reduce, all of them if None.
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> float(nanstd([1.0, 3.0, float("nan")]))
        1.0
    """


@of_one(jnp.nanmedian, inexact)
def nanmedian(x: Any, axis: Any = None, keepdims: bool = False) -> jax.Array:
    """The middle entry over axes; NaN counts as missing.

    Args:
        x: numbers.
        axis: the axis or axes to reduce, all of them if None.
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> float(nanmedian([1.0, 3.0, float("nan")]))
        2.0
    """


@of_one(jnp.nancumsum)
def nancumsum(x: Any, axis: int | None = None, dtype: Any = None) -> jax.Array:
    """The sums up to each entry; NaN counts as 0.

    Args:
        x: numbers.
        axis: the axis to go along, the flat array if None.
        dtype: the type of the result, chosen by the entries if None.
    Example:
        >>> nancumsum([1.0, float("nan"), 2.0]).tolist()
        [1.0, 1.0, 3.0]
    """


@of_one(jnp.nancumprod)
def nancumprod(x: Any, axis: int | None = None, dtype: Any = None) -> jax.Array:
    """The products up to each entry; NaN counts as 1.

    Args:
        x: numbers.
        axis: the axis to go along, the flat array if None.
        dtype: the type of the result, chosen by the entries if None.
    Example:
        >>> nancumprod([1.0, float("nan"), 2.0]).tolist()
        [1.0, 1.0, 2.0]
    """


@of_two(jnp.quantile, _with_shares)
def quantile(
    x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> jax.Array:
    """The values below which given shares of the entries lie.

    Args:
        x: numbers.
        q: shares, 0 <= q <= 1.
        axis: the axis or axes to reduce, all of them if None.
        method: between two entries: "linear", "lower", "higher", "nearest", "midpoint".
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> float(quantile([1.0, 2.0, 3.0], 0.5))
        2.0
    """


@of_two(jnp.nanquantile, _with_shares)
def nanquantile(
    x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> jax.Array:
    """As `quantile`; NaN counts as missing.

    Args:
        x: numbers.
        q: shares, 0 <= q <= 1.
        axis: the axis or axes to reduce, all of them if None.
        method: between two entries: "linear", "lower", "higher", "nearest", "midpoint".
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> float(nanquantile([1.0, float("nan"), 3.0], 0.5))
        2.0
    """


@of_two(jnp.percentile, _with_shares)
def percentile(
    x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> jax.Array:
    """As `quantile`, for percentages.

    Args:
        x: numbers.
        q: percentages, 0 <= q <= 100.
        axis: the axis or axes to reduce, all of them if None.
        method: between two entries: "linear", "lower", "higher", "nearest", "midpoint".
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> float(percentile([1.0, 2.0, 3.0], 50))
        2.0
    """


@of_two(jnp.nanpercentile, _with_shares)
def nanpercentile(
    x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> jax.Array:
    """As `percentile`; NaN counts as missing.

    Args:
        x: numbers.
        q: percentages, 0 <= q <= 100.
        axis: the axis or axes to reduce, all of them if None.
        method: between two entries: "linear", "lower", "higher", "nearest", "midpoint".
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> float(nanpercentile([1.0, float("nan"), 3.0], 50))
        2.0
    """


@of_one(jnp.corrcoef, inexact)
def corrcoef(x: Any) -> jax.Array:
    """The correlations of rows.

    Args:
        x: one variable a row.
    Example:
        >>> corrcoef([[1.0, 2.0], [2.0, 1.0]]).round(4).tolist()
        [[1.0, -1.0], [-1.0, 1.0]]
    """


@of_two(jnp.correlate, inexacts)
def correlate(x1: Any, x2: Any, mode: str = "valid") -> jax.Array:
    """The sliding inner products of two sequences.

    Args:
        x1: a sequence.
        x2: a sequence.
        mode: "valid", "same" or "full": which shifts to keep.
    Example:
        >>> correlate([1.0, 2.0, 3.0], [0.0, 1.0]).tolist()
        [2.0, 3.0]
    """


@op("bincount", module=NUMPY)
def bincount(x: Any, weights: Any = None, minlength: int = 0, sparse: bool = False) -> jax.Array:
    """How often each whole number from 0 on stands in x.

    Args:
        x: whole numbers of 0 or more, one or two axes.
        weights: what each entry counts, 1 if None.
        minlength: the least length of the result.
        sparse: accepted for Keras; the result is dense.
    Example:
        >>> bincount([0, 1, 1]).tolist()
        [1, 2]
    """
    x = array(x)
    if x.ndim == 1:
        return jnp.bincount(x, weights=weights, minlength=minlength)
    rows = functools.partial(jnp.bincount, length=minlength or int(jnp.max(x)) + 1)
    return jax.vmap(rows)(x) if weights is None else jax.vmap(rows)(x, array(weights))


@op("histogram", module=NUMPY)
def histogram(x: Any, bins: int = 10, range: tuple[float, float] | None = None) -> Any:
    """How many entries fall between edges, and the edges.

    Args:
        x: numbers.
        bins: how many intervals, or their edges.
        range: the outer edges, by the entries if None.
    Example:
        >>> histogram([1.0, 2.0, 2.0], bins=2)[0].tolist()
        [1.0, 2.0]
    """
    x = array(x)
    if range is not None and not range[0] < range[1]:
        raise InvalidArgument(
            f"Argument `range` must be (low, high) with low < high. Received: {range}.",
            help="Pass None to take the least and the greatest entry.",
        )
    return jnp.histogram(x, bins=bins, range=range)


@op("digitize", module=NUMPY, arrays=2)
def digitize(x: Any, bins: Any) -> jax.Array:
    """The number of the interval that each entry falls into.

    Args:
        x: numbers.
        bins: the edges of intervals, ascending.
    Example:
        >>> digitize([0.5, 2.5], [1.0, 2.0]).tolist()
        [0, 2]
    """
    return jnp.digitize(array(x), array(bins)).astype("int32")


publish(__name__)
