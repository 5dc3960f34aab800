"""JAX's uniform and normal numbers, drawn by NumPy where that saves a compile.

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
# Factors of the inverse error function's polynomials near 0 and far from it, highest power first.
_FACTORS = np.array(
    [
        (2.81022636e-08, -0.000200214257),
        (3.43273939e-07, 0.000100950558),
        (-3.5233877e-06, 0.00134934322),
        (-4.39150654e-06, -0.00367342844),
        (0.00021858087, 0.00573950773),
        (-0.00125372503, -0.0076224613),
        (-0.00417768164, 0.00943887047),
        (0.246640727, 1.00167406),
        (1.50140941, 2.83297682),
    ],
    np.float32,
)


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
    if _must_be_compiled(key, shape, dtype, low, high):
        return jax.random.uniform(key, shape, dtype, low, high)
    return jax.device_put(_uniform(key, shape, low, high))


def normal(
    key: Any, shape: tuple[int, ...], dtype: str, mean: Any, stddev: Any, cut: float | None = None
) -> jax.Array:
    """Numbers of a normal distribution.

    y = mean + stddev * sqrt(2) * erf_inv(u),   u uniform in (-a, a),   a = erf(cut / sqrt(2)) or 1

    Args:
        key: a raw uint32 key of shape (2,), or a typed one.
        shape: sizes.
        dtype: a float type; float32 may be drawn on the host.
        mean: their mean.
        stddev: their standard deviation, 0 or more.
        cut: how many deviations from the mean none is further away; None for no limit.

    Example:
        >>> import jax
        >>> key = jax.random.PRNGKey(7)
        >>> bool(jnp.allclose(normal(key, (3,), "float32", 0, 1), jax.random.normal(key, (3,))))
        True

    Source: Giles 2010, "Approximating the erfinv function"; equal to jax.random.normal and
    jax.random.truncated_normal but for the last bits, since XLA's logarithm is not NumPy's.
    """
    if _must_be_compiled(key, shape, dtype, mean, stddev):
        if cut is None:
            return jax.random.normal(key, shape, dtype) * stddev + mean
        return jax.random.truncated_normal(key, -cut, cut, shape, dtype) * stddev + mean
    limit = math.inf if cut is None else cut
    high = np.float32(math.erf(limit / math.sqrt(2)))
    low = np.nextafter(-high, np.float32(0)) if cut is None else -high
    drawn = np.float32(math.sqrt(2)) * _erf_inv(_uniform(key, shape, low, high))
    inside = np.nextafter(np.float32(limit), np.float32(0))
    drawn = np.clip(drawn, -inside, inside)
    return jax.device_put(drawn * np.float32(stddev) + np.float32(mean))


def _must_be_compiled(key: Any, shape: tuple[int, ...], dtype: str, *limits: Any) -> bool:
    typed = jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
    if isinstance(key, jax.core.Tracer) or typed or not jax.threefry_partitionable.value:
        return True
    known = all(isinstance(one, (int, float)) for one in limits)
    return not known or dtype != "float32" or math.prod(shape) > MOST_ON_HOST


def _uniform(key: Any, shape: tuple[int, ...], low: Any, high: Any) -> np.ndarray:
    words, count = np.asarray(key, np.uint32), math.prod(shape)
    first, width = np.float32(low), np.float32(high) - np.float32(low)
    drawn = np.empty(count, np.float32)
    for start in range(0, count, _BLOCK):
        bits = _bits(words, start, min(start + _BLOCK, count))
        unit = (bits >> np.uint32(9) | np.uint32(_ONE)).view(np.float32) - np.float32(1)
        # XLA multiplies and adds with one rounding; float64 does the same.
        drawn[start : start + _BLOCK] = unit.astype(np.float64) * width + first
    return np.maximum(drawn, first, out=drawn).reshape(shape)


def _erf_inv(x: np.ndarray) -> np.ndarray:
    """The number of which x is the error function, by a polynomial in -log(1 - x^2)."""
    logarithm = -np.log1p(-(x * x).astype(np.float64)).astype(np.float32)
    near = logarithm < 5
    place = np.where(near, logarithm - np.float32(2.5), np.sqrt(logarithm) - np.float32(3))
    total = np.zeros(x.shape, np.float32)
    for factors in _FACTORS:
        total = (total.astype(np.float64) * place + np.where(near, *factors)).astype(np.float32)
    return total * x


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
