"""Convolutions that take each channel alone: depthwise and separable ones."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import check, publish, register, with_defaults
from lamella._lowering.convolution import convolution
from lamella.layers._parts import add_part
from lamella.layers.convolutional.convolution import ConvolutionBase


def convolve_channels(layer: ConvolutionBase, inputs: jax.Array, kernel: jax.Array) -> jax.Array:
    """Convolves each channel with its own kernels, (*window, channels, multiplier)."""
    channels, multiplier = kernel.shape[-2:]
    merged = jnp.reshape(kernel, (*kernel.shape[:-2], 1, channels * multiplier))
    return layer._convolve(inputs, merged, groups=channels)


class DepthwiseConvolution(ConvolutionBase):
    """The engine of both; a leaf says how many spatial axes there are in `rank`."""

    dilates_strided = True

    def __init__(
        self,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.depth_multiplier = check.positive_int(depth_multiplier, "depth_multiplier")
        self._keep(locals())

    def build(self, input_shape: Any) -> None:
        channels = self._read_channels(input_shape)
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.kernel = add_part(self, "kernel", shape, "depthwise")
        self._add_bias_weight(channels * self.depth_multiplier)

    def call(self, inputs: jax.Array) -> jax.Array:
        return self._finished(convolve_channels(self, inputs, self.kernel.value))


@register("layer", module="keras.layers")
class DepthwiseConv1D(DepthwiseConvolution):
    """Convolves every channel of a sequence with kernels of its own.

    y[n, p, i * m + j] = activation(sum_w x[n, p * strides + w, i] kernel[w, i, j] + b)

    Args:
        kernel_size: steps that a kernel sees, >= 1.
        strides: steps between two windows, >= 1.
        padding: "valid" (none) or "same" (as many outputs as inputs, divided by strides).
        depth_multiplier: m, the outputs for each channel, >= 1.
        data_format: "channels_last", "channels_first", or None for the default.
        dilation_rate: distance between the entries that a kernel sees, >= 1.
        activation: a name, a function, or None for none.
        use_bias: whether to add a bias.
        depthwise_initializer, bias_initializer: how weights start.
        depthwise_regularizer, bias_regularizer: costs of the weights.
        activity_regularizer: a cost of the output.
        depthwise_constraint, bias_constraint: applied after each update.

    Shapes: (n, steps, channels) -> (n, new_steps, channels * depth_multiplier)

    Example:
        >>> DepthwiseConv1D(3, depth_multiplier=2)(jnp.ones((2, 10, 5))).shape
        (2, 8, 10)
    """

    rank = 1


@register("layer", module="keras.layers")
@with_defaults(strides=(1, 1), dilation_rate=(1, 1))
class DepthwiseConv2D(DepthwiseConvolution):
    """Convolves every channel of images with kernels of its own.

    y[n, p, i * m + j] = activation(sum_w x[n, p * strides + w, i] kernel[w, i, j] + b)

    Args:
        kernel_size: rows and columns that a kernel sees; one number stands for both.
        strides: rows and columns between two windows, >= 1.
        padding: "valid" (none) or "same" (as many outputs as inputs, divided by strides).
        depth_multiplier: m, the outputs for each channel, >= 1.
        data_format: "channels_last", "channels_first", or None for the default.
        dilation_rate: distance between the entries that a kernel sees, >= 1.
        activation: a name, a function, or None for none.
        use_bias: whether to add a bias.
        depthwise_initializer, bias_initializer: how weights start.
        depthwise_regularizer, bias_regularizer: costs of the weights.
        activity_regularizer: a cost of the output.
        depthwise_constraint, bias_constraint: applied after each update.

    Shapes: (n, rows, columns, channels) -> (n, new_rows, new_columns, channels * depth_multiplier)

    Example:
        >>> DepthwiseConv2D(3, padding="same")(jnp.ones((2, 8, 8, 5))).shape
        (2, 8, 8, 5)
    """

    rank = 2


class SeparableConvolution(ConvolutionBase):
    """The engine of both; a leaf says how many spatial axes there are in `rank`."""

    dilates_strided = True

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.filters = check.positive_int(filters, "filters")
        self.depth_multiplier = check.positive_int(depth_multiplier, "depth_multiplier")
        self._keep(locals())

    def build(self, input_shape: Any) -> None:
        channels = self._read_channels(input_shape)
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.depthwise_kernel = add_part(self, "depthwise_kernel", shape, "depthwise")
        shape = (*(1,) * self.rank, channels * self.depth_multiplier, self.filters)
        self.pointwise_kernel = add_part(self, "pointwise_kernel", shape, "pointwise")
        self._add_bias_weight(self.filters)

    def call(self, inputs: jax.Array) -> jax.Array:
        ones = (1,) * self.rank
        outputs = convolve_channels(self, inputs, self.depthwise_kernel.value)
        plain: dict[str, Any] = {"strides": ones, "padding": "valid", "dilation": ones, "groups": 1}
        plain["channels_last"] = self._channels_last
        outputs = convolution(outputs, self.pointwise_kernel.value, **plain)
        return self._finished(outputs)


@register("layer", "SeparableConvolution1D", module="keras.layers")
class SeparableConv1D(SeparableConvolution):
    """Convolves every channel of a sequence by itself, then mixes the channels at each step.

    Args:
        filters: channels of the output, >= 1.
        kernel_size: steps that a kernel sees, >= 1.
        strides: steps between two windows, >= 1.
        padding: "valid" (none) or "same" (as many outputs as inputs, divided by strides).
        data_format: "channels_last", "channels_first", or None for the default.
        dilation_rate: distance between the entries that a kernel sees, >= 1.
        depth_multiplier: channels that each input channel becomes before the mixing, >= 1.
        activation: a name, a function, or None for none.
        use_bias: whether to add a bias.
        depthwise_initializer, pointwise_initializer, bias_initializer: how weights start.
        depthwise_regularizer, pointwise_regularizer, bias_regularizer: costs of the weights.
        activity_regularizer: a cost of the output.
        depthwise_constraint, pointwise_constraint, bias_constraint: applied after each update.

    Shapes: (n, steps, channels) -> (n, new_steps, filters)

    Example:
        >>> import jax.numpy as jnp
        >>> SeparableConv1D(4, 3)(jnp.ones((2, 10, 5))).shape
        (2, 8, 4)
    """

    rank = 1


@register("layer", "SeparableConvolution2D", module="keras.layers")
@with_defaults(strides=(1, 1), dilation_rate=(1, 1))
class SeparableConv2D(SeparableConvolution):
    """Convolves every channel of images by itself, then mixes the channels at each place.

    Args:
        filters: channels of the output, >= 1.
        kernel_size: rows and columns that a kernel sees; one number stands for both.
        strides: rows and columns between two windows, >= 1.
        padding: "valid" (none) or "same" (as many outputs as inputs, divided by strides).
        data_format: "channels_last", "channels_first", or None for the default.
        dilation_rate: distance between the entries that a kernel sees, >= 1.
        depth_multiplier: channels that each input channel becomes before the mixing, >= 1.
        activation: a name, a function, or None for none.
        use_bias: whether to add a bias.
        depthwise_initializer, pointwise_initializer, bias_initializer: how weights start.
        depthwise_regularizer, pointwise_regularizer, bias_regularizer: costs of the weights.
        activity_regularizer: a cost of the output.
        depthwise_constraint, pointwise_constraint, bias_constraint: applied after each update.

    Shapes: (n, rows, columns, channels) -> (n, new_rows, new_columns, filters)

    Example:
        >>> import jax.numpy as jnp
        >>> SeparableConv2D(4, 3)(jnp.ones((2, 8, 8, 5))).shape
        (2, 6, 6, 4)
    """

    rank = 2


# The second names that Keras has for them.
SeparableConvolution1D = SeparableConv1D
SeparableConvolution2D = SeparableConv2D

publish(__name__, "convolve_channels", "DepthwiseConvolution", "SeparableConvolution")
