"""Adamax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from lamella._base.registry import register
from lamella._state.variable import Variable
from lamella.optimizers.base import Optimizer
from lamella.optimizers.moments import corrections


@register("optimizer", "adamax", module="keras.optimizers")
class Adamax(Optimizer):
    """Adam with the fading greatest size of gradients as the divisor.

    m <- beta_1 m + (1 - beta_1) g,   u <- max(beta_2 u, |g|),
    w <- w - rate / (1 - beta_1^t) * m / (u + epsilon)

    Args:
        learning_rate: how far one step goes.
        beta_1: share of the mean gradient that stays, 0 <= beta_1 < 1.
        beta_2: share of the mean squared gradient that stays, 0 <= beta_2 < 1.
        epsilon: keeps the divisor above zero.

    Further arguments: see `Optimizer`.

    Example:
        >>> weight = Variable(1.0)
        >>> Adamax(learning_rate=0.1).apply([jnp.array(1.0)], [weight])
        >>> round(float(weight), 3)
        0.9

    Source: Kingma and Ba 2015, arXiv:1412.6980, section 7.
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
        self._momentums, self._norms = self.add_optimizer_variables(variables, ["momentum", "norm"])

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        value = variable.value
        gradient = gradient.astype(value.dtype)
        index = self._get_variable_index(variable)
        old = self._momentums[index].value
        momentum = old + (gradient - old) * (1 - self.beta_1)
        norm = jnp.maximum(self.beta_2 * self._norms[index].value, jnp.abs(gradient))
        self._momentums[index].assign(momentum)
        self._norms[index].assign(norm)
        rate = jnp.asarray(learning_rate, value.dtype)
        left, _ = corrections(self.iterations + 1, self.beta_1, self.beta_2, value.dtype)
        variable.assign(value - rate * momentum / (left * (norm + self.epsilon)))
