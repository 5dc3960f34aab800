"""`@activation`: a function of arrays that also works on variables and on symbolic tensors."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import jax.numpy as jnp

from lamella._base import register
from lamella._graph.symbolic import KerasTensor, record
from lamella._state.variable import Variable

F = TypeVar("F", bound=Callable[..., Any])


def activation(
    *aliases: str, op: str | None = None, computes: Callable[..., Any] | None = None
) -> Callable[[F], F]:
    """Enters a function into the table of activations.

    Args:
        aliases: further names.
        op: the op that stands for it in a graph, if that has another name; "" if the function
            deals with symbolic tensors itself.
        computes: what computes it; the function then has no body.
    """

    def declare(function: F) -> F:
        recorded = function.__name__ if op is None else op
        compute = computes or function

        @functools.wraps(function)
        def wrapped(x: Any, *args: Any, **kwargs: Any) -> Any:
            if isinstance(x, KerasTensor):
                if recorded:
                    return record(recorded, x, *args, **kwargs)
                return function(x, *args, **kwargs)
            array = x.value if isinstance(x, Variable) else jnp.asarray(x)
            return compute(array, *args, **kwargs)

        return register("activation", *aliases, module="keras.activations")(wrapped)  # type: ignore[return-value]

    return declare
