"""Branches and loops that compiled code can run."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import publish
from lamella._graph.operation import op
from lamella.ops._declare import CORE, array


@op("cond", module=CORE)
def cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """What one of two functions gives.

    Args:
        pred: a truth value.
        true_fn: called without arguments where it holds.
        false_fn: called otherwise; gives the same structure.
    Example:
        >>> float(cond(True, lambda: jnp.array(1.0), lambda: jnp.array(2.0)))
        1.0
    """
    return jax.lax.cond(array(pred), true_fn, false_fn)


def switch(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """What the function of that number gives.

    Args:
        index: the number, brought into range.
        branches: functions of the operands.
        operands: their arguments.
    Example:
        >>> int(switch(1, [lambda x: x, lambda x: x + 1], 5))
        6
    """
    return jax.lax.switch(array(index), branches, *operands)


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    maximum_iterations: int | None = None,
) -> Any:
    """Repeats a function while a condition holds.

    Args:
        cond: a function of the variables that gives a truth value.
        body: a function of the variables that gives new ones.
        loop_vars: the first values, a tuple or list, or one array.
        maximum_iterations: stop after so many.
    Example:
        >>> int(while_loop(lambda n: n < 5, lambda n: (n + 1,), (0,))[0])
        5
    """
    several = isinstance(loop_vars, (tuple, list))
    start = tuple(loop_vars) if several else (loop_vars,)

    def go_on(state: tuple[Any, Any]) -> Any:
        count, values = state
        holds = cond(*values)
        return holds if maximum_iterations is None else holds & (count < maximum_iterations)

    def step(state: tuple[Any, Any]) -> tuple[Any, Any]:
        count, values = state
        new = body(*values)
        return count + 1, tuple(new) if isinstance(new, (tuple, list)) else (new,)

    first = jax.tree.map(array, start)
    _, values = jax.lax.while_loop(go_on, step, (jnp.asarray(0, "int32"), first))
    return values if several else values[0]


def fori_loop(lower: Any, upper: Any, body_fun: Callable[[Any, Any], Any], init_val: Any) -> Any:
    """Repeats a function for each number of a range.

    Args:
        lower: the first number.
        upper: the end, which is not among them.
        body_fun: a function of (number, value) that gives a new value.
        init_val: the first value.
    Example:
        >>> int(fori_loop(0, 4, lambda i, total: total + i, 0))
        6
    """
    return jax.lax.fori_loop(lower, upper, body_fun, init_val)


def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
) -> tuple[Any, Any]:
    """Steps along the first axis with a state.

    Args:
        f: a function of (state, entry) that gives (new state, output).
        init: the first state.
        xs: arrays to step along.
        length: how many steps, needed without `xs`.
        reverse: whether to start at the end.
        unroll: how many steps to write out in a row.
    Example:
        >>> scan(lambda total, x: (total + x, total), 0, jnp.arange(4))[1].tolist()
        [0, 0, 1, 3]
    """
    return jax.lax.scan(f, init, xs, length=length, reverse=reverse, unroll=unroll)


def associative_scan(
    f: Callable[[Any, Any], Any], elems: Any, reverse: bool = False, axis: int = 0
) -> Any:
    """All prefixes of entries joined by an associative function, in parallel.

    Args:
        f: joins two entries.
        elems: arrays.
        reverse: whether to join from the end.
        axis: along which axis.
    Example:
        >>> associative_scan(jnp.add, jnp.arange(4)).tolist()
        [0, 1, 3, 6]
    """
    return jax.lax.associative_scan(f, elems, reverse=reverse, axis=axis)


def map(f: Callable[[Any], Any], xs: Any) -> Any:
    """A function of each entry along the first axis, one after the other.

    Args:
        f: the function.
        xs: arrays.
    Example:
        >>> map(lambda x: x * 2, jnp.arange(3)).tolist()
        [0, 2, 4]
    """
    return jax.lax.map(f, xs)


def vectorized_map(function: Callable[[Any], Any], elements: Any) -> Any:
    """A function of each entry along the first axis, all at once.

    Args:
        function: the function.
        elements: arrays.
    Example:
        >>> vectorized_map(lambda x: x * 2, jnp.arange(3)).tolist()
        [0, 2, 4]
    """
    return jax.vmap(function)(elements)


def vectorize(
    pyfunc: Callable[..., Any], *, excluded: Any = None, signature: str | None = None
) -> Callable[..., Any]:
    """A function of numbers as a function of arrays.

    Args:
        pyfunc: the function.
        excluded: numbers or names of arguments that are taken whole.
        signature: shapes of its arguments and results: "(n),(n)->()".
    Example:
        >>> vectorize(lambda a, b: a + b)(jnp.arange(2), 1).tolist()
        [1, 2]
    """
    return jnp.vectorize(pyfunc, excluded=excluded or set(), signature=signature)


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function with a gradient of its own.

    Args:
        f: gives (result, function of the result's gradient that gives those of the arguments).
    Example:
        >>> @custom_gradient
        ... def doubled(x):
        ...     return x, lambda *args, upstream=None: 2.0 * (upstream or args[0])
        >>> float(jax.grad(doubled)(3.0))
        2.0
    """
    return jax.custom_gradient(f)


def jvp(
    fun: Callable[..., Any], primals: Any, tangents: Any, has_aux: bool = False
) -> tuple[Any, ...]:
    """The value of a function and its derivative along a direction.

    Args:
        fun: the function.
        primals: its arguments, a list or tuple.
        tangents: the direction, in the same structure.
        has_aux: whether it gives (value, anything else).
    Example:
        >>> [float(part) for part in jvp(jnp.sin, (0.0,), (1.0,))]
        [0.0, 1.0]
    """
    return jax.jvp(fun, tuple(primals), tuple(tangents), has_aux=has_aux)


publish(__name__)
