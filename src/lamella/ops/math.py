"""Special functions, segments, distances, Fourier transforms, the greatest entries."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import WrongType, publish
from lamella._graph.operation import op
from lamella.ops._declare import MATH, NN, NUMPY, array, arrays, float_pair, inexact, of_one, of_two


def _by_segment(reduce: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
    def compute(data: Any, ids: Any, num_segments: int | None, sorted: bool) -> jax.Array:
        total = int(jnp.max(ids)) + 1 if num_segments is None else num_segments
        return reduce(data, ids, total, indices_are_sorted=sorted)

    return compute


@of_two(_by_segment(jax.ops.segment_sum), arrays, module=MATH)
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


@of_two(_by_segment(jax.ops.segment_max), arrays, module=MATH)
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


@of_two(_by_segment(jax.ops.segment_min), arrays, module=MATH)
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


@of_two(_by_segment(jax.ops.segment_prod), arrays, module=MATH)
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
    starts = jnp.arange(0, x.shape[-1] - sequence_length + 1, sequence_stride)
    return x[..., starts[:, None] + jnp.arange(sequence_length)[None, :]]


@of_one(jax.lax.rsqrt, inexact, module=MATH)
def rsqrt(x: Any) -> jax.Array:
    """1 / sqrt(x).

    Args:
        x: numbers above 0.
    Example:
        >>> float(rsqrt(4.0))
        0.5
    """


@of_one(jax.lax.erf, inexact, module=MATH)
def erf(x: Any) -> jax.Array:
    """The error function.

    Args:
        x: numbers.
    Example:
        >>> float(erf(0.0))
        0.0
    """


@of_one(jax.lax.erfc, inexact, module=MATH)
def erfc(x: Any) -> jax.Array:
    """1 - erf(x), exact for large x.

    Args:
        x: numbers.
    Example:
        >>> float(erfc(0.0))
        1.0
    """


@of_one(jax.lax.erf_inv, inexact, module=MATH)
def erfinv(x: Any) -> jax.Array:
    """The number whose error function is x.

    Args:
        x: numbers between -1 and 1.
    Example:
        >>> float(erfinv(0.0))
        0.0
    """


@of_one(jax.nn.logsumexp, inexact, module=MATH)
def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> jax.Array:
    """log(sum(exp(x))) without overflow.

    Args:
        x: numbers.
        axis: the axis or axes to reduce, all of them if None.
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> round(float(logsumexp([0.0, 0.0])), 4)
        0.6931
    """


@op("slogdet", module=NUMPY)
def slogdet(x: Any) -> Any:
    """The sign and the logarithm of the size of the determinant.

    Args:
        x: (..., n, n).
    Example:
        >>> [float(part) for part in slogdet([[1.0]])]
        [1.0, 0.0]
    """
    return tuple(jnp.linalg.slogdet(inexact(x)))


@op("logdet", module=MATH)
def logdet(x: Any) -> jax.Array:
    """The logarithm of the determinant.

    Args:
        x: (..., n, n).
    Example:
        >>> float(logdet([[1.0]]))
        0.0
    """
    return jnp.linalg.slogdet(inexact(x))[1]


@op("top_k", module=MATH)
def top_k(x: Any, k: int, sorted: bool = True) -> Any:
    """The k greatest entries of the last axis, and their places.

    Args:
        x: numbers.
        k: how many to give.
        sorted: accepted for Keras; the result is always descending.
    Example:
        >>> [part.tolist() for part in top_k([1, 5, 3], 2)]
        [[5, 3], [1, 2]]
    """
    return jax.lax.top_k(array(x), k)


@op("in_top_k", module=MATH, arrays=2)
def in_top_k(targets: Any, predictions: Any, k: int) -> jax.Array:
    """Whether the score of the right class is among the k greatest.

    Args:
        targets: (batch,) numbers of classes.
        predictions: (batch, classes) scores.
        k: how many places count.
    Example:
        >>> in_top_k([2, 0], [[0.1, 0.2, 0.7], [0.1, 0.2, 0.7]], 1).tolist()
        [True, False]
    """
    scores, classes = array(predictions), array(targets)[:, None]
    right = jnp.take_along_axis(scores, classes, axis=-1)
    return (jnp.sum(scores > right, axis=-1) < k) & jnp.isfinite(right[:, 0])


@op("polar", module=NN, arrays=2)
def polar(abs_: Any, angle: Any) -> jax.Array:
    """Complex numbers from lengths and angles.

    Args:
        abs_: lengths.
        angle: angles in radians.
    Example:
        >>> complex(polar(2.0, 0.0))
        (2+0j)
    """
    length, turn = float_pair(abs_, angle)
    return jax.lax.complex(length * jnp.cos(turn), length * jnp.sin(turn))


@op("view_as_complex", module=MATH)
def view_as_complex(x: Any) -> jax.Array:
    """Pairs of numbers as complex numbers.

    Args:
        x: numbers with real and imaginary parts on the last axis.
    Example:
        >>> view_as_complex([[1.0, 2.0]]).tolist()
        [(1+2j)]
    """
    x = array(x)
    return jax.lax.complex(x[..., 0], x[..., 1])


@op("view_as_real", module=MATH)
def view_as_real(x: Any) -> jax.Array:
    """Complex numbers as pairs of numbers.

    Args:
        x: complex numbers.
    Example:
        >>> view_as_real([1 + 2j]).tolist()
        [[1.0, 2.0]]
    """
    x = array(x)
    return jnp.stack([jnp.real(x), jnp.imag(x)], axis=-1)


publish(__name__)
