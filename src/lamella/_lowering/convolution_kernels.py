"""Convolutions of one and two spatial axes by kernels in C, all of a program for one CPU.

Each is a sum of products of the right sizes for registers, with no copy of windows before it. For
channels last and float32.
"""

import itertools
import math
import os
from typing import NamedTuple

import jax
import jax.numpy as jnp

from lamella._lowering import native

MOST_SHARES = 8
# With fewer channels, turning tiles into Winograd's numbers costs what the products save.
WINOGRAD_CHANNELS = 64


class Geometry(NamedTuple):
    """Everything static about a convolution except its shapes.

    Args:
        strides, pads, dilation: one for each spatial axis.
        native: whether kernels in C may be called.
    """

    strides: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]
    native: bool = False


def fit(filters: int, geometry: Geometry) -> bool:
    """Whether there is a kernel for a convolution to so many channels."""
    return geometry.native and len(geometry.strides) <= 2 and filters % native.lanes() == 0


def convolved(
    x: jax.Array, kernel: jax.Array, out: tuple[int, ...], geometry: Geometry
) -> jax.Array:
    """A convolution; `out` are the spatial sizes of the result."""
    shape = (x.shape[0], *out, kernel.shape[-1])
    by_tiles = _by_tiles(kernel.shape, geometry)
    target = "lamella_winograd" if by_tiles else "lamella_convolution"
    room = [(16, *kernel.shape[-2:])] if by_tiles else []
    arrays = _image(x), kernel.reshape((*(1,) * (4 - kernel.ndim), *kernel.shape))
    found = native.call(target, [_flat(shape), *room], *arrays, numbers=_numbers(geometry))
    return found[0].reshape(shape)


def _by_tiles(shape: tuple[int, ...], geometry: Geometry) -> bool:
    """Whether Winograd's products are the faster way, for a kernel of this shape."""
    *window, channels, filters = shape
    plain = window == [3, 3] and geometry.strides == geometry.dilation == (1, 1)
    return plain and channels % native.lanes() == 0 and channels + filters >= WINOGRAD_CHANNELS


def kernel_gradient(
    x: jax.Array, dy: jax.Array, window: tuple[int, ...], geometry: Geometry
) -> jax.Array:
    """The gradient by the kernel, of a share of the batch for each thread, and their sum."""
    shape = (*window, x.shape[-1], dy.shape[-1])
    shares = min(os.cpu_count() or 1, MOST_SHARES)
    target = "lamella_winograd" if _by_tiles(shape, geometry) else "lamella_convolution"
    (parts,) = native.call(
        f"{target}_kernel_gradient",
        [(shares, *(1,) * (4 - len(shape)), *shape)],
        _image(x),
        _image(dy),
        numbers=_numbers(geometry),
    )
    return jnp.sum(parts, axis=0).reshape(shape)


def _flat(shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape if len(shape) == 4 else (shape[0], 1, *shape[1:])


def _image(array: jax.Array) -> jax.Array:
    return array.reshape(_flat(array.shape))


def _numbers(geometry: Geometry) -> list[int]:
    missing = 2 - len(geometry.strides)
    strides, before, dilation = [1] * missing, [0] * missing, [1] * missing
    before += [low for low, _ in geometry.pads]
    return [*strides, *geometry.strides, *before, *dilation, *geometry.dilation]


def phases(
    kernel: jax.Array, spatial: tuple[int, ...], out: tuple[int, ...], geometry: Geometry
) -> list[tuple[jax.Array, tuple[tuple[int, int], ...]]] | None:
    """The gradient by the input of a strided convolution, as convolutions with steps of one.

    Each phase, the entries a, a + stride, a + 2 stride ..., meets every stride-th tap. Gives the
    turned kernel and the padding of each phase in row-major order, all of one size.
    """
    window = kernel.shape[:-2]
    if any(step != 1 for step in geometry.dilation):
        return None
    axes = []
    for size, reached, taps, stride, (low, _) in zip(
        spatial, out, window, geometry.strides, geometry.pads, strict=True
    ):
        if stride > taps:  # an entry that no window sees; or a window that is nowhere
            return None
        places = []
        for phase in range(stride):
            first = (phase + low) % stride
            shift = (phase + low - first) // stride
            count = -(-(taps - first) // stride)
            before = count - 1 - shift
            places.append((first, (before, -(-size // stride) - 1 + shift - (reached - 1))))
        if min(before for _, (before, _) in places) < 0:
            return None
        axes.append(places)
    found = []
    for combination in itertools.product(*axes):
        taps_of = zip(combination, geometry.strides)
        part = kernel[tuple(slice(first, None, stride) for (first, _), stride in taps_of)]
        turned = jnp.flip(part, range(len(window))).swapaxes(-1, -2)
        found.append((turned, tuple(pads for _, pads in combination)))
    return found


def interleaved(
    parts: list[jax.Array], strides: tuple[int, ...], spatial: tuple[int, ...]
) -> jax.Array:
    """Phases put together to one array again."""
    rank = len(strides)
    n, *sizes, channels = parts[0].shape
    stacked = jnp.stack(parts).reshape(*strides, n, *sizes, channels)
    order = itertools.chain.from_iterable((rank + 1 + axis, axis) for axis in range(rank))
    joined = stacked.transpose(rank, *order, 2 * rank + 1)
    whole = joined.reshape(n, *map(math.prod, zip(sizes, strides)), channels)
    return whole[:, *(slice(size) for size in spatial)]
