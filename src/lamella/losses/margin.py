"""Losses that want a distance: hinges, and the circle loss on embeddings."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import publish, register, taken_by
from lamella._layer.masking import set_mask
from lamella.losses.base import FunctionLoss, LossFunctionWrapper
from lamella.losses.reduction import as_pair


def _signs(y_true: jax.Array) -> jax.Array:
    """Labels -1 and 1; labels that are all 0 or 1 are turned into those."""
    binary = jnp.all((y_true == 0) | (y_true == 1))
    return jnp.where(binary, 2.0 * y_true - 1.0, y_true)


@register("loss", module="keras.losses")
def hinge(y_true: Any, y_pred: Any) -> jax.Array:
    """How far predictions are from the right side of a margin.

    mean(max(1 - y_true * y_pred, 0))

    Args:
        y_true: labels -1 and 1, or 0 and 1.
        y_pred: any numbers.

    Shapes: (..., n) -> (...)

    Example:
        >>> hinge([[1.0, -1.0]], [[3.0, 1.0]]).tolist()
        [1.0]
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    return jnp.mean(jnp.maximum(1.0 - _signs(y_true) * y_pred, 0.0), axis=-1)


@register("loss", module="keras.losses")
def squared_hinge(y_true: Any, y_pred: Any) -> jax.Array:
    """As `hinge`, squared.

    mean(max(1 - y_true * y_pred, 0)^2)

    Args:
        y_true: labels -1 and 1, or 0 and 1.
        y_pred: any numbers.

    Shapes: (..., n) -> (...)

    Example:
        >>> squared_hinge([[1.0, -1.0]], [[3.0, 1.0]]).tolist()
        [2.0]
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    return jnp.mean(jnp.square(jnp.maximum(1.0 - _signs(y_true) * y_pred, 0.0)), axis=-1)


@register("loss", module="keras.losses")
def categorical_hinge(y_true: Any, y_pred: Any) -> jax.Array:
    """How far the right class is from leading by a margin of 1.

    max(max((1 - y_true) * y_pred) - sum(y_true * y_pred) + 1, 0)

    Args:
        y_true: one-hot labels, 0 and 1.
        y_pred: any numbers.

    Shapes: (..., classes) -> (...)

    Example:
        >>> categorical_hinge([[0.0, 1.0]], [[2.0, 1.0]]).tolist()
        [2.0]
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    right = jnp.sum(y_true * y_pred, axis=-1)
    wrong = jnp.max((1.0 - y_true) * y_pred, axis=-1)
    return jnp.maximum(wrong - right + 1.0, 0.0)


@register("loss", module="keras.losses")
class Hinge(FunctionLoss, function=hinge):
    """How far predictions are from the right side of a margin.

    Args:
        reduction, name, dtype: see Loss.

    Example:
        >>> float(Hinge()([[1.0, -1.0]], [[3.0, 1.0]]))
        1.0
    """


@register("loss", module="keras.losses")
class SquaredHinge(FunctionLoss, function=squared_hinge):
    """As Hinge, squared.

    Args:
        reduction, name, dtype: see Loss.

    Example:
        >>> float(SquaredHinge()([[1.0, -1.0]], [[3.0, 1.0]]))
        2.0
    """


@register("loss", module="keras.losses")
class CategoricalHinge(FunctionLoss, function=categorical_hinge):
    """How far the right class is from leading by a margin of 1.

    Args:
        reduction, name, dtype: see Loss.

    Example:
        >>> float(CategoricalHinge()([[0.0, 1.0]], [[2.0, 1.0]]))
        2.0
    """


@register("loss", module="keras.losses")
def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> jax.Array:
    """Pulls embeddings of one class together and pushes those of others apart.

    softplus(logsumexp(positives) + logsumexp(negatives)), each pair weighted by its own distance

    Args:
        y_true: class numbers.
        y_pred: embeddings of length 1.
        ref_labels, ref_embeddings: what to compare with, None for the batch itself.
        remove_diagonal: whether a sample is not compared with itself.
        gamma: how sharp the loss is, > 0.
        margin: how relaxed it is, 0 to 1.

    Shapes: (batch,), (batch, n) -> (batch,)

    Example:
        >>> vectors = jnp.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
        >>> circle([0, 0, 1], vectors).round(3).tolist()
        [0.0, 0.0, 0.0]

    Source: Sun et al. 2020, arXiv:2002.10857.
    """
    embeddings, labels = jnp.asarray(y_pred), jnp.asarray(y_true).astype("int32").reshape(-1)
    others = embeddings if ref_embeddings is None else jnp.asarray(ref_embeddings)
    keys = labels if ref_labels is None else jnp.asarray(ref_labels).astype("int32").reshape(-1)
    distance = jnp.maximum(1 - jnp.matmul(embeddings, others.T), 0.0)
    same = labels[:, None] == keys[None, :]
    diagonal = jnp.eye(same.shape[0], same.shape[1], dtype=bool)
    positive = same & ~diagonal if remove_diagonal else same
    pull = -gamma * (margin + distance) * (margin - distance)
    push = gamma * jnp.maximum(1 + margin - distance, 0.0) * (1 - margin - distance)
    near, has_near = _masked_logsumexp(pull, positive)
    far, has_far = _masked_logsumexp(push, ~same)
    losses = jnp.where(has_near & has_far, jax.nn.softplus(near + far), 0.0)
    set_mask(losses, losses > 0)
    return losses


def _masked_logsumexp(x: jax.Array, mask: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The logsumexp of each row where the mask is set, and whether it is set anywhere."""
    found = jnp.any(mask, axis=1)
    # A row without any takes all, as log(0) would make the gradient NaN; its result is not used.
    used = mask | ~found[:, None]
    return jax.nn.logsumexp(x, axis=1, where=used), found


@register("loss", module="keras.losses")
class Circle(LossFunctionWrapper):
    """Pulls embeddings of one class together and pushes those of others apart.

    Args:
        gamma: how sharp the loss is, > 0.
        margin: how relaxed it is, 0 to 1.
        remove_diagonal: whether a sample is not compared with itself.
        reduction, name, dtype: see Loss.

    Example:
        >>> vectors = jnp.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
        >>> round(float(Circle()([0, 0, 1], vectors)), 3)
        0.0

    Source: Sun et al. 2020, arXiv:2002.10857.
    """

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "circle",
        dtype: Any = None,
    ) -> None:
        super().__init__(circle, reduction, name, dtype, **taken_by(circle, locals()))


publish(__name__)
