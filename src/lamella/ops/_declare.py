"""Ops that are one function of JAX's: below the decorator stands a signature and its text."""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec

import jax

from lamella._graph.operation import op
from lamella.ops._arrays import NUMPY, array, pair

P = ParamSpec("P")


def of_one(
    compute: Callable[..., Any], read: Callable[..., Any] = array, module: str = NUMPY
) -> Callable[[Callable[P, Any]], Callable[P, jax.Array]]:
    """Declares an op of one array; the function below has no body, for this is all of it.

    Args:
        compute: what computes it, `jnp.sin`.
        read: how the argument `x` becomes an array: `array`, or `inexact` for a floating one.
        module: the module of its class in Keras's files.
    """

    def declare(stub: Callable[P, Any]) -> Callable[P, jax.Array]:
        @functools.wraps(stub)
        def function(x: Any) -> Any:
            return compute(read(x))

        stub.__annotations__["return"] = "jax.Array"  # what help shows
        return op(stub.__name__, module=module)(function)  # type: ignore[return-value]

    return declare


def of_two(
    compute: Callable[..., Any], read: Callable[..., Any] = pair, module: str = NUMPY
) -> Callable[[Callable[P, Any]], Callable[P, jax.Array]]:
    """Declares an op of two arrays; the function below has no body, for this is all of it.

    Args:
        compute: what computes it, `jnp.add`.
        read: how `x1` and `x2` become arrays: `pair`, or `float_pair` for floating ones.
        module: the module of its class in Keras's files.
    """

    def declare(stub: Callable[P, Any]) -> Callable[P, jax.Array]:
        @functools.wraps(stub)
        def function(x1: Any, x2: Any) -> Any:
            return compute(*read(x1, x2))

        stub.__annotations__["return"] = "jax.Array"  # what help shows
        return op(stub.__name__, module=module, arrays=2)(function)  # type: ignore[return-value]

    return declare
