"""Metrics that are means of losses of classes."""

from typing import Any

from lamella import losses
from lamella._base import publish, register, taken_by
from lamella.metrics.reduction import FunctionMetric, MeanMetricWrapper


@register("metric", "hinge", module="keras.metrics")
class Hinge(FunctionMetric, function=losses.hinge):
    """The mean of how far predictions are from the right side of a margin.

    Args:
        name, dtype: see Metric.

    Example:
        >>> float(Hinge()([[1.0, -1.0]], [[3.0, 1.0]]))
        1.0
    """


@register("metric", "squared_hinge", module="keras.metrics")
class SquaredHinge(FunctionMetric, function=losses.squared_hinge):
    """As Hinge, squared.

    Args:
        name, dtype: see Metric.

    Example:
        >>> float(SquaredHinge()([[1.0, -1.0]], [[3.0, 1.0]]))
        2.0
    """


@register("metric", "categorical_hinge", module="keras.metrics")
class CategoricalHinge(FunctionMetric, function=losses.categorical_hinge):
    """The mean of how far the right class is from leading by a margin of 1.

    Args:
        name, dtype: see Metric.

    Example:
        >>> float(CategoricalHinge()([[0.0, 1.0]], [[2.0, 1.0]]))
        2.0
    """


@register("metric", "kl_divergence", module="keras.metrics")
class KLDivergence(FunctionMetric, function=losses.kl_divergence):
    """The mean of how much one distribution differs from another.

    Args:
        name, dtype: see Metric.

    Example:
        >>> float(KLDivergence()([[0.5, 0.5]], [[0.5, 0.5]]))
        0.0
    """


@register("metric", "poisson", module="keras.metrics")
class Poisson(FunctionMetric, function=losses.poisson):
    """The mean of how unlikely counts are under predicted rates.

    Args:
        name, dtype: see Metric.

    Example:
        >>> round(float(Poisson()([[0.0, 3.0]], [[3.0, 1.0]])), 3)
        2.0
    """


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

    def __init__(
        self,
        name: str = "binary_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        settings = taken_by(losses.binary_crossentropy, locals())
        super().__init__(losses.binary_crossentropy, name, dtype, **settings)


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

    def __init__(
        self,
        name: str = "categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        settings = taken_by(losses.categorical_crossentropy, locals())
        super().__init__(losses.categorical_crossentropy, name, dtype, **settings)


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

    def __init__(
        self,
        name: str = "sparse_categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        settings = taken_by(losses.sparse_categorical_crossentropy, locals())
        super().__init__(losses.sparse_categorical_crossentropy, name, dtype, **settings)


publish(__name__)
