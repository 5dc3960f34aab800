"""Adam and AdamW."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from lamella._base.errors import InvalidArgument
from lamella._base.registry import register
from lamella._state.variable import Variable
from lamella.optimizers.base import Optimizer
from lamella.optimizers.moments import corrections, mean_and_square


@register("optimizer", "adam", module="keras.optimizers")
class Adam(Optimizer):
    """Steps along the fading mean of gradients over the root of that of their squares.

    m <- beta_1 m + (1 - beta_1) g,   v <- beta_2 v + (1 - beta_2) g^2,
    w <- w - rate * sqrt(1 - beta_2^t) / (1 - beta_1^t) * m / (sqrt(v) + epsilon)

    Args:
        learning_rate: how far one step goes.
        beta_1: share of the mean gradient that stays, 0 <= beta_1 < 1.
        beta_2: share of the mean squared gradient that stays, 0 <= beta_2 < 1.
        epsilon: keeps the divisor above zero.
        amsgrad: whether to divide by the greatest v so far.

    Further arguments: see `Optimizer`.

    Example:
        >>> weight = Variable(1.0)
        >>> Adam(learning_rate=0.1).apply([jnp.array(1.0)], [weight])
        >>> round(float(weight), 3)
        0.9

    Source: Kingma and Ba 2015, arXiv:1412.6980; amsgrad: Reddi et al. 2018, arXiv:1904.09237.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
        self.amsgrad = amsgrad

    def build(self, variables: Sequence[Variable]) -> None:
        super().build(variables)
        self._momentums, self._velocities = self.add_optimizer_variables(
            variables, ["momentum", "velocity"]
        )
        if self.amsgrad:
            self._greatest = self.add_optimizer_variables(variables, "velocity_hat")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        value = variable.value
        index = self._get_variable_index(variable)
        slots = self._momentums[index], self._velocities[index]
        moments = mean_and_square(slots, gradient.astype(value.dtype), self.beta_1, self.beta_2)
        for slot, new in zip(slots, moments):
            slot.assign(new)
        velocity = moments.square
        if self.amsgrad:
            velocity = jnp.maximum(self._greatest[index].value, velocity)
            self._greatest[index].assign(velocity)
        rate = jnp.asarray(learning_rate, value.dtype)
        left_1, left_2 = corrections(self.iterations + 1, self.beta_1, self.beta_2, value.dtype)
        scale = rate * jnp.sqrt(left_2) / left_1
        variable.assign(value - moments.mean * scale / (jnp.sqrt(velocity) + self.epsilon))


@register("optimizer", "adamw", module="keras.optimizers")
class AdamW(Adam):
    """Adam that also takes a share of each weight off, apart from the gradient.

    w <- w - rate * weight_decay * w, then as Adam

    Args:
        learning_rate: how far one step goes.
        weight_decay: share of each weight, times the learning rate, that a step takes off.
        beta_1: share of the mean gradient that stays, 0 <= beta_1 < 1.
        beta_2: share of the mean squared gradient that stays, 0 <= beta_2 < 1.
        epsilon: keeps the divisor above zero.
        amsgrad: whether to divide by the greatest v so far.

    Further arguments: see `Optimizer`.

    Example:
        >>> weight = Variable(1.0)
        >>> AdamW(learning_rate=0.1).apply([jnp.array(1.0)], [weight])
        >>> round(float(weight), 3)
        0.9

    Source: Loshchilov and Hutter 2019, arXiv:1711.05101.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
        if weight_decay is None:
            raise InvalidArgument(
                "Argument `weight_decay` of AdamW must be a number. Received: None.",
                help="Pass for example weight_decay=0.004, or use Adam.",
            )
        super().__init__(
            learning_rate,
            beta_1,
            beta_2,
            epsilon,
            amsgrad,
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
