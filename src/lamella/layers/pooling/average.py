"""AveragePooling1D, 2D and 3D."""

from __future__ import annotations

from lamella._base.registry import register
from lamella._lowering.pooling import average_pool
from lamella.layers._defaults import with_defaults
from lamella.layers.pooling.engine import Pooling


@register("layer", "AvgPool1D", module="keras.layers")
@with_defaults()
class AveragePooling1D(Pooling):
    """Takes the mean of each window over the steps of a sequence.

    y[n, p, c] = mean_w x[n, p * strides + w, c]

    Args:
        pool_size: size of the window, >= 1.
        strides: distance between windows, >= 1; None for the window's size.
        padding: "valid" (only whole windows) or "same" (as many outputs as inputs, divided by
            strides). Padding is not counted in the mean.
        data_format: "channels_last", "channels_first", or None for the default.
        name: its name, automatic if None.

    Shapes: (n, steps, channels) -> (n, new_steps, channels)

    Raises: InvalidShape, if the input is smaller than a window without padding.

    Example:
        >>> import jax.numpy as jnp
        >>> AveragePooling1D(2)(jnp.ones((2, 6, 3))).shape
        (2, 3, 3)
    """

    rank = 1
    reduce = average_pool
    needs_floats = True


@register("layer", "AvgPool2D", module="keras.layers")
@with_defaults()
class AveragePooling2D(Pooling):
    """Takes the mean of each window over the rows and columns of images.

    y[n, p, c] = mean_w x[n, p * strides + w, c]

    Args:
        pool_size: size of the window, >= 1; one number stands for all axes.
        strides: distance between windows, >= 1; None for the window's size.
        padding: "valid" (only whole windows) or "same" (as many outputs as inputs, divided by
            strides). Padding is not counted in the mean.
        data_format: "channels_last", "channels_first", or None for the default.
        name: its name, automatic if None.

    Shapes: (n, rows, columns, channels) -> (n, new_rows, new_columns, channels)

    Raises: InvalidShape, if the input is smaller than a window without padding.

    Example:
        >>> import jax.numpy as jnp
        >>> AveragePooling2D(2)(jnp.ones((2, 6, 6, 3))).shape
        (2, 3, 3, 3)
    """

    rank = 2
    reduce = average_pool
    needs_floats = True


@register("layer", "AvgPool3D", module="keras.layers")
@with_defaults()
class AveragePooling3D(Pooling):
    """Takes the mean of each window over the planes, rows and columns of volumes.

    y[n, p, c] = mean_w x[n, p * strides + w, c]

    Args:
        pool_size: size of the window, >= 1; one number stands for all axes.
        strides: distance between windows, >= 1; None for the window's size.
        padding: "valid" (only whole windows) or "same" (as many outputs as inputs, divided by
            strides). Padding is not counted in the mean.
        data_format: "channels_last", "channels_first", or None for the default.
        name: its name, automatic if None.

    Shapes: (n, planes, rows, columns, channels) -> the same axes, fewer entries

    Raises: InvalidShape, if the input is smaller than a window without padding.

    Example:
        >>> import jax.numpy as jnp
        >>> AveragePooling3D(2)(jnp.ones((2, 4, 4, 4, 3))).shape
        (2, 2, 2, 2, 3)
    """

    rank = 3
    reduce = average_pool
    needs_floats = True


# The second names that Keras has for them.
AvgPool1D = AveragePooling1D
AvgPool2D = AveragePooling2D
AvgPool3D = AveragePooling3D
