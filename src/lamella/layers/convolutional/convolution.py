"""Conv1D, Conv2D and Conv3D."""

from __future__ import annotations

from lamella._base.registry import register
from lamella.layers._defaults import with_defaults
from lamella.layers.convolutional.engine import Convolution


@register("layer", "Convolution1D", module="keras.layers")
@with_defaults()
class Conv1D(Convolution):
    """Slides kernels along the steps of a sequence.

    y[n, p, o] = activation(sum_{w, i} x[n, p * strides + w * dilation_rate, i] kernel[w, i, o] + b)

    Args:
        filters: channels of the output, >= 1.
        kernel_size: steps that a kernel sees, >= 1.
        strides: steps between two windows, >= 1; must be 1 if dilation_rate is not.
        padding: "valid" (none), "same" (as many outputs as inputs, divided by strides) or
            "causal" (all of it in front, so that no output sees a later input).
        data_format: "channels_last", "channels_first", or None for the default.
        dilation_rate: distance between the entries that a kernel sees, >= 1.
        groups: the channels are convolved in this many separate groups.
        activation: a name, a function, or None for none.
        use_bias: whether to add a bias.
        kernel_initializer, bias_initializer: how weights start.
        kernel_regularizer, bias_regularizer: costs of the weights.
        activity_regularizer: a cost of the output.
        kernel_constraint, bias_constraint: applied after each update.

    Shapes: (n, steps, channels) -> (n, new_steps, filters)

    Raises: InvalidArgument, if groups does not divide filters and channels, or for strides with
    dilation; InvalidShape, if the input is shorter than the kernel without padding.

    Example:
        >>> import jax.numpy as jnp
        >>> Conv1D(4, 3)(jnp.ones((2, 10, 5))).shape
        (2, 8, 4)
    """

    rank = 1
    paddings = ("valid", "same", "causal")


@register("layer", "Convolution2D", module="keras.layers")
@with_defaults(strides=(1, 1), dilation_rate=(1, 1))
class Conv2D(Convolution):
    """Slides kernels over the rows and columns of images.

    y[n, p, o] = activation(sum_{w, i} x[n, p * strides + w * dilation_rate, i] kernel[w, i, o] + b)

    Args:
        filters: channels of the output, >= 1.
        kernel_size: rows and columns that a kernel sees; one number stands for both.
        strides: rows and columns between two windows; must be 1 if dilation_rate is not.
        padding: "valid" (none) or "same" (as many outputs as inputs, divided by strides).
        data_format: "channels_last", "channels_first", or None for the default.
        dilation_rate: distance between the entries that a kernel sees, >= 1.
        groups: the channels are convolved in this many separate groups.
        activation: a name, a function, or None for none.
        use_bias: whether to add a bias.
        kernel_initializer, bias_initializer: how weights start.
        kernel_regularizer, bias_regularizer: costs of the weights.
        activity_regularizer: a cost of the output.
        kernel_constraint, bias_constraint: applied after each update.

    Shapes: (n, rows, columns, channels) -> (n, new_rows, new_columns, filters)

    Raises: InvalidArgument, if groups does not divide filters and channels, or for strides with
    dilation; InvalidShape, if the input is smaller than the kernel without padding.

    Example:
        >>> import jax.numpy as jnp
        >>> Conv2D(8, 3, padding="same", activation="relu")(jnp.ones((2, 28, 28, 1))).shape
        (2, 28, 28, 8)
    """

    rank = 2


@register("layer", "Convolution3D", module="keras.layers")
@with_defaults(strides=(1, 1, 1), dilation_rate=(1, 1, 1))
class Conv3D(Convolution):
    """Slides kernels through volumes or videos.

    y[n, p, o] = activation(sum_{w, i} x[n, p * strides + w * dilation_rate, i] kernel[w, i, o] + b)

    Args:
        filters: channels of the output, >= 1.
        kernel_size: planes, rows and columns that a kernel sees; one number stands for all.
        strides: the same between two windows; must be 1 if dilation_rate is not.
        padding: "valid" (none) or "same" (as many outputs as inputs, divided by strides).
        data_format: "channels_last", "channels_first", or None for the default.
        dilation_rate: distance between the entries that a kernel sees, >= 1.
        groups: the channels are convolved in this many separate groups.
        activation: a name, a function, or None for none.
        use_bias: whether to add a bias.
        kernel_initializer, bias_initializer: how weights start.
        kernel_regularizer, bias_regularizer: costs of the weights.
        activity_regularizer: a cost of the output.
        kernel_constraint, bias_constraint: applied after each update.

    Shapes: (n, planes, rows, columns, channels) -> (n, new_planes, new_rows, new_columns, filters)

    Raises: InvalidArgument, if groups does not divide filters and channels, or for strides with
    dilation; InvalidShape, if the input is smaller than the kernel without padding.

    Example:
        >>> import jax.numpy as jnp
        >>> Conv3D(4, 2)(jnp.ones((1, 4, 4, 4, 2))).shape
        (1, 3, 3, 3, 4)
    """

    rank = 3


# The second names that Keras has for them.
Convolution1D = Conv1D
Convolution2D = Conv2D
Convolution3D = Conv3D
