"""Nadam."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from lamella._base.registry import register
from lamella._state.variable import Variable
from lamella.optimizers.base import Optimizer
from lamella.optimizers.moments import corrections, mean_and_square


@register("optimizer", "nadam", module="keras.optimizers")
class Nadam(Optimizer):
    """Adam with Nesterov momentum.

    as Adam, with the mean gradient of the next step in place of m;
    the momentum of step t is beta_1 (1 - 0.96^t / 2)

    Args:
        learning_rate: how far one step goes.
        beta_1: share of the mean gradient that stays, 0 <= beta_1 < 1.
        beta_2: share of the mean squared gradient that stays, 0 <= beta_2 < 1.
        epsilon: keeps the divisor above zero.

    Further arguments: see `Optimizer`.

    Example:
        >>> weight = Variable(1.0)
        >>> Nadam(learning_rate=0.1).apply([jnp.array(1.0)], [weight])
        >>> round(float(weight), 3)
        0.894

    Source: Dozat 2016, ICLR workshop, "Incorporating Nesterov momentum into Adam".
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
        dtype = variables[0].dtype if variables else None
        self._product = self.add_variable((), "ones", dtype, name="u_product")

    def _momentum_of(self, step: Any, dtype: Any) -> jax.Array:
        fading = jnp.power(jnp.asarray(0.96, dtype), jnp.asarray(step, dtype))
        return jnp.asarray(self.beta_1, dtype) * (1.0 - 0.5 * fading)

    def _update_step_all(self, grads: list[Any], variables: list[Variable], rate: Any) -> None:
        product = self._product.value
        self._product.assign(product * self._momentum_of(self.iterations + 1, product.dtype))
        super()._update_step_all(grads, variables, rate)

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        value = variable.value
        dtype = value.dtype
        gradient = gradient.astype(dtype)
        index = self._get_variable_index(variable)
        slots = self._momentums[index], self._velocities[index]
        moments = mean_and_square(slots, gradient, self.beta_1, self.beta_2)
        for slot, new in zip(slots, moments):
            slot.assign(new)
        now = self._momentum_of(self.iterations + 1, dtype)
        following = self._momentum_of(self.iterations + 2, dtype)
        product = self._product.value.astype(dtype)
        _, left = corrections(self.iterations + 1, self.beta_1, self.beta_2, dtype)
        mean = following * moments.mean / (1 - product * following)
        mean = mean + (1 - now) * gradient / (1 - product)
        rate = jnp.asarray(learning_rate, dtype)
        variable.assign(value - mean * rate / (jnp.sqrt(moments.square / left) + self.epsilon))
