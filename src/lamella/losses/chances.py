"""What losses of probabilities share."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import WrongType, epsilon
from lamella.losses.reduction import same_shape


def whole_axis(axis: Any) -> int:
    if isinstance(axis, bool) or not isinstance(axis, int):
        raise WrongType(
            f"Argument `axis` must be a whole number. Received: {axis!r}.",
            help="Name the argument: from_logits=True is not the third one by position.",
        )
    return axis


def smoothed(y_true: jax.Array, label_smoothing: float, even: float) -> jax.Array:
    if not label_smoothing:
        return y_true
    return y_true * (1.0 - label_smoothing) + label_smoothing * even


def binary(y_true: jax.Array, y_pred: jax.Array, from_logits: bool) -> jax.Array:
    same_shape(y_true, y_pred)
    if from_logits:
        right, wrong = jax.nn.log_sigmoid(y_pred), jax.nn.log_sigmoid(-y_pred)
    else:
        share = jnp.clip(y_pred, epsilon(), 1.0 - epsilon())
        right, wrong = jnp.log(share), jnp.log(1.0 - share)
    return -(y_true * right + (1.0 - y_true) * wrong)
