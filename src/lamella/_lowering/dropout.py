"""Dropout, with the bits that Keras draws on JAX."""

import jax
import jax.numpy as jnp
from jax import lax


def dropout(
    x: jax.Array, rate: float, key: jax.Array, noise_shape: tuple[int | None, ...] | None = None
) -> jax.Array:
    """Zeroes a random share of the entries and scales the rest.

    y = x * m / (1 - rate),   m ~ Bernoulli(1 - rate)

    Args:
        x: any array of floats.
        rate: share of entries to drop, 0 <= rate <= 1, a Python number.
        key: a raw uint32 key of shape (2,), or a typed one.
        noise_shape: the shape in which the bits are drawn before they are spread over `x`; None
            at an axis stands for that axis of `x`.
    Shapes: (...,) -> same
    Example:
        >>> import jax, jax.numpy as jnp
        >>> dropout(jnp.ones(4), 0.0, jax.random.PRNGKey(0)).tolist()
        [1.0, 1.0, 1.0, 1.0]
        >>> dropout(jnp.ones(4), 1.0, jax.random.PRNGKey(0)).tolist()
        [0.0, 0.0, 0.0, 0.0]

    Source: Srivastava et al. 2014, JMLR 15:1929; equal to the bit to Keras on JAX.
    """
    # Neither end draws: no bits are spent where there is nothing to choose.
    if rate == 0:
        return x
    if rate == 1:
        return jnp.zeros_like(x)
    keep = 1.0 - rate
    pairs = zip(x.shape if noise_shape is None else noise_shape, x.shape, strict=True)
    shape = tuple(own if size is None else size for size, own in pairs)
    kept = jnp.broadcast_to(jax.random.bernoulli(key, p=keep, shape=shape), x.shape)
    scaled = x / keep
    return lax.select(kept, scaled, jnp.zeros_like(scaled))
