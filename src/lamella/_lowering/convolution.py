"""Convolution of rank 1 to 3, with gradients that stay fast inside compiled loops.

On CPU, XLA runs the gradients that autodiff derives for a convolution as naive code when they
stand inside `lax.scan` or `lax.fori_loop`. Here each direction is written by hand as a convolution
in the canonical NHWC-HWIO form; few channels, windows of size 1 and gradients by the input of a
strided convolution are matrix products over gathered windows. The other platforms get the plain
convolution. The choice is made for the options of `compiler.py`.

The price of gradients written by hand: on CPU, forward-mode derivatives (`jax.jvp`) are refused.
Reverse mode over reverse mode works.
"""

import functools
import itertools
import math

import jax
import jax.numpy as jnp
from jax import lax

from lamella._lowering import convolution_kernels as kernels
from lamella._lowering import native
from lamella._lowering.compiler import laid_down
from lamella._lowering.convolution_kernels import Geometry

SPATIAL_LETTERS = {1: "W", 2: "HW", 3: "DHW"}
# Gathered windows are `prod(window)` times the input: above this many bytes they leave the caches
# and cost memory without being faster.
COLUMNS_LIMIT = 64 * 2**20
# A convolution of fewer input channels leaves the processor's registers half empty.
FEW_CHANNELS = 8
MAX_GROUPS_UNROLLED = 32


def convolution(
    x: jax.Array,
    kernel: jax.Array,
    *,
    strides: tuple[int, ...],
    padding: str,
    dilation: tuple[int, ...],
    groups: int,
    channels_last: bool,
) -> jax.Array:
    """Slides a kernel over the spatial axes of `x` (a cross-correlation, without bias).

    y[n, p, o] = sum_{w, i} x[n, p * strides + w * dilation - pad, i] kernel[w, i, o]

    Args:
        x: input of rank 3 to 5, with channels last or right after the batch axis.
        kernel: weights, of the dtype of `x`.
        strides: step between windows, one per spatial axis, >= 1.
        padding: "valid", "same", or for rank 1 "causal" (all padding before the first entry).
        dilation: distance between kernel taps, one per spatial axis, >= 1.
        groups: number of channel groups that are convolved apart, >= 1.
        channels_last: True for (n, *spatial, c), False for (n, c, *spatial).
    Shapes: (n, *spatial, c), (*window, c / groups, o) -> (n, *out, o); or channels second.
    Example:
        >>> import jax.numpy as jnp
        >>> x, kernel = jnp.arange(4.0).reshape(1, 4, 1), jnp.ones((2, 1, 1))
        >>> y = convolution(x, kernel, strides=(1,), padding="valid", dilation=(1,), groups=1,
        ...                 channels_last=True)
        >>> y[0, :, 0].tolist()
        [1.0, 3.0, 5.0]
    """
    static = all(isinstance(size, int) for size in x.shape)
    if jax.default_backend() != "cpu" or not static or 0 in x.shape:
        return _plain(x, kernel, strides, padding, dilation, groups, channels_last)
    if not channels_last:
        x = jnp.moveaxis(x, 1, -1)
    window = kernel.shape[:-2]
    pads = _explicit_pads(x.shape[1:-1], window, strides, padding, dilation)
    geometry = Geometry(tuple(strides), pads, tuple(dilation), native.wanted(x, kernel))
    if min(_output_spatial(x.shape[1:-1], window, geometry)) < 1:
        y = _plain(x, kernel, strides, padding, dilation, groups)
    elif groups == 1:
        y = _convolve(x, kernel, geometry)
    elif kernel.shape[-2] == 1:
        y = _depthwise(x, kernel, geometry)
    elif groups <= MAX_GROUPS_UNROLLED:
        parts = zip(jnp.split(x, groups, -1), jnp.split(kernel, groups, -1), strict=True)
        y = jnp.concatenate([_convolve(*part, geometry) for part in parts], -1)
    else:
        y = _plain(x, kernel, strides, padding, dilation, groups)
    return y if channels_last else jnp.moveaxis(y, -1, 1)


def _plain(
    x: jax.Array,
    kernel: jax.Array,
    strides: tuple[int, ...],
    padding: str | tuple[tuple[int, int], ...],
    dilation: tuple[int, ...],
    groups: int = 1,
    channels_last: bool = True,
    spread: tuple[int, ...] | None = None,
) -> jax.Array:
    letters = SPATIAL_LETTERS[x.ndim - 2]
    layout = f"N{letters}C" if channels_last else f"NC{letters}"
    if padding == "causal":
        padding = ((dilation[0] * (kernel.shape[0] - 1), 0),)
    return lax.conv_general_dilated(
        x,
        kernel,
        strides,
        padding.upper() if isinstance(padding, str) else padding,
        lhs_dilation=spread,
        rhs_dilation=dilation,
        dimension_numbers=(layout, f"{letters}IO", layout),
        feature_group_count=groups,
    )


def _explicit_pads(
    spatial: tuple[int, ...],
    window: tuple[int, ...],
    strides: tuple[int, ...],
    padding: str,
    dilation: tuple[int, ...],
) -> tuple[tuple[int, int], ...]:
    if padding == "causal":
        return ((dilation[0] * (window[0] - 1), 0),)
    reach = [(size - 1) * step + 1 for size, step in zip(window, dilation, strict=True)]
    return tuple(lax.padtype_to_pads(spatial, reach, strides, padding.upper()))


def _output_spatial(
    spatial: tuple[int, ...], window: tuple[int, ...], geometry: Geometry
) -> tuple[int, ...]:
    return tuple(
        (size + low + high - (taps - 1) * dilation - 1) // stride + 1
        for size, taps, stride, (low, high), dilation in zip(
            spatial, window, *geometry[:3], strict=True
        )
    )


def _shifts(
    x: jax.Array, window: tuple[int, ...], geometry: Geometry, out: tuple[int, ...]
) -> list[jax.Array]:
    """For each kernel tap in row-major order, the entries of `x` that it meets."""
    x = lax.pad(
        x, jnp.zeros((), x.dtype), [(0, 0, 0), *((*p, 0) for p in geometry.pads), (0, 0, 0)]
    )
    slices = []
    for tap in itertools.product(*map(range, window)):
        start = [t * d for t, d in zip(tap, geometry.dilation, strict=True)]
        limit = [
            a + (size - 1) * s + 1 for a, size, s in zip(start, out, geometry.strides, strict=True)
        ]
        slices.append(
            lax.slice(
                x, (0, *start, 0), (x.shape[0], *limit, x.shape[-1]), (1, *geometry.strides, 1)
            )
        )
    return slices


def _columns_fit(batch: int, out: tuple[int, ...], depth: int, dtype: jnp.dtype) -> bool:
    return batch * math.prod(out) * depth * dtype.itemsize <= COLUMNS_LIMIT


def _product(a: jax.Array, b: jax.Array) -> jax.Array:
    """a @ b, summed in at least float32."""
    total = jnp.promote_types(a.dtype, jnp.float32)
    return jnp.matmul(a, b, preferred_element_type=total).astype(a.dtype)


def _flat(array: jax.Array) -> jax.Array:
    return array.reshape(-1, array.shape[-1])


# Traced once for each shape: the equal blocks of a deep network share what was traced.
@functools.partial(jax.jit, static_argnums=2)
def _convolve(x: jax.Array, kernel: jax.Array, geometry: Geometry) -> jax.Array:
    return _convolved(x, kernel, geometry)


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def _convolved(x: jax.Array, kernel: jax.Array, geometry: Geometry) -> jax.Array:
    window = kernel.shape[:-2]
    out = _output_spatial(x.shape[1:-1], window, geometry)
    depth = math.prod(kernel.shape[:-1])
    if kernels.fit(kernel.shape[-1], geometry):
        return kernels.convolved(x, kernel, out, geometry)
    if x.shape[-1] < FEW_CHANNELS and _columns_fit(x.shape[0], out, depth, x.dtype):
        columns = jnp.concatenate(_shifts(x, window, geometry, out), axis=-1)
        return _product(columns, _flat(kernel))
    return _plain(x, kernel, *geometry[:3])


def _convolve_backward(
    geometry: Geometry, saved: tuple[jax.Array, jax.Array], dy: jax.Array
) -> tuple[jax.Array, jax.Array]:
    # Two separate expressions: the first layer of a network never asks for the first one, and
    # XLA then drops it.
    x, kernel = saved
    x, dy = laid_down(x), laid_down(dy)
    return _input_gradient(dy, kernel, x, geometry), _kernel_gradient(dy, x, kernel, geometry)


_convolved.defvjp(
    lambda x, kernel, geometry: (_convolved(x, kernel, geometry), (x, kernel)), _convolve_backward
)


def _input_gradient(
    dy: jax.Array, kernel: jax.Array, x: jax.Array, geometry: Geometry
) -> jax.Array:
    window, spatial, out = kernel.shape[:-2], x.shape[1:-1], dy.shape[1:-1]
    depth = math.prod(kernel.shape[:-1])
    unit_steps = all(stride == 1 for stride in geometry.strides)
    by_kernel = kernels.fit(x.shape[-1], geometry)
    strided = by_kernel and not unit_steps
    phases = kernels.phases(kernel, spatial, out, geometry) if strided else None
    if phases is not None:
        one_by_one = Geometry((1,) * len(window), (), geometry.dilation, True)
        parts = [_convolve(dy, part, one_by_one._replace(pads=pads)) for part, pads in phases]
        return kernels.interleaved(parts, geometry.strides, spatial)
    scatter = not unit_steps or (x.shape[-1] < FEW_CHANNELS and not by_kernel)
    if scatter and _columns_fit(x.shape[0], out, depth, x.dtype):
        return _spread(_product(dy, _flat(kernel).T), window, spatial, geometry)
    pads = []
    for size, reached, taps, stride, (low, _), dilation in zip(
        spatial, out, window, *geometry[:3], strict=True
    ):
        before = (taps - 1) * dilation - low
        after = size - ((reached - 1) * stride + 1) - before + (taps - 1) * dilation
        pads.append((before, after))
    ones = (1,) * len(window)
    turned = jnp.flip(kernel, range(len(window))).swapaxes(-1, -2)
    turned_geometry = Geometry(ones, tuple(pads), geometry.dilation, geometry.native)
    if unit_steps and all(low >= 0 and high >= 0 for low, high in pads):
        return _convolve(dy, turned, turned_geometry)
    return _plain(dy, turned, *turned_geometry[:3], spread=geometry.strides)


def _spread(
    columns: jax.Array, window: tuple[int, ...], spatial: tuple[int, ...], geometry: Geometry
) -> jax.Array:
    """The transpose of taking columns: adds every window entry to where it was read."""
    zero = jnp.zeros((), columns.dtype)
    out = columns.shape[1:-1]
    parts = jnp.split(columns, math.prod(window), axis=-1)
    placed = []
    for part, tap in zip(parts, itertools.product(*map(range, window)), strict=True):
        config = [(0, 0, 0)]
        for t, size, reached, stride, (low, _), dilation in zip(
            tap, spatial, out, *geometry[:3], strict=True
        ):
            before = t * dilation - low
            config.append((before, size - before - ((reached - 1) * stride + 1), stride - 1))
        placed.append(lax.pad(part, zero, [*config, (0, 0, 0)]))
    return functools.reduce(jnp.add, placed)


def _kernel_gradient(
    dy: jax.Array, x: jax.Array, kernel: jax.Array, geometry: Geometry
) -> jax.Array:
    window, out = kernel.shape[:-2], dy.shape[1:-1]
    if kernels.fit(kernel.shape[-1], geometry):
        return _kernel_gradient_by_kernel(x, dy, window, geometry)
    if max(window) == 1 and not any(map(any, geometry.pads)):
        (columns,) = _shifts(x, window, geometry, out)
        return _product(_flat(columns).T, _flat(dy)).reshape(kernel.shape)
    # The batch as the contracted axis of a convolution. Its result is small, so it would run in one
    # thread; two halves run in two.
    if x.shape[0] % 2 == 0 and x.shape[0] >= 16:
        halves = zip(jnp.split(dy, 2), jnp.split(x, 2), strict=True)
        return functools.reduce(
            jnp.add, [_contracted(*half, kernel.shape[:-2], geometry) for half in halves]
        )
    return _contracted(dy, x, kernel.shape[:-2], geometry)


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3))
def _kernel_gradient_by_kernel(
    x: jax.Array, dy: jax.Array, window: tuple[int, ...], geometry: Geometry
) -> jax.Array:
    return kernels.kernel_gradient(x, dy, window, geometry)


def _back_through_kernel_gradient(
    window: tuple[int, ...], geometry: Geometry, saved: tuple[jax.Array, jax.Array], g: jax.Array
) -> tuple[jax.Array, jax.Array]:
    # <g, gradient(x, dy)> is <dy, convolution(x, g)>: linear in both, so these are all.
    x, dy = saved
    return _input_gradient(dy, g, x, geometry), _convolve(x, g, geometry)


_kernel_gradient_by_kernel.defvjp(
    lambda x, dy, window, geometry: (_kernel_gradient_by_kernel(x, dy, window, geometry), (x, dy)),
    _back_through_kernel_gradient,
)


def _contracted(
    dy: jax.Array, x: jax.Array, window: tuple[int, ...], geometry: Geometry
) -> jax.Array:
    rank = len(geometry.strides)
    pads = tuple(
        (low, (reached - 1) * stride + (taps - 1) * dilation + 1 - size - low)
        for size, reached, taps, stride, (low, _), dilation in zip(
            x.shape[1:-1], dy.shape[1:-1], window, *geometry[:3], strict=True
        )
    )
    inner = tuple(range(1, rank + 1))
    swapped = Geometry(geometry.dilation, pads, geometry.strides)
    gradient = _plain(
        x.transpose(rank + 1, *inner, 0), dy.transpose(*inner, 0, rank + 1), *swapped[:3]
    )
    return gradient.transpose(*inner, 0, rank + 1)


def _depthwise(x: jax.Array, kernel: jax.Array, geometry: Geometry) -> jax.Array:
    """One kernel per channel: too thin for a matrix product, so a sum of shifted products."""
    window = kernel.shape[:-2]
    out = _output_spatial(x.shape[1:-1], window, geometry)
    x = jnp.repeat(x, kernel.shape[-1] // x.shape[-1], axis=-1)
    total = jnp.promote_types(x.dtype, jnp.float32)
    parts = zip(_shifts(x, window, geometry, out), _flat(kernel), strict=True)
    products = [part.astype(total) * _lift(row, part) for part, row in parts]
    return functools.reduce(jnp.add, products).astype(x.dtype)


def _lift(row: jax.Array, like: jax.Array) -> jax.Array:
    return row.reshape((1,) * (like.ndim - 1) + row.shape)
