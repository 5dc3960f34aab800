"""Fading means of gradients and their squares, which the Adam family shares."""

from typing import Any, Unpack

import jax.numpy as jnp
from jax import Array

from lamella._base import continues
from lamella.optimizers.base import Optimizer
from lamella.optimizers.checks import Options
from lamella.optimizers.slots import SlotOptimizer


def advanced(
    gradient: Array, momentum: Array, velocity: Array, beta_1: float, beta_2: float
) -> tuple[Array, Array]:
    """The fading means of the gradient and of its square, one step on.

    Args:
        gradient: of this step.
        momentum, velocity: the last means.
        beta_1, beta_2: shares of the means that stay.

    Example:
        >>> ones = jnp.ones(())
        >>> [float(mean) for mean in advanced(3 * ones, ones, ones, 0.5, 0.5)]
        [2.0, 5.0]
    """
    return (
        momentum + (gradient - momentum) * (1 - beta_1),
        velocity + (jnp.square(gradient) - velocity) * (1 - beta_2),
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


class MomentOptimizer(SlotOptimizer):
    """The engine of the Adam family: two slots for each variable, and what they fade by."""

    _slots = {"_momentums": "momentum", "_velocities": "velocity"}

    @continues(Optimizer)
    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        *options: Any,
        **named: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, *options, **named)
        self.beta_1, self.beta_2 = beta_1, beta_2
        self.epsilon = epsilon

    def _advanced(self, gradient: Array, momentum: Array, velocity: Array) -> tuple[Array, Array]:
        return advanced(gradient, momentum, velocity, self.beta_1, self.beta_2)

    def _corrections(self, dtype: Any) -> tuple[Any, Any]:
        return corrections(self.iterations + 1, self.beta_1, self.beta_2, dtype)
