"""Decompositions of matrices, and what follows from them."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import check, publish
from lamella._graph.operation import op
from lamella.ops._declare import LINALG, inexact, of_one


@op("cholesky", module=LINALG)
def cholesky(x: Any, upper: bool = False) -> jax.Array:
    """The triangular L with L L' = x.

    Args:
        x: (..., n, n), positive definite.
        upper: whether to give L'.
    Example:
        >>> cholesky([[4.0]]).tolist()
        [[2.0]]
    """
    lower = jnp.linalg.cholesky(inexact(x))
    return jnp.swapaxes(lower, -1, -2) if upper else lower


@op("cholesky_inverse", module=LINALG)
def cholesky_inverse(x: Any, upper: bool = False) -> jax.Array:
    """The inverse of a matrix from its Cholesky factor.

    Args:
        x: (..., n, n), triangular.
        upper: whether it is the upper factor.
    Example:
        >>> cholesky_inverse([[2.0]]).tolist()
        [[0.25]]
    """
    factor = inexact(x)
    one = jnp.broadcast_to(jnp.eye(factor.shape[-1], dtype=factor.dtype), factor.shape)
    half = jax.scipy.linalg.solve_triangular(factor, one, lower=not upper)
    turned = jnp.swapaxes(half, -1, -2)
    return half @ turned if upper else turned @ half


@of_one(jnp.linalg.det, inexact, module=LINALG)
def det(x: Any) -> jax.Array:
    """The determinant.

    Args:
        x: (..., n, n).
    Example:
        >>> float(det([[2.0]]))
        2.0
    """


@op("eig", module=LINALG)
def eig(x: Any) -> Any:
    """The eigenvalues and eigenvectors.

    Args:
        x: (..., n, n).
    Example:
        >>> eig([[2.0]])[0].tolist()
        [(2+0j)]
    """
    return tuple(jnp.linalg.eig(inexact(x)))


@op("eigh", module=LINALG)
def eigh(x: Any) -> Any:
    """The eigenvalues and eigenvectors of a symmetric matrix.

    Args:
        x: (..., n, n).
    Example:
        >>> eigh([[2.0]])[0].tolist()
        [2.0]
    """
    return tuple(jnp.linalg.eigh(inexact(x)))


@of_one(jnp.linalg.inv, inexact, module=LINALG)
def inv(x: Any) -> jax.Array:
    """The inverse matrix.

    Args:
        x: (..., n, n).
    Example:
        >>> inv([[2.0]]).tolist()
        [[0.5]]
    """


@op("pinv", module=LINALG)
def pinv(x: Any, rcond: Any = None) -> jax.Array:
    """The pseudo-inverse of any matrix.

    Args:
        x: (..., n, k).
        rcond: singular values below this share of the greatest count as 0.
    Example:
        >>> pinv([[2.0]]).tolist()
        [[0.5]]
    """
    return jnp.linalg.pinv(inexact(x), rtol=rcond)


@op("matrix_rank", module=LINALG)
def matrix_rank(x: Any, tol: Any = None) -> jax.Array:
    """The number of singular values that are not zero.

    Args:
        x: (..., n, k).
        tol: singular values below this share of the greatest count as 0.
    Example:
        >>> int(matrix_rank([[2.0]]))
        1
    """
    return jnp.linalg.matrix_rank(inexact(x), rtol=tol)


@op("lu_factor", module=LINALG)
def lu_factor(x: Any) -> Any:
    """The packed triangular factors and the pivots.

    Args:
        x: (..., n, n).
    Example:
        >>> lu_factor([[2.0]])[0].tolist()
        [[2.0]]
    """
    return tuple(jax.scipy.linalg.lu_factor(inexact(x)))


@op("norm", module=LINALG)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> jax.Array:
    """The length of vectors or the size of matrices.

    Args:
        x: numbers.
        ord: which norm: a number, "fro" or "nuc"; Euclidean if None.
        axis: one axis for vectors, two for matrices, everything if None.
        keepdims: whether reduced axes stay, with size 1.
    Example:
        >>> float(norm([3.0, 4.0]))
        5.0
    """
    axis = tuple(axis) if isinstance(axis, list) else axis
    return jnp.linalg.norm(inexact(x), ord=ord, axis=axis, keepdims=keepdims)


@op("qr", module=LINALG)
def qr(x: Any, mode: str = "reduced") -> Any:
    """An orthogonal Q and a triangular R with Q R = x.

    Args:
        x: (..., n, k).
        mode: "reduced" or "complete": the shape of Q.
    Example:
        >>> [abs(part).tolist() for part in qr([[2.0]])]
        [[[1.0]], [[2.0]]]
    """
    check.one_of(mode, ("reduced", "complete"), "mode")
    return tuple(jnp.linalg.qr(inexact(x), mode=mode))


@op("svd", module=LINALG, class_name="SVD")
def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """The singular vectors and values.

    Args:
        x: (..., n, k).
        full_matrices: whether the vectors fill square matrices.
        compute_uv: whether to give the vectors and not the values only.
    Example:
        >>> svd([[2.0]])[1].tolist()
        [2.0]
    """
    found = jnp.linalg.svd(inexact(x), full_matrices=full_matrices, compute_uv=compute_uv)
    return tuple(found) if compute_uv else found


def _by_columns(solve: Any, a: Any, b: Any, **options: Any) -> jax.Array:
    """Solves for one vector as for a matrix of one column."""
    a, b = inexact(a), inexact(b)
    vector = b.ndim == a.ndim - 1
    found = solve(a, b[..., None] if vector else b, **options)
    return found[..., 0] if vector else found


@op("solve", module=LINALG, arrays=2)
def solve(a: Any, b: Any) -> jax.Array:
    """The x with a x = b.

    Args:
        a: (..., n, n).
        b: (..., n) or (..., n, k).
    Example:
        >>> solve([[2.0]], [4.0]).tolist()
        [2.0]
    """
    return _by_columns(jnp.linalg.solve, a, b)


@op("solve_triangular", module=LINALG, arrays=2)
def solve_triangular(a: Any, b: Any, lower: bool = False) -> jax.Array:
    """The x with a x = b for a triangular a.

    Args:
        a: (..., n, n).
        b: (..., n) or (..., n, k).
        lower: whether a is a lower triangle.
    Example:
        >>> solve_triangular([[2.0]], [4.0]).tolist()
        [2.0]
    """
    return _by_columns(jax.scipy.linalg.solve_triangular, a, b, lower=lower)


@op("lstsq", module=LINALG, arrays=2)
def lstsq(a: Any, b: Any, rcond: Any = None) -> jax.Array:
    """The x for which |a x - b| is least.

    Args:
        a: (n, k).
        b: (n,) or (n, m).
        rcond: singular values below this share of the greatest count as 0.
    Example:
        >>> lstsq([[2.0]], [4.0]).tolist()
        [2.0]
    """
    return jnp.linalg.lstsq(inexact(a), inexact(b), rcond=rcond)[0]


publish(__name__)
