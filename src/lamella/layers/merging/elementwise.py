"""Layers that merge several inputs, entry by entry or end to end."""

import functools
from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import InvalidShape, publish, register
from lamella._layer.input_spec import shown
from lamella.layers.merging.base import Masks, Merge, merge_counted


@register("layer", module="keras.layers")
class Add(Merge):
    """Adds its inputs.

    Args:
        kwargs: name, dtype and trainable, as every layer takes them.

    Shapes: a list of (n, ...) -> (n, ...); sizes of 1 are broadcast

    Raises: InvalidShape, if the shapes do not fit.

    Example:
        >>> Add()([jnp.ones((1, 2)), jnp.ones((1, 2))]).tolist()
        [[2.0, 2.0]]
    """

    def merge(self, arrays: list[jax.Array], masks: Masks) -> jax.Array:
        return functools.reduce(jnp.add, arrays)


@register("layer", module="keras.layers")
class Subtract(Merge):
    """Subtracts the second input from the first.

    Args:
        kwargs: name, dtype and trainable, as every layer takes them.

    Shapes: two of (n, ...) -> (n, ...); sizes of 1 are broadcast

    Raises: InvalidArgument, if there are not two; InvalidShape, if the shapes do not fit.

    Example:
        >>> Subtract()([jnp.ones((1, 2)), jnp.ones((1, 2))]).tolist()
        [[0.0, 0.0]]
    """

    exactly = 2

    def merge(self, arrays: list[jax.Array], masks: Masks) -> jax.Array:
        return jnp.subtract(*arrays)


@register("layer", module="keras.layers")
class Multiply(Merge):
    """Multiplies its inputs; what a mask leaves out counts as 1, and as 0 if all leave it out.

    Args:
        kwargs: name, dtype and trainable, as every layer takes them.

    Shapes: a list of (n, ...) -> (n, ...); sizes of 1 are broadcast

    Raises: InvalidShape, if the shapes do not fit.

    Example:
        >>> Multiply()([jnp.full((1, 2), 3.0), jnp.full((1, 2), 2.0)]).tolist()
        [[6.0, 6.0]]
    """

    def merge(self, arrays: list[jax.Array], masks: Masks) -> jax.Array:
        if masks is None:
            return functools.reduce(jnp.multiply, arrays)
        spread = [None if mask is None else jnp.expand_dims(mask, -1) for mask in masks]
        factors = [
            array if mask is None else jnp.where(mask, array, jnp.ones((), array.dtype))
            for array, mask in zip(arrays, spread)
        ]
        product = functools.reduce(jnp.multiply, factors)
        known = [mask for mask in spread if mask is not None]
        if len(known) < len(spread):
            return product
        counted: jax.Array = functools.reduce(jnp.logical_or, known)
        return jnp.where(counted, product, jnp.zeros((), product.dtype))


@register("layer", module="keras.layers")
class Average(Merge):
    """Takes the mean of its inputs.

    Args:
        kwargs: name, dtype and trainable, as every layer takes them.

    Shapes: a list of (n, ...) -> (n, ...); sizes of 1 are broadcast

    Raises: InvalidShape, if the shapes do not fit.

    Example:
        >>> Average()([jnp.zeros((1, 2)), jnp.ones((1, 2))]).tolist()
        [[0.5, 0.5]]
    """

    def merge(self, arrays: list[jax.Array], masks: Masks) -> jax.Array:
        return functools.reduce(jnp.add, arrays) / len(arrays)


@register("layer", module="keras.layers")
class Maximum(Merge):
    """Takes the larger entry at each place; what a mask leaves out does not take part.

    Args:
        kwargs: name, dtype and trainable, as every layer takes them.

    Shapes: a list of (n, ...) -> (n, ...); sizes of 1 are broadcast

    Raises: InvalidShape, if the shapes do not fit.

    Example:
        >>> Maximum()([jnp.zeros((1, 2)), jnp.ones((1, 2))]).tolist()
        [[1.0, 1.0]]
    """

    def merge(self, arrays: list[jax.Array], masks: Masks) -> jax.Array:
        return merge_counted(jnp.maximum, arrays, masks)


@register("layer", module="keras.layers")
class Minimum(Merge):
    """Takes the smaller entry at each place; what a mask leaves out does not take part.

    Args:
        kwargs: name, dtype and trainable, as every layer takes them.

    Shapes: a list of (n, ...) -> (n, ...); sizes of 1 are broadcast

    Raises: InvalidShape, if the shapes do not fit.

    Example:
        >>> Minimum()([jnp.zeros((1, 2)), jnp.ones((1, 2))]).tolist()
        [[0.0, 0.0]]
    """

    def merge(self, arrays: list[jax.Array], masks: Masks) -> jax.Array:
        return merge_counted(jnp.minimum, arrays, masks)


def add(inputs: Any, **kwargs: Any) -> Any:
    """Adds its inputs: `Add(**kwargs)(inputs)`.

    Args:
        inputs: a list of arrays or symbolic tensors.

    Example:
        >>> add([jnp.ones(2), jnp.ones(2)]).tolist()
        [2.0, 2.0]
    """
    return Add(**kwargs)(inputs)


def subtract(inputs: Any, **kwargs: Any) -> Any:
    """Subtracts the second input from the first: `Subtract(**kwargs)(inputs)`.

    Args:
        inputs: a list of two arrays or symbolic tensors.

    Example:
        >>> subtract([jnp.ones(2), jnp.ones(2)]).tolist()
        [0.0, 0.0]
    """
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Any, **kwargs: Any) -> Any:
    """Multiplies its inputs: `Multiply(**kwargs)(inputs)`.

    Args:
        inputs: a list of arrays or symbolic tensors.

    Example:
        >>> multiply([jnp.full(2, 3.0), jnp.full(2, 2.0)]).tolist()
        [6.0, 6.0]
    """
    return Multiply(**kwargs)(inputs)


def average(inputs: Any, **kwargs: Any) -> Any:
    """Takes the mean of its inputs: `Average(**kwargs)(inputs)`.

    Args:
        inputs: a list of arrays or symbolic tensors.

    Example:
        >>> average([jnp.zeros(2), jnp.ones(2)]).tolist()
        [0.5, 0.5]
    """
    return Average(**kwargs)(inputs)


def maximum(inputs: Any, **kwargs: Any) -> Any:
    """Takes the larger entry at each place: `Maximum(**kwargs)(inputs)`.

    Args:
        inputs: a list of arrays or symbolic tensors.

    Example:
        >>> maximum([jnp.zeros(2), jnp.ones(2)]).tolist()
        [1.0, 1.0]
    """
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Any, **kwargs: Any) -> Any:
    """Takes the smaller entry at each place: `Minimum(**kwargs)(inputs)`.

    Args:
        inputs: a list of arrays or symbolic tensors.

    Example:
        >>> minimum([jnp.zeros(2), jnp.ones(2)]).tolist()
        [0.0, 0.0]
    """
    return Minimum(**kwargs)(inputs)


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


publish(__name__)
