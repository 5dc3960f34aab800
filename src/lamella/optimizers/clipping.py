"""Limits on gradients, as pure functions of arrays."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp


def clip_by_norm(gradient: jax.Array, limit: float) -> jax.Array:
    """A gradient scaled down so that its length is at most the limit.

    g * limit / max(|g|, limit)

    Args:
        gradient: any array.
        limit: the greatest length, above 0.
    Example:
        >>> clip_by_norm(jnp.array([3.0, 4.0]), 1.0).round(3).tolist()
        [0.6000000238418579, 0.800000011920929]
    """
    total = jnp.sum(jnp.square(gradient))
    # The root of zero has no derivative; someone may differentiate through an update.
    positive = total > 0
    length = jnp.where(positive, jnp.sqrt(jnp.where(positive, total, 1)), total)
    return gradient * limit / jnp.maximum(length, limit)


def clip_by_global_norm(gradients: Sequence[jax.Array], limit: float) -> list[jax.Array]:
    """Gradients scaled down together so that the length of all in one is at most the limit.

    Args:
        gradients: arrays of any shapes.
        limit: the greatest length, above 0.
    Example:
        >>> [g.tolist() for g in clip_by_global_norm([jnp.array(3.0), jnp.array(4.0)], 5.0)]
        [3.0, 4.0]
    """
    length = jnp.sqrt(sum(jnp.sum(jnp.square(gradient)) for gradient in gradients))
    scale = limit * jnp.minimum(1.0 / length, 1.0 / limit)
    # length - length is NaN where the length is not finite: a broken step must stay visible.
    scale = scale + (length - length)
    return [(gradient * scale).astype(gradient.dtype) for gradient in gradients]


def clip_by_value(gradient: jax.Array, limit: float) -> jax.Array:
    """A gradient with each entry kept between -limit and limit.

    Args:
        gradient: any array.
        limit: the greatest size of an entry, above 0.
    Example:
        >>> clip_by_value(jnp.array([-3.0, 0.5]), 1.0).tolist()
        [-1.0, 0.5]
    """
    return jnp.clip(gradient, -limit, limit)
