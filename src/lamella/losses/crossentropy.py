"""Crossentropies, and other losses between distributions and on counts."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import InvalidShape, check, epsilon, publish, register, taken_by
from lamella._layer.masking import set_mask
from lamella.losses.base import FunctionLoss, LossFunctionWrapper
from lamella.losses.chances import binary, smoothed, whole_axis
from lamella.losses.reduction import as_array, as_pair, same_shape
from lamella.ops.crossentropy import log_chances


@register("loss", "bce", "BCE", module="keras.losses")
def binary_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> jax.Array:
    """How unlikely yes-or-no labels are under predicted shares.

    -mean(y_true * log(y_pred) + (1 - y_true) * log(1 - y_pred))

    Args:
        y_true: labels 0 and 1, or shares.
        y_pred: shares between 0 and 1, or any numbers with `from_logits`.
        from_logits: whether the sigmoid is still to be taken.
        label_smoothing: how far labels are drawn to 0.5, between 0 and 1.
        axis: the axis over which the mean is taken.

    Shapes: (..., n) -> (...)
    Raises: InvalidShape, if the shapes differ.

    Example:
        >>> binary_crossentropy([[1.0, 0.0]], [[0.5, 0.5]]).round(3).tolist()
        [0.693...]
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    y_true = smoothed(y_true, label_smoothing, 0.5)
    return jnp.mean(binary(y_true, y_pred, from_logits), axis=axis)


@register("loss", module="keras.losses")
def categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> jax.Array:
    """How unlikely one-hot labels are under predicted shares.

    -sum(y_true * log(y_pred))

    Args:
        y_true: one-hot labels, or shares.
        y_pred: shares, made to sum to 1, or any numbers with `from_logits`.
        from_logits: whether the softmax is still to be taken.
        label_smoothing: how far labels are drawn to even shares, between 0 and 1.
        axis: the axis of the classes.

    Shapes: (..., classes) -> (...)
    Raises: InvalidShape, if the shapes differ.

    Example:
        >>> categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).round(3).tolist()
        [0.693...]
    """
    axis = whole_axis(axis)
    y_true, y_pred = as_pair(y_true, y_pred)
    same_shape(y_true, y_pred)
    y_true = smoothed(y_true, label_smoothing, 1.0 / y_true.shape[-1])
    return -jnp.sum(y_true * log_chances(y_pred, from_logits, axis), axis=axis)


@register("loss", module="keras.losses")
def sparse_categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> jax.Array:
    """How unlikely class numbers are under predicted shares.

    -log(y_pred[y_true])

    Args:
        y_true: class numbers, 0 to classes - 1; with or without a last axis of size 1.
        y_pred: shares, made to sum to 1, or any numbers with `from_logits`.
        from_logits: whether the softmax is still to be taken.
        ignore_class: a class number that does not count, for instance -1 for "unlabelled".
        axis: the axis of the classes.

    Shapes: (...), (..., classes) -> (...)
    Raises: InvalidShape, if the labels do not fit the predictions.

    Example:
        >>> sparse_categorical_crossentropy([1], [[0.5, 0.5]]).round(3).tolist()
        [0.693...]
    """
    labels, prediction = _labels(y_true, y_pred, whole_axis(axis))
    valid = None
    if ignore_class is not None:
        valid = labels != ignore_class
        labels = jnp.where(valid, labels, 0)
        # What does not count must not reach the gradient either, not even as a NaN.
        prediction = jnp.where(jnp.expand_dims(valid, axis), prediction, 0)
    logs = log_chances(prediction, from_logits, axis)
    # Compared and not gathered: XLA fuses it, and its gradient needs no scatter.
    numbers = jax.lax.broadcasted_iota(labels.dtype, logs.shape, axis % logs.ndim)
    chosen = numbers == jnp.expand_dims(labels, axis)
    losses = -jnp.sum(jnp.where(chosen, logs, 0), axis=axis)
    if valid is not None:
        losses = jnp.where(valid, losses, 0.0)
        set_mask(losses, valid)
    return losses


def _labels(y_true: Any, y_pred: Any, axis: int) -> tuple[jax.Array, jax.Array]:
    """Class numbers as integers, without an axis of size 1 for the classes."""
    prediction, labels = as_array(y_pred), as_array(y_true).astype("int32")
    if labels.ndim == prediction.ndim:
        place = axis if labels.shape[axis] == 1 else -1
        labels = labels.squeeze(place) if labels.shape[place] == 1 else labels
    wanted = list(prediction.shape)
    if wanted:
        del wanted[axis]
    if not prediction.ndim or labels.shape != tuple(wanted):
        raise InvalidShape(
            f"Class numbers of shape {jnp.shape(y_true)} do not fit predictions of shape "
            f"{prediction.shape}: wanted {tuple(wanted)}.",
            help="Sparse losses take one class number per sample; "
            "for one-hot labels use the categorical ones.",
        )
    return labels, prediction


@register("loss", module="keras.losses")
def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> jax.Array:
    """Between crossentropy (q -> 0) and absolute error (q -> 1): bears wrong labels.

    (1 - y_pred[y_true]^q) / q

    Args:
        y_true: class numbers.
        y_pred: shares.
        q: 0 < q < 1.

    Shapes: (...), (..., classes) -> (...)

    Example:
        >>> categorical_generalized_cross_entropy([1], [[0.0, 1.0]], 0.5).tolist()
        [0.0]

    Source: Zhang and Sabuncu 2018, arXiv:1805.07836.
    """
    labels, prediction = _labels(y_true, y_pred, -1)
    chosen = jax.nn.one_hot(labels, prediction.shape[-1], dtype=prediction.dtype)
    return (1 - jnp.power(jnp.sum(prediction * chosen, axis=-1), q)) / q


@register("loss", module="keras.losses")
class BinaryCrossentropy(LossFunctionWrapper):
    """How unlikely yes-or-no labels are under predicted shares.

    Args:
        from_logits: whether the sigmoid is still to be taken.
        label_smoothing: how far labels are drawn to even shares, between 0 and 1.
        axis: the axis over which the mean is taken.
        reduction, name, dtype: see Loss.

    Example:
        >>> round(float(BinaryCrossentropy()([[1.0, 0.0]], [[0.5, 0.5]])), 3)
        0.693
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
    ) -> None:
        settings = taken_by(binary_crossentropy, locals())
        super().__init__(binary_crossentropy, reduction, name, dtype, **settings)


@register("loss", module="keras.losses")
class CategoricalCrossentropy(LossFunctionWrapper):
    """How unlikely one-hot labels are under predicted shares.

    Args:
        from_logits: whether the softmax is still to be taken.
        label_smoothing: how far labels are drawn to even shares, between 0 and 1.
        axis: the axis of the classes.
        reduction, name, dtype: see Loss.

    Example:
        >>> round(float(CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]])), 3)
        0.693
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        settings = taken_by(categorical_crossentropy, locals())
        super().__init__(categorical_crossentropy, reduction, name, dtype, **settings)


@register("loss", module="keras.losses")
class SparseCategoricalCrossentropy(LossFunctionWrapper):
    """How unlikely class numbers are under predicted shares.

    Args:
        from_logits: whether the softmax is still to be taken.
        ignore_class: a class number that does not count, for instance -1 for "unlabelled".
        axis: the axis of the classes.
        reduction, name, dtype: see Loss.

    Example:
        >>> round(float(SparseCategoricalCrossentropy()([1], [[0.5, 0.5]])), 3)
        0.693
    """

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        settings = taken_by(sparse_categorical_crossentropy, locals())
        super().__init__(sparse_categorical_crossentropy, reduction, name, dtype, **settings)


@register("loss", module="keras.losses")
class CategoricalGeneralizedCrossEntropy(LossFunctionWrapper):
    """Between crossentropy and absolute error: bears wrong labels.

    Args:
        q: 0 < q < 1; near 0 it is crossentropy, near 1 absolute error.
        reduction, name, dtype: see Loss.

    Example:
        >>> float(CategoricalGeneralizedCrossEntropy()([1], [[0.0, 1.0]]))
        0.0

    Source: Zhang and Sabuncu 2018, arXiv:1805.07836.
    """

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_generalized_cross_entropy",
        dtype: Any = None,
    ) -> None:
        check.fraction(q, "q", zero=False)
        super().__init__(categorical_generalized_cross_entropy, reduction, name, dtype, q=q)


@register("loss", "kld", "KLD", module="keras.losses")
def kl_divergence(y_true: Any, y_pred: Any) -> jax.Array:
    """How much one distribution differs from another.

    sum(y_true * log(y_true / y_pred))

    Args:
        y_true, y_pred: shares; kept between epsilon and 1.

    Shapes: (..., n) -> (...)

    Example:
        >>> kl_divergence([[0.5, 0.5]], [[0.5, 0.5]]).tolist()
        [0.0]

    Source: Kullback and Leibler 1951, Annals of Mathematical Statistics 22:79.
    """
    y_true, y_pred = (jnp.clip(y, epsilon(), 1) for y in as_pair(y_true, y_pred))
    return jnp.sum(y_true * jnp.log(y_true / y_pred), axis=-1)


@register("loss", module="keras.losses")
def poisson(y_true: Any, y_pred: Any) -> jax.Array:
    """How unlikely counts are under predicted rates, up to a constant.

    mean(y_pred - y_true * log(y_pred + epsilon))

    Args:
        y_true: counts.
        y_pred: rates, > 0.

    Shapes: (..., n) -> (...)

    Example:
        >>> poisson([[0.0, 3.0]], [[3.0, 1.0]]).round(3).tolist()
        [2.0]
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    return jnp.mean(y_pred - y_true * jnp.log(y_pred + epsilon()), axis=-1)


@register("loss", module="keras.losses")
class KLDivergence(FunctionLoss, function=kl_divergence):
    """How much one distribution differs from another.

    Args:
        reduction, name, dtype: see Loss.

    Example:
        >>> float(KLDivergence()([[0.5, 0.5]], [[0.5, 0.5]]))
        0.0
    """


@register("loss", module="keras.losses")
class Poisson(FunctionLoss, function=poisson):
    """How unlikely counts are under predicted rates.

    Args:
        reduction, name, dtype: see Loss.

    Example:
        >>> round(float(Poisson()([[0.0, 3.0]], [[3.0, 1.0]])), 3)
        2.0
    """


publish(__name__)
