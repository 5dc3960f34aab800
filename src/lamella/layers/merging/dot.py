"""Dot: products of two inputs, sample by sample."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from lamella._base import InvalidArgument, InvalidShape, WrongType, register
from lamella._layer.input_spec import shown
from lamella.layers.merging.base import Merge


@register("layer", module="keras.layers")
class Dot(Merge):
    """Multiplies two inputs and sums over one axis of each, sample by sample.

    y[n, i, j] = sum_k x1[n, i, k] x2[n, j, k]   for axes=2

    Args:
        axes: the axis that is summed over, in both inputs or as a pair; the batch is axis 0.
        normalize: whether to scale both to length 1 along it first, which gives the cosine.

    Shapes: (n, ..., k), (n, ..., k) -> (n, ..., ...); two rows give (n, 1)

    Raises: WrongType or InvalidArgument, if axes is neither; InvalidShape, if the sizes differ.

    Example:
        >>> Dot(axes=1)([jnp.ones((1, 3)), jnp.full((1, 3), 2.0)]).tolist()
        [[6.0]]
    """

    exactly = 2

    def __init__(self, axes: Any, normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axes, (int, list, tuple)) or isinstance(axes, bool):
            raise WrongType(
                f"Argument `axes` must be a whole number or a pair. Received: {axes!r}.",
                help="Pass for example axes=-1 or axes=(1, 2).",
            )
        pair = axes if not isinstance(axes, int) else (axes, axes)
        if len(pair) != 2 or not all(isinstance(axis, int) for axis in pair):
            raise InvalidArgument(
                f"Argument `axes` must hold two whole numbers. Received: {axes!r}.",
                help="One axis for each input, for example axes=(1, 2).",
            )
        self.axes = axes
        self.normalize = bool(normalize)

    def call(self, inputs: Any, mask: Any = None) -> jax.Array:
        first, second = self._checked(inputs)
        left, right = self._axes_of(first, second)
        if self.normalize:
            first, second = _unit(first, left), _unit(second, right)
        outputs = lax.dot_general(
            first,
            second,
            (((left,), (right,)), ((0,), (0,))),
            preferred_element_type=jnp.promote_types(first.dtype, second.dtype),
        )
        return outputs if outputs.ndim > 1 else jnp.expand_dims(outputs, -1)

    def _axes_of(self, first: jax.Array, second: jax.Array) -> tuple[int, int]:
        pair = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        shapes = f"{shown(first.shape)} and {shown(second.shape)}"
        ranks = (first.ndim, second.ndim)
        if not all(-rank <= axis < rank for axis, rank in zip(pair, ranks)):
            raise InvalidShape(
                f"{self._who()} has axes={self.axes}. Received: shapes {shapes}.",
                help="An axis must be one that the input has; the batch is axis 0.",
            )
        left, right = (axis % rank for axis, rank in zip(pair, ranks))
        sizes = (first.shape[left], second.shape[right])
        differ = all(isinstance(size, int) for size in sizes) and sizes[0] != sizes[1]
        if left == 0 or right == 0 or differ:
            raise InvalidShape(
                f"{self._who()} expects equal sizes on axes {left} and {right}, neither of them "
                f"the batch. Received: shapes {shapes}.",
                help="Choose other axes, or transpose one input with Permute.",
            )
        return left, right

    def _infer(self, arguments: dict[str, Any]) -> Any:
        return super(Merge, self)._infer(arguments)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> None:
        return None


def _unit(x: jax.Array, axis: int) -> jax.Array:
    squares = jnp.sum(jnp.square(x), axis, keepdims=True)
    return x * lax.rsqrt(jnp.maximum(squares, jnp.asarray(1e-12, x.dtype)))


def dot(inputs: Any, axes: Any = -1, **kwargs: Any) -> Any:
    """Multiplies two inputs sample by sample: `Dot(axes, **kwargs)(inputs)`.

    Args:
        inputs: a list of two arrays or symbolic tensors.
        axes: the axis that is summed over.

    Example:
        >>> dot([jnp.ones((1, 3)), jnp.full((1, 3), 2.0)]).tolist()
        [[6.0]]
    """
    return Dot(axes=axes, **kwargs)(inputs)
