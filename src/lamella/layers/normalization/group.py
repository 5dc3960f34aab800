"""GroupNormalization."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from lamella._base import InvalidShape, check, continues, register
from lamella._layer.input_spec import InputSpec
from lamella._lowering.normalization import moments
from lamella.layers._parts import known_size
from lamella.layers.normalization import scaled


@register("layer", module="keras.layers")
class GroupNormalization(scaled.ScaledNormalization):
    """Shifts and scales each group of channels of a sample to mean 0 and variance 1.

    y = gamma * (x - mean) / sqrt(variance + epsilon) + beta

    Args:
        groups: the number of groups; -1 for as many as there are channels.
        axis: the channels' axis.
        epsilon: added to the variance, > 0.
        center, scale: whether there is a beta, a gamma.
        beta_initializer, gamma_initializer: how those start.
        beta_regularizer, gamma_regularizer: costs of the weights.
        beta_constraint, gamma_constraint: applied after each update.

    Shapes: (n, ..., channels) -> same

    Raises: InvalidShape, if groups does not divide the channels.

    Example:
        >>> GroupNormalization(groups=2)(jnp.array([[1.0, 3.0, 5.0, 7.0]])).round(2).tolist()
        [[-1.0, 1.0, -1.0, 1.0]]

    Source: Wu and He 2018, ECCV.
    """

    mixes_rows = False

    @continues(scaled.ScaledNormalization)
    def __init__(self, groups: int = 32, axis: int = -1, *more: Any, **named: Any) -> None:
        super().__init__(*more, **named)
        self.groups = -1 if groups == -1 else check.positive_int(groups, "groups")
        self.axis = axis

    def build(self, input_shape: Any) -> None:
        (axis,) = scaled.axes_of(self.axis, len(input_shape), self._who())
        channels = known_size(input_shape, axis, self._who())
        if self.groups == -1:
            self.groups = channels
        if channels % self.groups:
            raise InvalidShape(
                f"{self._who()} expects channels that groups divides. Received: {channels} "
                f"channels, groups={self.groups}.",
                help="Pass a smaller value of groups, or -1 for one group a channel.",
            )
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})
        self._add_scaling((channels,), gamma=self.scale, beta=self.center)

    def call(self, inputs: jax.Array) -> jax.Array:
        axis = self.axis % inputs.ndim
        shape = inputs.shape
        grouped = (*shape[:axis], self.groups, shape[axis] // self.groups, *shape[axis + 1 :])
        x = jnp.reshape(inputs.astype(jnp.promote_types(inputs.dtype, jnp.float32)), grouped)
        reduced = tuple(one for one in range(1, x.ndim) if one != axis)
        mean, variance = (jnp.expand_dims(part, reduced) for part in moments(x, reduced))
        factor = lax.rsqrt(variance + self.epsilon)
        gamma, beta = scaled.value_of(self.gamma), scaled.value_of(self.beta)
        if gamma is not None:
            factor = factor * self._grouped(gamma, axis, x)
        shift = -mean * factor
        if beta is not None:
            shift = shift + self._grouped(beta, axis, x)
        return jnp.reshape(x * factor + shift, shape).astype(self.compute_dtype)

    def _grouped(self, weight: jax.Array, axis: int, x: jax.Array) -> jax.Array:
        sizes = [1] * x.ndim
        sizes[axis : axis + 2] = [self.groups, -1]
        return jnp.reshape(weight.astype(x.dtype), sizes)
