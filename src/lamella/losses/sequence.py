"""A loss for sequences that are not aligned."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import InvalidShape, register
from lamella.losses.base import FunctionLoss

_NEVER = -1e5  # the logarithm of what cannot happen; minus infinity would make the gradient NaN


@register("loss", module="keras.losses")
def ctc(y_true: Any, y_pred: Any) -> jax.Array:
    """How unlikely a sequence of labels is, over all its alignments to the time steps.

    -log P(labels | logits)

    Args:
        y_true: class numbers, filled up with 0 at the end; class 0 is the blank.
        y_pred: logits of every time step.

    Shapes: (batch, labels), (batch, time, classes) -> (batch,)
    Raises: InvalidShape, if the arrays are not of two and three axes.

    Example:
        >>> ctc([[1]], jnp.zeros((1, 1, 2))).round(3).tolist()
        [0.693...]

    Source: Graves et al. 2006, ICML 23:369.
    """
    labels, logits = jnp.asarray(y_true), jnp.asarray(y_pred)
    if labels.ndim != 2 or logits.ndim != 3:
        raise InvalidShape(
            f"ctc expects labels (batch, labels) and logits (batch, time, classes); got shapes "
            f"{labels.shape} and {logits.shape}.",
            help="Give class numbers as labels, filled up with 0, and logits for every time step.",
        )
    labels = labels.astype("int32")
    logs = jax.nn.log_softmax(logits.astype(jnp.promote_types(logits.dtype, "float32")))
    return _negative_log_likelihood(labels, logs)


def _negative_log_likelihood(labels: jax.Array, logs: jax.Array) -> jax.Array:
    """The forward algorithm over blank, label, blank, label ... blank."""
    batch, count = labels.shape
    states = jnp.zeros((batch, 2 * count + 1), "int32").at[:, 1::2].set(labels)
    emitted = jnp.take_along_axis(logs, states[:, None, :], axis=2)
    # From a label one may step over the blank to the next label, unless both are the same.
    skips = jnp.zeros(states.shape, bool)
    skips = skips.at[:, 3::2].set(labels[:, 1:] != labels[:, :-1])
    start = jnp.full(states.shape, _NEVER, logs.dtype).at[:, 0].set(0.0)

    def shifted(alpha: jax.Array, by: int) -> jax.Array:
        return jnp.pad(alpha, ((0, 0), (by, 0)), constant_values=_NEVER)[:, : alpha.shape[1]]

    def step(alpha: jax.Array, emission: jax.Array) -> tuple[jax.Array, None]:
        over = jnp.where(skips, shifted(alpha, 2), _NEVER)
        reached = jnp.logaddexp(jnp.logaddexp(alpha, shifted(alpha, 1)), over)
        return reached + emission, None

    # Before the first step all weight stands on the blank, from where label 1 can be reached.
    alpha, _ = jax.lax.scan(step, start, jnp.moveaxis(emitted, 1, 0))
    length = jnp.sum(labels != 0, axis=1)
    ends = jnp.stack([2 * length, jnp.maximum(2 * length - 1, 0)], axis=1)
    last = jnp.take_along_axis(alpha, ends, axis=1)
    # Without labels the only end is the first blank.
    label_end = jnp.where(length > 0, last[:, 1], _NEVER)
    return -jnp.logaddexp(last[:, 0], label_end)


@register("loss", module="keras.losses")
class CTC(FunctionLoss, function=ctc):
    """How unlikely a sequence of labels is, over all its alignments to the time steps.

    Args:
        reduction, name, dtype: see Loss.

    Example:
        >>> round(float(CTC()([[1]], jnp.zeros((1, 1, 2)))), 3)
        0.693

    Source: Graves et al. 2006, ICML 23:369.
    """
