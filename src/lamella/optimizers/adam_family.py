"""Adamax, Nadam, Lamb and ScheduleFreeAdamW."""

from collections.abc import Sequence
from typing import Any, Unpack

import jax.numpy as jnp
from jax import Array

from lamella._base import continues, publish, register
from lamella._state.variable import Variable
from lamella.optimizers.adam import MomentOptimizer
from lamella.optimizers.checks import Options


@register("optimizer", "adamax", module="keras.optimizers")
class Adamax(MomentOptimizer):
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

    _slots = {"_momentums": "momentum", "_velocities": "norm"}

    def _step(
        self, gradient: Array, value: Array, rate: Array, momentum: Array, norm: Array
    ) -> tuple[Array, ...]:
        momentum = momentum + (gradient - momentum) * (1 - self.beta_1)
        norm = jnp.maximum(self.beta_2 * norm, jnp.abs(gradient))
        left, _ = self._corrections(value.dtype)
        return value - rate * momentum / (left * (norm + self.epsilon)), momentum, norm


@register("optimizer", "nadam", module="keras.optimizers")
class Nadam(MomentOptimizer):
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

    def build(self, variables: Sequence[Variable]) -> None:
        super().build(variables)
        dtype = variables[0].dtype if variables else None
        self._product = self.add_variable((), "ones", dtype, name="u_product")

    def _momentum_of(self, step: Any, dtype: Any) -> Array:
        fading = jnp.power(jnp.asarray(0.96, dtype), jnp.asarray(step, dtype))
        return jnp.asarray(self.beta_1, dtype) * (1.0 - 0.5 * fading)

    def _update_step_all(self, grads: list[Any], variables: list[Variable], rate: Any) -> None:
        product = self._product.value
        self._product.assign(product * self._momentum_of(self.iterations + 1, product.dtype))
        super()._update_step_all(grads, variables, rate)

    def _step(
        self, gradient: Array, value: Array, rate: Array, momentum: Array, velocity: Array
    ) -> tuple[Array, ...]:
        momentum, velocity = self._advanced(gradient, momentum, velocity)
        steps = self.iterations + 1, self.iterations + 2
        now, following = (self._momentum_of(step, value.dtype) for step in steps)
        product = self._product.value.astype(value.dtype)
        _, left = self._corrections(value.dtype)
        mean = following * momentum / (1 - product * following)
        mean = mean + (1 - now) * gradient / (1 - product)
        step = mean * rate / (jnp.sqrt(velocity / left) + self.epsilon)
        return value - step, momentum, velocity


@register("optimizer", "lamb", module="keras.optimizers")
class Lamb(MomentOptimizer):
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

    def _step(
        self, gradient: Array, value: Array, rate: Array, momentum: Array, velocity: Array
    ) -> tuple[Array, ...]:
        momentum, velocity = self._advanced(gradient, momentum, velocity)
        left_1, left_2 = self._corrections(value.dtype)
        update = momentum / left_1 / (jnp.sqrt(velocity / left_2) + self.epsilon)
        length, step = (jnp.sqrt(jnp.sum(jnp.square(item))) for item in (value, update))
        usable = (length > 0) & (step > 0)
        ratio = jnp.where(usable, length / jnp.where(usable, step, 1), 1.0)
        return value - (ratio * rate * update).astype(value.dtype), momentum, velocity


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
        for momentum, variable in zip(vars(self)["_momentums"], variables):
            if momentum is not None:
                momentum.assign(variable.value)

    def _step(
        self, gradient: Array, value: Array, rate: Array, momentum: Array, velocity: Array
    ) -> tuple[Array, ...]:
        step = jnp.asarray(self.iterations + 1).astype(value.dtype)
        if self.warmup_steps > 0:
            rate = rate * jnp.minimum(step / self.warmup_steps, 1.0)
        beta_1, beta_2 = (jnp.asarray(beta, value.dtype) for beta in (self.beta_1, self.beta_2))
        velocity = velocity + (jnp.square(gradient) - velocity) * (1 - beta_2)
        below = jnp.sqrt(velocity / (1 - jnp.power(beta_2, step))) + self.epsilon
        new = momentum - rate * gradient / below
        average = (value - (1 - beta_1) * momentum) / beta_1
        average = (1 - 1.0 / step) * average + 1.0 / step * new
        return (1 - beta_1) * new + beta_1 * average, new, velocity


publish(__name__)
