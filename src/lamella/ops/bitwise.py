"""Bits of whole numbers."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from lamella._graph.operation import op
from lamella.ops._arrays import NUMPY, array, pair


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
