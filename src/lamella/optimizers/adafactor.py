"""Adafactor."""

from collections.abc import Sequence
from typing import Any, Unpack

import jax
import jax.numpy as jnp

from lamella._base import continues, register
from lamella._state.variable import Variable
from lamella.optimizers.adagrad import fade
from lamella.optimizers.base import Optimizer
from lamella.optimizers.checks import Options


@register("optimizer", "adafactor", module="keras.optimizers")
class Adafactor(Optimizer):
    """Adam with the memory of one row and one column for each matrix.

    v ~ r c / mean(r),  r and c the fading means of g^2 over columns and rows;
    w <- w - max(epsilon_2, rms(w)) * min(rate, 1 / sqrt(t)) * clip(g / sqrt(v))

    Args:
        learning_rate: how far one step goes.
        beta_2_decay: power of t with which the memory grows, below 0.
        epsilon_1: added to g^2.
        epsilon_2: the least size of weights that steps go by.
        clip_threshold: the greatest root mean square of g / sqrt(v).
        relative_step: whether the rate falls with 1 / sqrt(t).

    Further arguments: see `Optimizer`.

    Example:
        >>> weight = Variable(1.0)
        >>> Adafactor(learning_rate=0.1).apply([jnp.array(1.0)], [weight])
        >>> round(float(weight), 3)
        0.9

    Source: Shazeer and Stern 2018, arXiv:1804.04235.
    """

    @continues(Optimizer)
    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        *options: Any,
        **named: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, *options, **named)
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = epsilon_1
        self.epsilon_2 = epsilon_2
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step

    def build(self, variables: Sequence[Variable]) -> None:
        super().build(variables)
        self._rows: list[Any] = []
        self._columns: list[Any] = []
        self._velocities: list[Any] = []
        for variable in variables:
            row = column = velocity = None
            if not variable.overwrite_with_gradient:
                shape, flat = variable.shape, len(variable.shape) < 2
                # Vectors need neither, but files have a whole number in these two places.
                kind = {"dtype": "int32" if flat else variable.dtype, "name": variable.name}
                row = self.add_variable(() if flat else shape[:-1], **kind)
                column = self.add_variable(() if flat else (*shape[:-2], shape[-1]), **kind)
                velocity = self.add_variable_from_reference(variable, "velocity")
            self._rows.append(row)
            self._columns.append(column)
            self._velocities.append(velocity)

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        value = variable.value
        gradient = gradient.astype(value.dtype)
        index = self._get_variable_index(variable)
        kept = self._rows, self._columns, self._velocities
        row, column, velocity = (slots[index] for slots in kept)
        step = jnp.asarray(self.iterations + 1).astype(value.dtype)
        rate = jnp.minimum(jnp.asarray(learning_rate, value.dtype), 1 / jnp.sqrt(step))
        keep = 1 - jnp.power(step, self.beta_2_decay)
        square = jnp.square(gradient) + self.epsilon_1
        if value.ndim >= 2:
            rows = fade(row.value, jnp.mean(square, axis=-1), keep)
            columns = fade(column.value, jnp.mean(square, axis=-2), keep)
            row.assign(rows)
            column.assign(columns)
            share = rows / jnp.mean(rows, axis=-1, keepdims=True)
            estimate = jnp.expand_dims(share, -1) * jnp.expand_dims(columns, -2)
        else:
            estimate = fade(velocity.value, square, keep)
        velocity.assign(estimate)
        update = gradient / jnp.sqrt(estimate)
        update = update / jnp.maximum(1.0, _size(update) / self.clip_threshold)
        variable.assign(value - jnp.maximum(self.epsilon_2, _size(value)) * rate * update)


def _size(x: jax.Array) -> jax.Array:
    return jnp.sqrt(jnp.mean(jnp.square(x)))
