"""Means of losses between distributions."""

from __future__ import annotations

from typing import Any

from lamella._base.registry import register
from lamella.losses.crossentropy import (
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from lamella.losses.likelihood import kl_divergence, poisson
from lamella.metrics.reduction import MeanMetricWrapper


@register("metric", "kl_divergence", module="keras.metrics")
class KLDivergence(MeanMetricWrapper):
    """The mean of how much one distribution differs from another.

    Args:
        name, dtype: see Metric.

    Example:
        >>> float(KLDivergence()([[0.5, 0.5]], [[0.5, 0.5]]))
        0.0
    """

    def __init__(self, name: str = "kl_divergence", dtype: Any = None) -> None:
        super().__init__(kl_divergence, name, dtype)


@register("metric", "poisson", module="keras.metrics")
class Poisson(MeanMetricWrapper):
    """The mean of how unlikely counts are under predicted rates.

    Args:
        name, dtype: see Metric.

    Example:
        >>> round(float(Poisson()([[0.0, 3.0]], [[3.0, 1.0]])), 3)
        2.0
    """

    def __init__(self, name: str = "poisson", dtype: Any = None) -> None:
        super().__init__(poisson, name, dtype)


@register("metric", "binary_crossentropy", "bce", "BCE", module="keras.metrics")
class BinaryCrossentropy(MeanMetricWrapper):
    """The mean crossentropy of yes-or-no labels.

    Args:
        from_logits: whether the sigmoid is still to be taken.
        label_smoothing: how far labels are drawn to even shares, between 0 and 1.
        name, dtype: see Metric.

    Example:
        >>> round(float(BinaryCrossentropy()([[1.0, 0.0]], [[0.5, 0.5]])), 3)
        0.693
    """

    _direction = "down"

    def __init__(
        self,
        name: str = "binary_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(
            binary_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
        )


@register("metric", "categorical_crossentropy", module="keras.metrics")
class CategoricalCrossentropy(MeanMetricWrapper):
    """The mean crossentropy of one-hot labels.

    Args:
        from_logits: whether the softmax is still to be taken.
        label_smoothing: how far labels are drawn to even shares, between 0 and 1.
        axis: the axis of the classes.
        name, dtype: see Metric.

    Example:
        >>> round(float(CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]])), 3)
        0.693
    """

    _direction = "down"

    def __init__(
        self,
        name: str = "categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        super().__init__(
            categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


@register("metric", "sparse_categorical_crossentropy", module="keras.metrics")
class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """The mean crossentropy of class numbers.

    Args:
        from_logits: whether the softmax is still to be taken.
        ignore_class: a class number whose loss is zero.
        axis: the axis of the classes.
        name, dtype: see Metric.

    Example:
        >>> round(float(SparseCategoricalCrossentropy()([1], [[0.5, 0.5]])), 3)
        0.693
    """

    _direction = "down"

    def __init__(
        self,
        name: str = "sparse_categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(
            sparse_categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )
