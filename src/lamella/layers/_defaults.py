"""Leaves of one engine: the same constructor with other defaults."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import Any, TypeVar

C = TypeVar("C", bound=type)


def with_defaults(**defaults: Any) -> Callable[[C], C]:
    """Gives a class a constructor of its own: the inherited one, with these defaults changed.

    So a leaf shows its true signature to `help`, and remains nothing but data.

    Args:
        defaults: new default values by parameter.

    Example:
        >>> class Engine:
        ...     def __init__(self, size, strides=1):
        ...         self.strides = strides
        >>> @with_defaults(strides=(1, 1))
        ... class Leaf(Engine):
        ...     pass
        >>> Leaf(3).strides, Engine(3).strides
        ((1, 1), 1)
    """

    def change(cls: C) -> C:
        inherited = inspect.unwrap(cls.__init__)  # type: ignore[misc]
        parameters = inspect.signature(inherited).parameters.values()
        values = [
            defaults.get(parameter.name, parameter.default)
            for parameter in parameters
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        ]
        own = types.FunctionType(
            inherited.__code__,
            inherited.__globals__,
            "__init__",
            tuple(value for value in values if value is not inspect.Parameter.empty),
            inherited.__closure__,
        )
        own.__annotations__ = dict(inherited.__annotations__)
        own.__doc__ = inherited.__doc__
        own.__qualname__ = f"{cls.__qualname__}.__init__"
        cls.__init__ = own  # type: ignore[misc]
        return cls

    return change
