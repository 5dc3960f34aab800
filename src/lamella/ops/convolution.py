"""Convolution and pooling of arrays."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import InvalidShape, check, checked_format, publish
from lamella._graph.operation import op
from lamella._lowering import pooling
from lamella._lowering.convolution import convolution
from lamella.ops._declare import NN, array, inexact


def _channels_last(data_format: str | None) -> bool:
    return checked_format(data_format) == "channels_last"


def _convolve(
    inputs: Any, kernel: Any, strides: Any, padding: str, last: bool, rate: Any, groups: int
) -> jax.Array:
    x, rank = inputs.astype(kernel.dtype), inputs.ndim - 2
    steps = check.tuple_of_ints(strides, rank, "strides")
    rates = check.tuple_of_ints(rate, rank, "dilation_rate")
    options: dict[str, Any] = {"padding": padding.lower(), "groups": groups, "channels_last": last}
    return convolution(x, kernel, strides=steps, dilation=rates, **options)


@op("conv", module=NN, arrays=2)
def conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> jax.Array:
    """A convolution over one to three axes; with fewer kernel channels, in groups.

    Args:
        inputs: (batch, *spatial, channels), or channels second.
        kernel: (*window, channels / groups, outputs).
        strides: steps of the window.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first", the default setting if None.
        dilation_rate: gaps in the window.
    Example:
        >>> conv(jnp.ones((1, 3, 1)), jnp.ones((2, 1, 1)), data_format="channels_last").tolist()
        [[[2.0], [2.0]]]
    """
    inputs, kernel = array(inputs), inexact(kernel)
    last = _channels_last(data_format)
    channels, own = inputs.shape[-1 if last else 1], kernel.shape[-2]
    if channels % own:
        raise InvalidShape(
            f"conv received {channels} channels and a kernel for {own}.",
            help="The channels must be a multiple of the kernel's last but one axis.",
        )
    return _convolve(inputs, kernel, strides, padding, last, dilation_rate, channels // own)


@op("depthwise_conv", module=NN, arrays=2)
def depthwise_conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> jax.Array:
    """A convolution of each channel for itself.

    Args:
        inputs: (batch, *spatial, channels), or channels second.
        kernel: (*window, channels, outputs for each channel).
        strides: steps of the window.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first", the default setting if None.
        dilation_rate: gaps in the window.
    Example:
        >>> depthwise_conv(jnp.ones((1, 3, 2)), jnp.ones((2, 2, 1))).shape
        (1, 2, 2)
    """
    inputs, kernel = array(inputs), inexact(kernel)
    last = _channels_last(data_format)
    channels = inputs.shape[-1 if last else 1]
    merged = jnp.reshape(kernel, (*kernel.shape[:-2], 1, channels * kernel.shape[-1]))
    return _convolve(inputs, merged, strides, padding, last, dilation_rate, channels)


@op("separable_conv", module=NN, arrays=3)
def separable_conv(
    inputs: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> jax.Array:
    """A convolution of each channel, then a mix of channels.

    Args:
        inputs: (batch, *spatial, channels), or channels second.
        depthwise_kernel: (*window, channels, multiplier).
        pointwise_kernel: (1, ..., channels * multiplier, outputs).
        strides: steps of the window.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first", the default setting if None.
        dilation_rate: gaps in the window.
    Example:
        >>> separable_conv(jnp.ones((1, 3, 2)), jnp.ones((2, 2, 1)), jnp.ones((1, 2, 5))).shape
        (1, 2, 5)
    """
    middle = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(middle, pointwise_kernel, data_format=data_format)


def _pool(
    reduce: Any, inputs: Any, pool_size: Any, strides: Any, padding: str, data_format: Any
) -> jax.Array:
    inputs = array(inputs)
    rank = inputs.ndim - 2
    window = check.tuple_of_ints(pool_size, rank, "pool_size")
    steps = window if strides is None else check.tuple_of_ints(strides, rank, "strides")
    sizes = {"window": window, "strides": steps, "padding": padding.lower()}
    return reduce(inputs, **sizes, channels_last=_channels_last(data_format))


@op("max_pool", module=NN)
def max_pool(
    inputs: Any,
    pool_size: Any,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> jax.Array:
    """The greatest entry of each window.

    Args:
        inputs: (batch, *spatial, channels), or channels second.
        pool_size: sizes of the window.
        strides: steps of the window, its size if None.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first", the default setting if None.
    Example:
        >>> max_pool(jnp.arange(4.0).reshape(1, 4, 1), 2).ravel().tolist()
        [1.0, 3.0]
    """
    return _pool(pooling.max_pool, inputs, pool_size, strides, padding, data_format)


@op("average_pool", module=NN)
def average_pool(
    inputs: Any,
    pool_size: Any,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> jax.Array:
    """The mean of each window.

    Args:
        inputs: (batch, *spatial, channels), or channels second.
        pool_size: sizes of the window.
        strides: steps of the window, its size if None.
        padding: "valid" or "same"; padding is not counted.
        data_format: "channels_last" or "channels_first", the default setting if None.
    Example:
        >>> average_pool(jnp.arange(4.0).reshape(1, 4, 1), 2).ravel().tolist()
        [0.5, 2.5]
    """
    return _pool(pooling.average_pool, inputs, pool_size, strides, padding, data_format)


@op("depth_to_space", module=NN)
def depth_to_space(x: Any, block_size: int, data_format: str = "channels_last") -> jax.Array:
    """Channels laid out as blocks of an image.

    Args:
        x: (batch, height, width, channels), or channels second.
        block_size: sides of a block; channels are a multiple of its square.
        data_format: "channels_last" or "channels_first".
    Example:
        >>> depth_to_space(jnp.ones((1, 2, 2, 4)), 2).shape
        (1, 4, 4, 1)
    """
    x, b = array(x), block_size
    if data_format == "channels_last":
        n, h, w, c = x.shape
        x = x.reshape(n, h, w, b, b, c // b**2).transpose(0, 1, 3, 2, 4, 5)
        return x.reshape(n, h * b, w * b, c // b**2)
    n, c, h, w = x.shape
    x = x.reshape(n, c // b**2, b, b, h, w).transpose(0, 1, 4, 2, 5, 3)
    return x.reshape(n, c // b**2, h * b, w * b)


@op("space_to_depth", module=NN)
def space_to_depth(x: Any, block_size: int, data_format: str = "channels_last") -> jax.Array:
    """Blocks of an image put into channels.

    Args:
        x: (batch, height, width, channels), or channels second.
        block_size: sides of a block.
        data_format: "channels_last" or "channels_first".
    Example:
        >>> space_to_depth(jnp.ones((1, 4, 4, 1)), 2).shape
        (1, 2, 2, 4)
    """
    x, b = array(x), block_size
    if data_format == "channels_last":
        n, h, w, c = x.shape
        x = x.reshape(n, h // b, b, w // b, b, c).transpose(0, 1, 3, 2, 4, 5)
        return x.reshape(n, h // b, w // b, c * b**2)
    n, c, h, w = x.shape
    x = x.reshape(n, c, h // b, b, w // b, b).transpose(0, 1, 3, 5, 2, 4)
    return x.reshape(n, c * b**2, h // b, w // b)


@op("psnr", module=NN, arrays=2, class_name="PSNR")
def psnr(x1: Any, x2: Any, max_val: float) -> jax.Array:
    """How near two images are: the peak signal over their difference, in decibels.

    20 log10(max_val) - 10 log10(mean((x1 - x2)^2))

    Args:
        x1: an image.
        x2: an image of the same shape.
        max_val: the greatest value that could occur.
    Example:
        >>> round(float(psnr([0.0, 0.0], [0.0, 1.0], 1.0)), 3)
        3.01
    """
    error = jnp.mean(jnp.square(inexact(x1) - inexact(x2)))
    return 20 * jnp.log10(jnp.asarray(max_val, error.dtype)) - 10 * jnp.log10(error)


publish(__name__)
