"""SGD and Lion: a momentum and nothing else."""

from collections.abc import Sequence
from typing import Any, Unpack

import jax
import jax.numpy as jnp

from lamella._base import InvalidArgument, continues, register
from lamella._state.variable import Variable
from lamella.optimizers import checks
from lamella.optimizers.base import Optimizer
from lamella.optimizers.checks import Options


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
