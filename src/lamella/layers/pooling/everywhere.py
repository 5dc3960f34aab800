"""Pooling over all places at once."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import checked_format, publish, register
from lamella._layer.input_spec import InputSpec
from lamella._lowering.lookups import mean_over_steps
from lamella.layers._parts import RowWise


class _GlobalPooling(RowWise):
    """Reduces all spatial axes; a leaf says how many there are, and by which function."""

    rank: int
    reduce: Callable[..., jax.Array]
    counts_masks = False

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.data_format = checked_format(data_format)
        self.keepdims = bool(keepdims)
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self.supports_masking = self.counts_masks

    @property
    def _axes(self) -> tuple[int, ...]:
        first = 1 if self.data_format == "channels_last" else 2
        return tuple(range(first, first + self.rank))

    def call(self, inputs: jax.Array) -> jax.Array:
        return type(self).reduce(inputs, axis=self._axes, keepdims=self.keepdims)


class _GlobalAverage(_GlobalPooling):
    """Means over all places."""

    reduce = jnp.mean


class _GlobalMaximum(_GlobalPooling):
    """Maxima over all places."""

    reduce = jnp.max


@register("layer", "GlobalAvgPool1D", module="keras.layers")
class GlobalAveragePooling1D(_GlobalAverage):
    """Takes the mean over all steps of a sequence.

    Args:
        data_format: "channels_last", "channels_first", or None for the default.
        keepdims: whether the reduced axes stay, with size 1.

    Shapes: (n, steps, channels) -> (n, channels)

    Steps that a mask leaves out do not count.

    Example:
        >>> GlobalAveragePooling1D()(jnp.ones((2, 6, 3))).shape
        (2, 3)
    """

    rank = 1
    counts_masks = True

    def call(self, inputs: jax.Array, mask: jax.Array | None = None) -> jax.Array:
        if mask is None and self._axes == (1,) and not self.keepdims:
            return mean_over_steps(inputs)
        counted = None if mask is None else jnp.expand_dims(mask.astype(bool), 3 - self._axes[0])
        return jnp.mean(inputs, axis=self._axes, keepdims=self.keepdims, where=counted)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        return None


@register("layer", "GlobalAvgPool2D", module="keras.layers")
class GlobalAveragePooling2D(_GlobalAverage):
    """Takes the mean over all rows and columns of images.

    Args:
        data_format: "channels_last", "channels_first", or None for the default.
        keepdims: whether the reduced axes stay, with size 1.

    Shapes: (n, rows, columns, channels) -> (n, channels)

    Example:
        >>> GlobalAveragePooling2D()(jnp.ones((2, 6, 6, 3))).shape
        (2, 3)
    """

    rank = 2


@register("layer", "GlobalAvgPool3D", module="keras.layers")
class GlobalAveragePooling3D(_GlobalAverage):
    """Takes the mean over all planes, rows and columns of volumes.

    Args:
        data_format: "channels_last", "channels_first", or None for the default.
        keepdims: whether the reduced axes stay, with size 1.

    Shapes: (n, planes, rows, columns, channels) -> (n, channels)

    Example:
        >>> GlobalAveragePooling3D()(jnp.ones((2, 4, 4, 4, 3))).shape
        (2, 3)
    """

    rank = 3


@register("layer", "GlobalMaxPool1D", module="keras.layers")
class GlobalMaxPooling1D(_GlobalMaximum):
    """Keeps the largest entry over all steps of a sequence.

    Args:
        data_format: "channels_last", "channels_first", or None for the default.
        keepdims: whether the reduced axes stay, with size 1.

    Shapes: (n, steps, channels) -> (n, channels)

    Example:
        >>> GlobalMaxPooling1D()(jnp.ones((2, 6, 3))).shape
        (2, 3)
    """

    rank = 1


@register("layer", "GlobalMaxPool2D", module="keras.layers")
class GlobalMaxPooling2D(_GlobalMaximum):
    """Keeps the largest entry over all rows and columns of images.

    Args:
        data_format: "channels_last", "channels_first", or None for the default.
        keepdims: whether the reduced axes stay, with size 1.

    Shapes: (n, rows, columns, channels) -> (n, channels)

    Example:
        >>> GlobalMaxPooling2D()(jnp.ones((2, 6, 6, 3))).shape
        (2, 3)
    """

    rank = 2


@register("layer", "GlobalMaxPool3D", module="keras.layers")
class GlobalMaxPooling3D(_GlobalMaximum):
    """Keeps the largest entry over all planes, rows and columns of volumes.

    Args:
        data_format: "channels_last", "channels_first", or None for the default.
        keepdims: whether the reduced axes stay, with size 1.

    Shapes: (n, planes, rows, columns, channels) -> (n, channels)

    Example:
        >>> GlobalMaxPooling3D()(jnp.ones((2, 4, 4, 4, 3))).shape
        (2, 3)
    """

    rank = 3


# The second names that Keras has for them.
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
GlobalMaxPool1D = GlobalMaxPooling1D
GlobalMaxPool2D = GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D


publish(__name__)
