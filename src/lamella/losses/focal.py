"""Crossentropies in which easy samples count less."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import epsilon, publish, register, taken_by
from lamella.losses.base import LossFunctionWrapper
from lamella.losses.chances import binary, smoothed, whole_axis
from lamella.losses.reduction import as_pair, same_shape


def _shares(y_pred: jax.Array, axis: int) -> jax.Array:
    shares = y_pred / jnp.sum(y_pred, axis=axis, keepdims=True)
    return jnp.clip(shares, epsilon(), 1.0 - epsilon())


@register("loss", module="keras.losses")
def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> jax.Array:
    """A binary crossentropy in which easy samples count less.

    mean((1 - p)^gamma * crossentropy),   p = the share given to the right label

    Args:
        y_true: labels 0 and 1.
        y_pred: shares between 0 and 1, or any numbers with `from_logits`.
        apply_class_balancing: whether label 1 weighs alpha and label 0 weighs 1 - alpha.
        alpha: that weight.
        gamma: how much less easy samples count, 0 for not at all.
        from_logits: whether the sigmoid is still to be taken.
        label_smoothing: how far labels are drawn to 0.5, between 0 and 1.
        axis: the axis over which the mean is taken.

    Shapes: (..., n) -> (...)

    Example:
        >>> binary_focal_crossentropy([[1.0]], [[0.5]]).round(3).tolist()
        [0.173...]

    Source: Lin et al. 2017, arXiv:1708.02002.
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    y_true = smoothed(y_true, label_smoothing, 0.5)
    share = jax.nn.sigmoid(y_pred) if from_logits else y_pred
    right = y_true * share + (1 - y_true) * (1 - share)
    losses = jnp.power(1.0 - right, gamma) * binary(y_true, share, from_logits=False)
    if apply_class_balancing:
        losses = (y_true * alpha + (1 - y_true) * (1 - alpha)) * losses
    return jnp.mean(losses, axis=axis)


@register("loss", module="keras.losses")
def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> jax.Array:
    """A categorical crossentropy in which easy samples count less.

    -sum(alpha * (1 - y_pred)^gamma * y_true * log(y_pred))

    Args:
        y_true: one-hot labels.
        y_pred: shares, made to sum to 1, or any numbers with `from_logits`.
        alpha: the weight of every class, or a list of one weight per class.
        gamma: how much less easy samples count, 0 for not at all.
        from_logits: whether the softmax is still to be taken.
        label_smoothing: how far labels are drawn to even shares, between 0 and 1.
        axis: the axis of the classes.

    Shapes: (..., classes) -> (...)

    Example:
        >>> categorical_focal_crossentropy([[0.0, 1.0]], [[0.5, 0.5]], alpha=1.0).round(3).tolist()
        [0.173...]

    Source: Lin et al. 2017, arXiv:1708.02002.
    """
    axis = whole_axis(axis)
    y_true, y_pred = as_pair(y_true, y_pred)
    same_shape(y_true, y_pred)
    y_true = smoothed(y_true, label_smoothing, 1.0 / y_true.shape[-1])
    share = _shares(jax.nn.softmax(y_pred, axis=axis) if from_logits else y_pred, axis)
    weight = jnp.asarray(alpha, y_pred.dtype)
    if weight.ndim == 1:
        weight = weight.reshape((1,) * (y_pred.ndim - 1) + weight.shape)
    losses = weight * jnp.power(1.0 - share, gamma) * -y_true * jnp.log(share)
    return jnp.sum(losses, axis=axis)


@register("loss", module="keras.losses")
class BinaryFocalCrossentropy(LossFunctionWrapper):
    """A binary crossentropy in which easy samples count less.

    Args:
        apply_class_balancing: whether label 1 weighs alpha and label 0 weighs 1 - alpha.
        alpha: that weight.
        gamma: how much less easy samples count, 0 for not at all.
        from_logits: whether the sigmoid is still to be taken.
        label_smoothing: how far labels are drawn to even shares, between 0 and 1.
        axis: the axis over which the mean is taken.
        reduction, name, dtype: see Loss.

    Example:
        >>> round(float(BinaryFocalCrossentropy()([[1.0]], [[0.5]])), 3)
        0.173
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        settings = taken_by(binary_focal_crossentropy, locals())
        super().__init__(binary_focal_crossentropy, reduction, name, dtype, **settings)


@register("loss", module="keras.losses")
class CategoricalFocalCrossentropy(LossFunctionWrapper):
    """A categorical crossentropy in which easy samples count less.

    Args:
        alpha: the weight of every class, or a list of one weight per class.
        gamma: how much less easy samples count, 0 for not at all.
        from_logits: whether the softmax is still to be taken.
        label_smoothing: how far labels are drawn to even shares, between 0 and 1.
        axis: the axis of the classes.
        reduction, name, dtype: see Loss.

    Example:
        >>> round(float(CategoricalFocalCrossentropy(alpha=1.0)([[0.0, 1.0]], [[0.5, 0.5]])), 3)
        0.173
    """

    def __init__(
        self,
        alpha: Any = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        settings = taken_by(categorical_focal_crossentropy, locals())
        super().__init__(categorical_focal_crossentropy, reduction, name, dtype, **settings)


publish(__name__)
