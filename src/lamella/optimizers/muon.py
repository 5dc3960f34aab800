"""Muon."""

import re
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import register, taken_by
from lamella._state.variable import Variable
from lamella.optimizers.adam import advanced, corrections
from lamella.optimizers.base import Optimizer


def orthogonal(x: jax.Array, steps: int, coefficients: tuple[float, float, float]) -> jax.Array:
    """A matrix with nearly the same singular vectors and singular values near 1.

    x <- a x + (b x x' + c (x x')^2) x, repeated, from x / |x|

    Args:
        x: (n, k).
        steps: how many repetitions.
        coefficients: a, b and c.
    """
    a, b, c = coefficients
    tall = x.shape[-2] > x.shape[-1]
    x = x.T if tall else x
    x = x / (jnp.linalg.norm(x) + 1e-7)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if tall else x


@register("optimizer", "muon", module="keras.optimizers")
class Muon(Optimizer):
    """Steps of matrices with all singular values made equal; AdamW for everything else.

    m <- momentum m + g,   w <- w - rate * rms_rate * sqrt(max(n, k)) * orthogonal(g + momentum m)

    Args:
        learning_rate: how far one step goes.
        adam_beta_1: beta_1 of the Adam part.
        adam_beta_2: beta_2 of the Adam part.
        adam_weight_decay: weight decay of the Adam part.
        epsilon: keeps the Adam divisor above zero.
        weight_decay: weight decay of the matrices.
        exclude_layers: patterns of paths whose matrices the Adam part takes.
        exclude_embeddings: whether the Adam part takes embeddings.
        muon_a: coefficient of x in one Newton-Schulz step.
        muon_b: coefficient of x x' x.
        muon_c: coefficient of x x' x x' x.
        adam_lr_ratio: learning rate of the Adam part over that of matrices.
        momentum: share of the momentum that stays.
        ns_steps: how many Newton-Schulz steps.
        nesterov: whether to look one step ahead.
        rms_rate: size of an update; None leaves it as it is.

    Further arguments: see `Optimizer`.

    Example:
        >>> weight = Variable(1.0)
        >>> Muon(learning_rate=0.1).apply([jnp.array(1.0)], [weight])
        >>> round(float(weight), 3)
        0.9

    Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers";
        Liu et al. 2025, arXiv:2502.16982.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        exclude_layers: list[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.7750,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **kwargs: Any,
    ) -> None:
        super().__init__(**taken_by(Optimizer.__init__, locals()), **kwargs)
        self.adam_beta_1 = adam_beta_1
        self.adam_beta_2 = adam_beta_2
        self.adam_weight_decay = adam_weight_decay
        self.epsilon = epsilon
        self.exclude_layers = list(exclude_layers or [])
        self.exclude_embeddings = exclude_embeddings
        self.muon_a = muon_a
        self.muon_b = muon_b
        self.muon_c = muon_c
        self.adam_lr_ratio = adam_lr_ratio
        self.momentum = momentum
        self.ns_steps = ns_steps
        self.nesterov = nesterov
        self.rms_rate = rms_rate

    def _should_use_adamw(self, variable: Variable) -> bool:
        if len(variable.shape) != 2:
            return True
        if self.exclude_embeddings and "embedding" in variable.path.lower():
            return True
        return any(re.search(pattern, variable.path) for pattern in self.exclude_layers)

    def build(self, variables: Sequence[Variable]) -> None:
        super().build(variables)
        self._momentums: list[Any] = []
        self._velocities: list[Any] = []
        for variable in variables:
            momentum = velocity = None
            if not variable.overwrite_with_gradient:
                momentum = self.add_variable_from_reference(variable, "momentum")
                if self._should_use_adamw(variable):
                    velocity = self.add_variable_from_reference(variable, "velocity")
            self._momentums.append(momentum)
            self._velocities.append(velocity)

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        value = variable.value
        gradient = gradient.astype(value.dtype)
        rate = jnp.asarray(learning_rate, value.dtype)
        index = self._get_variable_index(variable)
        if self._velocities[index] is not None:
            self._adam_step(gradient, variable, rate * self.adam_lr_ratio)
            return
        slot = self._momentums[index]
        momentum = slot.value + (gradient + slot.value * (self.momentum - 1))
        slot.assign(momentum)
        ahead = gradient + self.momentum * momentum if self.nesterov else momentum
        step = rate * orthogonal(ahead, self.ns_steps, (self.muon_a, self.muon_b, self.muon_c))
        if self.rms_rate is not None:
            step = step * max(step.shape) ** 0.5 * self.rms_rate
        variable.assign(value - step)

    def _adam_step(self, gradient: jax.Array, variable: Variable, rate: Any) -> None:
        value = variable.value
        index = self._get_variable_index(variable)
        mean, square = self._momentums[index], self._velocities[index]
        betas = self.adam_beta_1, self.adam_beta_2
        momentum, velocity = advanced(gradient, mean.value, square.value, *betas)
        mean.assign(momentum)
        square.assign(velocity)
        left_1, left_2 = corrections(self.iterations + 1, *betas, value.dtype)
        scale = rate * jnp.sqrt(left_2) / left_1
        variable.assign(value - momentum * scale / (jnp.sqrt(velocity) + self.epsilon))

    def _apply_weight_decay(self, variables: list[Variable]) -> None:
        for variable in variables:
            adam = self._should_use_adamw(variable)
            share = self.adam_weight_decay if adam else self.weight_decay
            if share is not None and self._use_weight_decay(variable):
                self._decay(variable, share)
