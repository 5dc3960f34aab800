"""LAMB."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from lamella._base.registry import register
from lamella._state.variable import Variable
from lamella.optimizers.base import Optimizer
from lamella.optimizers.moments import corrections, mean_and_square


@register("optimizer", "lamb", module="keras.optimizers")
class Lamb(Optimizer):
    """Adam whose step for each variable is as long as the variable itself.

    u = m / (1 - beta_1^t) / (sqrt(v / (1 - beta_2^t)) + epsilon),   w <- w - rate * |w| / |u| * u

    Args:
        learning_rate: how far one step goes.
        beta_1: share of the mean gradient that stays, 0 <= beta_1 < 1.
        beta_2: share of the mean squared gradient that stays, 0 <= beta_2 < 1.
        epsilon: keeps the divisor above zero.

    Further arguments: see `Optimizer`.

    Example:
        >>> weight = Variable(1.0)
        >>> Lamb(learning_rate=0.1).apply([jnp.array(1.0)], [weight])
        >>> round(float(weight), 3)
        0.9

    Source: You et al. 2020, arXiv:1904.00962.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            **kwargs,
        )
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def build(self, variables: Sequence[Variable]) -> None:
        super().build(variables)
        self._momentums, self._velocities = self.add_optimizer_variables(
            variables, ["momentum", "velocity"]
        )

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        value = variable.value
        index = self._get_variable_index(variable)
        slots = self._momentums[index], self._velocities[index]
        moments = mean_and_square(slots, gradient.astype(value.dtype), self.beta_1, self.beta_2)
        for slot, new in zip(slots, moments):
            slot.assign(new)
        left_1, left_2 = corrections(self.iterations + 1, self.beta_1, self.beta_2, value.dtype)
        update = moments.mean / left_1 / (jnp.sqrt(moments.square / left_2) + self.epsilon)
        length, step = (jnp.sqrt(jnp.sum(jnp.square(item))) for item in (value, update))
        usable = (length > 0) & (step > 0)
        ratio = jnp.where(usable, length / jnp.where(usable, step, 1), 1.0)
        rate = jnp.asarray(learning_rate, value.dtype)
        variable.assign(value - (ratio * rate * update).astype(value.dtype))
