"""Schedule-free AdamW."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import jax.numpy as jnp

from lamella._base.registry import register
from lamella._base.signatures import continues
from lamella._state.variable import Variable
from lamella.optimizers.moments import MomentOptimizer
from lamella.optimizers.options import Options


@register("optimizer", "schedulefreeadamw", module="keras.optimizers")
class ScheduleFreeAdamW(MomentOptimizer):
    """Adam that averages its weights as it goes and so needs no schedule.

    z <- z - rate * g / (sqrt(v / (1 - beta_2^t)) + epsilon),   x <- x + (z - x) / t,
    w <- (1 - beta_1) z + beta_1 x

    Args:
        learning_rate: how far one step goes.
        beta_1: share of the average in the weights, 0 < beta_1 <= 1.
        beta_2: share of the mean squared gradient that stays, 0 <= beta_2 < 1.
        epsilon: keeps the divisor above zero.
        warmup_steps: steps over which the rate rises from 0.

    Further arguments: see `Optimizer`.

    Example:
        >>> weight = Variable(1.0)
        >>> ScheduleFreeAdamW(learning_rate=0.1).apply([jnp.array(1.0)], [weight])
        >>> round(float(weight), 3)
        0.9

    Source: Defazio et al. 2024, arXiv:2405.15682.
    """

    @continues(MomentOptimizer)
    def __init__(
        self,
        learning_rate: Any = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
        *options: Any,
        **named: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, *options, **named)
        self.warmup_steps = warmup_steps

    def build(self, variables: Sequence[Variable]) -> None:
        super().build(variables)
        for momentum, variable in zip(self._momentums, variables):
            if momentum is not None:
                momentum.assign(variable.value)

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        value = variable.value
        gradient = gradient.astype(value.dtype)
        step = jnp.asarray(self.iterations + 1).astype(value.dtype)
        rate = jnp.asarray(learning_rate, value.dtype)
        if self.warmup_steps > 0:
            rate = rate * jnp.minimum(step / self.warmup_steps, 1.0)
        beta_1, beta_2 = (jnp.asarray(beta, value.dtype) for beta in (self.beta_1, self.beta_2))
        index = self._get_variable_index(variable)
        old, velocity = self._momentums[index].value, self._velocities[index].value
        velocity = velocity + (jnp.square(gradient) - velocity) * (1 - beta_2)
        below = jnp.sqrt(velocity / (1 - jnp.power(beta_2, step))) + self.epsilon
        new = old - rate * gradient / below
        average = (value - (1 - beta_1) * old) / beta_1
        average = (1 - 1.0 / step) * average + 1.0 / step * new
        self._momentums[index].assign(new)
        self._velocities[index].assign(velocity)
        variable.assign((1 - beta_1) * new + beta_1 * average)
