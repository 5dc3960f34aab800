"""Counts the arithmetic of a traced program, equation by equation."""

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

if TYPE_CHECKING:  # all of jax.extend comes along: not on `import lamella`
    from jax.extend.core import Jaxpr

# One operation for each number that comes out.
_EACH = re.compile(
    "add|add_any|sub|mul|div|rem|max|min|neg|abs|sign|floor|ceil|round|clamp|integer_pow|pow|square"
    "|sqrt|rsqrt|cbrt|exp|exp2|log|log1p|expm1|logistic|a?(sin|cos|tan)h?|atan2|erf|erfc|erf_inv"
    "|lgamma|digamma|eq|ne|lt|le|gt|ge"
)
# One for each number that goes in.
_REDUCTION = re.compile("reduce_(sum|max|min|prod)|arg(max|min)|cum(sum|prod|max|min|logsumexp)")


def equation_flops(equation: Any) -> int:
    """The operations on floating numbers of one equation, without programs inside of it.

    A multiplication and the addition that follows it count as 2. Moving, choosing and converting
    numbers counts as nothing, and so does arithmetic on whole numbers.

    Args:
        equation: an equation of a jaxpr.
    """
    name = equation.primitive.name
    arrays = [variable.aval for variable in equation.invars]
    if not arrays or not jnp.issubdtype(arrays[0].dtype, jnp.inexact):
        return 0
    out = math.prod(equation.outvars[0].aval.shape)
    if _EACH.fullmatch(name):
        return out
    if _REDUCTION.fullmatch(name):
        return math.prod(arrays[0].shape)
    if name == "dot_general":
        (contracted, _), _ = equation.params["dimension_numbers"]
        return 2 * out * math.prod(arrays[0].shape[axis] for axis in contracted)
    if name == "conv_general_dilated":
        kernel = arrays[1].shape
        outputs = kernel[equation.params["dimension_numbers"].rhs_spec[0]]
        # A transposed convolution meets one number in so many; the others are zeros in between.
        spread = math.prod(equation.params["lhs_dilation"])
        return 2 * out * math.prod(kernel) // outputs // spread
    if name.startswith("reduce_window"):
        return out * math.prod(equation.params["window_dimensions"])
    return 0


def programs_in(equation: Any) -> Iterator[tuple["Jaxpr", int]]:
    """The programs inside of an equation, with how often each runs.

    Of the branches of a condition there is one, the longest; a `while` counts as one round,
    because nothing says how many there will be.
    """
    from jax.extend.core import ClosedJaxpr, Jaxpr

    name, params = equation.primitive.name, equation.params
    if name.startswith(("reduce", "scatter")):
        return  # what is inside joins two numbers, and is counted by their number
    if name == "cond":
        yield max((branch.jaxpr for branch in params["branches"]), key=lambda p: len(p.eqns)), 1
        return
    times = params["length"] if name == "scan" else 1
    for value in params.values():
        if isinstance(value, ClosedJaxpr):
            yield value.jaxpr, times
        elif isinstance(value, Jaxpr):
            yield value, times


def program_flops(program: "Jaxpr") -> int:
    """The operations of a whole program.

    Args:
        program: a jaxpr, `jax.make_jaxpr(function)(x).jaxpr`.

    Example:
        >>> import jax
        >>> program_flops(jax.make_jaxpr(jnp.dot)(jnp.ones((2, 3)), jnp.ones((3, 4))).jaxpr)
        48
    """
    total = 0
    for equation in program.eqns:
        total += equation_flops(equation)
        total += sum(times * program_flops(inner) for inner, times in programs_in(equation))
    return total
