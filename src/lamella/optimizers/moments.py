"""Fading means of gradients and their squares, which the Adam family shares."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from lamella._state.variable import Variable


class Moments(NamedTuple):
    """The fading means of a gradient and of its square."""

    mean: jax.Array
    square: jax.Array


def mean_and_square(
    slots: tuple[Variable, Variable], gradient: jax.Array, beta_1: float, beta_2: float
) -> Moments:
    """The fading means one step on.

    Args:
        slots: where the last ones are kept.
        gradient: of this step.
        beta_1, beta_2: shares of the means that stay.
    """
    mean, square = slots[0].value, slots[1].value
    return Moments(
        mean + (gradient - mean) * (1 - beta_1),
        square + (jnp.square(gradient) - square) * (1 - beta_2),
    )


def corrections(step: Any, beta_1: float, beta_2: float, dtype: Any) -> tuple[Any, Any]:
    """1 - beta^t for both: how much of the means is not yet the zeros that they started from.

    Args:
        step: t, from 1 on.
        beta_1, beta_2: shares of the means that stay.
        dtype: the number type of the variable.

    Example:
        >>> [round(float(left), 3) for left in corrections(1, 0.9, 0.999, "float32")]
        [0.1, 0.001]
    """
    count = jnp.asarray(step).astype(dtype)
    left = (1 - jnp.power(jnp.asarray(beta, dtype), count) for beta in (beta_1, beta_2))
    return tuple(left)  # type: ignore[return-value]
