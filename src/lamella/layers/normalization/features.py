"""LayerNormalization, RMSNormalization and UnitNormalization: each sample by itself."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from lamella._base import WrongType, continues, publish, register, warn_person
from lamella._lowering.normalization import moments
from lamella.layers._parts import MaskPassing, RowWise, known_size
from lamella.layers.normalization import scaled


def _read_axis(axis: Any) -> tuple[Any, bool]:
    """One axis or a list of them, and whether the batch is among them."""
    several = isinstance(axis, (list, tuple))
    axes = list(axis) if several else [axis]
    if isinstance(axis, bool) or not all(isinstance(one, int) for one in axes):
        raise WrongType(
            f"Argument `axis` must be a whole number or a list of them. Received: {axis!r}.",
            help="Pass for example axis=-1.",
        )
    return axes if several else axis, 0 in axes


def _spread(weight: jax.Array, axes: tuple[int, ...], rank: int) -> jax.Array:
    """A weight over some axes as an array that broadcasts against inputs of that rank."""
    return jnp.expand_dims(weight, tuple(axis for axis in range(rank) if axis not in axes))


@register("layer", module="keras.layers")
class LayerNormalization(scaled.ScaledNormalization):
    """Shifts and scales each sample to mean 0 and variance 1 over its features.

    y = gamma * (x - mean) / sqrt(variance + epsilon) + beta

    Args:
        axis: the axis, or list of axes, of the features.
        epsilon: added to the variance, > 0.
        center, scale: whether there is a beta, a gamma.
        beta_initializer, gamma_initializer: how those start.
        beta_regularizer, gamma_regularizer: costs of the weights.
        beta_constraint, gamma_constraint: applied after each update.

    Shapes: (...) -> same

    Raises: WrongType, if axis is neither; InvalidArgument, if there is no such axis.

    Example:
        >>> LayerNormalization()(jnp.array([[1.0, 3.0]])).round(2).tolist()
        [[-1.0, 1.0]]

    Source: Ba et al. 2016, arXiv:1607.06450.
    """

    mixes_rows = False

    @continues(scaled.ScaledNormalization)
    def __init__(self, axis: Any = -1, *more: Any, **named: Any) -> None:
        rms_scaling = bool(named.pop("rms_scaling", False))
        super().__init__(*more, **named)
        if rms_scaling:
            warn_person(
                "LayerNormalization(rms_scaling=True) divides by the standard deviation, not by "
                "the root mean square; RMSNormalization does that."
            )
        self.axis, self.mixes_rows = _read_axis(axis)
        self.rms_scaling = rms_scaling
        self.autocast = False

    def build(self, input_shape: Any) -> None:
        axes = scaled.axes_of(self.axis, len(input_shape), self._who())
        shape = tuple(known_size(input_shape, axis, self._who()) for axis in axes)
        beta = self.center and not self.rms_scaling
        self._add_scaling(shape, gamma=self.scale or self.rms_scaling, beta=beta)

    def call(self, inputs: jax.Array) -> jax.Array:
        axes = scaled.axes_of(self.axis, inputs.ndim, self._who())
        x = inputs.astype(jnp.promote_types(inputs.dtype, jnp.float32))
        mean, variance = (jnp.expand_dims(part, axes) for part in moments(x, axes))
        factor = lax.rsqrt(variance + self.epsilon)
        gamma, beta = scaled.value_of(self.gamma), scaled.value_of(self.beta)
        if gamma is not None:
            factor = factor * _spread(gamma.astype(x.dtype), axes, x.ndim)
        if self.rms_scaling:
            return (x * factor).astype(self.compute_dtype)
        shift = -mean * factor
        if beta is not None:
            shift = shift + _spread(beta.astype(x.dtype), axes, x.ndim)
        return (x * factor + shift).astype(self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rms_scaling": self.rms_scaling}


@register("layer", module="keras.layers")
class RMSNormalization(RowWise):
    """Scales each sample to a root mean square of 1 over its features.

    y = scale * x / sqrt(mean(x^2) + epsilon)

    Args:
        axis: the axis, or list of axes, of the features.
        epsilon: added to the mean of squares, > 0.

    Shapes: (...) -> same

    Raises: WrongType, if axis is neither; InvalidArgument, if there is no such axis.

    Example:
        >>> RMSNormalization()(jnp.array([[2.0, 2.0]])).round(3).tolist()
        [[1.0, 1.0]]

    Source: Zhang and Sennrich 2019, NeurIPS.
    """

    def __init__(self, axis: Any = -1, epsilon: float = 1e-6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis, self.mixes_rows = _read_axis(axis)
        self.epsilon = float(epsilon)

    def build(self, input_shape: Any) -> None:
        axes = scaled.axes_of(self.axis, len(input_shape), self._who())
        shape = tuple(known_size(input_shape, axis, self._who()) for axis in axes)
        self.scale = self.add_weight(name="scale", shape=shape, initializer="ones")

    def call(self, inputs: jax.Array) -> jax.Array:
        axes = scaled.axes_of(self.axis, inputs.ndim, self._who())
        x = inputs.astype(jnp.promote_types(inputs.dtype, jnp.float32))
        factor = lax.rsqrt(jnp.mean(jnp.square(x), axes, keepdims=True) + self.epsilon)
        scale = _spread(self.scale.value.astype(x.dtype), axes, x.ndim)
        return (x * factor * scale).astype(inputs.dtype)


@register("layer", module="keras.layers")
class UnitNormalization(MaskPassing):
    """Scales each sample to length 1.

    y = x / sqrt(sum(x^2))

    Args:
        axis: the axis, or list of axes, over which the length is taken.

    Shapes: (...) -> same; what is all zeros stays so

    Raises: WrongType, if axis is neither; InvalidArgument, if there is no such axis.

    Example:
        >>> UnitNormalization()(jnp.array([[0.0, 4.0]])).tolist()
        [[0.0, 1.0]]
    """

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis, self.mixes_rows = _read_axis(axis)

    def call(self, inputs: jax.Array) -> jax.Array:
        axes = scaled.axes_of(self.axis, inputs.ndim, self._who())
        squares = jnp.sum(jnp.square(inputs), axes, keepdims=True)
        # Of an all-zero sample the inverse is infinite, and its gradient NaN: neither is computed.
        empty = squares == 0
        safe = jnp.where(empty, jnp.ones((), squares.dtype), squares)
        factor = jnp.minimum(lax.rsqrt(safe), 1e12)
        return inputs * jnp.where(empty, jnp.zeros((), factor.dtype), factor)


publish(__name__)
