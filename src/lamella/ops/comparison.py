"""Comparisons, logic, and operations on bits."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import publish
from lamella._graph.operation import op
from lamella.ops._declare import NUMPY, arrays, of_one, of_two, pair


@of_two(jnp.equal)
def equal(x1: Any, x2: Any) -> jax.Array:
    """Whether two entries are equal.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> equal([1, 2], 2).tolist()
        [False, True]
    """


@of_two(jnp.not_equal)
def not_equal(x1: Any, x2: Any) -> jax.Array:
    """Whether two entries differ.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> not_equal([1, 2], 2).tolist()
        [True, False]
    """


@of_two(jnp.less)
def less(x1: Any, x2: Any) -> jax.Array:
    """Whether x1 < x2.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> less([1, 2], 2).tolist()
        [True, False]
    """


@of_two(jnp.less_equal)
def less_equal(x1: Any, x2: Any) -> jax.Array:
    """Whether x1 <= x2.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> less_equal([1, 2], 2).tolist()
        [True, True]
    """


@of_two(jnp.greater)
def greater(x1: Any, x2: Any) -> jax.Array:
    """Whether x1 > x2.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> greater([1, 3], 2).tolist()
        [False, True]
    """


@of_two(jnp.greater_equal)
def greater_equal(x1: Any, x2: Any) -> jax.Array:
    """Whether x1 >= x2.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> greater_equal([1, 2], 2).tolist()
        [False, True]
    """


@op("isclose", module=NUMPY, arrays=4)
def isclose(
    x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> jax.Array:
    """Whether |x1 - x2| <= atol + rtol |x2|.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
        rtol: allowed share of x2.
        atol: allowed distance.
        equal_nan: whether NaN equals NaN.
    Example:
        >>> isclose([1.0, 2.0], [1.0, 2.1]).tolist()
        [True, False]
    """
    first, second = pair(x1, x2)
    return jnp.isclose(first, second, rtol, atol, equal_nan)


@of_two(jnp.allclose, pair, class_name="AllClose")
def allclose(
    x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> jax.Array:
    """Whether all entries are close: |x1 - x2| <= atol + rtol |x2|.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
        rtol: allowed share of x2.
        atol: allowed distance.
        equal_nan: whether NaN equals NaN.
    Example:
        >>> bool(allclose([1.0], [1.0]))
        True
    """


@of_one(jnp.isfinite)
def isfinite(x: Any) -> jax.Array:
    """Whether each entry is neither infinite nor NaN.

    Args:
        x: numbers.
    Example:
        >>> isfinite([1.0, float("inf")]).tolist()
        [True, False]
    """


@of_one(jnp.isinf)
def isinf(x: Any) -> jax.Array:
    """Whether each entry is infinite.

    Args:
        x: numbers.
    Example:
        >>> isinf([1.0, float("inf")]).tolist()
        [False, True]
    """


@of_one(jnp.isnan)
def isnan(x: Any) -> jax.Array:
    """Whether each entry is NaN.

    Args:
        x: numbers.
    Example:
        >>> isnan([1.0, float("nan")]).tolist()
        [False, True]
    """


@of_one(jnp.isneginf)
def isneginf(x: Any) -> jax.Array:
    """Whether each entry is minus infinity.

    Args:
        x: numbers.
    Example:
        >>> isneginf([1.0, -float("inf")]).tolist()
        [False, True]
    """


@of_one(jnp.isposinf)
def isposinf(x: Any) -> jax.Array:
    """Whether each entry is plus infinity.

    Args:
        x: numbers.
    Example:
        >>> isposinf([1.0, float("inf")]).tolist()
        [False, True]
    """


@of_one(jnp.isreal)
def isreal(x: Any) -> jax.Array:
    """Whether each entry has no imaginary part.

    Args:
        x: numbers.
    Example:
        >>> isreal([1 + 2j, 3]).tolist()
        [False, True]
    """


@of_one(jnp.signbit)
def signbit(x: Any) -> jax.Array:
    """Whether the sign bit of each entry is set.

    Args:
        x: numbers.
    Example:
        >>> signbit([1.0, -0.0]).tolist()
        [False, True]
    """


@of_two(jnp.isin, arrays, class_name="IsIn")
def isin(x1: Any, x2: Any, assume_unique: bool = False, invert: bool = False) -> jax.Array:
    """Whether each entry of x1 stands in x2.

    Args:
        x1: numbers.
        x2: the values to look for.
        assume_unique: whether no value stands twice in either.
        invert: whether to say "stands not".
    Example:
        >>> isin([1, 2, 3], [2, 3]).tolist()
        [False, True, True]
    """


@of_two(jnp.logical_and)
def logical_and(x1: Any, x2: Any) -> jax.Array:
    """Whether both entries are true.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> logical_and([True, False], True).tolist()
        [True, False]
    """


@of_two(jnp.logical_or)
def logical_or(x1: Any, x2: Any) -> jax.Array:
    """Whether an entry is true.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> logical_or([True, False], False).tolist()
        [True, False]
    """


@of_two(jnp.logical_xor)
def logical_xor(x1: Any, x2: Any) -> jax.Array:
    """Whether just one entry is true.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> logical_xor([True, False], True).tolist()
        [False, True]
    """


@of_one(jnp.logical_not)
def logical_not(x: Any) -> jax.Array:
    """Whether each entry is false.

    Args:
        x: numbers.
    Example:
        >>> logical_not([True, False]).tolist()
        [False, True]
    """


@of_two(jnp.bitwise_and)
def bitwise_and(x: Any, y: Any) -> jax.Array:
    """The bits set in both.

    Args:
        x: whole numbers.
        y: whole numbers, broadcast against the first.
    Example:
        >>> int(bitwise_and(6, 3))
        2
    """


@of_two(jnp.bitwise_or)
def bitwise_or(x: Any, y: Any) -> jax.Array:
    """The bits set in either.

    Args:
        x: whole numbers.
        y: whole numbers, broadcast against the first.
    Example:
        >>> int(bitwise_or(6, 3))
        7
    """


@of_two(jnp.bitwise_xor)
def bitwise_xor(x: Any, y: Any) -> jax.Array:
    """The bits set in just one.

    Args:
        x: whole numbers.
        y: whole numbers, broadcast against the first.
    Example:
        >>> int(bitwise_xor(6, 3))
        5
    """


@of_one(jnp.invert)
def bitwise_not(x: Any) -> jax.Array:
    """All bits turned.

    Args:
        x: whole numbers.
    Example:
        >>> int(bitwise_not(0))
        -1
    """


@of_one(jnp.invert)
def bitwise_invert(x: Any) -> jax.Array:
    """All bits turned.

    Args:
        x: whole numbers.
    Example:
        >>> int(bitwise_invert(0))
        -1
    """


@of_two(jnp.left_shift)
def bitwise_left_shift(x: Any, y: Any) -> jax.Array:
    """Bits moved left: x * 2**y.

    Args:
        x: whole numbers.
        y: whole numbers, broadcast against the first.
    Example:
        >>> int(bitwise_left_shift(3, 2))
        12
    """


@of_two(jnp.left_shift)
def left_shift(x: Any, y: Any) -> jax.Array:
    """Bits moved left: x * 2**y.

    Args:
        x: whole numbers.
        y: whole numbers, broadcast against the first.
    Example:
        >>> int(left_shift(3, 2))
        12
    """


@of_two(jnp.right_shift)
def bitwise_right_shift(x: Any, y: Any) -> jax.Array:
    """Bits moved right: x // 2**y.

    Args:
        x: whole numbers.
        y: whole numbers, broadcast against the first.
    Example:
        >>> int(bitwise_right_shift(12, 2))
        3
    """


@of_two(jnp.right_shift)
def right_shift(x: Any, y: Any) -> jax.Array:
    """Bits moved right: x // 2**y.

    Args:
        x: whole numbers.
        y: whole numbers, broadcast against the first.
    Example:
        >>> int(right_shift(12, 2))
        3
    """


publish(__name__)
