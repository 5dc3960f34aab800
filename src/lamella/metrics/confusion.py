"""Counts of right and wrong decisions, precision and recall."""

from __future__ import annotations

from typing import Any

import jax

from lamella._base.registry import register
from lamella.losses.reduction import divide_no_nan
from lamella.metrics._confusion import Options, are_even, thresholds_list, update_counts
from lamella.metrics.base import Metric


class _ConditionCount(Metric):
    """Counts one of the four outcomes of a decision. Subclasses name it."""

    _counted: str

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.thresholds = thresholds_list(thresholds)
        shape = (len(self.thresholds),)
        self.accumulator = self.add_variable(shape, "zeros", name="accumulator")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        update_counts(
            {self._counted: self.accumulator},
            y_true,
            y_pred,
            sample_weight,
            self.thresholds,
            even=are_even(self.thresholds),
        )

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


class _Ratio(Metric):
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
        self.thresholds = thresholds_list(thresholds, 0.5 if top_k is None else -1e10)
        shape = (len(self.thresholds),)
        self.true_positives = self.add_variable(shape, "zeros", name="true_positives")
        setattr(self, self._other, self.add_variable(shape, "zeros", name=self._other))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        update_counts(
            {variable.name: variable for variable in self.variables},
            y_true,
            y_pred,
            sample_weight,
            self.thresholds,
            Options(self.top_k, self.class_id),
            even=are_even(self.thresholds),
        )

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
