"""Adam and AdamW, and the fading means of gradients that their family shares."""

from typing import Any, Unpack

import jax.numpy as jnp
from jax import Array

from lamella._base import InvalidArgument, continues, register
from lamella._lowering import native
from lamella._state.variable import Variable
from lamella.optimizers.base import Optimizer
from lamella.optimizers.checks import MoreOptions, Options
from lamella.optimizers.slots import SlotOptimizer


def advanced(
    gradient: Array, momentum: Array, velocity: Array, beta_1: float, beta_2: float
) -> tuple[Array, Array]:
    """The fading means of the gradient and of its square, one step on.

    Args:
        gradient: of this step.
        momentum, velocity: the last means.
        beta_1, beta_2: shares of the means that stay.

    Example:
        >>> ones = jnp.ones(())
        >>> [float(mean) for mean in advanced(3 * ones, ones, ones, 0.5, 0.5)]
        [2.0, 5.0]
    """
    return (
        momentum + (gradient - momentum) * (1 - beta_1),
        velocity + (jnp.square(gradient) - velocity) * (1 - beta_2),
    )


def corrections(step: Any, beta_1: float, beta_2: float, dtype: Any) -> tuple[Any, Any]:
    """1 - beta^t for both: how much of the means is not yet the zeros that they started from.

    Args:
        step: t, from 1 on.
        beta_1, beta_2: shares of the means that stay.
        dtype: the number type of the variable.

    Example:
        >>> [round(float(left), 3) for left in corrections(1, 0.9, 0.999, "float32")]
        [0.1, 0.001]
    """
    count = jnp.asarray(step).astype(dtype)
    left = (1 - jnp.power(jnp.asarray(beta, dtype), count) for beta in (beta_1, beta_2))
    return tuple(left)  # type: ignore[return-value]


class MomentOptimizer(SlotOptimizer):
    """The engine of the Adam family: two slots for each variable, and what they fade by."""

    _slots = {"_momentums": "momentum", "_velocities": "velocity"}

    @continues(Optimizer)
    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        *options: Any,
        **named: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, *options, **named)
        self.beta_1, self.beta_2 = beta_1, beta_2
        self.epsilon = epsilon

    def _advanced(self, gradient: Array, momentum: Array, velocity: Array) -> tuple[Array, Array]:
        return advanced(gradient, momentum, velocity, self.beta_1, self.beta_2)

    def _corrections(self, dtype: Any) -> tuple[Any, Any]:
        return corrections(self.iterations + 1, self.beta_1, self.beta_2, dtype)


@register("optimizer", "adam", module="keras.optimizers")
class Adam(MomentOptimizer):
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
        >>> from lamella import Variable
        >>> weight = Variable(1.0)
        >>> Adam(learning_rate=0.1).apply([jnp.array(1.0)], [weight])
        >>> round(float(weight), 3)
        0.9

    Source: Kingma and Ba 2015, arXiv:1412.6980; amsgrad: Reddi et al. 2018, arXiv:1904.09237.
    """

    @continues(MomentOptimizer)
    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        *options: Any,
        **named: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, *options, **named)
        self.amsgrad = amsgrad
        self._of_step: Array | None = None
        self._more_slots = {"_greatest": "velocity_hat"} if amsgrad else {}

    def _step(
        self,
        gradient: Array,
        value: Array,
        rate: Array,
        momentum: Array,
        velocity: Array,
        velocity_hat: Array | None = None,
    ) -> tuple[Array, ...]:
        momentum, velocity = self._advanced(gradient, momentum, velocity)
        kept = [momentum, velocity]
        if velocity_hat is not None:
            velocity = jnp.maximum(velocity_hat, velocity)
            kept.append(velocity)
        scale = self._scale(rate)
        return value - momentum * scale / (jnp.sqrt(velocity) + self.epsilon), *kept

    def _scale(self, rate: Array) -> Array:
        left_1, left_2 = self._corrections(rate.dtype)
        return rate * jnp.sqrt(left_2) / left_1

    @property
    def _moves_rows(self) -> bool:
        plain = type(self) is Adam and not self.amsgrad and not self._needs_whole_gradients
        return plain and native.wanted()

    def _move_rows(self, table: Variable, numbers: Array, gradients: Array) -> None:
        """All rows move, those without a gradient by their means; it need not be written out."""
        index = self._get_variable_index(table)
        moved = [table, *(vars(self)[slots][index] for slots in self._slots)]
        settings = self._settings(jnp.asarray(self.learning_rate, table.dtype))
        shapes = [*(table.shape for _ in moved), (table.shape[0] + numbers.size,)]
        arrays = *(one.value for one in moved), settings, numbers, gradients
        new = native.call("lamella_adam_rows", shapes, *arrays, written_over=3)
        for variable, value in zip(moved, new):
            variable.assign(value)

    def _update_step_all(self, grads: list[Any], variables: list[Variable], rate: Any) -> None:
        # Once for all variables: they are most of what there is to trace.
        self._of_step = self._settings(jnp.asarray(rate, "float32")) if native.wanted() else None
        try:
            super()._update_step_all(grads, variables, rate)
        finally:
            self._of_step = None

    def _settings(self, rate: Array) -> Array:
        settings = self._scale(rate), 1 - self.beta_1, 1 - self.beta_2, self.epsilon
        return jnp.stack([jnp.asarray(one, rate.dtype) for one in settings])

    def _whole_step(
        self, gradient: Array, value: Array, rate: Array, kept: dict[str, Array]
    ) -> tuple[Array, ...] | None:
        arrays = value, *kept.values()
        known = len(arrays) == 3 and type(self)._step is Adam._step
        if not known or not native.wanted(*arrays, gradient):
            return None
        shapes = [one.shape for one in arrays]
        settings = self._settings(rate) if self._of_step is None else self._of_step
        given = *arrays, settings, gradient
        return tuple(native.call("lamella_adam", shapes, *given, written_over=3))


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
        >>> from lamella import Variable
        >>> weight = Variable(1.0)
        >>> AdamW(learning_rate=0.1).apply([jnp.array(1.0)], [weight])
        >>> round(float(weight), 3)
        0.9

    Source: Loshchilov and Hutter 2019, arXiv:1711.05101.
    """

    @continues(Optimizer)
    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        *options: Any,
        **named: Unpack[MoreOptions],
    ) -> None:
        if weight_decay is None:
            raise InvalidArgument(
                "Argument `weight_decay` of AdamW must be a number. Received: None.",
                help="Pass for example weight_decay=0.004, or use Adam.",
            )
        own = beta_1, beta_2, epsilon, amsgrad
        super().__init__(learning_rate, *own, weight_decay, *options, **named)
