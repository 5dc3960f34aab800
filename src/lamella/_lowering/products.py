"""Products with a matrix of weights, over arrays of any rank.

Contracted over several axes at once, the gradient by the weights is two to three times as slow on
CPU as over one: XLA turns the larger array round for it, and again inside of a loop. So the axes
that are not multiplied are made one before the product.
"""

import math

import jax
import jax.numpy as jnp

from lamella._lowering import native

# From so many on XLA is slower at the gradient by the matrix, which sums over them.
MANY_ROWS = 512


def by_matrix(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """The product with a matrix, along the last axis.

    Shapes: (..., n), (n, m) -> (..., m)
    Example:
        >>> by_matrix(jnp.ones((2, 3, 4)), jnp.ones((4, 5))).shape
        (2, 3, 5)
    """
    return by_equation("...n,nm->...m", x, kernel)


def by_equation(equation: str, x: jax.Array, kernel: jax.Array) -> jax.Array:
    """An einsum of two arrays; as one matrix product, if the last axes are summed over.

    Args:
        equation: such as "...d,dhk->...hk" or "abc,cd->abd".
        x, kernel: its operands.

    Example:
        >>> by_equation("...d,dhk->...hk", jnp.ones((2, 3, 4)), jnp.ones((4, 5, 6))).shape
        (2, 3, 5, 6)
    """
    count = _summed(*equation.replace(" ", "").replace("->", ",").split(","))
    fits = count and x.shape[-count:] == kernel.shape[:count]
    if not fits or 0 in (*x.shape, *kernel.shape):
        return jnp.einsum(equation, x, kernel)
    inner = math.prod(kernel.shape[:count])
    flat = _product(x.reshape(-1, inner), kernel.reshape(inner, -1))
    return flat.reshape(*x.shape[:-count], *kernel.shape[count:])


def _product(x: jax.Array, kernel: jax.Array) -> jax.Array:
    many = isinstance(x.shape[0], int) and x.shape[0] >= MANY_ROWS
    return _of_many_rows(x, kernel) if many and native.wanted(x, kernel) else jnp.matmul(x, kernel)


@jax.custom_vjp
def summed_over_rows(x: jax.Array, y: jax.Array) -> jax.Array:
    """x' y by a kernel in C, for the gradient by a matrix of weights.

    Shapes: (n, a), (n, b) -> (a, b)
    """
    (found,) = native.call("lamella_product_outer", [(x.shape[1], y.shape[1])], x, y)
    return found


summed_over_rows.defvjp(
    lambda x, y: (summed_over_rows(x, y), (x, y)),
    lambda saved, g: (jnp.matmul(saved[1], g.T), jnp.matmul(saved[0], g)),
)


@jax.custom_vjp
def _of_many_rows(x: jax.Array, kernel: jax.Array) -> jax.Array:
    return jnp.matmul(x, kernel)


_of_many_rows.defvjp(
    lambda x, kernel: (jnp.matmul(x, kernel), (x, kernel)),
    lambda saved, slopes: (jnp.matmul(slopes, saved[1].T), summed_over_rows(saved[0], slopes)),
)


def _summed(first: str, second: str, result: str) -> int:
    """How many last axes of the first are summed over with the second's first ones; 0 if others."""
    summed = "".join(letter for letter in first if letter in second)
    kept, new = first.removesuffix(summed), second.removeprefix(summed)
    letters = (kept + summed + new).replace("...", "")
    plain = (first, second, result) == (kept + summed, summed + new, kept + new)
    return len(summed) if plain and "." not in second and len({*letters}) == len(letters) else 0
