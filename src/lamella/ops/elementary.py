"""Exponential, trigonometric and their kin, entry by entry."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import publish
from lamella._graph.operation import op
from lamella.ops._declare import NUMPY, array, float_pair, inexact, of_one, of_two


@of_one(jnp.exp, inexact)
def exp(x: Any) -> jax.Array:
    """e to the power of each entry.

    Args:
        x: numbers.
    Example:
        >>> float(exp(0.0))
        1.0
    """


@of_one(jnp.exp2, inexact)
def exp2(x: Any) -> jax.Array:
    """2 to the power of each entry.

    Args:
        x: numbers.
    Example:
        >>> float(exp2(3.0))
        8.0
    """


@of_one(jnp.expm1, inexact)
def expm1(x: Any) -> jax.Array:
    """exp(x) - 1, exact for small x.

    Args:
        x: numbers.
    Example:
        >>> float(expm1(0.0))
        0.0
    """


@of_one(jnp.log, inexact)
def log(x: Any) -> jax.Array:
    """The natural logarithm of each entry.

    Args:
        x: numbers above 0.
    Example:
        >>> float(log(1.0))
        0.0
    """


@of_one(jnp.log10, inexact)
def log10(x: Any) -> jax.Array:
    """The logarithm to base 10.

    Args:
        x: numbers above 0.
    Example:
        >>> float(log10(1.0))
        0.0
    """


@of_one(jnp.log1p, inexact)
def log1p(x: Any) -> jax.Array:
    """log(1 + x), exact for small x.

    Args:
        x: numbers above -1.
    Example:
        >>> float(log1p(0.0))
        0.0
    """


@of_one(jnp.log2, inexact)
def log2(x: Any) -> jax.Array:
    """The logarithm to base 2.

    Args:
        x: numbers above 0.
    Example:
        >>> float(log2(8.0))
        3.0
    """


@of_two(jnp.logaddexp, float_pair)
def logaddexp(x1: Any, x2: Any) -> jax.Array:
    """log(exp(x1) + exp(x2)) without overflow.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> round(float(logaddexp(0.0, 0.0)), 4)
        0.6931
    """


@of_two(jnp.logaddexp2, float_pair)
def logaddexp2(x1: Any, x2: Any) -> jax.Array:
    """log2(2**x1 + 2**x2) without overflow.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> float(logaddexp2(0.0, 0.0))
        1.0
    """


@of_one(jnp.sqrt, inexact)
def sqrt(x: Any) -> jax.Array:
    """The square root of each entry.

    Args:
        x: numbers of 0 or more.
    Example:
        >>> float(sqrt(9.0))
        3.0
    """


@of_one(jnp.cbrt, inexact)
def cbrt(x: Any) -> jax.Array:
    """The cube root of each entry.

    Args:
        x: numbers.
    Example:
        >>> round(float(cbrt(27.0)), 4)
        3.0
    """


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


@of_one(jnp.reciprocal, inexact)
def reciprocal(x: Any) -> jax.Array:
    """1 / x.

    Args:
        x: numbers.
    Example:
        >>> float(reciprocal(4.0))
        0.25
    """


@of_two(jnp.power)
def power(x1: Any, x2: Any) -> jax.Array:
    """x1 to the power of x2.

    Args:
        x1: numbers.
        x2: exponents, broadcast against the first.
    Example:
        >>> power([1, 2, 3], 2).tolist()
        [1, 4, 9]
    """


@of_two(jnp.ldexp)
def ldexp(x1: Any, x2: Any) -> jax.Array:
    """x1 * 2**x2.

    Args:
        x1: numbers.
        x2: whole numbers.
    Example:
        >>> float(ldexp(3.0, 2))
        12.0
    """


@of_one(jnp.i0, inexact)
def i0(x: Any) -> jax.Array:
    """The modified Bessel function of the first kind of order 0.

    Args:
        x: numbers.
    Example:
        >>> float(i0(0.0))
        1.0000001192092896
    """


@of_one(jnp.sin, inexact)
def sin(x: Any) -> jax.Array:
    """The sine of each entry.

    Args:
        x: angles in radians.
    Example:
        >>> float(sin(0.0))
        0.0
    """


@of_one(jnp.cos, inexact)
def cos(x: Any) -> jax.Array:
    """The cosine of each entry.

    Args:
        x: angles in radians.
    Example:
        >>> float(cos(0.0))
        1.0
    """


@of_one(jnp.tan, inexact)
def tan(x: Any) -> jax.Array:
    """The tangent of each entry.

    Args:
        x: angles in radians.
    Example:
        >>> float(tan(0.0))
        0.0
    """


@of_one(jnp.arcsin, inexact)
def arcsin(x: Any) -> jax.Array:
    """The angle whose sine is x, in radians.

    Args:
        x: numbers from -1 to 1.
    Example:
        >>> float(arcsin(0.0))
        0.0
    """


@of_one(jnp.arccos, inexact)
def arccos(x: Any) -> jax.Array:
    """The angle whose cosine is x, in radians.

    Args:
        x: numbers from -1 to 1.
    Example:
        >>> float(arccos(1.0))
        0.0
    """


@of_one(jnp.arctan, inexact)
def arctan(x: Any) -> jax.Array:
    """The angle whose tangent is x, in radians.

    Args:
        x: numbers.
    Example:
        >>> float(arctan(0.0))
        0.0
    """


@of_one(jnp.sinh, inexact)
def sinh(x: Any) -> jax.Array:
    """The hyperbolic sine of each entry.

    Args:
        x: numbers.
    Example:
        >>> float(sinh(0.0))
        0.0
    """


@of_one(jnp.cosh, inexact)
def cosh(x: Any) -> jax.Array:
    """The hyperbolic cosine of each entry.

    Args:
        x: numbers.
    Example:
        >>> float(cosh(0.0))
        1.0
    """


@of_one(jnp.tanh, inexact)
def tanh(x: Any) -> jax.Array:
    """The hyperbolic tangent of each entry.

    Args:
        x: numbers.
    Example:
        >>> float(tanh(0.0))
        0.0
    """


@of_one(jnp.arcsinh, inexact)
def arcsinh(x: Any) -> jax.Array:
    """The number whose hyperbolic sine is x.

    Args:
        x: numbers.
    Example:
        >>> float(arcsinh(0.0))
        0.0
    """


@of_one(jnp.arccosh, inexact)
def arccosh(x: Any) -> jax.Array:
    """The number whose hyperbolic cosine is x.

    Args:
        x: numbers of 1 or more.
    Example:
        >>> float(arccosh(1.0))
        0.0
    """


@of_one(jnp.arctanh, inexact)
def arctanh(x: Any) -> jax.Array:
    """The number whose hyperbolic tangent is x.

    Args:
        x: numbers between -1 and 1.
    Example:
        >>> float(arctanh(0.0))
        0.0
    """


@of_two(jnp.arctan2, float_pair)
def arctan2(x1: Any, x2: Any) -> jax.Array:
    """The angle of the point (x2, x1), in radians from -pi to pi.

    Args:
        x1: heights.
        x2: numbers, broadcast against the first.
    Example:
        >>> float(arctan2(0.0, 1.0))
        0.0
    """


@of_two(jnp.hypot, float_pair)
def hypot(x1: Any, x2: Any) -> jax.Array:
    """The length of the hypotenuse over two legs.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> float(hypot(3.0, 4.0))
        5.0
    """


@of_one(jnp.deg2rad, inexact)
def deg2rad(x: Any) -> jax.Array:
    """Degrees as radians.

    Args:
        x: angles in degrees.
    Example:
        >>> round(float(deg2rad(180.0)), 4)
        3.1416
    """


@of_one(jnp.rad2deg, inexact)
def rad2deg(x: Any) -> jax.Array:
    """Radians as degrees.

    Args:
        x: angles in radians.
    Example:
        >>> float(rad2deg(0.0))
        0.0
    """


@of_one(jnp.sinc, inexact)
def sinc(x: Any) -> jax.Array:
    """sin(pi x) / (pi x), and 1 at zero.

    Args:
        x: numbers.
    Example:
        >>> float(sinc(0.0))
        1.0
    """


publish(__name__)
