"""What every op does at its door, and ops that are one function of JAX's.

At the door lists become arrays, ranks are made equal, types are settled. Ranks are aligned here and
not by JAX, so that ops broadcast also where JAX is told to refuse it. Of an op that is one function
of JAX's only a signature and its text are written, below a decorator.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from lamella._base import dtype_name, floatx
from lamella._graph.operation import op

P = ParamSpec("P")
R = TypeVar("R")

NUMPY = "keras.src.ops.numpy"
NN = "keras.src.ops.nn"
CORE = "keras.src.ops.core"
MATH = "keras.src.ops.math"
LINALG = "keras.src.ops.linalg"

_SCALARS = (bool, int, float, complex)
_SCALAR_TYPES = {bool: "bool", int: "int32", complex: "complex64"}


def is_scalar(x: Any) -> bool:
    """Whether x is a plain Python number, whose type gives way to that of an array."""
    return isinstance(x, _SCALARS) and not isinstance(x, np.generic)


def array(x: Any) -> jax.Array:
    """x as an array whose type is settled; Python floats take the default float type."""
    if is_scalar(x):
        return jnp.asarray(x, _SCALAR_TYPES.get(type(x), floatx()))
    return jnp.asarray(x)


def inexact(x: Any) -> jax.Array:
    """x as an array of floats or complex numbers; whole numbers take the default float type."""
    x = array(x)
    return x if jnp.issubdtype(x.dtype, jnp.inexact) else x.astype(floatx())


def wide(x: Any) -> jax.Array:
    """x as an array of floats; whole numbers become float32."""
    x = array(x)
    return x if jnp.issubdtype(x.dtype, jnp.inexact) else x.astype("float32")


def array_or_number(x: Any) -> Any:
    """x as an array, unless it is a Python number."""
    return x if is_scalar(x) else jnp.asarray(x)


def pair(x1: Any, x2: Any) -> tuple[Any, Any]:
    """Two operands of equal rank; a Python number stays one beside an array."""
    if is_scalar(x1) and is_scalar(x2):
        return array(x1), array(x2)
    return same_rank(array_or_number(x1), array_or_number(x2))


def same_rank(*arrays: Any) -> tuple[Any, ...]:
    """Arrays with axes of size 1 in front, so that all have as many; numbers and None stay."""
    rank = max(
        (item.ndim for item in arrays if not is_scalar(item) and item is not None), default=0
    )
    return tuple(
        item
        if item is None or is_scalar(item) or item.ndim in (0, rank)
        else jnp.expand_dims(item, tuple(range(rank - item.ndim)))
        for item in arrays
    )


def limits(x: jax.Array, *given: Any) -> tuple[Any, ...]:
    """An array and its limits, of equal rank; numbers and None stay."""
    return same_rank(x, *(one if one is None else array_or_number(one) for one in given))


def float_pair(x1: Any, x2: Any) -> tuple[Any, Any]:
    """Two operands of equal rank, as floats."""
    first, second = pair(x1, x2)
    dtype = jnp.result_type(first, second)
    if jnp.issubdtype(dtype, jnp.inexact):
        return first, second
    return jnp.asarray(first, floatx()), jnp.asarray(second, floatx())


def arrays(x1: Any, x2: Any) -> tuple[jax.Array, jax.Array]:
    """Two operands as arrays, each on its own."""
    return array(x1), array(x2)


def inexacts(x1: Any, x2: Any) -> tuple[jax.Array, jax.Array]:
    """Two operands as arrays of floats, each on its own."""
    return inexact(x1), inexact(x2)


def each(xs: Any) -> list[jax.Array]:
    """The arrays of a sequence of them."""
    return [array(x) for x in xs]


def dtype_of(dtype: Any) -> str | None:
    """The name of a dtype argument; None stays None."""
    return None if dtype is None else dtype_name(dtype)


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
