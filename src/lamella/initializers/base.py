"""What every initializer is."""

from __future__ import annotations

from typing import Any, Self

import jax

from lamella._base.configurable import Configurable
from lamella._base.registry import register


@register("initializer", "initializer", module="keras.initializers")
class Initializer(Configurable):
    """A recipe for the first value of a variable. Subclasses write `__call__`.

    Example:
        >>> class Sevens(Initializer):
        ...     def __call__(self, shape, dtype=None):
        ...         return jax.numpy.full(shape, 7, dtype)
        >>> Sevens()((2,), "int32").tolist()
        [7, 7]
    """

    def __call__(self, shape: Any, dtype: Any = None) -> jax.Array:
        """The first value.

        Args:
            shape: the sizes, whole numbers.
            dtype: the number type; None means the default float type.
        """
        raise NotImplementedError(f"{type(self).__name__} has to define __call__(shape, dtype).")

    def clone(self) -> Self:
        """A new initializer with the same settings."""
        return self.from_config(self.get_config())
