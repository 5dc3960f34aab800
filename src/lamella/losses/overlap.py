"""Losses on the overlap of masks."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import epsilon, publish, register
from lamella.losses.base import LossFunctionWrapper
from lamella.losses.reduction import as_pair


def _axes(axis: Any) -> Any:
    return tuple(axis) if isinstance(axis, (list, tuple)) else axis


@register("loss", module="keras.losses")
def dice(y_true: Any, y_pred: Any, axis: Any = None) -> jax.Array:
    """One minus the overlap of two masks.

    1 - 2 * sum(y_true * y_pred) / (sum(y_true) + sum(y_pred) + epsilon)

    Args:
        y_true, y_pred: shares, 0 to 1.
        axis: the axes to sum over, None for all.

    Example:
        >>> float(dice([[1.0, 0.0]], [[0.0, 1.0]]))
        1.0

    Source: Milletari et al. 2016, arXiv:1606.04797.
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    both = jnp.sum(y_true * y_pred, axis=_axes(axis))
    either = jnp.sum(y_true, axis=_axes(axis)) + jnp.sum(y_pred, axis=_axes(axis))
    return 1 - 2.0 * both / (either + epsilon())


@register("loss", module="keras.losses")
def tversky(
    y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: Any = None
) -> jax.Array:
    """One minus an overlap in which misses and false alarms weigh differently.

    1 - both / (both + alpha * only_true + beta * only_predicted + epsilon)

    Args:
        y_true, y_pred: shares, 0 to 1.
        alpha: the weight of what is true and not predicted.
        beta: the weight of what is predicted and not true.
        axis: the axes to sum over, None for all.

    Example:
        >>> float(tversky([[1.0, 0.0]], [[0.0, 1.0]]))
        1.0

    Source: Salehi et al. 2017, arXiv:1706.05721.
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    both = jnp.sum(y_true * y_pred, axis=_axes(axis))
    only_true = jnp.sum(y_true * (1 - y_pred), axis=_axes(axis))
    only_predicted = jnp.sum(y_pred * (1 - y_true), axis=_axes(axis))
    return 1 - both / (both + alpha * only_true + beta * only_predicted + epsilon())


@register("loss", module="keras.losses")
class Dice(LossFunctionWrapper):
    """One minus the overlap of two masks.

    Args:
        axis: the axes to sum over, None for all; name the image's axes for a loss per image.
        reduction, name, dtype: see Loss.

    Example:
        >>> float(Dice()([[1.0, 0.0]], [[0.0, 1.0]]))
        1.0
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "dice",
        axis: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(dice, reduction, name, dtype, axis=axis)


@register("loss", module="keras.losses")
class Tversky(LossFunctionWrapper):
    """One minus an overlap in which misses and false alarms weigh differently.

    Args:
        alpha: the weight of what is true and not predicted.
        beta: the weight of what is predicted and not true.
        axis: the axes to sum over, None for all; name the image's axes for a loss per image.
        reduction, name, dtype: see Loss.

    Example:
        >>> float(Tversky()([[1.0, 0.0]], [[0.0, 1.0]]))
        1.0
    """

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "tversky",
        axis: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(tversky, reduction, name, dtype, alpha=alpha, beta=beta, axis=axis)


publish(__name__)
