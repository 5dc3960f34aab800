"""A cost of whatever passes through."""

from __future__ import annotations

from typing import Any

from lamella import regularizers
from lamella._base.registry import register
from lamella._layer.layer import Layer


@register("layer", module="keras.layers")
class ActivityRegularization(Layer):
    """Adds a cost of its input to the loss, and passes the input on.

    cost = (l1 * sum |x| + l2 * sum x^2) / batch size

    Args:
        l1: factor of the absolute values, >= 0.
        l2: factor of the squares, >= 0.

    Shapes: (...) -> same

    Example:
        >>> import jax.numpy as jnp
        >>> layer = ActivityRegularization(l1=0.5)
        >>> _ = layer(jnp.array([[1.0, -3.0]]))
        >>> float(layer.losses[0])
        2.0
    """

    mixes_rows = False

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.l1 = l1
        self.l2 = l2
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return inputs

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("activity_regularizer", None)
        return config
