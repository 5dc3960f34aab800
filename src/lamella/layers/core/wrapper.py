"""The base class of layers around another layer."""

from __future__ import annotations

from typing import Any

from lamella._base.errors import InvalidArgument
from lamella._base.registry import register
from lamella._layer.layer import Layer


@register("layer", module="keras.layers")
class Wrapper(Layer):
    """A layer around another layer. Subclasses write `call`; the layer inside is `self.layer`.

    Args:
        layer: the layer inside.

    Raises: InvalidArgument, if it is no layer.

    Example:
        >>> from lamella.layers.core.dense import Dense
        >>> class Doubled(Wrapper):
        ...     def call(self, inputs):
        ...         return 2 * self.layer(inputs)
        >>> Doubled(Dense(1, kernel_initializer="ones"))([[3.0]]).tolist()
        [[6.0]]
    """

    def __init__(self, layer: Layer, **kwargs: Any) -> None:
        if not isinstance(layer, Layer):
            raise InvalidArgument(
                f"{type(self).__name__} expects a layer. Received: {layer!r}.",
                help=f"Pass for example {type(self).__name__}(Dense(10)).",
            )
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape: Any = None) -> None:
        if not self.layer.built:
            self.layer.build(input_shape)
