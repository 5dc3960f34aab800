"""JAX's uniform numbers, drawn by NumPy where that saves a compile.

XLA compiles a generator for every shape, a second each, which is most of the time in which a new
model is built. Threefry is plain arithmetic; here it runs on the host, to the same bits.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

# More numbers than this are drawn faster by a compiled generator.
MOST_ON_HOST = 1 << 22
# As many as stay in a processor's cache.
_BLOCK = 1 << 14
_ONE = 0x3F800000  # the bits of 1.0
_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA


def uniform(key: Any, shape: tuple[int, ...], dtype: str, low: Any, high: Any) -> jax.Array:
    """Numbers that are equally likely between two limits.

    y = low + (high - low) * u,   u = the upper 23 bits of threefry(key, index)

    Args:
        key: a raw uint32 key of shape (2,), or a typed one.
        shape: sizes.
        dtype: a float type; float32 may be drawn on the host.
        low: the least value.
        high: the upper limit, which does not occur.

    Example:
        >>> import jax
        >>> key = jax.random.PRNGKey(7)
        >>> bool((uniform(key, (3,), "float32", 0, 1) == jax.random.uniform(key, (3,))).all())
        True

    Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"; equal to the bit to
    jax.random.uniform.
    """
    plain = dtype == "float32" and all(isinstance(one, (int, float)) for one in (low, high))
    if not plain or _must_be_compiled(key) or math.prod(shape) > MOST_ON_HOST:
        return jax.random.uniform(key, shape, dtype, low, high)
    words, count = np.asarray(key, np.uint32), math.prod(shape)
    first, width = np.float32(low), np.float32(high) - np.float32(low)
    drawn = np.empty(count, np.float32)
    for start in range(0, count, _BLOCK):
        bits = _bits(words, start, min(start + _BLOCK, count))
        unit = (bits >> np.uint32(9) | np.uint32(_ONE)).view(np.float32) - np.float32(1)
        # XLA multiplies and adds with one rounding; float64 does the same.
        drawn[start : start + _BLOCK] = unit.astype(np.float64) * width + first
    return jax.device_put(np.maximum(drawn, first, out=drawn).reshape(shape))


def _must_be_compiled(key: Any) -> bool:
    typed = jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
    return isinstance(key, jax.core.Tracer) or typed or not jax.threefry_partitionable.value


def _bits(key: np.ndarray, start: int, stop: int) -> np.ndarray:
    """A random word for each number of a range."""
    first, second = key
    keys = (first, second, first ^ second ^ np.uint32(_PARITY))
    number = np.arange(start, stop, dtype=np.uint64)
    with np.errstate(over="ignore"):
        a = (number >> np.uint64(32)).astype(np.uint32) + keys[0]
        b = number.astype(np.uint32) + keys[1]
        for turn in range(5):
            for bits in _ROTATIONS[turn % 2]:
                a += b
                b = (b << np.uint32(bits) | b >> np.uint32(32 - bits)) ^ a
            a += keys[(turn + 1) % 3]
            b += keys[(turn + 2) % 3] + np.uint32(turn + 1)
    return a ^ b
