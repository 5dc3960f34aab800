"""Sums, products and their relatives, rounding, limits and parts of numbers, entry by entry."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import publish
from lamella._graph.operation import op
from lamella.ops._declare import NUMPY, array, float_pair, inexact, limits, of_one, of_two


@of_two(jnp.add)
def add(x1: Any, x2: Any) -> jax.Array:
    """x1 + x2.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> add([1, 2], 3).tolist()
        [4, 5]
    """


@of_two(jnp.subtract)
def subtract(x1: Any, x2: Any) -> jax.Array:
    """x1 - x2.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> subtract([1, 2], 3).tolist()
        [-2, -1]
    """


@of_two(jnp.multiply)
def multiply(x1: Any, x2: Any) -> jax.Array:
    """x1 * x2.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> multiply([1, 2], 3).tolist()
        [3, 6]
    """


@of_two(jnp.true_divide, float_pair)
def divide(x1: Any, x2: Any) -> jax.Array:
    """x1 / x2, as floats.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> divide([1, 2], 2).tolist()
        [0.5, 1.0]
    """


@of_two(jnp.true_divide, float_pair)
def true_divide(x1: Any, x2: Any) -> jax.Array:
    """x1 / x2, as floats.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> true_divide([1, 2], 2).tolist()
        [0.5, 1.0]
    """


@op("divide_no_nan", module=NUMPY, arrays=2)
def divide_no_nan(x1: Any, x2: Any) -> jax.Array:
    """x1 / x2, and 0 where x2 is 0.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> divide_no_nan([1.0, 2.0], [0.0, 4.0]).tolist()
        [0.0, 0.5]
    """
    first, second = float_pair(x1, x2)
    zero = jnp.equal(second, 0)
    return jnp.where(zero, 0, jnp.divide(first, jnp.where(zero, 1, second)))


@of_two(jnp.floor_divide)
def floor_divide(x1: Any, x2: Any) -> jax.Array:
    """x1 / x2, rounded down.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> floor_divide([7, -7], 2).tolist()
        [3, -4]
    """


@of_two(jnp.mod)
def mod(x1: Any, x2: Any) -> jax.Array:
    """The rest of x1 / x2, with the sign of x2.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> mod([7, -7], 4).tolist()
        [3, 1]
    """


@of_two(jnp.fmod)
def fmod(x1: Any, x2: Any) -> jax.Array:
    """The rest of x1 / x2, with the sign of x1.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> fmod([7, -7], 4).tolist()
        [3, -3]
    """


@of_two(jnp.maximum)
def maximum(x1: Any, x2: Any) -> jax.Array:
    """The larger of two entries; NaN wins.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> maximum([1, 5], 3).tolist()
        [3, 5]
    """


@of_two(jnp.minimum)
def minimum(x1: Any, x2: Any) -> jax.Array:
    """The smaller of two entries; NaN wins.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> minimum([1, 5], 3).tolist()
        [1, 3]
    """


@of_two(jnp.fmax)
def fmax(x1: Any, x2: Any) -> jax.Array:
    """The larger of two entries; NaN loses.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> fmax([1, 5], 3).tolist()
        [3, 5]
    """


@of_two(jnp.fmin)
def fmin(x1: Any, x2: Any) -> jax.Array:
    """The smaller of two entries; NaN loses.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> fmin([1, 5], 3).tolist()
        [1, 3]
    """


@of_two(jnp.gcd)
def gcd(x1: Any, x2: Any) -> jax.Array:
    """The greatest common divisor of two whole numbers.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> int(gcd(12, 18))
        6
    """


@of_two(jnp.lcm)
def lcm(x1: Any, x2: Any) -> jax.Array:
    """The least common multiple of two whole numbers.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> int(lcm(4, 6))
        12
    """


@of_two(jnp.heaviside, float_pair)
def heaviside(x1: Any, x2: Any) -> jax.Array:
    """0 below zero, 1 above, and x2 at zero.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> heaviside([-1.0, 0.0, 1.0], 0.5).tolist()
        [0.0, 0.5, 1.0]
    """


@of_two(jnp.nextafter, float_pair)
def nextafter(x1: Any, x2: Any) -> jax.Array:
    """The next float after x1 towards x2.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> float(nextafter(1.0, 2.0))
        1.0000001192092896
    """


@of_one(jnp.negative)
def negative(x: Any) -> jax.Array:
    """-x.

    Args:
        x: numbers.
    Example:
        >>> negative([1, -2]).tolist()
        [-1, 2]
    """


@of_one(jnp.absolute)
def absolute(x: Any) -> jax.Array:
    """The distance from zero.

    Args:
        x: numbers.
    Example:
        >>> absolute([1, -2]).tolist()
        [1, 2]
    """


@of_one(jnp.absolute)
def abs(x: Any) -> jax.Array:
    """The distance from zero.

    Args:
        x: numbers.
    Example:
        >>> abs([1, -2]).tolist()
        [1, 2]
    """


@of_one(jnp.fabs, inexact)
def fabs(x: Any) -> jax.Array:
    """The distance from zero, as floats.

    Args:
        x: numbers.
    Example:
        >>> fabs([1, -2]).tolist()
        [1.0, 2.0]
    """


@of_one(jnp.sign)
def sign(x: Any) -> jax.Array:
    """-1, 0 or 1, as each entry is below, at or above zero.

    Args:
        x: numbers.
    Example:
        >>> sign([-3, 0, 5]).tolist()
        [-1, 0, 1]
    """


@of_one(jnp.floor, inexact)
def floor(x: Any) -> jax.Array:
    """Each entry rounded down.

    Args:
        x: numbers.
    Example:
        >>> floor([1.5, -1.5]).tolist()
        [1.0, -2.0]
    """


@of_one(jnp.ceil, inexact)
def ceil(x: Any) -> jax.Array:
    """Each entry rounded up.

    Args:
        x: numbers.
    Example:
        >>> ceil([1.5, -1.5]).tolist()
        [2.0, -1.0]
    """


@of_one(jnp.trunc)
def trunc(x: Any) -> jax.Array:
    """Each entry rounded towards zero.

    Args:
        x: numbers.
    Example:
        >>> trunc([1.5, -1.5]).tolist()
        [1.0, -1.0]
    """


@of_one(jnp.round)
def round(x: Any, decimals: int = 0) -> jax.Array:
    """Each entry rounded to some decimals, halves to the even side.

    Args:
        x: numbers.
        decimals: how many decimals stay; negative counts left of the point.
    Example:
        >>> round([1.5, 2.5]).tolist()
        [2.0, 2.0]
    """


@op("clip", module=NUMPY)
def clip(x: Any, x_min: Any, x_max: Any) -> jax.Array:
    """Each entry moved into a range.

    Args:
        x: numbers.
        x_min: the least value, None for no limit.
        x_max: the greatest value, None for no limit.
    Example:
        >>> clip([1, 5, 9], 2, 6).tolist()
        [2, 5, 6]
    """
    x = array(x)
    x = x.astype("int32") if x.dtype == bool else x
    return jnp.clip(*limits(x, x_min, x_max))


@of_one(jnp.nan_to_num)
def nan_to_num(
    x: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> jax.Array:
    """Replaces NaN and infinities by numbers.

    Args:
        x: numbers.
        nan: what stands for NaN.
        posinf: what stands for infinity, the largest float if None.
        neginf: what stands for minus infinity, the lowest float if None.
    Example:
        >>> nan_to_num([1.0, float("nan")]).tolist()
        [1.0, 0.0]
    """


@of_one(jnp.real)
def real(x: Any) -> jax.Array:
    """The real part of each entry.

    Args:
        x: complex numbers.
    Example:
        >>> real([1 + 2j]).tolist()
        [1.0]
    """


@of_one(jnp.imag)
def imag(x: Any) -> jax.Array:
    """The imaginary part of each entry.

    Args:
        x: complex numbers.
    Example:
        >>> imag([1 + 2j]).tolist()
        [2.0]
    """


@of_one(jnp.conjugate)
def conjugate(x: Any) -> jax.Array:
    """Each entry with the sign of its imaginary part turned.

    Args:
        x: complex numbers.
    Example:
        >>> conjugate([1 + 2j]).tolist()
        [(1-2j)]
    """


@of_one(jnp.conjugate)
def conj(x: Any) -> jax.Array:
    """Each entry with the sign of its imaginary part turned.

    Args:
        x: complex numbers.
    Example:
        >>> conj([1 + 2j]).tolist()
        [(1-2j)]
    """


@of_one(jnp.angle, inexact)
def angle(x: Any) -> jax.Array:
    """The angle of each complex number, in radians.

    Args:
        x: complex numbers.
    Example:
        >>> float(angle(1.0))
        0.0
    """


publish(__name__)
