"""Means of losses that ask for a margin."""

from __future__ import annotations

from typing import Any

from lamella._base.registry import register
from lamella.losses.margin import categorical_hinge, hinge, squared_hinge
from lamella.metrics.reduction import MeanMetricWrapper


@register("metric", "hinge", module="keras.metrics")
class Hinge(MeanMetricWrapper):
    """The mean of how far predictions are from the right side of a margin.

    Args:
        name, dtype: see Metric.

    Example:
        >>> float(Hinge()([[1.0, -1.0]], [[3.0, 1.0]]))
        1.0
    """

    _direction = "down"

    def __init__(self, name: str = "hinge", dtype: Any = None) -> None:
        super().__init__(hinge, name, dtype)


@register("metric", "squared_hinge", module="keras.metrics")
class SquaredHinge(MeanMetricWrapper):
    """As Hinge, squared.

    Args:
        name, dtype: see Metric.

    Example:
        >>> float(SquaredHinge()([[1.0, -1.0]], [[3.0, 1.0]]))
        2.0
    """

    _direction = "down"

    def __init__(self, name: str = "squared_hinge", dtype: Any = None) -> None:
        super().__init__(squared_hinge, name, dtype)


@register("metric", "categorical_hinge", module="keras.metrics")
class CategoricalHinge(MeanMetricWrapper):
    """The mean of how far the right class is from leading by a margin of 1.

    Args:
        name, dtype: see Metric.

    Example:
        >>> float(CategoricalHinge()([[0.0, 1.0]], [[2.0, 1.0]]))
        2.0
    """

    _direction = "down"

    def __init__(self, name: str = "categorical_hinge", dtype: Any = None) -> None:
        super().__init__(categorical_hinge, name, dtype)
