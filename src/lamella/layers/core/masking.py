"""Leaving out steps that hold one certain value."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base.registry import register
from lamella._layer.layer import Layer


@register("layer", module="keras.layers")
class Masking(Layer):
    """Marks the steps in which every feature equals one value, so that layers after it skip them.

    Args:
        mask_value: the value that means "no data".

    Shapes: (n, steps, features) -> same; such steps become zero

    Example:
        >>> Masking()(jnp.array([[[1.0, 2.0], [0.0, 0.0]]]))._keras_mask.tolist()
        [[True, False]]
    """

    mixes_rows = False

    def __init__(self, mask_value: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_value = mask_value
        self.supports_masking = True

    def call(self, inputs: jax.Array) -> jax.Array:
        counted = jnp.any(inputs != self.mask_value, axis=-1, keepdims=True)
        return jnp.where(counted, inputs, jnp.zeros((), inputs.dtype))

    def compute_mask(self, inputs: jax.Array, previous_mask: Any = None) -> jax.Array:
        return jnp.any(inputs != self.mask_value, axis=-1)
