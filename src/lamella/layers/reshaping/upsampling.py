"""UpSampling of rank 1 to 3."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import check, checked_format, publish, register
from lamella._layer.input_spec import InputSpec
from lamella.layers._parts import RowWise

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")


def repeated(x: jax.Array, factors: tuple[int, ...], channels_last: bool) -> jax.Array:
    """Repeats every entry along the spatial axes."""
    first = 1 if channels_last else 2
    for axis, factor in enumerate(factors, start=first):
        x = jnp.repeat(x, factor, axis=axis)
    return x


@register("layer", module="keras.layers")
class UpSampling1D(RowWise):
    """Repeats every step of a sequence.

    Args:
        size: how many times, >= 1.

    Shapes: (n, steps, channels) -> (n, size * steps, channels)

    Example:
        >>> UpSampling1D(2)(jnp.ones((2, 5, 3))).shape
        (2, 10, 3)
    """

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = check.positive_int(size, "size")
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs: jax.Array) -> jax.Array:
        return repeated(inputs, (self.size,), True)


@register("layer", module="keras.layers")
class UpSampling2D(RowWise):
    """Enlarges images.

    Args:
        size: factors of rows and columns, >= 1; one number stands for both.
        data_format: "channels_last", "channels_first", or None for the default.
        interpolation: "nearest" repeats pixels; "bilinear", "bicubic", "lanczos3" and "lanczos5"
            mix neighbours.

    Shapes: (n, rows, columns, channels) -> (n, size[0] * rows, size[1] * columns, channels)

    Raises: InvalidArgument, for another interpolation.

    Example:
        >>> UpSampling2D(2)(jnp.ones((2, 4, 4, 3))).shape
        (2, 8, 8, 3)
    """

    def __init__(
        self,
        size: Any = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.data_format = checked_format(data_format)
        self.size = check.tuple_of_ints(size, 2, "size")
        self.interpolation = check.one_of(
            str(interpolation).lower(), INTERPOLATIONS, "interpolation"
        )
        self.input_spec = InputSpec(ndim=4)

    def call(self, inputs: jax.Array) -> jax.Array:
        channels_last = self.data_format == "channels_last"
        if self.interpolation == "nearest":
            return repeated(inputs, self.size, channels_last)
        first = 1 if channels_last else 2
        shape = list(inputs.shape)
        for axis, factor in enumerate(self.size, start=first):
            shape[axis] = shape[axis] * factor
        return jax.image.resize(inputs, tuple(shape), self.interpolation, antialias=False)


@register("layer", module="keras.layers")
class UpSampling3D(RowWise):
    """Repeats every entry of volumes.

    Args:
        size: factors of planes, rows and columns, >= 1; one number stands for all.
        data_format: "channels_last", "channels_first", or None for the default.

    Shapes: (n, planes, rows, columns, channels) -> the same axes, longer by the factors

    Example:
        >>> UpSampling3D(2)(jnp.ones((1, 2, 2, 2, 3))).shape
        (1, 4, 4, 4, 3)
    """

    def __init__(
        self, size: Any = (2, 2, 2), data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.data_format = checked_format(data_format)
        self.size = check.tuple_of_ints(size, 3, "size")
        self.input_spec = InputSpec(ndim=5)

    def call(self, inputs: jax.Array) -> jax.Array:
        return repeated(inputs, self.size, self.data_format == "channels_last")


publish(__name__, "repeated")
