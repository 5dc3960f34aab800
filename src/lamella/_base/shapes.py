"""Shapes as plain tuples, None for an axis of unknown size."""

import math
from collections.abc import Iterable
from typing import Any

from lamella._base.check import INTEGRAL
from lamella._base.errors import InvalidShape

Shape = tuple[int | None, ...]


def as_shape(shape: Any, name: str = "shape") -> Shape:
    """Checks a shape argument and gives it as a tuple.

    Example:
        >>> as_shape([None, 28, 28])
        (None, 28, 28)
    """
    if isinstance(shape, INTEGRAL):
        raise InvalidShape(
            f"Argument `{name}` must be a tuple of sizes. Received: {shape}.",
            help=f"Write {name}=({shape},) with a comma for one axis of that size.",
        )
    if shape is None or not isinstance(shape, Iterable) or isinstance(shape, str):
        raise InvalidShape(
            f"Argument `{name}` must be a tuple of sizes. Received: {shape!r}.",
            help=f"Pass for example {name}=(28, 28, 1); None stands for an unknown size.",
        )
    sizes = tuple(shape)
    for size in sizes:
        if size is not None and (not isinstance(size, INTEGRAL) or size < 0):
            raise InvalidShape(
                f"Argument `{name}` has the size {size!r}. Received: {sizes!r}.",
                help="Each size must be a whole number >= 0, or None for an unknown one.",
            )
    return tuple(None if size is None else int(size) for size in sizes)


def is_shape(value: Any) -> bool:
    """Whether a value is one shape, and not a structure of several."""
    return isinstance(value, (tuple, list)) and all(
        size is None or isinstance(size, INTEGRAL) for size in value
    )


def product(shape: Iterable[int]) -> int:
    """The number of entries of an array of that shape."""
    return math.prod(int(size) for size in shape)
