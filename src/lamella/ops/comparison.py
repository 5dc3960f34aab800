"""Comparisons, logic, and operations on bits."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from lamella._graph.operation import op
from lamella.ops._arrays import NUMPY, array, pair


@op("equal", module=NUMPY, arrays=2)
def equal(x1: Any, x2: Any) -> jax.Array:
    """Whether two entries are equal.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> equal([1, 2], 2).tolist()
        [False, True]
    """
    return jnp.equal(*pair(x1, x2))


@op("not_equal", module=NUMPY, arrays=2)
def not_equal(x1: Any, x2: Any) -> jax.Array:
    """Whether two entries differ.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> not_equal([1, 2], 2).tolist()
        [True, False]
    """
    return jnp.not_equal(*pair(x1, x2))


@op("less", module=NUMPY, arrays=2)
def less(x1: Any, x2: Any) -> jax.Array:
    """Whether x1 < x2.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> less([1, 2], 2).tolist()
        [True, False]
    """
    return jnp.less(*pair(x1, x2))


@op("less_equal", module=NUMPY, arrays=2)
def less_equal(x1: Any, x2: Any) -> jax.Array:
    """Whether x1 <= x2.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> less_equal([1, 2], 2).tolist()
        [True, True]
    """
    return jnp.less_equal(*pair(x1, x2))


@op("greater", module=NUMPY, arrays=2)
def greater(x1: Any, x2: Any) -> jax.Array:
    """Whether x1 > x2.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> greater([1, 3], 2).tolist()
        [False, True]
    """
    return jnp.greater(*pair(x1, x2))


@op("greater_equal", module=NUMPY, arrays=2)
def greater_equal(x1: Any, x2: Any) -> jax.Array:
    """Whether x1 >= x2.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> greater_equal([1, 2], 2).tolist()
        [False, True]
    """
    return jnp.greater_equal(*pair(x1, x2))


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


@op("allclose", module=NUMPY, arrays=2, class_name="AllClose")
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
    first, second = pair(x1, x2)
    return jnp.allclose(first, second, rtol, atol, equal_nan)


@op("isfinite", module=NUMPY)
def isfinite(x: Any) -> jax.Array:
    """Whether each entry is neither infinite nor NaN.

    Args:
        x: numbers.
    Example:
        >>> isfinite([1.0, float("inf")]).tolist()
        [True, False]
    """
    return jnp.isfinite(array(x))


@op("isinf", module=NUMPY)
def isinf(x: Any) -> jax.Array:
    """Whether each entry is infinite.

    Args:
        x: numbers.
    Example:
        >>> isinf([1.0, float("inf")]).tolist()
        [False, True]
    """
    return jnp.isinf(array(x))


@op("isnan", module=NUMPY)
def isnan(x: Any) -> jax.Array:
    """Whether each entry is NaN.

    Args:
        x: numbers.
    Example:
        >>> isnan([1.0, float("nan")]).tolist()
        [False, True]
    """
    return jnp.isnan(array(x))


@op("isneginf", module=NUMPY)
def isneginf(x: Any) -> jax.Array:
    """Whether each entry is minus infinity.

    Args:
        x: numbers.
    Example:
        >>> isneginf([1.0, -float("inf")]).tolist()
        [False, True]
    """
    return jnp.isneginf(array(x))


@op("isposinf", module=NUMPY)
def isposinf(x: Any) -> jax.Array:
    """Whether each entry is plus infinity.

    Args:
        x: numbers.
    Example:
        >>> isposinf([1.0, float("inf")]).tolist()
        [False, True]
    """
    return jnp.isposinf(array(x))


@op("isreal", module=NUMPY)
def isreal(x: Any) -> jax.Array:
    """Whether each entry has no imaginary part.

    Args:
        x: numbers.
    Example:
        >>> isreal([1 + 2j, 3]).tolist()
        [False, True]
    """
    return jnp.isreal(array(x))


@op("signbit", module=NUMPY)
def signbit(x: Any) -> jax.Array:
    """Whether the sign bit of each entry is set.

    Args:
        x: numbers.
    Example:
        >>> signbit([1.0, -0.0]).tolist()
        [False, True]
    """
    return jnp.signbit(array(x))


@op("isin", module=NUMPY, arrays=2, class_name="IsIn")
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
    return jnp.isin(array(x1), array(x2), assume_unique=assume_unique, invert=invert)


@op("logical_and", module=NUMPY, arrays=2)
def logical_and(x1: Any, x2: Any) -> jax.Array:
    """Whether both entries are true.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> logical_and([True, False], True).tolist()
        [True, False]
    """
    return jnp.logical_and(*pair(x1, x2))


@op("logical_or", module=NUMPY, arrays=2)
def logical_or(x1: Any, x2: Any) -> jax.Array:
    """Whether an entry is true.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> logical_or([True, False], False).tolist()
        [True, False]
    """
    return jnp.logical_or(*pair(x1, x2))


@op("logical_xor", module=NUMPY, arrays=2)
def logical_xor(x1: Any, x2: Any) -> jax.Array:
    """Whether just one entry is true.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> logical_xor([True, False], True).tolist()
        [False, True]
    """
    return jnp.logical_xor(*pair(x1, x2))


@op("logical_not", module=NUMPY)
def logical_not(x: Any) -> jax.Array:
    """Whether each entry is false.

    Args:
        x: numbers.
    Example:
        >>> logical_not([True, False]).tolist()
        [False, True]
    """
    return jnp.logical_not(array(x))


@op("bitwise_and", module=NUMPY, arrays=2)
def bitwise_and(x: Any, y: Any) -> jax.Array:
    """The bits set in both.

    Args:
        x: whole numbers.
        y: whole numbers, broadcast against the first.
    Example:
        >>> int(bitwise_and(6, 3))
        2
    """
    return jnp.bitwise_and(*pair(x, y))


@op("bitwise_or", module=NUMPY, arrays=2)
def bitwise_or(x: Any, y: Any) -> jax.Array:
    """The bits set in either.

    Args:
        x: whole numbers.
        y: whole numbers, broadcast against the first.
    Example:
        >>> int(bitwise_or(6, 3))
        7
    """
    return jnp.bitwise_or(*pair(x, y))


@op("bitwise_xor", module=NUMPY, arrays=2)
def bitwise_xor(x: Any, y: Any) -> jax.Array:
    """The bits set in just one.

    Args:
        x: whole numbers.
        y: whole numbers, broadcast against the first.
    Example:
        >>> int(bitwise_xor(6, 3))
        5
    """
    return jnp.bitwise_xor(*pair(x, y))


@op("bitwise_not", module=NUMPY)
def bitwise_not(x: Any) -> jax.Array:
    """All bits turned.

    Args:
        x: whole numbers.
    Example:
        >>> int(bitwise_not(0))
        -1
    """
    return jnp.invert(array(x))


@op("bitwise_invert", module=NUMPY)
def bitwise_invert(x: Any) -> jax.Array:
    """All bits turned.

    Args:
        x: whole numbers.
    Example:
        >>> int(bitwise_invert(0))
        -1
    """
    return jnp.invert(array(x))


@op("bitwise_left_shift", module=NUMPY, arrays=2)
def bitwise_left_shift(x: Any, y: Any) -> jax.Array:
    """Bits moved left: x * 2**y.

    Args:
        x: whole numbers.
        y: whole numbers, broadcast against the first.
    Example:
        >>> int(bitwise_left_shift(3, 2))
        12
    """
    return jnp.left_shift(*pair(x, y))


@op("left_shift", module=NUMPY, arrays=2)
def left_shift(x: Any, y: Any) -> jax.Array:
    """Bits moved left: x * 2**y.

    Args:
        x: whole numbers.
        y: whole numbers, broadcast against the first.
    Example:
        >>> int(left_shift(3, 2))
        12
    """
    return jnp.left_shift(*pair(x, y))


@op("bitwise_right_shift", module=NUMPY, arrays=2)
def bitwise_right_shift(x: Any, y: Any) -> jax.Array:
    """Bits moved right: x // 2**y.

    Args:
        x: whole numbers.
        y: whole numbers, broadcast against the first.
    Example:
        >>> int(bitwise_right_shift(12, 2))
        3
    """
    return jnp.right_shift(*pair(x, y))


@op("right_shift", module=NUMPY, arrays=2)
def right_shift(x: Any, y: Any) -> jax.Array:
    """Bits moved right: x // 2**y.

    Args:
        x: whole numbers.
        y: whole numbers, broadcast against the first.
    Example:
        >>> int(right_shift(12, 2))
        3
    """
    return jnp.right_shift(*pair(x, y))
