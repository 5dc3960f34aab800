"""SGD and Lion: a momentum and nothing else."""

from typing import Any, Unpack

import jax.numpy as jnp
from jax import Array

from lamella._base import check, continues, register
from lamella._state.variable import Variable
from lamella.optimizers import checks
from lamella.optimizers.base import Optimizer
from lamella.optimizers.checks import Options
from lamella.optimizers.slots import SlotOptimizer


@register("optimizer", "sgd", module="keras.optimizers")
class SGD(SlotOptimizer):
    """Gradient descent, with momentum if wanted.

    w <- w - rate * g;   with momentum  m <- momentum * m - rate * g,  w <- w + m

    Args:
        learning_rate: how far one step goes.
        momentum: share of the last step that the next one keeps, 0 <= momentum <= 1.
        nesterov: whether to take the gradient as if the momentum had been applied.

    Further arguments: see `Optimizer`.

    Example:
        >>> from lamella import Variable
        >>> weight = Variable(1.0)
        >>> SGD(learning_rate=0.1).apply([jnp.array(1.0)], [weight])
        >>> round(float(weight), 3)
        0.9

    Source: Sutskever et al. 2013, ICML 28:1139, for the momentum.
    """

    @continues(Optimizer)
    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        *options: Any,
        **named: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, *options, **named)
        self.momentum = checks.within(momentum, 0, 1, "momentum")
        self.nesterov = nesterov
        self.momentums: list[Any] = []
        self._more_slots = {"momentums": "momentum"} if momentum else {}

    @property
    def _moves_rows(self) -> bool:
        return type(self) is SGD and not self.momentum and not self._needs_whole_gradients

    def _move_rows(self, table: Variable, numbers: Array, gradients: Array) -> None:
        step = gradients * -jnp.asarray(self.learning_rate, gradients.dtype)
        table.assign(table.value.at[numbers].add(step, mode="drop", wrap_negative_indices=False))

    def _step(
        self, gradient: Array, value: Array, rate: Array, momentum: Array | None = None
    ) -> tuple[Array, ...]:
        step = gradient * rate
        if momentum is None:
            return (value - step,)
        keep = jnp.asarray(self.momentum, step.dtype)
        momentum = momentum * keep - step
        return value + (momentum * keep - step if self.nesterov else momentum), momentum


@register("optimizer", "lion", module="keras.optimizers")
class Lion(SlotOptimizer):
    """Steps of one size, along the sign of a mean gradient.

    w <- w - rate * sign(beta_1 m + (1 - beta_1) g),   m <- beta_2 m + (1 - beta_2) g

    Args:
        learning_rate: how far one step goes.
        beta_1: share of the mean in the sign, 0 < beta_1 <= 1.
        beta_2: share of the mean that stays, 0 <= beta_2 <= 1.

    Further arguments: see `Optimizer`.

    Example:
        >>> from lamella import Variable
        >>> weight = Variable(1.0)
        >>> Lion(learning_rate=0.1).apply([jnp.array(1.0)], [weight])
        >>> round(float(weight), 3)
        0.9

    Source: Chen et al. 2023, arXiv:2302.06675.
    """

    _slots = {"_momentums": "momentum"}

    @continues(Optimizer)
    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        *options: Any,
        **named: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, *options, **named)
        self.beta_1 = check.fraction(beta_1, "beta_1", closed=True, zero=False)
        self.beta_2 = beta_2

    def _step(
        self, gradient: Array, value: Array, rate: Array, momentum: Array
    ) -> tuple[Array, ...]:
        beta_1, beta_2 = (jnp.asarray(beta, value.dtype) for beta in (self.beta_1, self.beta_2))
        along = jnp.sign(momentum * beta_1 + gradient * (1.0 - beta_1))
        return value - rate * along, momentum * beta_2 + gradient * (1.0 - beta_2)
