"""Fading means of gradients and their squares, which the Adam family shares."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Unpack

import jax
import jax.numpy as jnp

from lamella._base import continues
from lamella._state.variable import Variable
from lamella.optimizers.base import Optimizer
from lamella.optimizers.checks import Options


class Moments(NamedTuple):
    """The fading means of a gradient and of its square."""

    mean: jax.Array
    square: jax.Array


def advanced(
    slots: tuple[Variable, Variable], gradient: jax.Array, beta_1: float, beta_2: float
) -> Moments:
    """Takes the fading means one step on, keeps them and gives them.

    Args:
        slots: where the last ones are kept.
        gradient: of this step.
        beta_1, beta_2: shares of the means that stay.
    """
    mean, square = slots[0].value, slots[1].value
    moments = Moments(
        mean + (gradient - mean) * (1 - beta_1),
        square + (jnp.square(gradient) - square) * (1 - beta_2),
    )
    for slot, new in zip(slots, moments):
        slot.assign(new)
    return moments


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


class MomentOptimizer(Optimizer):
    """The engine of the Adam family: two slots for each variable, and what they fade by."""

    _slots = ["momentum", "velocity"]

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

    def build(self, variables: Sequence[Variable]) -> None:
        super().build(variables)
        self._momentums, self._velocities = self.add_optimizer_variables(variables, self._slots)

    def _advance(self, gradient: jax.Array, variable: Variable) -> Moments:
        index = self._get_variable_index(variable)
        slots = self._momentums[index], self._velocities[index]
        return advanced(slots, gradient, self.beta_1, self.beta_2)

    def _corrections(self, dtype: Any) -> tuple[Any, Any]:
        return corrections(self.iterations + 1, self.beta_1, self.beta_2, dtype)
