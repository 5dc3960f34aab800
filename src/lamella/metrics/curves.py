"""Metrics over all thresholds: the area under a curve, and the best point of one."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import check, continues, epsilon, publish, register
from lamella._base.errors import InvalidArgument, InvalidShape
from lamella.losses.reduction import as_array, divide_no_nan
from lamella.metrics._confusion import CountMetric, Counts, Options, are_even, even_thresholds


def _recall(counts: Counts) -> jax.Array:
    return divide_no_nan(counts.true_positives, counts.true_positives + counts.false_negatives)


def _precision(counts: Counts) -> jax.Array:
    return divide_no_nan(counts.true_positives, counts.true_positives + counts.false_positives)


def _specificity(counts: Counts) -> jax.Array:
    return divide_no_nan(counts.true_negatives, counts.true_negatives + counts.false_positives)


class _BestUnderConstraint(CountMetric):
    """The best of one share where another reaches a value.

    Args:
        value: what has to be reached.
        num_thresholds: how many thresholds are tried.
        class_id: the only class that counts, None for all.
        name, dtype: see Metric.
    """

    _direction = "up"
    _reached: Callable[[Counts], jax.Array]
    _wanted: Callable[[Counts], jax.Array]

    def __init__(
        self,
        value: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.num_thresholds = check.positive_int(num_thresholds, "num_thresholds")
        self.value = value
        self.class_id = class_id
        self.thresholds = [0.5] if num_thresholds == 1 else even_thresholds(num_thresholds)
        self._add_counts((len(self.thresholds),), *Counts._fields)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        options = Options(class_id=self.class_id)
        self._count(y_true, y_pred, sample_weight, options, self.num_thresholds > 1)

    def result(self) -> jax.Array:
        counts = Counts(*(variable.value for variable in self.variables))
        reached, wanted = type(self)._reached(counts), type(self)._wanted(counts)
        return jnp.max(jnp.where(reached >= self.value, wanted, 0), initial=0)


@register("metric", "sensitivity_at_specificity", module="keras.metrics")
class SensitivityAtSpecificity(_BestUnderConstraint):
    """The best share of positives found where enough negatives are kept out.

    Args:
        specificity: what has to be reached, 0 to 1.
        num_thresholds: how many thresholds are tried.
        class_id: the only class that counts, None for all.
        name, dtype: see Metric.

    Example:
        >>> float(SensitivityAtSpecificity(0.5)([0, 0, 1, 1], [0.1, 0.4, 0.6, 0.9]))
        1.0
    """

    _reached, _wanted = staticmethod(_specificity), staticmethod(_recall)

    @continues(_BestUnderConstraint, without=("value",))
    def __init__(self, specificity: float, *more: Any, **named: Any) -> None:
        self.specificity = check.fraction(specificity, "specificity", closed=True)
        super().__init__(specificity, *more, **named)


@register("metric", "specificity_at_sensitivity", module="keras.metrics")
class SpecificityAtSensitivity(_BestUnderConstraint):
    """The best share of negatives kept out where enough positives are found.

    Args:
        sensitivity: what has to be reached, 0 to 1.
        num_thresholds: how many thresholds are tried.
        class_id: the only class that counts, None for all.
        name, dtype: see Metric.

    Example:
        >>> float(SpecificityAtSensitivity(0.5)([0, 0, 1, 1], [0.1, 0.4, 0.6, 0.9]))
        1.0
    """

    _reached, _wanted = staticmethod(_recall), staticmethod(_specificity)

    @continues(_BestUnderConstraint, without=("value",))
    def __init__(self, sensitivity: float, *more: Any, **named: Any) -> None:
        self.sensitivity = check.fraction(sensitivity, "sensitivity", closed=True)
        super().__init__(sensitivity, *more, **named)


@register("metric", "precision_at_recall", module="keras.metrics")
class PrecisionAtRecall(_BestUnderConstraint):
    """The best precision where enough positives are found.

    Args:
        recall: what has to be reached, 0 to 1.
        num_thresholds: how many thresholds are tried.
        class_id: the only class that counts, None for all.
        name, dtype: see Metric.

    Example:
        >>> float(PrecisionAtRecall(0.5)([0, 0, 1, 1], [0.1, 0.4, 0.6, 0.9]))
        1.0
    """

    _reached, _wanted = staticmethod(_recall), staticmethod(_precision)

    @continues(_BestUnderConstraint, without=("value",))
    def __init__(self, recall: float, *more: Any, **named: Any) -> None:
        self.recall = check.fraction(recall, "recall", closed=True)
        super().__init__(recall, *more, **named)


@register("metric", "recall_at_precision", module="keras.metrics")
class RecallAtPrecision(_BestUnderConstraint):
    """The best share of positives found where enough positive decisions are right.

    Args:
        precision: what has to be reached, 0 to 1.
        num_thresholds: how many thresholds are tried.
        class_id: the only class that counts, None for all.
        name, dtype: see Metric.

    Example:
        >>> float(RecallAtPrecision(0.5)([0, 0, 1, 1], [0.1, 0.4, 0.6, 0.9]))
        1.0
    """

    _reached, _wanted = staticmethod(_precision), staticmethod(_recall)

    @continues(_BestUnderConstraint, without=("value",))
    def __init__(self, precision: float, *more: Any, **named: Any) -> None:
        self.precision = check.fraction(precision, "precision", closed=True)
        super().__init__(precision, *more, **named)


@register("metric", "auc", module="keras.metrics")
class AUC(CountMetric):
    """The area under a curve of two shares over all thresholds, by a Riemann sum.

    Args:
        num_thresholds: how many thresholds the curve has, >= 2.
        curve: "ROC" (true over false positive rate), "PR" (precision over recall) or "PRGAIN"
            (their gains over a constant decision).
        summation_method: "interpolation", "minoring" or "majoring": which height a piece has.
        name, dtype: see Metric.
        thresholds: own thresholds between 0 and 1 in the place of even ones.
        multi_label: whether each label has a curve of its own, and the result is their mean.
        num_labels: how many labels there are, with `multi_label`; None to see.
        label_weights: how much each label counts.
        from_logits: whether the sigmoid is still to be taken.

    Shapes: (batch,) or (batch, labels)
    Raises: InvalidArgument, if a name or a number is none of those.

    Example:
        >>> round(float(AUC(num_thresholds=3)([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9])), 3)
        0.75

    Source: Davis and Goadrich 2006, ICML 23:233, for the interpolation of "PR"; Flach and Kull
        2015, NIPS 28, for "PRGAIN".
    """

    _direction = "up"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Any = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.curve = check.one_of(str(curve).upper(), ("ROC", "PR", "PRGAIN"), "curve")
        method, methods = str(summation_method).lower(), ("interpolation", "majoring", "minoring")
        self.summation_method = check.one_of(method, methods, "summation_method")
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = label_weights
        self.from_logits = from_logits
        self._set_thresholds(num_thresholds, thresholds)
        self._built = False
        if num_labels and not multi_label:
            raise InvalidArgument(
                f"Argument `num_labels` is for multi_label=True only. Received: {num_labels}.",
                help="Pass multi_label=True, or leave out num_labels.",
            )
        if not multi_label:
            self._build(())
        elif num_labels:
            self._build((num_labels,))

    def _set_thresholds(self, num_thresholds: int, thresholds: Any) -> None:
        self._given_thresholds = None if thresholds is None else sorted(thresholds)
        if self._given_thresholds is not None:
            inner = self._given_thresholds
            self.num_thresholds = len(inner) + 2
            self.thresholds = [0.0 - epsilon(), *inner, 1.0 + epsilon()]
            self._even = are_even([0.0, *inner, 1.0])
            return
        if num_thresholds <= 1:
            raise InvalidArgument(
                f"Argument `num_thresholds` must be 2 or more. Received: {num_thresholds}.",
                help="Pass for example num_thresholds=200.",
            )
        self.num_thresholds = num_thresholds
        self.thresholds = even_thresholds(num_thresholds, epsilon())
        self._even = True

    def _build(self, labels: tuple[int, ...]) -> None:
        self._add_counts((self.num_thresholds, *labels), *Counts._fields)
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        prediction = as_array(y_pred)
        if self.multi_label and prediction.ndim != 2:
            raise InvalidShape(
                f"With multi_label=True, y_pred must be of shape (batch, labels); got shape "
                f"{prediction.shape}.",
                help="Flatten all axes but the first, or leave out multi_label.",
            )
        if not self._built:
            self._build(prediction.shape[1:])
        if self.from_logits:
            prediction = jax.nn.sigmoid(prediction)
        weights = None if self.multi_label else self.label_weights
        options = Options(multi_label=self.multi_label, label_weights=weights)
        self._count(y_true, prediction, sample_weight, options, self._even)

    def result(self) -> jax.Array:
        counts = Counts(*(variable.value for variable in self.variables))
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self._over_labels(_interpolated_precision(counts))
        x, y = _CURVES[self.curve](counts)
        if self.summation_method == "interpolation":
            heights = (y[:-1] + y[1:]) / 2.0
        else:
            lesser = self.summation_method == "minoring"
            heights = (jnp.minimum if lesser else jnp.maximum)(y[:-1], y[1:])
        return self._over_labels((x[:-1] - x[1:]) * heights)

    def _over_labels(self, pieces: jax.Array) -> jax.Array:
        areas = jnp.sum(pieces, axis=0)
        if not self.multi_label:
            return areas
        if self.label_weights is None:
            return jnp.mean(areas)
        weights = jnp.asarray(self.label_weights, areas.dtype)
        return divide_no_nan(jnp.sum(areas * weights), jnp.sum(weights))

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["thresholds"]
        if self._given_thresholds is not None:
            config["thresholds"] = list(self._given_thresholds)
        return config


def _rates(counts: Counts) -> tuple[jax.Array, jax.Array]:
    negatives = counts.false_positives + counts.true_negatives
    return divide_no_nan(counts.false_positives, negatives), _recall(counts)


def _precision_over_recall(counts: Counts) -> tuple[jax.Array, jax.Array]:
    return _recall(counts), _precision(counts)


def _gains(counts: Counts) -> tuple[jax.Array, jax.Array]:
    right = counts.true_positives
    negatives = counts.true_negatives + counts.false_positives
    scale = divide_no_nan(right + counts.false_negatives, negatives)
    recall = 1.0 - scale * divide_no_nan(counts.false_negatives, right)
    precision = 1.0 - scale * divide_no_nan(counts.false_positives, right)
    recall = jnp.where(right == 0, 0.0, recall)
    return jnp.maximum(recall, 0.0), jnp.where(right == 0, 1.0, precision)


_CURVES = {"ROC": _rates, "PR": _precision_over_recall, "PRGAIN": _gains}


def _interpolated_precision(counts: Counts) -> jax.Array:
    """Pieces of the area between two points of the curve, false positives growing evenly."""
    right, decided = counts.true_positives, counts.true_positives + counts.false_positives
    gained = right[:-1] - right[1:]
    slope = divide_no_nan(gained, jnp.maximum(decided[:-1] - decided[1:], 0))
    intercept = right[1:] - slope * decided[1:]
    both = (decided[:-1] > 0) & (decided[1:] > 0)
    ratio = jnp.where(both, divide_no_nan(decided[:-1], jnp.maximum(decided[1:], 0)), 1.0)
    area = slope * (gained + intercept * jnp.log(ratio))
    return divide_no_nan(area, jnp.maximum(right[1:] + counts.false_negatives[1:], 0))


publish(__name__)
