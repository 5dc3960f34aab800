"""Gradient descent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from lamella._base.registry import register
from lamella._state.variable import Variable
from lamella.optimizers import checks
from lamella.optimizers.base import Optimizer


def momentum_step(
    momentum: jax.Array, step: jax.Array, keep: float, nesterov: bool
) -> tuple[jax.Array, jax.Array]:
    """The new momentum and the change of the weights.

    Args:
        momentum: the last one.
        step: gradient times learning rate.
        keep: share of the last momentum that stays.
        nesterov: whether to look one step ahead.
    """
    share = jnp.asarray(keep, step.dtype)
    momentum = momentum * share - step
    return momentum, momentum * share - step if nesterov else momentum


@register("optimizer", "sgd", module="keras.optimizers")
class SGD(Optimizer):
    """Gradient descent, with momentum if wanted.

    w <- w - rate * g;   with momentum  m <- momentum * m - rate * g,  w <- w + m

    Args:
        learning_rate: how far one step goes.
        momentum: share of the last step that the next one keeps, 0 <= momentum <= 1.
        nesterov: whether to take the gradient as if the momentum had been applied.

    Further arguments: see `Optimizer`.

    Example:
        >>> weight = Variable(1.0)
        >>> SGD(learning_rate=0.1).apply([jnp.array(1.0)], [weight])
        >>> round(float(weight), 3)
        0.9

    Source: Sutskever et al. 2013, ICML 28:1139, for the momentum.
    """

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
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
        self.momentum = checks.within(momentum, 0, 1, "momentum")
        self.nesterov = nesterov
        self.momentums: list[Any] = []

    def build(self, variables: Sequence[Variable]) -> None:
        super().build(variables)
        if self.momentum != 0:
            self.momentums = self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        value = variable.value
        step = gradient.astype(value.dtype) * jnp.asarray(learning_rate, value.dtype)
        if self.momentum == 0:
            variable.assign(value - step)
            return
        slot = self.momentums[self._get_variable_index(variable)]
        momentum, change = momentum_step(slot.value, step, self.momentum, self.nesterov)
        slot.assign(momentum)
        variable.assign(value + change)
