"""Losses on differences and angles between numbers."""

import math
from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import epsilon, publish, register
from lamella.losses.base import FunctionLoss, LossFunctionWrapper
from lamella.losses.reduction import matched


@register("loss", "mse", "MSE", module="keras.losses")
def mean_squared_error(y_true: Any, y_pred: Any) -> jax.Array:
    """The mean of squared differences.

    mean((y_true - y_pred)^2)

    Args:
        y_true, y_pred: numbers.

    Shapes: (..., n) -> (...)

    Example:
        >>> mean_squared_error([[0.0, 1.0]], [[2.0, 1.0]]).tolist()
        [2.0]
    """
    y_true, y_pred = matched(y_true, y_pred)
    return jnp.mean(jnp.square(y_true - y_pred), axis=-1)


@register("loss", "mae", "MAE", module="keras.losses")
def mean_absolute_error(y_true: Any, y_pred: Any) -> jax.Array:
    """The mean of differences without their sign.

    mean(|y_true - y_pred|)

    Args:
        y_true, y_pred: numbers.

    Shapes: (..., n) -> (...)

    Example:
        >>> mean_absolute_error([[0.0, 1.0]], [[2.0, 1.0]]).tolist()
        [1.0]
    """
    y_true, y_pred = matched(y_true, y_pred)
    return jnp.mean(jnp.abs(y_true - y_pred), axis=-1)


@register("loss", "mape", "MAPE", module="keras.losses")
def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> jax.Array:
    """The mean of differences in percent of the truth.

    100 * mean(|y_true - y_pred| / max(|y_true|, epsilon))

    Args:
        y_true, y_pred: numbers.

    Shapes: (..., n) -> (...)

    Example:
        >>> mean_absolute_percentage_error([[1.0, 2.0]], [[2.0, 2.0]]).tolist()
        [50.0]
    """
    y_true, y_pred = matched(y_true, y_pred)
    share = jnp.abs((y_true - y_pred) / jnp.maximum(jnp.abs(y_true), epsilon()))
    return 100.0 * jnp.mean(share, axis=-1)


@register("loss", "msle", "MSLE", module="keras.losses")
def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> jax.Array:
    """The mean of squared differences of logarithms.

    mean((log(y_true + 1) - log(y_pred + 1))^2)

    Args:
        y_true, y_pred: numbers >= 0; lower ones count as 0.

    Shapes: (..., n) -> (...)

    Example:
        >>> mean_squared_logarithmic_error([[1.0, 3.0]], [[1.0, 3.0]]).tolist()
        [0.0]
    """
    y_true, y_pred = matched(y_true, y_pred)
    logs = [jnp.log(jnp.maximum(y, epsilon()) + 1.0) for y in (y_pred, y_true)]
    return jnp.mean(jnp.square(logs[0] - logs[1]), axis=-1)


@register("loss", module="keras.losses")
def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> jax.Array:
    """The mean of differences, squared where small and straight where large.

    d^2 / 2 where |d| <= delta;   delta * |d| - delta^2 / 2 beyond

    Args:
        y_true, y_pred: numbers.
        delta: where the curve goes over into the line, > 0.

    Shapes: (..., n) -> (...)

    Example:
        >>> huber([[0.0, 0.0]], [[1.0, 3.0]]).tolist()
        [1.5]

    Source: Huber 1964, Annals of Mathematical Statistics 35:73.
    """
    y_true, y_pred = matched(y_true, y_pred)
    gap = jnp.abs(y_pred - y_true)
    curve, line = 0.5 * jnp.square(gap), delta * gap - 0.5 * delta**2
    return jnp.mean(jnp.where(gap <= delta, curve, line), axis=-1)


@register("loss", module="keras.losses")
def log_cosh(y_true: Any, y_pred: Any) -> jax.Array:
    """The mean of log(cosh(d)): squared where small, straight where large.

    Args:
        y_true, y_pred: numbers.

    Shapes: (..., n) -> (...)

    Example:
        >>> log_cosh([[1.0, 2.0]], [[1.0, 2.0]]).tolist()
        [0.0]
    """
    y_true, y_pred = matched(y_true, y_pred)
    gap = y_pred - y_true
    return jnp.mean(gap + jax.nn.softplus(-2.0 * gap) - math.log(2.0), axis=-1)


@register("loss", module="keras.losses")
def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> jax.Array:
    """Minus the cosine of the angle between two vectors: -1 is the best.

    Args:
        y_true, y_pred: numbers.
        axis: along which a vector lies.

    Shapes: (..., n) -> (...)

    Example:
        >>> cosine_similarity([[2.0, 0.0]], [[3.0, 0.0]]).tolist()
        [-1.0]
    """
    y_true, y_pred = (_unit(y, axis) for y in matched(y_true, y_pred))
    return -jnp.sum(y_true * y_pred, axis=axis)


def _unit(x: jax.Array, axis: int) -> jax.Array:
    """Vectors of length 1.

    Args:
        x: numbers.
        axis: along which a vector lies.

    Example:
        >>> _unit(jnp.array([0.0, 2.0]), -1).tolist()
        [0.0, 1.0]
    """
    # A half type can hold neither epsilon^2 nor the slope of the root there.
    wide = x.astype(jnp.promote_types(x.dtype, "float32"))
    square = jnp.sum(jnp.square(wide), axis=axis, keepdims=True)
    return (wide * jax.lax.rsqrt(jnp.maximum(square, epsilon() ** 2))).astype(x.dtype)


@register("loss", module="keras.losses")
class MeanSquaredError(FunctionLoss, function=mean_squared_error):
    """The mean of squared differences.

    Args:
        reduction, name, dtype: see Loss.

    Example:
        >>> float(MeanSquaredError()([[0.0, 1.0]], [[2.0, 1.0]]))
        2.0
    """


@register("loss", module="keras.losses")
class MeanAbsoluteError(FunctionLoss, function=mean_absolute_error):
    """The mean of differences without their sign.

    Args:
        reduction, name, dtype: see Loss.

    Example:
        >>> float(MeanAbsoluteError()([[0.0, 1.0]], [[2.0, 1.0]]))
        1.0
    """


@register("loss", module="keras.losses")
class MeanAbsolutePercentageError(FunctionLoss, function=mean_absolute_percentage_error):
    """The mean of differences in percent of the truth.

    Args:
        reduction, name, dtype: see Loss.

    Example:
        >>> float(MeanAbsolutePercentageError()([[1.0, 2.0]], [[2.0, 2.0]]))
        50.0
    """


@register("loss", module="keras.losses")
class MeanSquaredLogarithmicError(FunctionLoss, function=mean_squared_logarithmic_error):
    """The mean of squared differences of logarithms.

    Args:
        reduction, name, dtype: see Loss.

    Example:
        >>> float(MeanSquaredLogarithmicError()([[1.0, 3.0]], [[1.0, 3.0]]))
        0.0
    """


@register("loss", module="keras.losses")
class Huber(LossFunctionWrapper):
    """The mean of differences, squared where small and straight where large.

    Args:
        delta: where the curve goes over into the line, > 0.
        reduction, name, dtype: see Loss.

    Example:
        >>> float(Huber()([[0.0, 0.0]], [[1.0, 3.0]]))
        1.5
    """

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(huber, reduction, name, dtype, delta=delta)


@register("loss", module="keras.losses")
class LogCosh(FunctionLoss, function=log_cosh):
    """The mean of log(cosh(d)) over the differences d.

    Args:
        reduction, name, dtype: see Loss.

    Example:
        >>> float(LogCosh()([[1.0, 2.0]], [[1.0, 2.0]]))
        0.0
    """


@register("loss", module="keras.losses")
class CosineSimilarity(LossFunctionWrapper):
    """Minus the cosine of the angle between two vectors: -1 is the best.

    Args:
        axis: along which a vector lies.
        reduction, name, dtype: see Loss.

    Example:
        >>> float(CosineSimilarity()([[2.0, 0.0]], [[3.0, 0.0]]))
        -1.0
    """

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: Any = None,
    ) -> None:
        super().__init__(cosine_similarity, reduction, name, dtype, axis=axis)


publish(__name__)
