"""Correlations."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base.registry import register
from lamella._base.settings import epsilon
from lamella.losses.reduction import matched
from lamella.metrics.reduction import MeanMetricWrapper


@register("metric_function", module="keras.metrics")
def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> jax.Array:
    """How well a line fits, whatever its slope: from -1 to 1.

    covariance / (stddev(y_true) * stddev(y_pred))

    Args:
        y_true, y_pred: numbers.
        axis: over which the correlation is taken.

    Shapes: (..., n) -> (...)

    Example:
        >>> pearson_correlation([[1.0, 2.0, 3.0]], [[2.0, 4.0, 6.0]]).round(3).tolist()
        [1.0]
    """
    scaled = []
    for y in matched(y_true, y_pred):
        centred = y - jnp.mean(y, axis=axis, keepdims=True)
        scaled.append(centred / jnp.std(centred, axis=axis, keepdims=True))
    return jnp.mean(scaled[0] * scaled[1], axis=axis)


@register("metric_function", module="keras.metrics")
def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> jax.Array:
    """How near points are to the line y_true = y_pred: from -1 to 1.

    2 * covariance / (var(y_true) + var(y_pred) + (mean(y_true) - mean(y_pred))^2)

    Args:
        y_true, y_pred: numbers.
        axis: over which the correlation is taken.

    Shapes: (..., n) -> (...)

    Example:
        >>> concordance_correlation([[1.0, 2.0, 3.0]], [[1.0, 2.0, 3.0]]).round(3).tolist()
        [1.0]

    Source: Lin 1989, Biometrics 45:255.
    """
    truth, guess = matched(y_true, y_pred)
    truth_mean, guess_mean = (jnp.mean(y, axis=axis, keepdims=True) for y in (truth, guess))
    spread = jnp.var(truth, axis=axis, keepdims=True) + jnp.var(guess, axis=axis, keepdims=True)
    norm = spread + jnp.square(truth_mean - guess_mean) + epsilon()
    return jnp.mean(2 * (truth - truth_mean) * (guess - guess_mean) / norm, axis=axis)


@register("metric", "pearson_correlation", module="keras.metrics")
class PearsonCorrelation(MeanMetricWrapper):
    """The mean of how well a line fits, whatever its slope.

    Args:
        axis: over which the correlation is taken.
        name, dtype: see Metric.

    Example:
        >>> round(float(PearsonCorrelation()([[1.0, 2.0, 3.0]], [[2.0, 4.0, 6.0]])), 3)
        1.0
    """

    _direction = "up"

    def __init__(
        self,
        name: str = "pearson_correlation",
        dtype: Any = None,
        axis: int = -1,
    ) -> None:
        super().__init__(pearson_correlation, name, dtype, axis=axis)


@register("metric", "concordance_correlation", module="keras.metrics")
class ConcordanceCorrelation(MeanMetricWrapper):
    """The mean of how near points are to the line y_true = y_pred.

    Args:
        axis: over which the correlation is taken.
        name, dtype: see Metric.

    Example:
        >>> round(float(ConcordanceCorrelation()([[1.0, 2.0]], [[1.0, 2.0]])), 3)
        1.0
    """

    _direction = "up"

    def __init__(
        self,
        name: str = "concordance_correlation",
        dtype: Any = None,
        axis: int = -1,
    ) -> None:
        super().__init__(concordance_correlation, name, dtype, axis=axis)
