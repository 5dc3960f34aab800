"""Ops that are one function of JAX's: below the decorator stands a signature and its text."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from lamella._graph.operation import op
from lamella.ops._arrays import NUMPY, array, dtype_of, pair

P = ParamSpec("P")
R = TypeVar("R")


def of_one(
    compute: Callable[..., Any], read: Callable[..., Any] = array, module: str = NUMPY
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declares an op of one array; the function below has no body, for this is all of it.

    Args:
        compute: what computes it, `jnp.sin`; it takes the further arguments by the same names.
        read: how the first argument becomes an array: `array`, `inexact` for a floating one, or
            `each` for a sequence of arrays.
        module: the module of its class in Keras's files.
    """
    return _declared(compute, lambda x: (read(x),), module, arrays=1)


def of_two(
    compute: Callable[..., Any],
    read: Callable[..., Any] = pair,
    module: str = NUMPY,
    class_name: str = "",
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declares an op of two arrays; the function below has no body, for this is all of it.

    Args:
        compute: what computes it, `jnp.add`; it takes the further arguments by the same names.
        read: how the first two become arrays: `pair`, `float_pair` for floating ones, or `arrays`
            and `inexacts` for each on its own.
        module: the module of its class in Keras's files.
        class_name: its class there, if not the name in camel case.
    """
    return _declared(compute, read, module, arrays=2, class_name=class_name)


def _declared(
    compute: Callable[..., Any], read: Callable[..., Any], module: str, **options: Any
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    def declare(stub: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(stub)
        defaults = {name: item.default for name, item in signature.parameters.items()}
        names, count = list(defaults), options["arrays"]

        @functools.wraps(stub)
        def function(*args: Any, **kwargs: Any) -> Any:
            if kwargs or len(args) != len(names):
                args = tuple({**defaults, **signature.bind(*args, **kwargs).arguments}.values())
            settings = dict(zip(names[count:], args[count:]))
            if "dtype" in settings:
                settings["dtype"] = dtype_of(settings["dtype"])
            return compute(*read(*args[:count]), **settings)

        return op(stub.__name__, module=module, **options)(function)

    return declare
