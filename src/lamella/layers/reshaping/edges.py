"""ZeroPadding and Cropping of rank 1 to 3."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import check, checked_format, publish, register, with_defaults
from lamella._base.errors import InvalidArgument, InvalidShape
from lamella._layer.input_spec import InputSpec, shown
from lamella.layers._parts import RowWise
from lamella.layers._windows import AXES, spatial_of

_Edges = tuple[tuple[int, int], ...]


def _edges_of(value: Any, rank: int, name: str) -> _Edges:
    """How much before and after each spatial axis.

    Args:
        value: one number; a number or a pair for each axis. For rank 1, a pair is before and after.

    Raises: InvalidArgument.
    """
    if rank == 1:
        return (check.tuple_of_ints(value, 2, name, allow_zero=True),)  # type: ignore[return-value]
    items = (value,) * rank if isinstance(value, int) else value
    if not isinstance(items, (list, tuple)) or len(items) != rank:
        raise InvalidArgument(
            f"Argument `{name}` must be a number, {rank} numbers or {rank} pairs. "
            f"Received: {value!r}.",
            help=f"Pass for example {name}={((1, 2),) * rank}: before and after each axis.",
        )
    return tuple(check.tuple_of_ints(item, 2, name, allow_zero=True) for item in items)  # type: ignore[misc]


class _ZeroPadding(RowWise):
    """Puts zeros around the spatial axes; a leaf says how many those are in `rank`."""

    rank: int

    def __init__(self, padding: Any = 1, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._edges = _edges_of(padding, self.rank, "padding")
        self.padding = self._edges[0] if self.rank == 1 else self._edges
        self.data_format = checked_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: jax.Array) -> jax.Array:
        none = (0, 0)
        if self.data_format == "channels_last":
            return jnp.pad(inputs, (none, *self._edges, none))
        return jnp.pad(inputs, (none, none, *self._edges))


@register("layer", module="keras.layers")
class ZeroPadding1D(_ZeroPadding):
    """Puts zeros before and after a sequence.

    Args:
        padding: steps at both ends, or a pair (before, after).
        data_format: "channels_last", "channels_first", or None for the default.

    Shapes: (n, steps, channels) -> (n, before + steps + after, channels)

    Example:
        >>> ZeroPadding1D((1, 2))(jnp.ones((2, 5, 3))).shape
        (2, 8, 3)
    """

    rank = 1


@register("layer", module="keras.layers")
@with_defaults(padding=(1, 1))
class ZeroPadding2D(_ZeroPadding):
    """Puts rows and columns of zeros around images.

    Args:
        padding: one number for all sides, a pair (rows, columns), or a pair of pairs
            ((top, bottom), (left, right)).
        data_format: "channels_last", "channels_first", or None for the default.

    Shapes: (n, rows, columns, channels) -> (n, more_rows, more_columns, channels)

    Example:
        >>> ZeroPadding2D(((1, 0), 2))(jnp.ones((2, 5, 5, 3))).shape
        (2, 6, 9, 3)
    """

    rank = 2


@register("layer", module="keras.layers")
@with_defaults(padding=((1, 1), (1, 1), (1, 1)))
class ZeroPadding3D(_ZeroPadding):
    """Puts zeros around volumes.

    Args:
        padding: one number for all sides, a number for each axis, or a pair for each axis.
        data_format: "channels_last", "channels_first", or None for the default.

    Shapes: (n, planes, rows, columns, channels) -> the same axes, longer

    Example:
        >>> ZeroPadding3D(1)(jnp.ones((1, 2, 2, 2, 3))).shape
        (1, 4, 4, 4, 3)
    """

    rank = 3


class _Cropping(RowWise):
    """Cuts off the ends of the spatial axes; a leaf says how many those are in `rank`."""

    rank: int
    data_format = "channels_last"

    def _set_cropping(self, cropping: Any) -> None:
        self._edges = _edges_of(cropping, self.rank, "cropping")
        self.cropping = self._edges[0] if self.rank == 1 else self._edges
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: jax.Array) -> jax.Array:
        channels_last = self.data_format == "channels_last"
        sizes = spatial_of(inputs.shape, channels_last)
        for size, (before, after), word in zip(sizes, self._edges, AXES[self.rank]):
            if isinstance(size, int) and size <= before + after:
                raise InvalidShape(
                    f"{self._who()} cuts off {before + after} {word} and needs more than that. "
                    f"Received: shape {shown(inputs.shape)}.",
                    help="Pass a smaller cropping, or larger inputs.",
                )
        kept = [slice(low, size - high) for size, (low, high) in zip(sizes, self._edges)]
        return inputs[(slice(None), *kept) if channels_last else (slice(None), slice(None), *kept)]


@register("layer", module="keras.layers")
class Cropping1D(_Cropping):
    """Cuts off the ends of a sequence.

    Args:
        cropping: steps at both ends, or a pair (before, after).

    Shapes: (n, steps, channels) -> (n, steps - before - after, channels)

    Raises: InvalidShape, if nothing would be left.

    Example:
        >>> Cropping1D((1, 2))(jnp.ones((2, 5, 3))).shape
        (2, 2, 3)
    """

    rank = 1

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_cropping(cropping)


class _FormattedCropping(_Cropping):
    """The engine for more than one spatial axis, where channels may come first."""

    def __init__(
        self, cropping: Any = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.data_format = checked_format(data_format)
        self._set_cropping(cropping)


@register("layer", module="keras.layers")
class Cropping2D(_FormattedCropping):
    """Cuts off rows and columns at the sides of images.

    Args:
        cropping: one number for all sides, a pair (rows, columns), or a pair of pairs
            ((top, bottom), (left, right)).
        data_format: "channels_last", "channels_first", or None for the default.

    Shapes: (n, rows, columns, channels) -> (n, fewer_rows, fewer_columns, channels)

    Raises: InvalidShape, if nothing would be left.

    Example:
        >>> Cropping2D(((1, 0), 2))(jnp.ones((2, 5, 5, 3))).shape
        (2, 4, 1, 3)
    """

    rank = 2


@register("layer", module="keras.layers")
@with_defaults(cropping=((1, 1), (1, 1), (1, 1)))
class Cropping3D(_FormattedCropping):
    """Cuts off the sides of volumes.

    Args:
        cropping: one number for all sides, a number for each axis, or a pair for each axis.
        data_format: "channels_last", "channels_first", or None for the default.

    Shapes: (n, planes, rows, columns, channels) -> the same axes, shorter

    Raises: InvalidShape, if nothing would be left.

    Example:
        >>> Cropping3D(1)(jnp.ones((1, 4, 4, 4, 3))).shape
        (1, 2, 2, 2, 3)
    """

    rank = 3


publish(__name__)
