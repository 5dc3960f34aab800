"""FTRL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import jax.numpy as jnp

from lamella._base.errors import InvalidArgument
from lamella._base.registry import register
from lamella._base.signatures import continues
from lamella._state.variable import Variable
from lamella.optimizers.adagrad import constant
from lamella.optimizers.base import Optimizer
from lamella.optimizers.options import Options


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
