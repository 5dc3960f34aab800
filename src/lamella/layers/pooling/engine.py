"""The engine of max and average pooling over windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import check
from lamella._base.settings import data_format as checked_format
from lamella._layer.input_spec import InputSpec
from lamella._layer.layer import Layer
from lamella.layers._windows import require_room


class Pooling(Layer):
    """Reduces windows; a leaf gives the number of spatial axes and the function of windows."""

    rank: int
    reduce: Callable[..., jax.Array]
    needs_floats = False
    mixes_rows = False

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
        return type(self).reduce(
            inputs,
            window=self.pool_size,
            strides=self.strides,
            padding=self.padding,
            channels_last=channels_last,
        )
