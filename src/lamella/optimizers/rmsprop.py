"""RMSprop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from lamella._base.registry import register
from lamella._state.variable import Variable
from lamella.optimizers.adagrad import fade
from lamella.optimizers.base import Optimizer


@register("optimizer", "rmsprop", module="keras.optimizers")
class RMSprop(Optimizer):
    """Divides each gradient by the root of the fading mean of its squares.

    v <- rho v + (1 - rho) g^2,   w <- w - rate * g / sqrt(v + epsilon)

    Args:
        learning_rate: how far one step goes.
        rho: share of the memory that stays, 0 <= rho < 1.
        momentum: share of the last step that the next one adds, 0 or more.
        epsilon: keeps the root above zero.
        centered: whether to divide by the deviation instead: v minus the squared mean of g.

    Further arguments: see `Optimizer`.

    Example:
        >>> weight = Variable(1.0)
        >>> RMSprop(learning_rate=0.1).apply([jnp.array(1.0)], [weight])
        >>> round(float(weight), 3)
        0.684

    Source: Hinton 2012, lecture 6e of "Neural networks for machine learning".
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
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
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered
        self._momentums: list[Any] = []
        self._means: list[Any] = []

    def build(self, variables: Sequence[Variable]) -> None:
        super().build(variables)
        self._velocities = self.add_optimizer_variables(variables, "velocity")
        if self.momentum > 0:
            self._momentums = self.add_optimizer_variables(variables, "momentum")
        if self.centered:
            self._means = self.add_optimizer_variables(variables, "average_gradient")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        value = variable.value
        gradient = gradient.astype(value.dtype)
        index = self._get_variable_index(variable)
        velocity = fade(self._velocities[index].value, jnp.square(gradient), self.rho)
        self._velocities[index].assign(velocity)
        below = velocity + self.epsilon
        if self.centered:
            mean = fade(self._means[index].value, gradient, self.rho)
            self._means[index].assign(mean)
            below = velocity - jnp.square(mean) + self.epsilon
        step = jnp.asarray(learning_rate, value.dtype) * gradient / jnp.sqrt(below)
        if self.momentum > 0:
            step = self.momentum * self._momentums[index].value + step
            self._momentums[index].assign(step)
        variable.assign(value - step)
