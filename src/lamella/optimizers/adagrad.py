"""Adagrad, Adadelta, RMSprop and Ftrl: steps in proportion to what the gradients have been."""

from collections.abc import Callable, Sequence
from typing import Any, Unpack

import jax
import jax.numpy as jnp

from lamella._base import InvalidArgument, continues, publish, register
from lamella._state.variable import Variable
from lamella.optimizers.base import Optimizer
from lamella.optimizers.checks import Options


def fade(old: jax.Array, new: jax.Array, keep: Any) -> jax.Array:
    """keep * old + (1 - keep) * new.

    Example:
        >>> float(fade(jnp.array(1.0), jnp.array(3.0), 0.5))
        2.0
    """
    return keep * old + (1 - keep) * new


def constant(value: float) -> Callable[..., jax.Array]:
    """An initializer that gives one value."""
    return lambda shape, dtype: jnp.full(shape, value, dtype)


@register("optimizer", "adagrad", module="keras.optimizers")
class Adagrad(Optimizer):
    """Divides each gradient by the root of the sum of its squares so far.

    a <- a + g^2,   w <- w - rate * g / sqrt(a + epsilon)

    Args:
        learning_rate: how far one step goes.
        initial_accumulator_value: where the sums start, 0 or more.
        epsilon: keeps the root above zero.

    Further arguments: see `Optimizer`.

    Example:
        >>> weight = Variable(1.0)
        >>> Adagrad(learning_rate=0.1).apply([jnp.array(1.0)], [weight])
        >>> round(float(weight), 3)
        0.905

    Source: Duchi et al. 2011, JMLR 12:2121.
    """

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

    def build(self, variables: Sequence[Variable]) -> None:
        super().build(variables)
        self._sums = self.add_optimizer_variables(
            variables, "accumulator", constant(self.initial_accumulator_value)
        )

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        value = variable.value
        gradient = gradient.astype(value.dtype)
        slot = self._sums[self._get_variable_index(variable)]
        total = slot.value + jnp.square(gradient)
        slot.assign(total)
        rate = jnp.asarray(learning_rate, value.dtype)
        variable.assign(value - rate * gradient / jnp.sqrt(total + self.epsilon))


@register("optimizer", "adadelta", module="keras.optimizers")
class Adadelta(Optimizer):
    """Adagrad with a fading memory, and steps in the unit of the weights.

    a <- rho a + (1 - rho) g^2,   d = -g sqrt(b + epsilon) / sqrt(a + epsilon),
    b <- rho b + (1 - rho) d^2,   w <- w + rate * d

    Args:
        learning_rate: how far one step goes.
        rho: share of the memory that stays, 0 <= rho < 1.
        epsilon: keeps the roots above zero.

    Further arguments: see `Optimizer`.

    Example:
        >>> weight = Variable(1.0)
        >>> Adadelta(learning_rate=0.1).apply([jnp.array(1.0)], [weight])
        >>> round(float(weight), 3)
        1.0

    Source: Zeiler 2012, arXiv:1212.5701.
    """

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

    def build(self, variables: Sequence[Variable]) -> None:
        super().build(variables)
        self._grads, self._deltas = self.add_optimizer_variables(
            variables, ["accumulated_grad", "accumulated_delta_var"]
        )

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        value = variable.value
        gradient = gradient.astype(value.dtype)
        index = self._get_variable_index(variable)
        squares = fade(self._grads[index].value, jnp.square(gradient), self.rho)
        deltas = self._deltas[index].value
        delta = -gradient * jnp.sqrt(deltas + self.epsilon) / jnp.sqrt(squares + self.epsilon)
        self._grads[index].assign(squares)
        self._deltas[index].assign(fade(deltas, jnp.square(delta), self.rho))
        variable.assign(value + jnp.asarray(learning_rate, value.dtype) * delta)


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


@register("optimizer", "ftrl", module="keras.optimizers")
class Ftrl(Optimizer):
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
        >>> weight = Variable(1.0)
        >>> Ftrl(learning_rate=0.1).apply([jnp.array(1.0)], [weight])
        >>> round(float(weight), 3)
        0.603

    Source: McMahan et al. 2013, KDD 19:1222, "Ad click prediction: a view from the trenches".
    """

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

    def build(self, variables: Sequence[Variable]) -> None:
        super().build(variables)
        self._sums, self._linears = self.add_optimizer_variables(
            variables,
            ["accumulator", "linear"],
            [constant(self.initial_accumulator_value), "zeros"],
        )

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        value = variable.value
        gradient = gradient.astype(value.dtype)
        rate = jnp.asarray(learning_rate, value.dtype)
        index = self._get_variable_index(variable)
        total, linear = self._sums[index].value, self._linears[index].value
        power, l1 = -self.learning_rate_power, self.l1_regularization_strength
        l2 = self.l2_regularization_strength + self.beta / (2.0 * rate)
        new_total = total + jnp.square(gradient)
        shrunk = gradient + 2 * self.l2_shrinkage_regularization_strength * value
        change = (jnp.power(new_total, power) - jnp.power(total, power)) / rate
        linear = linear + shrunk - change * value
        quadratic = jnp.power(new_total, power) / rate + 2 * l2
        self._sums[index].assign(new_total)
        self._linears[index].assign(linear)
        variable.assign((jnp.clip(linear, -l1, l1) - linear) / quadratic)


def _check_sign(name: str, signed: float, value: float) -> None:
    if signed < 0:
        side = "0 or less" if signed != value else "0 or more"
        raise InvalidArgument(
            f"Argument `{name}` of Ftrl must be {side}. Received: {value}.",
            help=f"Leave it out, or pass {name}=0.0.",
        )


publish(__name__, "fade", "constant")
