"""Segments, distances between points, Fourier transforms, windows of a sequence."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base.errors import WrongType
from lamella._graph.operation import op
from lamella.ops._arrays import MATH, array, inexact


def _by_segment(reduce: Any, data: Any, segment_ids: Any, count: Any, ascending: bool) -> jax.Array:
    ids = array(segment_ids)
    total = int(jnp.max(ids)) + 1 if count is None else count
    return reduce(array(data), ids, total, indices_are_sorted=ascending)


@op("segment_sum", module=MATH, arrays=2)
def segment_sum(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> jax.Array:
    """The sum of the rows of each segment.

    Args:
        data: rows.
        segment_ids: the number of the segment of each row.
        num_segments: how many segments; needed in compiled code.
        sorted: whether those numbers ascend.
    Example:
        >>> segment_sum([1, 2, 3], [0, 0, 1]).tolist()
        [3, 3]
    """
    return _by_segment(jax.ops.segment_sum, data, segment_ids, num_segments, sorted)


@op("segment_max", module=MATH, arrays=2)
def segment_max(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> jax.Array:
    """The maximum of the rows of each segment.

    Args:
        data: rows.
        segment_ids: the number of the segment of each row.
        num_segments: how many segments; needed in compiled code.
        sorted: whether those numbers ascend.
    Example:
        >>> segment_max([1, 2, 3], [0, 0, 1]).tolist()
        [2, 3]
    """
    return _by_segment(jax.ops.segment_max, data, segment_ids, num_segments, sorted)


@op("segment_min", module=MATH, arrays=2)
def segment_min(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> jax.Array:
    """The minimum of the rows of each segment.

    Args:
        data: rows.
        segment_ids: the number of the segment of each row.
        num_segments: how many segments; needed in compiled code.
        sorted: whether those numbers ascend.
    Example:
        >>> segment_min([1, 2, 3], [0, 0, 1]).tolist()
        [1, 3]
    """
    return _by_segment(jax.ops.segment_min, data, segment_ids, num_segments, sorted)


@op("segment_prod", module=MATH, arrays=2)
def segment_prod(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> jax.Array:
    """The product of the rows of each segment.

    Args:
        data: rows.
        segment_ids: the number of the segment of each row.
        num_segments: how many segments; needed in compiled code.
        sorted: whether those numbers ascend.
    Example:
        >>> segment_prod([1, 2, 3], [0, 0, 1]).tolist()
        [2, 3]
    """
    return _by_segment(jax.ops.segment_prod, data, segment_ids, num_segments, sorted)


@op("cdist", module=MATH, arrays=2, class_name="CDist")
def cdist(x: Any, y: Any) -> jax.Array:
    """The Euclidean distances of all pairs of rows.

    Args:
        x: (..., n, features).
        y: (..., m, features).
    Example:
        >>> cdist([[0.0, 0.0]], [[3.0, 4.0]]).tolist()
        [[5.0]]
    """
    x, y = inexact(x), inexact(y)
    gap = jnp.expand_dims(x, -2) - jnp.expand_dims(y, -3)
    return jnp.sqrt(jnp.sum(jnp.square(gap), axis=-1))


def _complex(x: Any) -> jax.Array:
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        raise WrongType(
            f"A Fourier transform takes a pair of (real, imaginary) parts. Received: {type(x)}.",
            help="Pass (x, ops.zeros_like(x)) for real numbers.",
        )
    return jax.lax.complex(*(inexact(part) for part in x))


def _parts(x: jax.Array) -> tuple[jax.Array, jax.Array]:
    return jnp.real(x), jnp.imag(x)


@op("fft", module=MATH, class_name="FFT")
def fft(x: Any) -> Any:
    """The discrete Fourier transform of the last axis.

    Args:
        x: (real, imaginary) parts, two arrays of one shape.
    Example:
        >>> [part.tolist() for part in fft(([1.0, 1.0], [0.0, 0.0]))]
        [[2.0, 0.0], [0.0, 0.0]]
    """
    return _parts(jnp.fft.fft(_complex(x)))


@op("fft2", module=MATH, class_name="FFT2")
def fft2(x: Any) -> Any:
    """The discrete Fourier transform of the last two axes.

    Args:
        x: (real, imaginary) parts, two arrays of one shape.
    Example:
        >>> [part.tolist() for part in fft2(([[1.0]], [[0.0]]))]
        [[[1.0]], [[0.0]]]
    """
    return _parts(jnp.fft.fft2(_complex(x)))


@op("ifft2", module=MATH, class_name="IFFT2")
def ifft2(x: Any) -> Any:
    """The inverse of `fft2`.

    Args:
        x: (real, imaginary) parts, two arrays of one shape.
    Example:
        >>> [part.tolist() for part in ifft2(([[1.0]], [[0.0]]))]
        [[[1.0]], [[0.0]]]
    """
    return _parts(jnp.fft.ifft2(_complex(x)))


@op("rfft", module=MATH, class_name="RFFT")
def rfft(x: Any, fft_length: int | None = None) -> Any:
    """The Fourier transform of real numbers: its first half.

    Args:
        x: numbers.
        fft_length: cut or fill up to this length.
    Example:
        >>> [part.tolist() for part in rfft([1.0, 1.0])]
        [[2.0, 0.0], [0.0, 0.0]]
    """
    return _parts(jnp.fft.rfft(inexact(x), n=fft_length))


@op("irfft", module=MATH, class_name="IRFFT")
def irfft(x: Any, fft_length: int | None = None) -> jax.Array:
    """The inverse of `rfft`.

    Args:
        x: (real, imaginary) parts, two arrays of one shape.
        fft_length: the length of the result.
    Example:
        >>> irfft(([2.0, 0.0], [0.0, 0.0])).tolist()
        [1.0, 1.0]
    """
    return jnp.fft.irfft(_complex(x), n=fft_length)


@op("extract_sequences", module=MATH)
def extract_sequences(x: Any, sequence_length: int, sequence_stride: int) -> jax.Array:
    """Overlapping stretches of the last axis.

    Args:
        x: numbers.
        sequence_length: the length of a stretch.
        sequence_stride: from the start of one to the next.
    Example:
        >>> extract_sequences([1, 2, 3, 4], 2, 2).tolist()
        [[1, 2], [3, 4]]
    """
    x = array(x)
    length = x.shape[-1]
    starts = jnp.arange(0, length - sequence_length + 1, sequence_stride)
    return x[..., starts[:, None] + jnp.arange(sequence_length)[None, :]]
