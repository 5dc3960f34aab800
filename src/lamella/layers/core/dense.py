"""The fully connected layer."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella import activations
from lamella._base import check, register
from lamella._layer.input_spec import InputSpec
from lamella._layer.layer import Layer
from lamella._lowering.products import by_matrix
from lamella.layers._parts import MaskPassing, add_part, keep_parts, known_size


@register("layer", module="keras.layers")
class Dense(MaskPassing):
    """Connects every input feature with every unit.

    y = activation(x @ kernel + bias)

    Args:
        units: size of the last axis of the output, 1 or more.
        activation: a name, a function, or None for none.
        use_bias: whether to add a bias.
        kernel_initializer, bias_initializer: how weights start.
        kernel_regularizer, bias_regularizer: costs of the weights.
        activity_regularizer: a cost of the output.
        kernel_constraint, bias_constraint: applied after each update.
        lora_rank, lora_alpha, quantization_config: must be None.

    Shapes: (..., features) -> (..., units)

    Raises: InvalidArgument, if units < 1; InvalidShape, if the last axis is of unknown size or not
    the one it was built for.

    Example:
        >>> Dense(2, kernel_initializer="ones")(jnp.ones((1, 3))).tolist()
        [[3.0, 3.0]]
    """

    _not_in_config = (*Layer._not_in_config, "lora_rank", "lora_alpha", "quantization_config")

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        check.absent(lora_rank=lora_rank, quantization_config=quantization_config)
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units = check.positive_int(units, "units")
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        keep_parts(self, locals())
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape: Any) -> None:
        features = known_size(input_shape, -1, self._who(), "size of the last axis")
        self.kernel = add_part(self, "kernel", (features, self.units))
        self.bias = add_part(self, "bias", (self.units,)) if self.use_bias else None
        self.input_spec = InputSpec(min_ndim=2, axes={-1: features})

    def call(self, inputs: jax.Array, training: bool | None = None) -> jax.Array:
        outputs = by_matrix(inputs, self.kernel.value)
        if self.bias is not None:
            outputs = outputs + jnp.expand_dims(self.bias.value, tuple(range(outputs.ndim - 1)))
        return self.activation(outputs)
