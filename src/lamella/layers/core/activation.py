"""An activation function as a layer."""

from __future__ import annotations

from typing import Any

import jax

from lamella import activations
from lamella._base.registry import register
from lamella._layer.layer import Layer


@register("layer", module="keras.layers")
class Activation(Layer):
    """Applies an activation function.

    Args:
        activation: a name such as "relu", or a function of arrays.

    Shapes: (...) -> same, for most functions

    Example:
        >>> import jax.numpy as jnp
        >>> Activation("relu")(jnp.array([-1.0, 2.0])).tolist()
        [0.0, 2.0]
    """

    mixes_rows = False

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)
        self.supports_masking = True

    def call(self, inputs: jax.Array) -> jax.Array:
        return self.activation(inputs)
