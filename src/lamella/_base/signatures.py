"""Constructors that differ from an inherited one in little, shown in full to help and configs."""

import inspect
import types
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable[..., None])


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
        code = inherited.__code__
        names = code.co_varnames[: code.co_argcount]
        old = inherited.__defaults__ or ()
        values = {**dict(zip(names[len(names) - len(old) :], old)), **defaults}
        in_order = tuple(values[name] for name in names if name in values)
        closure = inherited.__closure__
        own = types.FunctionType(code, inherited.__globals__, "__init__", in_order, closure)
        shown = getattr(inherited, "__signature__", None)  # of one that `continues` another
        if shown is not None:
            own.__signature__ = shown.replace(  # type: ignore[attr-defined]
                parameters=[
                    p.replace(default=defaults.get(p.name, p.default))
                    for p in shown.parameters.values()
                ]
            )
        own.__annotations__ = dict(inherited.__annotations__)
        own.__doc__ = inherited.__doc__
        own.__qualname__ = f"{cls.__qualname__}.__init__"
        cls.__init__ = own  # type: ignore[misc]
        return cls

    return change


def continues(parent: type, without: tuple[str, ...] = ()) -> Callable[[F], F]:
    """Shows a constructor as taking its parent's further arguments after its own, as it does.

    The constructor ends in `*more, **named` and hands both on; those two are shown as the parent's
    parameters that it has not itself.

    Args:
        parent: the class whose constructor gets what is handed on.
        without: parameters of the parent that the constructor fills in.

    Example:
        >>> class Engine:
        ...     def __init__(self, size, strides=1, name=None):
        ...         self.size = size
        >>> class Leaf(Engine):
        ...     @continues(Engine)
        ...     def __init__(self, size, depth=2, *more, **named):
        ...         super().__init__(size * depth, *more, **named)
        >>> print(inspect.signature(Leaf))
        (size, depth=2, strides=1, name=None)
    """

    def show(constructor: F) -> F:
        own = list(inspect.signature(constructor).parameters.values())[:-2]
        known = {*without, *(parameter.name for parameter in own)}
        theirs = inspect.signature(parent.__init__).parameters.values()  # type: ignore[misc]
        more = [parameter for parameter in theirs if parameter.name not in known]
        constructor.__signature__ = inspect.Signature([*own, *more])  # type: ignore[attr-defined]
        return constructor

    return show


def taken_by(function: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a constructor's `locals()` that a function takes by name.

    Args:
        function: what they are for.
        arguments: names and values.

    Example:
        >>> taken_by(lambda x, axis=-1: x, {"self": 0, "axis": 1, "name": "x"})
        {'axis': 1}
    """
    names = set(inspect.signature(function).parameters) - {"self", "kwargs"}
    return {name: value for name, value in arguments.items() if name in names}
