"""Metrics of decisions: counts, precision, recall, and F scores."""

from typing import Any, Literal

import jax
import jax.numpy as jnp

from lamella._base import InvalidShape, check, epsilon, publish, register
from lamella._state.variable import Variable
from lamella.losses.reduction import as_array, divide_no_nan
from lamella.metrics import _confusion
from lamella.metrics.base import Metric


class _ConditionCount(Metric):
    """Counts one of the four outcomes of a decision. Subclasses name it."""

    _counted: str

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.thresholds = _confusion.thresholds_list(thresholds)
        self.accumulator = self.add_variable((len(self.thresholds),), "zeros", name="accumulator")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        even, held = _confusion.are_even(self.thresholds), {self._counted: self.accumulator}
        _confusion.update_counts(held, y_true, y_pred, sample_weight, self.thresholds, even=even)

    def result(self) -> jax.Array:
        counts = self.accumulator.value
        return counts[0] if len(self.thresholds) == 1 else counts

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}


@register("metric", "true_positives", module="keras.metrics")
class TruePositives(_ConditionCount):
    """How often a positive decision is right.

    Args:
        thresholds: a number or a list, 0 to 1; a share above it is a positive decision.
        name, dtype: see Metric.

    Example:
        >>> float(TruePositives()([0, 1, 1, 0], [0.1, 0.9, 0.2, 0.8]))
        1.0
    """

    _counted = "true_positives"


@register("metric", "false_positives", module="keras.metrics")
class FalsePositives(_ConditionCount):
    """How often a positive decision is wrong.

    Args:
        thresholds: a number or a list, 0 to 1; a share above it is a positive decision.
        name, dtype: see Metric.

    Example:
        >>> float(FalsePositives()([0, 1, 1, 0], [0.1, 0.9, 0.2, 0.8]))
        1.0
    """

    _counted = "false_positives"


@register("metric", "true_negatives", module="keras.metrics")
class TrueNegatives(_ConditionCount):
    """How often a negative decision is right.

    Args:
        thresholds: a number or a list, 0 to 1; a share above it is a positive decision.
        name, dtype: see Metric.

    Example:
        >>> float(TrueNegatives()([0, 1, 1, 0], [0.1, 0.9, 0.2, 0.8]))
        1.0
    """

    _counted = "true_negatives"


@register("metric", "false_negatives", module="keras.metrics")
class FalseNegatives(_ConditionCount):
    """How often a negative decision is wrong.

    Args:
        thresholds: a number or a list, 0 to 1; a share above it is a positive decision.
        name, dtype: see Metric.

    Example:
        >>> float(FalseNegatives()([0, 1, 1, 0], [0.1, 0.9, 0.2, 0.8]))
        1.0
    """

    _counted = "false_negatives"


class _Ratio(_confusion.CountMetric):
    """True positives among them and one other outcome. Subclasses name that."""

    _direction = "up"
    _other: str

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.top_k = top_k
        self.class_id = class_id
        self.thresholds = _confusion.thresholds_list(thresholds, 0.5 if top_k is None else -1e10)
        self._add_counts((len(self.thresholds),), "true_positives", self._other)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        options = _confusion.Options(self.top_k, self.class_id)
        self._count(y_true, y_pred, sample_weight, options, _confusion.are_even(self.thresholds))

    def result(self) -> jax.Array:
        right, other = (variable.value for variable in self.variables)
        shares = divide_no_nan(right, right + other)
        return shares[0] if len(self.thresholds) == 1 else shares

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}


@register("metric", "precision", module="keras.metrics")
class Precision(_Ratio):
    """The share of positive decisions that are right.

    true_positives / (true_positives + false_positives)

    Args:
        thresholds: a number or a list, 0 to 1; a share above it is a positive decision. None is
            0.5, or with `top_k` no threshold.
        top_k: only the k largest predictions of a sample can be positive; None for all.
        class_id: the only class that counts, None for all.
        name, dtype: see Metric.

    Example:
        >>> float(Precision()([0, 1, 1, 0], [0.1, 0.9, 0.2, 0.8]))
        0.5
    """

    _other = "false_positives"


@register("metric", "recall", module="keras.metrics")
class Recall(_Ratio):
    """The share of positives that are found.

    true_positives / (true_positives + false_negatives)

    Args:
        thresholds: a number or a list, 0 to 1; a share above it is a positive decision. None is
            0.5, or with `top_k` no threshold.
        top_k: only the k largest predictions of a sample can be positive; None for all.
        class_id: the only class that counts, None for all.
        name, dtype: see Metric.

    Example:
        >>> float(Recall()([0, 1, 1, 0], [0.1, 0.9, 0.2, 0.8]))
        0.5
    """

    _other = "false_negatives"


_Average = Literal["micro", "macro", "weighted"]


@register("metric", "f_beta_score", "fbeta_score", module="keras.metrics")
class FBetaScore(_confusion.CountMetric):
    """The weighted harmonic mean of precision and recall.

    (1 + beta^2) * precision * recall / (beta^2 * precision + recall)

    Args:
        average: how classes are put together: None (a value per class), "micro" (all decisions
            in one), "macro" (their mean) or "weighted" (their mean by frequency).
        beta: how many times as much recall counts, > 0.
        threshold: above it a decision is positive, 0 < threshold <= 1; None takes the largest.
        name, dtype: see Metric.

    Shapes: (batch, classes)
    Raises: InvalidArgument, if an argument is none of those; InvalidShape.

    Example:
        >>> FBetaScore(beta=2.0, threshold=0.5)([[1, 0], [1, 1]], [[1.0, 0.0], [1.0, 0.0]]).tolist()
        [1.0, 0.0]
    """

    _direction = "up"
    intermediate_weights: Variable

    def __init__(
        self,
        average: _Average | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str = "fbeta_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.average = check.one_of(average, (None, "micro", "macro", "weighted"), "average")
        self.beta = check.positive(beta, "beta")
        if threshold is not None:
            check.fraction(threshold, "threshold", closed=True, zero=False)
        self.threshold = threshold
        self._built = False

    def _build(self, shape: tuple[int, ...]) -> None:
        size = () if self.average == "micro" else shape[1:]
        names = "true_positives", "false_positives", "false_negatives", "intermediate_weights"
        self._add_counts(size, *names, dtype=self.dtype)
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        truth, prediction = (as_array(y).astype(self.dtype) for y in (y_true, y_pred))
        if truth.ndim != 2 or truth.shape != prediction.shape:
            raise InvalidShape(
                f"{type(self).__name__} '{self.name}' expects two arrays of shape (batch, "
                f"classes); got shapes {truth.shape} and {prediction.shape}.",
                help="Give one-hot labels; for one unit, labels of shape (batch, 1).",
            )
        if not self._built:
            self._build(prediction.shape)
        if self.threshold is None:
            largest = jnp.max(prediction, axis=-1, keepdims=True)
            decided = (prediction >= largest) & (jnp.abs(prediction) > 1e-9)
        else:
            decided = prediction > self.threshold
        positive = decided.astype(self.dtype)
        weight: Any = 1.0
        if sample_weight is not None:
            weight = jnp.asarray(sample_weight).astype(self.dtype).reshape(-1, 1)
        axis = None if self.average == "micro" else 0
        self.true_positives.assign_add(jnp.sum(positive * truth * weight, axis))
        self.false_positives.assign_add(jnp.sum(positive * (1 - truth) * weight, axis))
        self.false_negatives.assign_add(jnp.sum((1 - positive) * truth * weight, axis))
        self.intermediate_weights.assign_add(jnp.sum(truth * weight, axis))

    def result(self) -> jax.Array:
        right = self.true_positives.value
        precision = right / (right + self.false_positives.value + epsilon())
        recall = right / (right + self.false_negatives.value + epsilon())
        square = self.beta**2
        score = precision * recall / (square * precision + recall + epsilon()) * (1 + square)
        if self.average == "weighted":
            weights = self.intermediate_weights.value
            return jnp.sum(score * (weights / (jnp.sum(weights) + epsilon())))
        return score if self.average is None else jnp.mean(score)


@register("metric", "f1_score", module="keras.metrics")
class F1Score(FBetaScore):
    """The harmonic mean of precision and recall.

    2 * precision * recall / (precision + recall)

    Args:
        average: how classes are put together: None (a value per class), "micro" (all decisions
            in one), "macro" (their mean) or "weighted" (their mean by frequency).
        threshold: above it a decision is positive, 0 < threshold <= 1; None takes the largest.
        name, dtype: see Metric.

    Shapes: (batch, classes)

    Example:
        >>> F1Score(threshold=0.5)([[1, 0], [1, 1]], [[1.0, 0.0], [1.0, 0.0]]).tolist()
        [1.0, 0.0]
    """

    def __init__(
        self,
        average: _Average | None = None,
        threshold: float | None = None,
        name: str = "f1_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)


publish(__name__)
