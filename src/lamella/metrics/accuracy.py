"""How often a prediction is right."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import InvalidShape, floatx, publish, register
from lamella.losses.reduction import as_array, as_pair, same_rank
from lamella.metrics.reduction import FunctionMetric, MeanMetricWrapper


def _as_numbers(right: jax.Array) -> jax.Array:
    return right.astype(floatx())


def _same_shape(labels: jax.Array, guesses: jax.Array) -> None:
    if labels.shape != guesses.shape:
        raise InvalidShape(
            f"Labels of shape {labels.shape} do not fit predicted classes of shape "
            f"{guesses.shape}.",
            help="Sparse metrics take class numbers, categorical ones one-hot labels.",
        )


@register("metric_function", module="keras.metrics")
def accuracy(y_true: Any, y_pred: Any) -> jax.Array:
    """1 where the prediction equals the truth, 0 elsewhere.

    Args:
        y_true, y_pred: labels of any kind.

    Shapes: (...) -> same

    Example:
        >>> accuracy([1, 2], [1, 3]).tolist()
        [1.0, 0.0]
    """
    truth, prediction = same_rank(*as_pair(y_true, y_pred))
    return _as_numbers(truth == prediction)


@register("metric_function", module="keras.metrics")
def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> jax.Array:
    """1 where the prediction is on the right side of the threshold.

    Args:
        y_true: labels 0 and 1.
        y_pred: any numbers.
        threshold: has to be exceeded for label 1.

    Shapes: (...) -> same

    Example:
        >>> binary_accuracy([1, 0], [0.9, 0.6]).tolist()
        [1.0, 0.0]
    """
    truth, prediction = same_rank(as_array(y_true), as_array(y_pred))
    return _as_numbers(truth == (prediction > threshold).astype(truth.dtype))


@register("metric_function", module="keras.metrics")
def categorical_accuracy(y_true: Any, y_pred: Any) -> jax.Array:
    """1 where the largest prediction is that of the right class.

    Args:
        y_true: one-hot labels.
        y_pred: a number per class.

    Shapes: (..., classes) -> (...)

    Example:
        >>> categorical_accuracy([[0, 1]], [[0.2, 0.8]]).tolist()
        [1.0]
    """
    labels, guesses = (jnp.argmax(as_array(y), axis=-1) for y in (y_true, y_pred))
    _same_shape(labels, guesses)
    return _as_numbers(labels == guesses)


@register("metric_function", module="keras.metrics")
def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> jax.Array:
    """1 where the largest prediction is that of the right class.

    Args:
        y_true: class numbers, with or without a last axis of size 1.
        y_pred: a number per class.

    Shapes: (...), (..., classes) -> (...)

    Example:
        >>> sparse_categorical_accuracy([1], [[0.2, 0.8]]).tolist()
        [1.0]
    """
    labels, prediction = as_array(y_true), as_array(y_pred)
    if labels.ndim == prediction.ndim and labels.shape[-1] == 1:
        labels = labels[..., 0]
    guesses = jnp.argmax(prediction, axis=-1)
    _same_shape(labels, guesses)
    right = _as_numbers(labels == guesses)
    return right[..., 0] if right.ndim > 1 and right.shape[-1] == 1 else right


def _in_top(labels: jax.Array, prediction: jax.Array, k: int) -> jax.Array:
    """Whether fewer than k classes lie above the right one."""
    labels = labels.astype("int32")
    chosen = jnp.take_along_axis(prediction, labels[..., None], axis=-1)
    # NaN is below everything, so that it is never right by chance.
    chosen = jnp.where(jnp.isnan(chosen), -jnp.inf, chosen)
    return jnp.sum(prediction > chosen, axis=-1) < k


@register("metric_function", module="keras.metrics")
def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> jax.Array:
    """1 where the right class is among the k largest predictions.

    Args:
        y_true: one-hot labels.
        y_pred: a number per class.
        k: how many.

    Shapes: (..., classes) -> (...)

    Example:
        >>> top_k_categorical_accuracy([[0, 0, 1]], [[0.1, 0.5, 0.4]], k=2).tolist()
        [1.0]
    """
    labels, prediction = jnp.argmax(as_array(y_true), axis=-1), as_array(y_pred)
    return _as_numbers(_in_top(labels, prediction, k))


@register("metric_function", module="keras.metrics")
def sparse_top_k_categorical_accuracy(
    y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False
) -> jax.Array:
    """1 where the right class is among the k largest predictions.

    Args:
        y_true: class numbers.
        y_pred: a number per class, or class numbers from the best down with `from_sorted_ids`.
        k: how many.
        from_sorted_ids: whether `y_pred` holds class numbers.

    Shapes: (...), (..., classes) -> (...)

    Example:
        >>> sparse_top_k_categorical_accuracy([2], [[0.1, 0.5, 0.4]], k=2).tolist()
        [1.0]
    """
    labels, prediction = as_array(y_true), as_array(y_pred)
    shape = labels.shape
    if labels.ndim == prediction.ndim and shape[-1] == 1:
        labels = labels[..., 0]
    if from_sorted_ids:
        right = jnp.any(labels[..., None] == prediction[..., :k], axis=-1)
    else:
        right = _in_top(labels, prediction, k)
    return _as_numbers(right).reshape(shape)


@register("metric", "accuracy", module="keras.metrics")
class Accuracy(FunctionMetric, function=accuracy):
    """How often the prediction equals the truth.

    Args:
        name, dtype: see Metric.

    Example:
        >>> float(Accuracy()([1, 2], [1, 3]))
        0.5
    """


@register("metric", "binary_accuracy", module="keras.metrics")
class BinaryAccuracy(MeanMetricWrapper):
    """How often the prediction is on the right side of a threshold.

    Args:
        threshold: has to be exceeded for label 1.
        name, dtype: see Metric.

    Example:
        >>> float(BinaryAccuracy()([1, 0], [0.9, 0.6]))
        0.5
    """

    def __init__(
        self, name: str = "binary_accuracy", dtype: Any = None, threshold: float = 0.5
    ) -> None:
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)


@register("metric", "categorical_accuracy", module="keras.metrics")
class CategoricalAccuracy(FunctionMetric, function=categorical_accuracy):
    """How often the largest prediction is that of the right class, given one-hot labels.

    Args:
        name, dtype: see Metric.

    Example:
        >>> float(CategoricalAccuracy()([[0, 1]], [[0.2, 0.8]]))
        1.0
    """


@register("metric", "sparse_categorical_accuracy", module="keras.metrics")
class SparseCategoricalAccuracy(FunctionMetric, function=sparse_categorical_accuracy):
    """How often the largest prediction is that of the right class, given class numbers.

    Args:
        name, dtype: see Metric.

    Example:
        >>> float(SparseCategoricalAccuracy()([1], [[0.2, 0.8]]))
        1.0
    """


@register("metric", "top_k_categorical_accuracy", module="keras.metrics")
class TopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the right class is among the k largest, given one-hot labels.

    Args:
        k: how many predictions count.
        name, dtype: see Metric.

    Example:
        >>> float(TopKCategoricalAccuracy(k=2)([[0, 0, 1]], [[0.1, 0.5, 0.4]]))
        1.0
    """

    def __init__(
        self, k: int = 5, name: str = "top_k_categorical_accuracy", dtype: Any = None
    ) -> None:
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)


@register("metric", "sparse_top_k_categorical_accuracy", module="keras.metrics")
class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the right class is among the k largest, given class numbers.

    Args:
        k: how many predictions count.
        from_sorted_ids: whether predictions are class numbers from the best down.
        name, dtype: see Metric.

    Example:
        >>> float(SparseTopKCategoricalAccuracy(k=2)([2], [[0.1, 0.5, 0.4]]))
        1.0
    """

    def __init__(
        self,
        k: int = 5,
        name: str = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(
            sparse_top_k_categorical_accuracy, name, dtype, k=k, from_sorted_ids=from_sorted_ids
        )


publish(__name__, "accuracy")
