"""Values per sample: their ranks, weights, masks and reductions."""

import math
from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import InvalidShape
from lamella._state.variable import Variable


def as_array(x: Any) -> jax.Array:
    """What a Variable holds, or anything else as an array."""
    return x.value if isinstance(x, Variable) else jnp.asarray(x)


def as_pair(y_true: Any, y_pred: Any) -> tuple[jax.Array, jax.Array]:
    """The truth and the prediction as arrays of the prediction's number type."""
    prediction = as_array(y_pred)
    return as_array(y_true).astype(prediction.dtype), prediction


def matched(y_true: Any, y_pred: Any) -> tuple[jax.Array, jax.Array]:
    """As `as_pair`, and of equal rank.

    Raises: InvalidShape, if the shapes cannot be compared entry by entry.
    """
    truth, prediction = same_rank(*as_pair(y_true, y_pred))
    scalar = not truth.ndim or not prediction.ndim
    if not scalar and (truth.ndim != prediction.ndim or not _fit(truth, prediction)):
        raise InvalidShape(
            f"y_true has shape {truth.shape} and y_pred has shape {prediction.shape}: "
            "they cannot be compared entry by entry.",
            help="Give both the same shape. For class numbers as labels use a sparse loss.",
        )
    return truth, prediction


def same_shape(y_true: jax.Array, y_pred: jax.Array) -> None:
    """Raises: InvalidShape, if the two are not of one shape."""
    if y_true.shape != y_pred.shape:
        raise InvalidShape(
            f"y_true has shape {y_true.shape} and y_pred has shape {y_pred.shape}; "
            "this loss needs equal shapes.",
            help="Class numbers as labels need sparse_categorical_crossentropy; "
            "one unit needs labels of shape (batch, 1).",
        )


def _fit(first: jax.Array, second: jax.Array) -> bool:
    return all(a == b or 1 in (a, b) for a, b in zip(first.shape, second.shape))


def same_rank(x1: Any, x2: Any, expand: bool = True) -> tuple[Any, Any]:
    """Drops or adds a last axis of size 1 where that makes two ranks equal.

    Args:
        x1, x2: arrays.
        expand: whether an array of one axis gets a second one rather than the other losing its.

    Example:
        >>> [a.shape for a in same_rank(jnp.ones(3), jnp.ones((3, 1)))]
        [(3, 1), (3, 1)]
    """
    if x1.ndim == x2.ndim + 1 and x1.shape[-1] == 1:
        return (x1, x2[..., None]) if x2.ndim == 1 and expand else (x1[..., 0], x2)
    if x2.ndim == x1.ndim + 1:
        x2, x1 = same_rank(x2, x1, expand)
    return x1, x2


def align(first: jax.Array, second: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Two arrays of equal rank: the leading axes are the common ones.

    Raises: InvalidShape, if they do not fit. A weight per sample never meets another axis that
        merely has the same size.
    """
    first, second = same_rank(first, second)
    rank = max(first.ndim, second.ndim)
    wide = [x.reshape(x.shape + (1,) * (rank - x.ndim)) for x in (first, second)]
    if not _fit(*wide):
        raise InvalidShape(
            f"Weights or a mask of shape {second.shape} do not fit values of shape {first.shape}.",
            help="Give one weight per sample, shape (batch,), or one per time step.",
        )
    return wide[0], wide[1]


def divide_no_nan(x1: Any, x2: Any) -> jax.Array:
    """x1 / x2, and 0 where x2 is 0.

    Example:
        >>> divide_no_nan(jnp.array([1.0, 1.0]), jnp.array([2.0, 0.0])).tolist()
        [0.5, 0.0]
    """
    return jnp.where(x2 == 0, 0, x1 / jnp.where(x2 == 0, 1, x2))


def apply_mask(sample_weight: Any, mask: Any, dtype: str, reduction: str | None) -> Any:
    """The weights with the mask in them, None if there is neither.

    Args:
        sample_weight: weights or None.
        mask: True where a value counts, or None.
        dtype: the number type of the result.
        reduction: with a mean, what is left weighs more, so that it is the mean of what counts.
    """
    if mask is None:
        return sample_weight
    kept = jnp.asarray(mask).astype(dtype)
    if reduction in ("mean", "sum_over_batch_size"):
        kept = jnp.where(kept != 0, divide_no_nan(float(kept.size), jnp.sum(kept)), 0).astype(dtype)
    if sample_weight is None:
        return kept
    kept, weight = align(kept, jnp.asarray(sample_weight).astype(dtype))
    return weight * kept


def reduce_weighted(
    values: Any, sample_weight: Any, mask: Any, reduction: str | None, dtype: str
) -> jax.Array:
    """Values per sample, weighted and reduced.

    Args:
        values: a value per sample or per time step.
        sample_weight: weights for the same leading axes, or None.
        mask: True where a value counts, or None.
        reduction: see Loss.
        dtype: the number type of the result.
    """
    values = jnp.asarray(values).astype(dtype)
    weight = None if sample_weight is None else jnp.asarray(sample_weight).astype(dtype)
    weight = apply_mask(weight, mask, dtype, reduction)
    if weight is not None:
        values, weight = (values, weight) if weight.ndim == 0 else align(values, weight)
        values = values * weight
    if reduction in (None, "none") or values.shape in ((), (0,)):
        return values
    total = jnp.sum(values)
    if reduction == "sum":
        return total
    if reduction == "mean_with_sample_weight" and weight is not None:
        return divide_no_nan(total, jnp.sum(weight))
    count = math.prod(values.shape)
    return total / count if count else jnp.zeros_like(total)


class Reduction:
    """The names that Keras 2 had for ways to make one number of the losses of all rows.

    Example:
        >>> Reduction.SUM
        'sum'
    """

    AUTO = "sum_over_batch_size"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"
    NONE = "none"
