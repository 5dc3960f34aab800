"""Max and average pooling over windows, in one, two and three dimensions."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import check, checked_format, publish, register, with_defaults
from lamella._layer.input_spec import InputSpec
from lamella._lowering.pooling import average_pool, max_pool
from lamella.layers._parts import RowWise
from lamella.layers._windows import require_room


class _Pooling(RowWise):
    """Reduces windows; a leaf gives the number of spatial axes and the function of windows."""

    rank: int
    reduce: Callable[..., jax.Array]
    needs_floats = False

    def __init__(
        self,
        pool_size: Any,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.pool_size = check.tuple_of_ints(pool_size, self.rank, "pool_size")
        steps = self.pool_size if strides is None else strides
        self.strides = check.tuple_of_ints(steps, self.rank, "strides")
        self.padding = check.one_of(str(padding).lower(), ("valid", "same"), "padding")
        self.data_format = checked_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: jax.Array) -> jax.Array:
        channels_last = self.data_format == "channels_last"
        if self.padding == "valid":
            require_room(self._who(), "pool_size", self.pool_size, inputs.shape, channels_last)
        if self.needs_floats and not jnp.issubdtype(inputs.dtype, jnp.floating):
            inputs = inputs.astype(self.compute_dtype)
        sizes = {"window": self.pool_size, "strides": self.strides, "padding": self.padding}
        return type(self).reduce(inputs, **sizes, channels_last=channels_last)


class _Averaging(_Pooling):
    """Means over windows."""

    reduce = average_pool
    needs_floats = True


class _Maximum(_Pooling):
    """Maxima over windows."""

    reduce = max_pool


@register("layer", "AvgPool1D", module="keras.layers")
class AveragePooling1D(_Averaging):
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


@register("layer", "AvgPool2D", module="keras.layers")
class AveragePooling2D(_Averaging):
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


@register("layer", "AvgPool3D", module="keras.layers")
class AveragePooling3D(_Averaging):
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


# The second names that Keras has for them.
AvgPool1D = AveragePooling1D
AvgPool2D = AveragePooling2D
AvgPool3D = AveragePooling3D


@register("layer", "MaxPool1D", module="keras.layers")
@with_defaults(pool_size=2)
class MaxPooling1D(_Maximum):
    """Keeps the largest entry of each window over the steps of a sequence.

    y[n, p, c] = max_w x[n, p * strides + w, c]

    Args:
        pool_size: size of the window, >= 1.
        strides: distance between windows, >= 1; None for the window's size.
        padding: "valid" (only whole windows) or "same" (as many outputs as inputs, divided by
            strides). Padding is never the largest.
        data_format: "channels_last", "channels_first", or None for the default.
        name: its name, automatic if None.

    Shapes: (n, steps, channels) -> (n, new_steps, channels)

    Raises: InvalidShape, if the input is smaller than a window without padding.

    Example:
        >>> import jax.numpy as jnp
        >>> MaxPooling1D()(jnp.ones((2, 6, 3))).shape
        (2, 3, 3)
    """

    rank = 1


@register("layer", "MaxPool2D", module="keras.layers")
@with_defaults(pool_size=(2, 2))
class MaxPooling2D(_Maximum):
    """Keeps the largest entry of each window over the rows and columns of images.

    y[n, p, c] = max_w x[n, p * strides + w, c]

    Args:
        pool_size: size of the window, >= 1; one number stands for all axes.
        strides: distance between windows, >= 1; None for the window's size.
        padding: "valid" (only whole windows) or "same" (as many outputs as inputs, divided by
            strides). Padding is never the largest.
        data_format: "channels_last", "channels_first", or None for the default.
        name: its name, automatic if None.

    Shapes: (n, rows, columns, channels) -> (n, new_rows, new_columns, channels)

    Raises: InvalidShape, if the input is smaller than a window without padding.

    Example:
        >>> import jax.numpy as jnp
        >>> MaxPooling2D()(jnp.ones((2, 6, 6, 3))).shape
        (2, 3, 3, 3)
    """

    rank = 2


@register("layer", "MaxPool3D", module="keras.layers")
@with_defaults(pool_size=(2, 2, 2))
class MaxPooling3D(_Maximum):
    """Keeps the largest entry of each window over the planes, rows and columns of volumes.

    y[n, p, c] = max_w x[n, p * strides + w, c]

    Args:
        pool_size: size of the window, >= 1; one number stands for all axes.
        strides: distance between windows, >= 1; None for the window's size.
        padding: "valid" (only whole windows) or "same" (as many outputs as inputs, divided by
            strides). Padding is never the largest.
        data_format: "channels_last", "channels_first", or None for the default.
        name: its name, automatic if None.

    Shapes: (n, planes, rows, columns, channels) -> the same axes, fewer entries

    Raises: InvalidShape, if the input is smaller than a window without padding.

    Example:
        >>> import jax.numpy as jnp
        >>> MaxPooling3D()(jnp.ones((2, 4, 4, 4, 3))).shape
        (2, 2, 2, 2, 3)
    """

    rank = 3


# The second names that Keras has for them.
MaxPool1D = MaxPooling1D
MaxPool2D = MaxPooling2D
MaxPool3D = MaxPooling3D


publish(__name__)
