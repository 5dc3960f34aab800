"""Sines, cosines and their relatives."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from lamella._graph.operation import op
from lamella.ops._arrays import NUMPY, float_pair, inexact


@op("sin", module=NUMPY)
def sin(x: Any) -> jax.Array:
    """The sine of each entry.

    Args:
        x: angles in radians.
    Example:
        >>> float(sin(0.0))
        0.0
    """
    return jnp.sin(inexact(x))


@op("cos", module=NUMPY)
def cos(x: Any) -> jax.Array:
    """The cosine of each entry.

    Args:
        x: angles in radians.
    Example:
        >>> float(cos(0.0))
        1.0
    """
    return jnp.cos(inexact(x))


@op("tan", module=NUMPY)
def tan(x: Any) -> jax.Array:
    """The tangent of each entry.

    Args:
        x: angles in radians.
    Example:
        >>> float(tan(0.0))
        0.0
    """
    return jnp.tan(inexact(x))


@op("arcsin", module=NUMPY)
def arcsin(x: Any) -> jax.Array:
    """The angle whose sine is x, in radians.

    Args:
        x: numbers from -1 to 1.
    Example:
        >>> float(arcsin(0.0))
        0.0
    """
    return jnp.arcsin(inexact(x))


@op("arccos", module=NUMPY)
def arccos(x: Any) -> jax.Array:
    """The angle whose cosine is x, in radians.

    Args:
        x: numbers from -1 to 1.
    Example:
        >>> float(arccos(1.0))
        0.0
    """
    return jnp.arccos(inexact(x))


@op("arctan", module=NUMPY)
def arctan(x: Any) -> jax.Array:
    """The angle whose tangent is x, in radians.

    Args:
        x: numbers.
    Example:
        >>> float(arctan(0.0))
        0.0
    """
    return jnp.arctan(inexact(x))


@op("sinh", module=NUMPY)
def sinh(x: Any) -> jax.Array:
    """The hyperbolic sine of each entry.

    Args:
        x: numbers.
    Example:
        >>> float(sinh(0.0))
        0.0
    """
    return jnp.sinh(inexact(x))


@op("cosh", module=NUMPY)
def cosh(x: Any) -> jax.Array:
    """The hyperbolic cosine of each entry.

    Args:
        x: numbers.
    Example:
        >>> float(cosh(0.0))
        1.0
    """
    return jnp.cosh(inexact(x))


@op("tanh", module=NUMPY)
def tanh(x: Any) -> jax.Array:
    """The hyperbolic tangent of each entry.

    Args:
        x: numbers.
    Example:
        >>> float(tanh(0.0))
        0.0
    """
    return jnp.tanh(inexact(x))


@op("arcsinh", module=NUMPY)
def arcsinh(x: Any) -> jax.Array:
    """The number whose hyperbolic sine is x.

    Args:
        x: numbers.
    Example:
        >>> float(arcsinh(0.0))
        0.0
    """
    return jnp.arcsinh(inexact(x))


@op("arccosh", module=NUMPY)
def arccosh(x: Any) -> jax.Array:
    """The number whose hyperbolic cosine is x.

    Args:
        x: numbers of 1 or more.
    Example:
        >>> float(arccosh(1.0))
        0.0
    """
    return jnp.arccosh(inexact(x))


@op("arctanh", module=NUMPY)
def arctanh(x: Any) -> jax.Array:
    """The number whose hyperbolic tangent is x.

    Args:
        x: numbers between -1 and 1.
    Example:
        >>> float(arctanh(0.0))
        0.0
    """
    return jnp.arctanh(inexact(x))


@op("arctan2", module=NUMPY, arrays=2)
def arctan2(x1: Any, x2: Any) -> jax.Array:
    """The angle of the point (x2, x1), in radians from -pi to pi.

    Args:
        x1: heights.
        x2: numbers, broadcast against the first.
    Example:
        >>> float(arctan2(0.0, 1.0))
        0.0
    """
    return jnp.arctan2(*float_pair(x1, x2))


@op("hypot", module=NUMPY, arrays=2)
def hypot(x1: Any, x2: Any) -> jax.Array:
    """The length of the hypotenuse over two legs.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
    Example:
        >>> float(hypot(3.0, 4.0))
        5.0
    """
    return jnp.hypot(*float_pair(x1, x2))


@op("deg2rad", module=NUMPY)
def deg2rad(x: Any) -> jax.Array:
    """Degrees as radians.

    Args:
        x: angles in degrees.
    Example:
        >>> round(float(deg2rad(180.0)), 4)
        3.1416
    """
    return jnp.deg2rad(inexact(x))


@op("rad2deg", module=NUMPY)
def rad2deg(x: Any) -> jax.Array:
    """Radians as degrees.

    Args:
        x: angles in radians.
    Example:
        >>> float(rad2deg(0.0))
        0.0
    """
    return jnp.rad2deg(inexact(x))


@op("sinc", module=NUMPY)
def sinc(x: Any) -> jax.Array:
    """sin(pi x) / (pi x), and 1 at zero.

    Args:
        x: numbers.
    Example:
        >>> float(sinc(0.0))
        1.0
    """
    return jnp.sinc(inexact(x))
