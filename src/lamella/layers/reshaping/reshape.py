"""Flatten, Reshape, Permute and RepeatVector."""

import math
import numbers
from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import InvalidArgument, InvalidShape, check, checked_format, publish, register
from lamella._graph.symbolic import KerasTensor
from lamella._layer.input_spec import InputSpec, shown
from lamella.layers._parts import RowWise


@register("layer", module="keras.layers")
class Flatten(RowWise):
    """Lays out all axes of a sample in one row.

    Args:
        data_format: with "channels_first" the channels are moved to the end before, so that both
            layouts give the same row; None for the default.

    Shapes: (n, ...) -> (n, product of the others); (n,) -> (n, 1)

    Example:
        >>> Flatten()(jnp.ones((2, 3, 4))).shape
        (2, 12)
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = checked_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: jax.Array) -> jax.Array:
        if self.data_format == "channels_first" and inputs.ndim > 2:
            inputs = jnp.moveaxis(inputs, 1, -1)
        return jnp.reshape(inputs, (inputs.shape[0], math.prod(inputs.shape[1:])))


@register("layer", module="keras.layers")
class Reshape(RowWise):
    """Gives each sample another shape with as many entries.

    Args:
        target_shape: sizes without the batch axis; one of them may be -1 for "what is left".

    Shapes: (n, ...) -> (n, *target_shape)

    Raises: InvalidArgument, if there is more than one -1; InvalidShape, if the numbers of entries
    differ.

    Example:
        >>> Reshape((2, -1))(jnp.ones((5, 6))).shape
        (5, 2, 3)
    """

    def __init__(self, target_shape: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        sizes = (target_shape,) if isinstance(target_shape, int) else tuple(target_shape)
        good = all(isinstance(size, numbers.Integral) and int(size) >= -1 for size in sizes)
        if not good or sizes.count(-1) > 1:
            raise InvalidArgument(
                "Argument `target_shape` must be a tuple of sizes with at most one -1. "
                f"Received: {target_shape!r}.",
                help="Leave the batch axis out: Reshape((28, 28, 1)).",
            )
        self.target_shape = tuple(int(size) for size in sizes)

    def call(self, inputs: jax.Array) -> jax.Array:
        sample = inputs.shape[1:]
        target = self.target_shape
        if all(isinstance(size, int) for size in sample):
            target = self._resolved(math.prod(sample), inputs.shape)
        return jnp.reshape(inputs, (inputs.shape[0], *target))

    def _resolved(self, entries: int, shape: Any) -> tuple[int, ...]:
        """The target with -1 filled in."""
        known = math.prod(size for size in self.target_shape if size != -1)
        open_axis = -1 in self.target_shape
        if (entries % known if open_axis and known else entries != known) or (
            open_axis and not known
        ):
            wanted = f"a multiple of {known}" if open_axis else str(known)
            raise InvalidShape(
                f"{self._who()} expects {wanted} entries a sample for target_shape="
                f"{self.target_shape}. Received: shape {shown(tuple(shape))} with {entries}.",
                help="The product of the sizes must stay the same; the batch axis is left out.",
            )
        return tuple(entries // known if size == -1 else size for size in self.target_shape)

    def _infer(self, arguments: dict[str, Any]) -> Any:
        inputs = next(iter(arguments.values()))
        # With sizes unknown on one side only, nothing but the person can know that they fit.
        if None in inputs.shape[1:] and -1 not in self.target_shape:
            return KerasTensor((inputs.shape[0], *self.target_shape), inputs.dtype)
        return super()._infer(arguments)


@register("layer", module="keras.layers")
class Permute(RowWise):
    """Puts the axes of each sample in another order.

    Args:
        dims: the old axis for each new one, counted from 1 after the batch: (2, 1) swaps two.

    Shapes: (n, a, b) -> (n, b, a) for dims=(2, 1)

    Raises: InvalidArgument, if dims is no permutation.

    Example:
        >>> Permute((2, 1))(jnp.ones((5, 2, 3))).shape
        (5, 3, 2)
    """

    def __init__(self, dims: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise InvalidArgument(
                f"Argument `dims` must name each axis from 1 on once. Received: {dims!r}.",
                help="The batch axis stays where it is and is left out: Permute((2, 1)).",
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: jax.Array) -> jax.Array:
        return jnp.transpose(inputs, (0, *self.dims))


@register("layer", module="keras.layers")
class RepeatVector(RowWise):
    """Repeats each row as the steps of a sequence.

    Args:
        n: how many times, >= 1.

    Shapes: (batch, features) -> (batch, n, features)

    Raises: InvalidArgument, if n < 1.

    Example:
        >>> RepeatVector(3)(jnp.ones((2, 4))).shape
        (2, 3, 4)
    """

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n = check.positive_int(n, "n")
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: jax.Array) -> jax.Array:
        return jnp.repeat(jnp.expand_dims(inputs, 1), self.n, axis=1)


publish(__name__)
