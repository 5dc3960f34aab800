"""The layer that does nothing."""

from __future__ import annotations

from typing import Any

from lamella._base.registry import register
from lamella._layer.layer import Layer


@register("layer", module="keras.layers")
class Identity(Layer):
    """Gives what comes in: a placeholder, or a way to name a tensor.

    Args:
        kwargs: name, dtype and trainable, as every layer takes them.

    Shapes: any structure -> the same

    Example:
        >>> import jax.numpy as jnp
        >>> Identity()(jnp.ones(2)).tolist()
        [1.0, 1.0]
    """

    mixes_rows = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return inputs
