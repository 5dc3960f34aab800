"""Adagrad, Adadelta, RMSprop and Ftrl: steps in proportion to what the gradients have been."""

from typing import Any, Unpack

import jax.numpy as jnp
from jax import Array

from lamella import initializers
from lamella._base import InvalidArgument, continues, publish, register
from lamella.optimizers.base import Optimizer
from lamella.optimizers.checks import Options
from lamella.optimizers.slots import SlotOptimizer


def fade(old: Array, new: Array, keep: Any) -> Array:
    """keep * old + (1 - keep) * new.

    Example:
        >>> float(fade(jnp.array(1.0), jnp.array(3.0), 0.5))
        2.0
    """
    return keep * old + (1 - keep) * new


@register("optimizer", "adagrad", module="keras.optimizers")
class Adagrad(SlotOptimizer):
    """Divides each gradient by the root of the sum of its squares so far.

    a <- a + g^2,   w <- w - rate * g / sqrt(a + epsilon)

    Args:
        learning_rate: how far one step goes.
        initial_accumulator_value: where the sums start, 0 or more.
        epsilon: keeps the root above zero.

    Further arguments: see `Optimizer`.

    Example:
        >>> from lamella import Variable
        >>> weight = Variable(1.0)
        >>> Adagrad(learning_rate=0.1).apply([jnp.array(1.0)], [weight])
        >>> round(float(weight), 3)
        0.905

    Source: Duchi et al. 2011, JMLR 12:2121.
    """

    _slots = {"_sums": "accumulator"}

    @continues(Optimizer)
    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        *options: Any,
        **named: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, *options, **named)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def _start(self, slot: str) -> Any:
        return initializers.Constant(self.initial_accumulator_value)

    def _step(
        self, gradient: Array, value: Array, rate: Array, accumulator: Array
    ) -> tuple[Array, ...]:
        total = accumulator + jnp.square(gradient)
        return value - rate * gradient / jnp.sqrt(total + self.epsilon), total


@register("optimizer", "adadelta", module="keras.optimizers")
class Adadelta(SlotOptimizer):
    """Adagrad with a fading memory, and steps in the unit of the weights.

    a <- rho a + (1 - rho) g^2,   d = -g sqrt(b + epsilon) / sqrt(a + epsilon),
    b <- rho b + (1 - rho) d^2,   w <- w + rate * d

    Args:
        learning_rate: how far one step goes.
        rho: share of the memory that stays, 0 <= rho < 1.
        epsilon: keeps the roots above zero.

    Further arguments: see `Optimizer`.

    Example:
        >>> from lamella import Variable
        >>> weight = Variable(1.0)
        >>> Adadelta(learning_rate=0.1).apply([jnp.array(1.0)], [weight])
        >>> round(float(weight), 3)
        1.0

    Source: Zeiler 2012, arXiv:1212.5701.
    """

    _slots = {"_grads": "accumulated_grad", "_deltas": "accumulated_delta_var"}

    @continues(Optimizer)
    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        *options: Any,
        **named: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, *options, **named)
        self.rho = rho
        self.epsilon = epsilon

    def _step(
        self, gradient: Array, value: Array, rate: Array, **slots: Array
    ) -> tuple[Array, ...]:
        squares = fade(slots["accumulated_grad"], jnp.square(gradient), self.rho)
        deltas = slots["accumulated_delta_var"]
        delta = -gradient * jnp.sqrt(deltas + self.epsilon) / jnp.sqrt(squares + self.epsilon)
        return value + rate * delta, squares, fade(deltas, jnp.square(delta), self.rho)


@register("optimizer", "rmsprop", module="keras.optimizers")
class RMSprop(SlotOptimizer):
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
        >>> from lamella import Variable
        >>> weight = Variable(1.0)
        >>> RMSprop(learning_rate=0.1).apply([jnp.array(1.0)], [weight])
        >>> round(float(weight), 3)
        0.684

    Source: Hinton 2012, lecture 6e of "Neural networks for machine learning".
    """

    _slots = {"_velocities": "velocity"}

    @continues(Optimizer)
    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        *options: Any,
        **named: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, *options, **named)
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered
        self._more_slots = {
            **({"_momentums": "momentum"} if momentum > 0 else {}),
            **({"_means": "average_gradient"} if centered else {}),
        }

    def _step(
        self,
        gradient: Array,
        value: Array,
        rate: Array,
        velocity: Array,
        momentum: Array | None = None,
        average_gradient: Array | None = None,
    ) -> tuple[Array, ...]:
        velocity = fade(velocity, jnp.square(gradient), self.rho)
        below = velocity + self.epsilon
        if average_gradient is not None:
            average_gradient = fade(average_gradient, gradient, self.rho)
            below = velocity - jnp.square(average_gradient) + self.epsilon
        step = rate * gradient / jnp.sqrt(below)
        if momentum is not None:
            step = momentum = self.momentum * momentum + step
        kept = (momentum, average_gradient)
        return value - step, velocity, *(slot for slot in kept if slot is not None)


@register("optimizer", "ftrl", module="keras.optimizers")
class Ftrl(SlotOptimizer):
    """Follow the regularized leader: for sparse inputs, gives exact zeros with L1.

    a' = a + g^2,   z <- z + g + 2 s w - (a'^-p - a^-p) / rate * w,
    w <- (clip(z, -l1, l1) - z) / (a'^-p / rate + 2 l2 + beta / rate)

    Args:
        learning_rate: how far one step goes.
        learning_rate_power: p, 0 or less: how the rate falls with the sum of squares.
        initial_accumulator_value: where those sums start, 0 or more.
        l1_regularization_strength: l1, 0 or more.
        l2_regularization_strength: l2, 0 or more.
        l2_shrinkage_regularization_strength: s, 0 or more: L2 on the gradient only.
        beta: smooths the rate at the start.

    Further arguments: see `Optimizer`.

    Example:
        >>> from lamella import Variable
        >>> weight = Variable(1.0)
        >>> Ftrl(learning_rate=0.1).apply([jnp.array(1.0)], [weight])
        >>> round(float(weight), 3)
        0.603

    Source: McMahan et al. 2013, KDD 19:1222, "Ad click prediction: a view from the trenches".
    """

    _slots = {"_sums": "accumulator", "_linears": "linear"}

    @continues(Optimizer)
    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        *options: Any,
        **named: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, *options, **named)
        _check_sign("learning_rate_power", -learning_rate_power, learning_rate_power)
        for key, value in (
            ("initial_accumulator_value", initial_accumulator_value),
            ("l1_regularization_strength", l1_regularization_strength),
            ("l2_regularization_strength", l2_regularization_strength),
            ("l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength),
        ):
            _check_sign(key, value, value)
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta

    def _start(self, slot: str) -> Any:
        start = self.initial_accumulator_value if slot == "accumulator" else 0.0
        return initializers.Constant(start)

    def _step(
        self, gradient: Array, value: Array, rate: Array, accumulator: Array, linear: Array
    ) -> tuple[Array, ...]:
        power, l1 = -self.learning_rate_power, self.l1_regularization_strength
        l2 = self.l2_regularization_strength + self.beta / (2.0 * rate)
        total = accumulator + jnp.square(gradient)
        shrunk = gradient + 2 * self.l2_shrinkage_regularization_strength * value
        change = (jnp.power(total, power) - jnp.power(accumulator, power)) / rate
        linear = linear + shrunk - change * value
        quadratic = jnp.power(total, power) / rate + 2 * l2
        return (jnp.clip(linear, -l1, l1) - linear) / quadratic, total, linear


def _check_sign(name: str, signed: float, value: float) -> None:
    if signed < 0:
        side = "0 or less" if signed != value else "0 or more"
        raise InvalidArgument(
            f"Argument `{name}` of Ftrl must be {side}. Received: {value}.",
            help=f"Leave it out, or pass {name}=0.0.",
        )


publish(__name__, "fade")
