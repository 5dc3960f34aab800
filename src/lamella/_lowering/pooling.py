"""Max and average pooling of rank 1 to 3.

XLA's CPU backend is slow at the gradient of a windowed maximum (select-and-scatter). There,
windows of moderate size are read as strided slices, and the gradient compares instead of
scattering. Other platforms and large windows get `lax.reduce_window`.

The price of the gradient written by hand: on CPU, forward-mode derivatives (`jax.jvp`) of
`max_pool` are refused.
"""

import functools
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

# Each entry of a window is one more slice to trace and to read.
MAX_SLICES = 32


@dataclass(frozen=True)
class Pooling:
    """What is asked for: one entry per spatial axis, all static."""

    window: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str
    channels_last: bool

    def full(self, values: tuple, other: object) -> tuple:
        """Spatial `values` with `other` on the batch and channel axes."""
        return (other, *values, other) if self.channels_last else (other, other, *values)

    def spatial(self, shape: tuple) -> tuple:
        """The spatial sizes of a shape."""
        return shape[1:-1] if self.channels_last else shape[2:]


@dataclass(frozen=True)
class Windows(Pooling):
    """Where the windows of a pooling stand."""

    pads: tuple[tuple[int, int], ...]
    out: tuple[int, ...]


def max_pool(
    x: jax.Array,
    *,
    window: tuple[int, ...],
    strides: tuple[int, ...],
    padding: str,
    channels_last: bool,
) -> jax.Array:
    """Takes the largest entry of each window; of equal ones, the first gets the gradient.

    y[n, p, c] = max_w x[n, p * strides + w - pad, c]

    Args:
        x: input of rank 3 to 5, with channels last or right after the batch axis.
        window: size of the window, one per spatial axis, >= 1.
        strides: step between windows, one per spatial axis, >= 1.
        padding: "valid" or "same"; padding never wins.
        channels_last: True for (n, *spatial, c), False for (n, c, *spatial).
    Shapes: (n, *spatial, c) -> (n, *out, c); or channels second.
    Example:
        >>> import jax.numpy as jnp
        >>> x = jnp.array([3.0, 1.0, 4.0, 1.0]).reshape(1, 4, 1)
        >>> y = max_pool(x, window=(2,), strides=(2,), padding="valid", channels_last=True)
        >>> y[0, :, 0].tolist()
        [3.0, 4.0]
    """
    pooling = Pooling(tuple(window), tuple(strides), padding, channels_last)
    windows = _windows(x, pooling)
    if windows is None:
        return _reduce(x, lax.max, _lowest(x.dtype), pooling)
    return _max_pool(x, windows)


def average_pool(
    x: jax.Array,
    *,
    window: tuple[int, ...],
    strides: tuple[int, ...],
    padding: str,
    channels_last: bool,
) -> jax.Array:
    """Takes the mean of each window, over the entries that are inside the input.

    y[n, p, c] = mean_w x[n, p * strides + w - pad, c],   w such that the index is inside

    Args:
        x: input of rank 3 to 5, with channels last or right after the batch axis.
        window: size of the window, one per spatial axis, >= 1.
        strides: step between windows, one per spatial axis, >= 1.
        padding: "valid" or "same"; padding is not counted.
        channels_last: True for (n, *spatial, c), False for (n, c, *spatial).
    Shapes: (n, *spatial, c) -> (n, *out, c); or channels second.
    Example:
        >>> import jax.numpy as jnp
        >>> x = jnp.array([1.0, 2.0, 3.0, 4.0, 5.0]).reshape(1, 5, 1)
        >>> y = average_pool(x, window=(2,), strides=(2,), padding="same", channels_last=True)
        >>> y[0, :, 0].tolist()
        [1.5, 3.5, 5.0]
    """
    pooling = Pooling(tuple(window), tuple(strides), padding, channels_last)
    windows = _windows(x, pooling)
    total_dtype = jnp.promote_types(x.dtype, jnp.float32)
    zero = np.zeros((), total_dtype)
    if windows is None:
        total = _reduce(x.astype(total_dtype), lax.add, zero, pooling)
    else:
        parts = [part.astype(total_dtype) for part in _slices(x, windows, 0)]
        total = functools.reduce(jnp.add, parts)
    if padding == "valid":
        return (total / math.prod(window)).astype(x.dtype)
    if windows is not None:
        return (total / _counts(x, windows)).astype(x.dtype)
    ones = jnp.ones(pooling.full(pooling.spatial(x.shape), 1), total_dtype)
    return (total / _reduce(ones, lax.add, zero, pooling)).astype(x.dtype)


def _lowest(dtype: jnp.dtype) -> np.ndarray:
    # NumPy: a traced identity hides from JAX that this is a windowed maximum, and so its gradient.
    if jnp.issubdtype(dtype, jnp.floating):
        return np.array(-np.inf, dtype)
    return np.array(jnp.iinfo(dtype).min, dtype)


def _reduce(x: jax.Array, combine: Callable, start: np.ndarray, pooling: Pooling) -> jax.Array:
    window, strides = pooling.full(pooling.window, 1), pooling.full(pooling.strides, 1)
    return lax.reduce_window(x, start, combine, window, strides, pooling.padding.upper())


def _windows(x: jax.Array, pooling: Pooling) -> Windows | None:
    """The place of every window, or None where slices are not the better form."""
    spatial, window, strides = pooling.spatial(x.shape), pooling.window, pooling.strides
    # With a batch of unknown size the program is exported: a window says more there than slices.
    static = all(isinstance(size, int) for size in x.shape)
    if jax.default_backend() != "cpu" or not static or math.prod(window) > MAX_SLICES:
        return None
    pads = tuple(lax.padtype_to_pads(spatial, window, strides, pooling.padding.upper()))
    out = tuple(
        (size + low + high - taps) // stride + 1
        for size, (low, high), taps, stride in zip(spatial, pads, window, strides, strict=True)
    )
    return None if min(out) < 1 else Windows(**vars(pooling), pads=pads, out=out)


def _slices(x: jax.Array, windows: Windows, filler: float | np.ndarray) -> list[jax.Array]:
    """For each place in the window in row-major order, the entries of `x` seen there."""
    pads = windows.full(tuple((*pad, 0) for pad in windows.pads), (0, 0, 0))
    x = lax.pad(x, jnp.asarray(filler, x.dtype), pads)
    steps = windows.full(windows.strides, 1)
    slices = []
    for tap in itertools.product(*map(range, windows.window)):
        extent = zip(tap, windows.out, windows.strides, strict=True)
        limits = windows.full(tuple(t + (size - 1) * step + 1 for t, size, step in extent), None)
        stop = [x.shape[i] if limit is None else limit for i, limit in enumerate(limits)]
        slices.append(lax.slice(x, windows.full(tap, 0), stop, steps))
    return slices


def _counts(x: jax.Array, windows: Windows) -> jax.Array:
    """How many entries of each window are inside the input, as a compile-time constant."""
    counts = np.ones((), np.float32)
    places = windows.window, windows.strides, windows.pads, windows.out
    spatial = windows.spatial(x.shape)
    for size, taps, step, (low, _), reached in zip(spatial, *places, strict=True):
        first = np.arange(reached) * step - low
        inside = np.minimum(first + taps, size) - np.maximum(first, 0)
        counts = counts[..., None] * inside.astype(np.float32)
    return jnp.asarray(counts.reshape(windows.full(windows.out, 1)))


@functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
def _max_pool(x: jax.Array, windows: Windows) -> jax.Array:
    return functools.reduce(jnp.maximum, _slices(x, windows, _lowest(x.dtype)))


def _max_pool_forward(
    x: jax.Array, windows: Windows
) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    y = _max_pool(x, windows)
    return y, (x, y)


def _max_pool_backward(
    windows: Windows, saved: tuple[jax.Array, jax.Array], dy: jax.Array
) -> tuple[jax.Array]:
    x, y = saved
    winner = jnp.full(y.shape, -1, jnp.int32)
    slices = _slices(x, windows, _lowest(x.dtype))
    for place in reversed(range(len(slices))):
        winner = jnp.where(slices[place] == y, place, winner)
    apart = all(taps <= step for taps, step in zip(windows.window, windows.strides, strict=True))
    spread = _spread_apart if apart else _spread_overlapping
    return (spread(winner, dy, x.shape, windows),)


_max_pool.defvjp(_max_pool_forward, _max_pool_backward)


def _spread_apart(
    winner: jax.Array, dy: jax.Array, shape: tuple[int, ...], windows: Windows
) -> jax.Array:
    """Windows that share no entry: each entry asks its only window whether it won."""
    place = np.zeros((), np.int32)
    for taps, step in zip(windows.window, windows.strides, strict=True):
        offset = np.where(np.arange(step) < taps, np.arange(step), -math.prod(windows.window))
        place = place[..., None] * taps + offset
    # Gaps between windows must match nobody, and -1 stands for "NaN won".
    place = np.where(place < 0, -2, place)
    first = 1 if windows.channels_last else 2
    paired, steps = list(dy.shape), [1] * dy.ndim
    for axis in reversed(range(len(windows.out))):
        paired.insert(first + axis + 1, 1)
        steps.insert(first + axis + 1, windows.strides[axis])
    wide = jnp.asarray(place.reshape(steps), jnp.int32)
    dx = jnp.where(winner.reshape(paired) == wide, dy.reshape(paired), jnp.zeros((), dy.dtype))
    sizes = [n * s for n, s in zip(windows.out, windows.strides, strict=True)]
    stretched = windows.full(tuple(sizes), None)
    dx = dx.reshape([dy.shape[i] if n is None else n for i, n in enumerate(stretched)])
    config = []
    for axis, pad in enumerate(windows.full(windows.pads, None)):
        low = 0 if pad is None else pad[0]
        config.append((-low, shape[axis] + low - dx.shape[axis], 0))
    return lax.pad(dx, jnp.zeros((), dx.dtype), config)


def _spread_overlapping(
    winner: jax.Array, dy: jax.Array, shape: tuple[int, ...], windows: Windows
) -> jax.Array:
    zero = jnp.zeros((), dy.dtype)
    dx = jnp.zeros(shape, dy.dtype)
    steps = windows.full(windows.strides, 1)
    lows = windows.full(tuple(low for low, _ in windows.pads), 0)
    for place, tap in enumerate(itertools.product(*map(range, windows.window))):
        config = []
        for axis, offset in enumerate(windows.full(tap, 0)):
            before = offset - lows[axis]
            reached = (dy.shape[axis] - 1) * steps[axis] + 1
            config.append((before, shape[axis] - before - reached, steps[axis] - 1))
        dx = dx + lax.pad(jnp.where(winner == place, dy, zero), zero, config)
    return dx
