"""The softmax function as a layer, with masks."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella import activations
from lamella._base import InvalidShape, register
from lamella._layer.input_spec import shown
from lamella.layers._parts import MaskPassing


@register("layer", module="keras.layers")
class Softmax(MaskPassing):
    """Turns scores into shares that are positive and sum to one.

    y = exp(x) / sum(exp(x))

    Args:
        axis: the axis, or list of axes, along which they sum to one.

    Shapes: (...) -> same; a mask of the inputs' shape gives share 0 where it is False

    Raises: InvalidShape, if a mask does not fit the inputs.

    Example:
        >>> Softmax()(jnp.zeros((1, 4))).tolist()
        [[0.25, 0.25, 0.25, 0.25]]
    """

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis
        self.mixes_rows = 0 in (axis if isinstance(axis, (list, tuple)) else (axis,))

    def call(self, inputs: jax.Array, mask: jax.Array | None = None) -> jax.Array:
        if mask is not None:
            mask = self._fitting(mask, inputs)
            lowest = -3e4 if inputs.dtype == jnp.float16 else -1e9
            inputs = jnp.where(mask, inputs, jnp.asarray(lowest, inputs.dtype))
        outputs = self._shares(inputs)
        return outputs if mask is None else jnp.where(mask, outputs, jnp.zeros((), outputs.dtype))

    def _shares(self, inputs: jax.Array) -> jax.Array:
        axes = tuple(self.axis) if isinstance(self.axis, (list, tuple)) else (self.axis,)
        if len(axes) == 1:
            return activations.softmax(inputs, axis=axes[0])
        return jax.nn.softmax(inputs, axis=axes)

    def _fitting(self, mask: jax.Array, inputs: jax.Array) -> jax.Array:
        pairs = zip(reversed(mask.shape), reversed(inputs.shape))
        clash = any(
            isinstance(one, int) and isinstance(other, int) and one not in (1, other)
            for one, other in pairs
        )
        if mask.ndim > inputs.ndim or clash:
            raise InvalidShape(
                f"{self._who()} expects a mask that broadcasts to the inputs. Received: mask "
                f"{shown(mask.shape)}, inputs {shown(inputs.shape)}.",
                help="The mask's last axes must be those of the inputs, or 1.",
            )
        counted = mask if mask.dtype == bool else mask > 0.5
        return jnp.expand_dims(counted, tuple(range(inputs.ndim - mask.ndim)))
