"""Conv1DTranspose, Conv2DTranspose and Conv3DTranspose: convolutions that enlarge."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from lamella._base import InvalidArgument, check, continues, publish, register, with_defaults
from lamella._lowering.convolution import SPATIAL_LETTERS, convolution
from lamella.layers._parts import add_part
from lamella.layers.convolutional.convolution import ConvolutionBase


def edge_padding(
    taps: int, stride: int, dilation: int, padding: str, extra: int | None
) -> tuple[int, int]:
    """Zeros before and after one axis, once strides have been spread into it.

    Args:
        taps: the kernel's entries on the axis.
        extra: `output_padding` of the axis, None for as much as makes the output's size the
            input's times the stride ("same"), or no smaller than a window ("valid").
    """
    reach = (taps - 1) * dilation + 1
    if padding == "valid":
        extra = max(stride - reach, 0) if extra is None else extra
        return reach - 1, reach - 1 + extra
    total = stride + reach - 2 if extra is None else reach + reach % 2 - 2 + extra
    before = min((total + 1) // 2, reach - 1)
    return before, total - before


def spread_convolution(
    x: jax.Array,
    kernel: jax.Array,
    strides: tuple[int, ...],
    pads: list[tuple[int, int]],
    dilation: tuple[int, ...],
    channels_last: bool,
) -> jax.Array:
    """Convolves with zeros put between the entries of `x`.

    On CPU the zeros are written out: XLA's code for a spread convolution and its gradients is slow
    there, that for a plain one is not.
    """
    ones = (1,) * len(strides)
    if jax.default_backend() == "cpu":
        spatial = [(low, high, step - 1) for (low, high), step in zip(pads, strides)]
        none = (0, 0, 0)
        config = [none, *spatial, none] if channels_last else [none, none, *spatial]
        x = lax.pad(x, jnp.zeros((), x.dtype), config)
        plain: dict[str, Any] = {"strides": ones, "padding": "valid", "groups": 1}
        return convolution(x, kernel, dilation=dilation, channels_last=channels_last, **plain)
    letters = SPATIAL_LETTERS[len(strides)]
    layout = f"N{letters}C" if channels_last else f"NC{letters}"
    dimensions = (layout, f"{letters}IO", layout)
    return lax.conv_general_dilated(x, kernel, ones, pads, strides, dilation, dimensions)


class TransposedConvolution(ConvolutionBase):
    """The engine of all three; a leaf says how many spatial axes there are in `rank`."""

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        output_padding: Any = None,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.filters = check.positive_int(filters, "filters")
        self._keep(locals())
        self.output_padding = self._checked_extra(output_padding)

    def _checked_extra(self, output_padding: Any) -> tuple[int, ...] | None:
        if output_padding is None:
            return None
        extra = check.tuple_of_ints(output_padding, self.rank, "output_padding", allow_zero=True)
        if any(size >= stride for size, stride in zip(extra, self.strides)):
            raise InvalidArgument(
                f"{self._who()} expects output_padding below strides on every axis. Received: "
                f"output_padding={extra}, strides={self.strides}.",
                help="Leave output_padding out: then the output is strides times the input.",
            )
        return extra

    def build(self, input_shape: Any) -> None:
        channels = self._read_channels(input_shape)
        self.kernel = add_part(self, "kernel", (*self.kernel_size, self.filters, channels))
        self._add_bias_weight(self.filters)

    def call(self, inputs: jax.Array) -> jax.Array:
        kernel = self.kernel.value
        extras = self.output_padding or (None,) * self.rank
        axes = zip(self.kernel_size, self.strides, self.dilation_rate, extras)
        pads = [edge_padding(n, step, rate, self.padding, extra) for n, step, rate, extra in axes]
        turned = jnp.swapaxes(jnp.flip(kernel, tuple(range(self.rank))), -1, -2)
        x, geometry = inputs.astype(kernel.dtype), (self.strides, pads, self.dilation_rate)
        outputs = spread_convolution(x, turned, *geometry, self._channels_last)
        return self._finished(outputs)


@register("layer", "Convolution1DTranspose", module="keras.layers")
class Conv1DTranspose(TransposedConvolution):
    """Runs a convolution of sequences backwards: every entry paints a kernel on the output.

    Args:
        filters: channels of the output, >= 1.
        kernel_size: steps that one entry paints, >= 1.
        strides: steps between what neighbours paint; must be 1 if dilation_rate is not.
        padding: "valid" (the whole painting) or "same" (cut to strides times the input).
        output_padding: further steps at the end, below strides; None for the usual size.
        data_format: "channels_last", "channels_first", or None for the default.
        dilation_rate: distance between the entries of a kernel, >= 1.
        activation: a name, a function, or None for none.
        use_bias: whether to add a bias.
        kernel_initializer, bias_initializer: how weights start.
        kernel_regularizer, bias_regularizer: costs of the weights.
        activity_regularizer: a cost of the output.
        kernel_constraint, bias_constraint: applied after each update.

    Shapes: (n, steps, channels) -> (n, new_steps, filters)

    Example:
        >>> Conv1DTranspose(4, 3, strides=2, padding="same")(jnp.ones((2, 10, 5))).shape
        (2, 20, 4)
    """

    rank = 1


@register("layer", "Convolution2DTranspose", module="keras.layers")
@with_defaults(strides=(1, 1), dilation_rate=(1, 1))
class Conv2DTranspose(TransposedConvolution):
    """Runs a convolution of images backwards: every pixel paints a kernel on the output.

    Args:
        filters: channels of the output, >= 1.
        kernel_size: rows and columns that one pixel paints; one number stands for both.
        strides: rows and columns between neighbours; must be 1 if dilation_rate is not.
        padding: "valid" (the whole painting) or "same" (cut to strides times the input).
        output_padding: further rows and columns at the end, below strides; None for the usual size.
        data_format: "channels_last", "channels_first", or None for the default.
        dilation_rate: distance between the entries of a kernel, >= 1.
        activation: a name, a function, or None for none.
        use_bias: whether to add a bias.
        kernel_initializer, bias_initializer: how weights start.
        kernel_regularizer, bias_regularizer: costs of the weights.
        activity_regularizer: a cost of the output.
        kernel_constraint, bias_constraint: applied after each update.

    Shapes: (n, rows, columns, channels) -> (n, new_rows, new_columns, filters)

    Example:
        >>> Conv2DTranspose(4, 3, strides=2, padding="same")(jnp.ones((2, 7, 7, 5))).shape
        (2, 14, 14, 4)
    """

    rank = 2


@register("layer", "Convolution3DTranspose", module="keras.layers")
class Conv3DTranspose(TransposedConvolution):
    """Runs a convolution of volumes backwards: every entry paints a kernel on the output.

    Args:
        filters: channels of the output, >= 1.
        kernel_size: planes, rows and columns that one entry paints; one number stands for all.
        strides: the same between neighbours; must be 1 if dilation_rate is not.
        padding: "valid" (the whole painting) or "same" (cut to strides times the input).
        data_format: "channels_last", "channels_first", or None for the default.
        output_padding: further entries at the end, below strides; None for the usual size.
        dilation_rate: distance between the entries of a kernel, >= 1.
        The others: as in `Conv2DTranspose`.

    Shapes: (n, planes, rows, columns, channels) -> (n, new_planes, new_rows, new_columns, filters)

    Example:
        >>> Conv3DTranspose(2, 2, strides=2)(jnp.ones((1, 3, 3, 3, 4))).shape
        (1, 6, 6, 6, 2)
    """

    rank = 3

    # The order of two arguments differs from the other ranks, as it does in Keras.
    @continues(TransposedConvolution)
    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = (1, 1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        output_padding: Any = None,
        dilation_rate: Any = (1, 1, 1),
        *more: Any,
        **named: Any,
    ) -> None:
        geometry = padding, output_padding, data_format, dilation_rate
        super().__init__(filters, kernel_size, strides, *geometry, *more, **named)


# The second names that Keras has for them.
Convolution1DTranspose = Conv1DTranspose
Convolution2DTranspose = Conv2DTranspose
Convolution3DTranspose = Conv3DTranspose

publish(__name__, "edge_padding", "spread_convolution", "TransposedConvolution")
