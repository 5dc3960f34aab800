"""Means of differences and angles, correlations, and the variance explained."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella import losses
from lamella._base import InvalidArgument, InvalidShape, check, epsilon, publish, register
from lamella.losses.reduction import matched
from lamella.metrics.base import Metric
from lamella.metrics.reduction import FunctionMetric, Mean, MeanMetricWrapper


@register("metric_function", module="keras.metrics")
def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> jax.Array:
    """The cosine of the angle between two vectors: 1 is the best. The loss has the other sign.

    Args:
        y_true, y_pred: numbers.
        axis: along which a vector lies.

    Shapes: (..., n) -> (...)

    Example:
        >>> cosine_similarity([[2.0, 0.0]], [[3.0, 0.0]]).tolist()
        [1.0]
    """
    return -losses.cosine_similarity(y_true, y_pred, axis)


@register("metric", "mean_squared_error", "mse", "MSE", module="keras.metrics")
class MeanSquaredError(FunctionMetric, function=losses.mean_squared_error):
    """The mean of squared differences.

    Args:
        name, dtype: see Metric.

    Example:
        >>> float(MeanSquaredError()([[0.0, 1.0]], [[2.0, 1.0]]))
        2.0
    """


@register("metric", "mean_absolute_error", "mae", "MAE", module="keras.metrics")
class MeanAbsoluteError(FunctionMetric, function=losses.mean_absolute_error):
    """The mean of differences without their sign.

    Args:
        name, dtype: see Metric.

    Example:
        >>> float(MeanAbsoluteError()([[0.0, 1.0]], [[2.0, 1.0]]))
        1.0
    """


@register("metric", "mean_absolute_percentage_error", "mape", "MAPE", module="keras.metrics")
class MeanAbsolutePercentageError(FunctionMetric, function=losses.mean_absolute_percentage_error):
    """The mean of differences in percent of the truth.

    Args:
        name, dtype: see Metric.

    Example:
        >>> float(MeanAbsolutePercentageError()([[1.0, 2.0]], [[2.0, 2.0]]))
        50.0
    """


@register("metric", "mean_squared_logarithmic_error", "msle", "MSLE", module="keras.metrics")
class MeanSquaredLogarithmicError(FunctionMetric, function=losses.mean_squared_logarithmic_error):
    """The mean of squared differences of logarithms.

    Args:
        name, dtype: see Metric.

    Example:
        >>> float(MeanSquaredLogarithmicError()([[1.0, 3.0]], [[1.0, 3.0]]))
        0.0
    """


@register("metric", "log_cosh_error", module="keras.metrics")
class LogCoshError(FunctionMetric, function=losses.log_cosh, name="logcosh"):
    """The mean of log(cosh(d)) over the differences d.

    Args:
        name, dtype: see Metric.

    Example:
        >>> float(LogCoshError()([[1.0, 2.0]], [[1.0, 2.0]]))
        0.0
    """


class AxisMetric(FunctionMetric):
    """The mean of one function over an axis; a leaf says which, and is named like it."""

    def __init__(self, name: str | None = None, dtype: Any = None, axis: int = -1) -> None:
        MeanMetricWrapper.__init__(self, self._function, name, dtype, axis=axis)


@register("metric", "cosine_similarity", module="keras.metrics")
class CosineSimilarity(AxisMetric, function=cosine_similarity):
    """The mean cosine of the angle between two vectors: 1 is the best.

    Args:
        axis: along which a vector lies.
        name, dtype: see Metric.

    Example:
        >>> float(CosineSimilarity()([[2.0, 0.0]], [[3.0, 0.0]]))
        1.0
    """


@register("metric", "root_mean_squared_error", module="keras.metrics")
class RootMeanSquaredError(Mean):
    """The root of the mean of squared differences.

    Args:
        name, dtype: see Metric.

    Example:
        >>> float(RootMeanSquaredError()([[0.0, 1.0]], [[4.0, 5.0]]))
        4.0
    """

    _direction = "down"

    def __init__(self, name: str = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(name, dtype)

    def update_state(  # type: ignore[override]
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        y_true, y_pred = matched(y_true, y_pred)
        square = jnp.square(y_pred.astype(self.dtype) - y_true.astype(self.dtype))
        super().update_state(square, sample_weight=sample_weight)

    def result(self) -> jax.Array:
        return jnp.sqrt(super().result())


@register("metric", "r2_score", module="keras.metrics")
class R2Score(Metric):
    """The share of the variance that a prediction explains: 1 is the best.

    1 - sum((y_true - y_pred)^2) / sum((y_true - mean(y_true))^2)

    Args:
        class_aggregation: how columns are put together: "uniform_average",
            "variance_weighted_average" or None, a value per column.
        num_regressors: of the model, for the adjusted score; 0 for the plain one.
        name, dtype: see Metric.

    Shapes: (batch, n)
    Raises: InvalidShape, if truth and prediction are not of two axes.

    Example:
        >>> float(R2Score()([[1.0], [3.0]], [[1.0], [3.0]]))
        1.0
    """

    _direction = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str = "r2_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        options = (None, "uniform_average", "variance_weighted_average")
        self.class_aggregation = check.one_of(class_aggregation, options, "class_aggregation")
        if num_regressors < 0:
            raise InvalidArgument(
                f"Argument `num_regressors` must be >= 0. Received: {num_regressors}.",
                help="Pass the number of inputs of the model, or 0 for the plain score.",
            )
        self.num_regressors = num_regressors
        self.num_samples = self.add_variable((), "zeros", name="num_samples")
        self._built = False

    def _build(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 2:
            raise InvalidShape(
                f"R2Score '{self.name}' expects arrays of shape (batch, n); got shape {shape}.",
                help="Flatten all axes but the first.",
            )
        size = shape[1:]
        self.squared_sum = self.add_variable(size, "zeros", name="squared_sum")
        self.sum = self.add_variable(size, "zeros", name="sum")
        self.total_mse = self.add_variable(size, "zeros", name="residual")
        self.count = self.add_variable(size, "zeros", name="count")
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred = (y.astype(self.dtype) for y in matched(y_true, y_pred))
        if not self._built:
            self._build(y_pred.shape)
        weight = jnp.ones((), y_true.dtype) if sample_weight is None else jnp.asarray(sample_weight)
        weight = weight[:, None] if weight.ndim == 1 else weight
        weight = jnp.broadcast_to(weight, y_true.shape).astype(self.dtype)
        self.sum.assign_add(jnp.sum(y_true * weight, axis=0))
        self.squared_sum.assign_add(jnp.sum(jnp.square(y_true) * weight, axis=0))
        self.total_mse.assign_add(jnp.sum(jnp.square(y_true - y_pred) * weight, axis=0))
        self.count.assign_add(jnp.sum(weight, axis=0))
        self.num_samples.assign_add(y_true.size)

    def result(self) -> jax.Array:
        total = self.squared_sum.value - jnp.square(self.sum.value) / self.count.value
        score = 1 - self.total_mse.value / total
        score = jnp.where(jnp.isinf(score), 0.0, score)
        if self.class_aggregation == "uniform_average":
            score = jnp.mean(score)
        elif self.class_aggregation == "variance_weighted_average":
            score = jnp.sum(total * score) / jnp.sum(total)
        if self.num_regressors == 0:
            return score
        # With too few samples there is no adjusted score, so the plain one stays.
        free = self.num_samples.value - self.num_regressors - 1.0
        scale = (self.num_samples.value - 1.0) / jnp.where(free > 0, free, 1.0)
        return jnp.where(free > 0, 1.0 - (1.0 - score) * scale, score)


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
class PearsonCorrelation(AxisMetric, function=pearson_correlation):
    """The mean of how well a line fits, whatever its slope.

    Args:
        axis: over which the correlation is taken.
        name, dtype: see Metric.

    Example:
        >>> round(float(PearsonCorrelation()([[1.0, 2.0, 3.0]], [[2.0, 4.0, 6.0]])), 3)
        1.0
    """


@register("metric", "concordance_correlation", module="keras.metrics")
class ConcordanceCorrelation(AxisMetric, function=concordance_correlation):
    """The mean of how near points are to the line y_true = y_pred.

    Args:
        axis: over which the correlation is taken.
        name, dtype: see Metric.

    Example:
        >>> round(float(ConcordanceCorrelation()([[1.0, 2.0]], [[1.0, 2.0]])), 3)
        1.0
    """


publish(__name__, "cosine_similarity", "AxisMetric")
