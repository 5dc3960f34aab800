"""Rounding, limits, and the parts of numbers."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import publish
from lamella._graph.operation import op
from lamella.ops._arrays import (
    NUMPY,
    array,
    array_or_number,
    inexact,
    same_rank,
)
from lamella.ops._declare import of_one


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
    x, low, high = same_rank(
        x, *(limit if limit is None else array_or_number(limit) for limit in (x_min, x_max))
    )
    return jnp.clip(x, low, high)


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
