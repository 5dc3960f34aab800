"""Powers of e, logarithms and roots."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from lamella._graph.operation import op
from lamella.ops._arrays import MATH, NUMPY, array, float_pair, inexact, pair


@op("exp", module=NUMPY)
def exp(x: Any) -> jax.Array:
    """e to the power of each entry.

    Args:
        x: numbers.
    Example:
        >>> float(exp(0.0))
        1.0
    """
    return jnp.exp(inexact(x))


@op("exp2", module=NUMPY)
def exp2(x: Any) -> jax.Array:
    """2 to the power of each entry.

    Args:
        x: numbers.
    Example:
        >>> float(exp2(3.0))
        8.0
    """
    return jnp.exp2(inexact(x))


@op("expm1", module=NUMPY)
def expm1(x: Any) -> jax.Array:
    """exp(x) - 1, exact for small x.

    Args:
        x: numbers.
    Example:
        >>> float(expm1(0.0))
        0.0
    """
    return jnp.expm1(inexact(x))


@op("log", module=NUMPY)
def log(x: Any) -> jax.Array:
    """The natural logarithm of each entry.

    Args:
        x: numbers above 0.
    Example:
        >>> float(log(1.0))
        0.0
    """
    return jnp.log(inexact(x))


@op("log10", module=NUMPY)
def log10(x: Any) -> jax.Array:
    """The logarithm to base 10.

    Args:
        x: numbers above 0.
    Example:
        >>> float(log10(1.0))
        0.0
    """
    return jnp.log10(inexact(x))


@op("log1p", module=NUMPY)
def log1p(x: Any) -> jax.Array:
    """log(1 + x), exact for small x.

    Args:
        x: numbers above -1.
    Example:
        >>> float(log1p(0.0))
        0.0
    """
    return jnp.log1p(inexact(x))


@op("log2", module=NUMPY)
def log2(x: Any) -> jax.Array:
    """The logarithm to base 2.

    Args:
        x: numbers above 0.
    Example:
        >>> float(log2(8.0))
        3.0
    """
    return jnp.log2(inexact(x))


@op("logaddexp", module=NUMPY, arrays=2)
def logaddexp(x1: Any, x2: Any) -> jax.Array:
    """log(exp(x1) + exp(x2)) without overflow.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> round(float(logaddexp(0.0, 0.0)), 4)
        0.6931
    """
    return jnp.logaddexp(*float_pair(x1, x2))


@op("logaddexp2", module=NUMPY, arrays=2)
def logaddexp2(x1: Any, x2: Any) -> jax.Array:
    """log2(2**x1 + 2**x2) without overflow.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> float(logaddexp2(0.0, 0.0))
        1.0
    """
    return jnp.logaddexp2(*float_pair(x1, x2))


@op("sqrt", module=NUMPY)
def sqrt(x: Any) -> jax.Array:
    """The square root of each entry.

    Args:
        x: numbers of 0 or more.
    Example:
        >>> float(sqrt(9.0))
        3.0
    """
    return jnp.sqrt(inexact(x))


@op("rsqrt", module=MATH)
def rsqrt(x: Any) -> jax.Array:
    """1 / sqrt(x).

    Args:
        x: numbers above 0.
    Example:
        >>> float(rsqrt(4.0))
        0.5
    """
    return jax.lax.rsqrt(inexact(x))


@op("cbrt", module=NUMPY)
def cbrt(x: Any) -> jax.Array:
    """The cube root of each entry.

    Args:
        x: numbers.
    Example:
        >>> round(float(cbrt(27.0)), 4)
        3.0
    """
    return jnp.cbrt(inexact(x))


@op("square", module=NUMPY)
def square(x: Any) -> jax.Array:
    """x * x.

    Args:
        x: numbers.
    Example:
        >>> square([1, -2, 3]).tolist()
        [1, 4, 9]
    """
    x = array(x)
    return jnp.square(x.astype("int32") if x.dtype == bool else x)


@op("reciprocal", module=NUMPY)
def reciprocal(x: Any) -> jax.Array:
    """1 / x.

    Args:
        x: numbers.
    Example:
        >>> float(reciprocal(4.0))
        0.25
    """
    return jnp.reciprocal(inexact(x))


@op("power", module=NUMPY, arrays=2)
def power(x1: Any, x2: Any) -> jax.Array:
    """x1 to the power of x2.

    Args:
        x1: numbers.
        x2: exponents, broadcast against the first.
    Example:
        >>> power([1, 2, 3], 2).tolist()
        [1, 4, 9]
    """
    return jnp.power(*pair(x1, x2))


@op("ldexp", module=NUMPY, arrays=2)
def ldexp(x1: Any, x2: Any) -> jax.Array:
    """x1 * 2**x2.

    Args:
        x1: numbers.
        x2: whole numbers.
    Example:
        >>> float(ldexp(3.0, 2))
        12.0
    """
    first, second = pair(x1, x2)
    return jnp.ldexp(first, second)


@op("erf", module=MATH)
def erf(x: Any) -> jax.Array:
    """The error function.

    Args:
        x: numbers.
    Example:
        >>> float(erf(0.0))
        0.0
    """
    return jax.lax.erf(inexact(x))


@op("erfc", module=MATH)
def erfc(x: Any) -> jax.Array:
    """1 - erf(x), exact for large x.

    Args:
        x: numbers.
    Example:
        >>> float(erfc(0.0))
        1.0
    """
    return jax.lax.erfc(inexact(x))


@op("erfinv", module=MATH)
def erfinv(x: Any) -> jax.Array:
    """The number whose error function is x.

    Args:
        x: numbers between -1 and 1.
    Example:
        >>> float(erfinv(0.0))
        0.0
    """
    return jax.lax.erf_inv(inexact(x))


@op("i0", module=NUMPY)
def i0(x: Any) -> jax.Array:
    """The modified Bessel function of the first kind of order 0.

    Args:
        x: numbers.
    Example:
        >>> float(i0(0.0))
        1.0000001192092896
    """
    return jnp.i0(inexact(x))
