"""Concatenate: inputs side by side."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base.errors import InvalidShape
from lamella._base.registry import register
from lamella._layer.input_spec import shown
from lamella.layers.merging.base import Merge


@register("layer", module="keras.layers")
class Concatenate(Merge):
    """Puts its inputs side by side along one axis.

    Args:
        axis: that axis; the batch is axis 0.

    Shapes: a list of (n, ..., c_i) -> (n, ..., sum of c_i) for axis=-1

    Raises: InvalidShape, if the inputs differ on another axis.

    Example:
        >>> Concatenate()([jnp.ones((2, 3)), jnp.ones((2, 4))]).shape
        (2, 7)
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis
        self.free_axis = axis
        self.mixes_rows = axis == 0

    def call(self, inputs: Any, mask: Any = None) -> jax.Array:
        arrays = self._checked(inputs)
        self._require_fit([array.shape for array in arrays])
        return jnp.concatenate(arrays, axis=self.axis)

    def _require_fit(self, shapes: list[Any]) -> None:
        ranks = {len(shape) for shape in shapes}
        rank = min(ranks)
        good = len(ranks) == 1 and -rank <= self.axis < rank
        for axis, sizes in enumerate(zip(*shapes)) if good else ():
            numbers = {size for size in sizes if isinstance(size, int)}
            good = good and (axis == self.axis % rank or len(numbers) <= 1)
        if not good:
            raise InvalidShape(
                f"{self._who()} expects shapes that differ on axis {self.axis} only. Received: "
                f"{', '.join(shown(tuple(shape)) for shape in shapes)}.",
                help="Bring the other axes to one size first, or choose another axis.",
            )

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        if previous_mask is None or all(mask is None for mask in previous_mask):
            return None
        masks = [_full(mask, array) for mask, array in zip(previous_mask, inputs)]
        return jnp.any(jnp.concatenate(masks, axis=self.axis), axis=-1)


def _full(mask: jax.Array | None, array: jax.Array) -> jax.Array:
    """A mask with an entry for each one of the array."""
    if mask is None:
        return jnp.ones(array.shape, bool)
    missing = tuple(range(mask.ndim, array.ndim))
    return jnp.broadcast_to(jnp.expand_dims(mask.astype(bool), missing), array.shape)


def concatenate(inputs: Any, axis: int = -1, **kwargs: Any) -> Any:
    """Puts its inputs side by side: `Concatenate(axis, **kwargs)(inputs)`.

    Args:
        inputs: a list of arrays or symbolic tensors.
        axis: the axis along which they are joined.

    Example:
        >>> concatenate([jnp.ones((2, 3)), jnp.ones((2, 4))]).shape
        (2, 7)
    """
    return Concatenate(axis=axis, **kwargs)(inputs)
