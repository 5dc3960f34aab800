"""tf.math, tf.linalg and the same names in tf: arithmetic, reductions, comparison, matrices."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lamella import ops
from lamella.compat.tensorflow.function import TABLE, define, named, require_one_type
from lamella.compat.tensorflow.tensors import convert, held


def _keeping_type(reduce: Callable[..., Any]) -> Callable[..., Any]:
    """Means of whole numbers are whole numbers in TensorFlow."""

    def run(x: Any, axis: Any, keepdims: bool) -> Any:
        x = convert(x)
        found = reduce(x, axis, keepdims)
        return ops.cast(found, str(x.dtype)) if "int" in str(x.dtype) else found

    return run


def _cumulated(run: Callable[..., Any], start: int) -> Callable[..., Any]:
    def cumulated(x: Any, axis: int, exclusive: bool, reverse: bool) -> Any:
        x = ops.flip(convert(x), axis) if reverse else convert(x)
        found = run(x, axis)
        if exclusive:
            first = ops.full_like(jnp.take(x, jnp.asarray([0]), axis), start)
            rest = jnp.take(found, jnp.arange(x.shape[axis] - 1), axis)
            found = jnp.concatenate([first, rest], axis)
        return ops.flip(found, axis) if reverse else found

    return cumulated


def _confusion(labels: Any, predictions: Any, classes: Any, weights: Any, dtype: Any) -> Any:
    rows, columns = np.asarray(labels).ravel(), np.asarray(predictions).ravel()
    size = int(classes or max(rows.max(), columns.max()) + 1)
    counts = np.zeros((size, size))
    np.add.at(counts, (rows, columns), 1 if weights is None else np.asarray(weights))
    return jnp.asarray(counts, held(dtype))


def l2_normalize(x: Any, axis: Any, epsilon: float = 1e-12) -> Any:
    """Scaled to length 1."""
    x = convert(x)
    return x * ops.rsqrt(ops.maximum(ops.sum(ops.square(x), axis, keepdims=True), epsilon))


def _length(x: Any, axis: Any, keepdims: bool) -> Any:
    return ops.sqrt(ops.sum(ops.square(ops.abs(convert(x))), axis, keepdims))


def _clip_by_norm(x: Any, norm: float, axes: Any) -> Any:
    return convert(x) * norm / ops.maximum(_length(x, axes, True), norm)


_REDUCE = "(input_tensor, axis=None, keepdims=False)"
_CUMULATE = "(x, axis=0, exclusive=False, reverse=False)"
_CONFUSION = "confusion_matrix(labels, predictions, num_classes=None, weights=None, dtype='int32')"
define(
    "+math",
    {
        f"reduce_sum{_REDUCE}": _keeping_type(ops.sum),
        f"reduce_mean{_REDUCE}": _keeping_type(ops.mean),
        f"reduce_prod{_REDUCE}": _keeping_type(ops.prod),
        f"reduce_euclidean_norm{_REDUCE}": _length,
        f"cumsum{_CUMULATE}": _cumulated(ops.cumsum, 0),
        f"cumprod{_CUMULATE}": _cumulated(ops.cumprod, 1),
        "argmax(input, axis=0)": lambda x, axis: ops.argmax(convert(x), axis or 0),
        "argmin(input, axis=0)": lambda x, axis: ops.argmin(convert(x), axis or 0),
        "add_n(inputs)": lambda parts: sum(parts[1:], start=convert(parts[0])),
        "squared_difference(x, y)": lambda x, y: ops.square(ops.subtract(x, y)),
        "multiply_no_nan(x, y)": lambda x, y: ops.where(ops.equal(y, 0), 0, ops.multiply(x, y)),
        "lgamma(x)": lambda x: jax.scipy.special.gammaln(convert(x)),
        "digamma(x)": lambda x: jax.scipy.special.digamma(convert(x)),
        "xlogy(x, y)": lambda x, y: jax.scipy.special.xlogy(convert(x), convert(y)),
        "count_nonzero(input, axis=None)": lambda x, axis: ops.count_nonzero(convert(x), axis),
        "zero_fraction(value)": lambda x: ops.mean(ops.cast(ops.equal(x, 0), "float32")),
        "l2_normalize(x, axis=None, epsilon=1e-12)": l2_normalize,
        "clip_by_value(t, clip_value_min, clip_value_max)": ops.clip,
        "clip_by_norm(t, clip_norm, axes=None)": _clip_by_norm,
        _CONFUSION: _confusion,
    },
)


@named("matmul", "linalg.matmul")
def matmul(a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False) -> Any:
    """The product of matrices."""
    a, b = convert(a), convert(b)
    require_one_type("matmul", a, b)
    a = ops.swapaxes(a, -1, -2) if transpose_a else a
    return ops.matmul(a, ops.swapaxes(b, -1, -2) if transpose_b else b)


@named("einsum", "linalg.einsum")
def einsum(equation: str, *inputs: Any, **kwargs: Any) -> Any:
    """Sums of products by the letters of their axes."""
    require_one_type("einsum", *inputs)
    return ops.einsum("".join(equation.split()), *inputs)


@named("norm", "linalg.norm")
def norm(tensor: Any, ord: Any = "euclidean", axis: Any = None, keepdims: bool = False) -> Any:
    """The length of all entries together, or along an axis."""
    if ord == "euclidean":
        return _length(tensor, axis, keepdims)
    x = convert(tensor) if axis is not None else ops.reshape(convert(tensor), (-1,))
    return ops.norm(x, ord, -1 if axis is None else axis, keepdims)


def _svd(x: Any, full_matrices: bool, compute_uv: bool) -> Any:
    """s, u, v with x = u diag(s) v^T: TensorFlow's order, and v not transposed."""
    if not compute_uv:
        return jnp.linalg.svd(convert(x), compute_uv=False)
    u, s, vt = jnp.linalg.svd(convert(x), full_matrices)
    return s, u, jnp.swapaxes(vt, -1, -2)


def _band(x: Any, low: int, high: int) -> Any:
    x = convert(x)
    x = jnp.triu(x, -low) if low >= 0 else x
    return jnp.tril(x, high) if high >= 0 else x


def _triangular(matrix: Any, rhs: Any, lower: bool, adjoint: bool) -> Any:
    side = "C" if adjoint else "N"
    a, b = convert(matrix), convert(rhs)
    return jax.scipy.linalg.solve_triangular(a, b, lower=lower, trans=side)


define(
    "linalg",
    {
        "svd(tensor, full_matrices=False, compute_uv=True)": _svd,
        "band_part(input, num_lower, num_upper)": _band,
        "triangular_solve(matrix, rhs, lower=True, adjoint=False)": _triangular,
        "matrix_transpose(a)": lambda a: ops.swapaxes(convert(a), -1, -2),
        "matvec(a, b)": lambda a, b: ops.squeeze(ops.matmul(a, ops.expand_dims(b, -1)), -1),
        "diag(diagonal)": lambda x: convert(x)[..., None] * jnp.eye(convert(x).shape[-1]),
        "diag_part(input)": lambda x: jnp.diagonal(convert(x), axis1=-2, axis2=-1),
        "eigvalsh(tensor)": lambda x: jnp.linalg.eigvalsh(convert(x)),
        "expm(input)": lambda x: jax.scipy.linalg.expm(convert(x)),
    },
)
TABLE.update(tensordot=TABLE["linalg.tensordot"])
TABLE.update({"linalg.l2_normalize": TABLE["l2_normalize"]})
