"""Products with a matrix of weights, over arrays of any rank.

Contracted over several axes at once, the gradient by the weights is two to three times as slow on
CPU as over one: XLA turns the larger array round for it, and again inside of a loop. So the axes
that are not multiplied are made one before the product.
"""

import math

import jax
import jax.numpy as jnp


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
    flat = jnp.matmul(x.reshape(-1, inner), kernel.reshape(inner, -1))
    return flat.reshape(*x.shape[:-count], *kernel.shape[count:])


def _summed(first: str, second: str, result: str) -> int:
    """How many last axes of the first are summed over with the second's first ones; 0 if others."""
    summed = "".join(letter for letter in first if letter in second)
    kept, new = first.removesuffix(summed), second.removeprefix(summed)
    letters = (kept + summed + new).replace("...", "")
    plain = (first, second, result) == (kept + summed, summed + new, kept + new)
    return len(summed) if plain and "." not in second and len({*letters}) == len(letters) else 0
