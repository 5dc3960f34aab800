"""Layers without weights that do one thing: Activation, Identity, Masking, and Wrapper."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella import activations
from lamella._base import InvalidArgument, publish, register
from lamella._layer.layer import Layer
from lamella.layers._parts import MaskPassing


@register("layer", module="keras.layers")
class Activation(MaskPassing):
    """Applies an activation function.

    Args:
        activation: a name such as "relu", or a function of arrays.

    Shapes: (...) -> same, for most functions

    Example:
        >>> import jax.numpy as jnp
        >>> Activation("relu")(jnp.array([-1.0, 2.0])).tolist()
        [0.0, 2.0]
    """

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, inputs: jax.Array) -> jax.Array:
        return self.activation(inputs)


@register("layer", module="keras.layers")
class Identity(MaskPassing):
    """Gives what comes in: a placeholder, or a way to name a tensor.

    Args:
        kwargs: name, dtype and trainable, as every layer takes them.

    Shapes: any structure -> the same

    Example:
        >>> import jax.numpy as jnp
        >>> Identity()(jnp.ones(2)).tolist()
        [1.0, 1.0]
    """

    def call(self, inputs: Any) -> Any:
        return inputs


@register("layer", module="keras.layers")
class Masking(MaskPassing):
    """Marks the steps in which every feature equals one value, so that layers after it skip them.

    Args:
        mask_value: the value that means "no data".

    Shapes: (n, steps, features) -> same; such steps become zero

    Example:
        >>> Masking()(jnp.array([[[1.0, 2.0], [0.0, 0.0]]]))._keras_mask.tolist()
        [[True, False]]
    """

    def __init__(self, mask_value: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_value = mask_value

    def call(self, inputs: jax.Array) -> jax.Array:
        counted = jnp.any(inputs != self.mask_value, axis=-1, keepdims=True)
        return jnp.where(counted, inputs, jnp.zeros((), inputs.dtype))

    def compute_mask(self, inputs: jax.Array, previous_mask: Any = None) -> jax.Array:
        return jnp.any(inputs != self.mask_value, axis=-1)


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


publish(__name__)
