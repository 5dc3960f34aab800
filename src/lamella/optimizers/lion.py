"""Lion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from lamella._base.errors import InvalidArgument
from lamella._base.registry import register
from lamella._state.variable import Variable
from lamella.optimizers.base import Optimizer


@register("optimizer", "lion", module="keras.optimizers")
class Lion(Optimizer):
    """Steps of one size, along the sign of a mean gradient.

    w <- w - rate * sign(beta_1 m + (1 - beta_1) g),   m <- beta_2 m + (1 - beta_2) g

    Args:
        learning_rate: how far one step goes.
        beta_1: share of the mean in the sign, 0 < beta_1 <= 1.
        beta_2: share of the mean that stays, 0 <= beta_2 <= 1.

    Further arguments: see `Optimizer`.

    Example:
        >>> weight = Variable(1.0)
        >>> Lion(learning_rate=0.1).apply([jnp.array(1.0)], [weight])
        >>> round(float(weight), 3)
        0.9

    Source: Chen et al. 2023, arXiv:2302.06675.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
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
        if not 0 < beta_1 <= 1:
            raise InvalidArgument(
                f"Argument `beta_1` of Lion must satisfy 0 < beta_1 <= 1. Received: {beta_1}.",
                help="Pass for example beta_1=0.9.",
            )
        self.beta_1 = beta_1
        self.beta_2 = beta_2

    def build(self, variables: Sequence[Variable]) -> None:
        super().build(variables)
        self._momentums = self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        value = variable.value
        dtype = value.dtype
        gradient = gradient.astype(dtype)
        rate, beta_1, beta_2 = (
            jnp.asarray(item, dtype) for item in (learning_rate, self.beta_1, self.beta_2)
        )
        slot = self._momentums[self._get_variable_index(variable)]
        mean = slot.value
        variable.assign(value - rate * jnp.sign(mean * beta_1 + gradient * (1.0 - beta_1)))
        slot.assign(mean * beta_2 + gradient * (1.0 - beta_2))
