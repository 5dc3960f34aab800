"""What all convolutions share: geometry, bias and activation."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from lamella import activations, constraints, initializers, regularizers
from lamella._base import check
from lamella._base.errors import InvalidArgument
from lamella._base.settings import data_format as checked_format
from lamella._layer.input_spec import InputSpec
from lamella._layer.layer import Layer
from lamella._state.variable import Variable
from lamella.layers._windows import channel_axis, known_channels, require_room


class ConvolutionBase(Layer):
    """A layer that slides kernels over the spatial axes. Subclasses fill `build` and `call`."""

    rank: int
    paddings: tuple[str, ...] = ("valid", "same")
    dilates_strided = False
    mixes_rows = False
    _not_in_config = ("autocast",)

    def _set_geometry(
        self, kernel_size: Any, strides: Any, padding: str, data_format: Any, dilation_rate: Any
    ) -> None:
        self.kernel_size = check.tuple_of_ints(kernel_size, self.rank, "kernel_size")
        self.strides = check.tuple_of_ints(strides, self.rank, "strides")
        self.dilation_rate = check.tuple_of_ints(dilation_rate, self.rank, "dilation_rate")
        self.padding = check.one_of(str(padding).lower(), self.paddings, "padding")
        self.data_format = checked_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1 and not self.dilates_strided:
            raise InvalidArgument(
                f"{self._who()} cannot combine strides > 1 with dilation_rate > 1. Received: "
                f"strides={self.strides}, dilation_rate={self.dilation_rate}.",
                help="Set one of them to 1, or pool after a dilated convolution.",
            )

    def _set_bias(
        self, activation: Any, use_bias: bool, initializer: Any, regularizer: Any, constraint: Any
    ) -> None:
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.bias_initializer = initializers.get(initializer)
        self.bias_regularizer = regularizers.get(regularizer)
        self.bias_constraint = constraints.get(constraint)

    @property
    def _channels_last(self) -> bool:
        return self.data_format == "channels_last"

    def _read_channels(self, input_shape: Any) -> int:
        """The input's channels, which all later inputs must have too."""
        axis = channel_axis(self.data_format)
        channels = known_channels(input_shape, axis, self._who())
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={axis: channels})
        return channels

    def _add_bias_weight(self, size: int) -> None:
        self.bias: Variable | None = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(size,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def _prepared(self, inputs: jax.Array, kernel: jax.Array) -> jax.Array:
        """The inputs in the kernel's type, after a look at their sizes."""
        if self.padding == "valid":
            pairs = zip(self.kernel_size, self.dilation_rate)
            reach = tuple((size - 1) * step + 1 for size, step in pairs)
            require_room(self._who(), "kernel", reach, inputs.shape, self._channels_last)
        return inputs.astype(kernel.dtype)

    def _finished(self, outputs: jax.Array) -> jax.Array:
        if self.bias is not None:
            ones = tuple(range(1, self.rank + 1))
            places = (0, *ones) if self._channels_last else (0, *(place + 1 for place in ones))
            outputs = outputs + jnp.expand_dims(self.bias.value, places)
        return self.activation(outputs)
