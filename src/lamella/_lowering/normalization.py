"""Statistics over a batch, and the affine pass that applies them."""

import functools

import jax
import jax.numpy as jnp
from jax import lax

# Keras divides by (count + 1e-7), its backend epsilon, so that a batch without one valid entry
# gives zeros and not NaN.
COUNT_EPSILON = 1e-7


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def moments(x: jax.Array, axes: tuple[int, ...]) -> tuple[jax.Array, jax.Array]:
    """Takes the mean and the (biased) variance over some axes.

    d variance = mean(2 (x - mean) dx): what the mean adds is zero, and would cost a sum over x.

    Args:
        x: array of at least float32.
        axes: axes that are averaged away, each in [0, x.ndim).
    Shapes: (...) -> the remaining axes, twice
    Example:
        >>> import jax.numpy as jnp
        >>> [part.tolist() for part in moments(jnp.array([[1.0], [3.0]]), (0,))]
        [[2.0], [1.0]]
    """
    mean = jnp.mean(x, axes, keepdims=True)
    return lax.squeeze(mean, axes), jnp.mean(jnp.square(x - mean), axes)


@moments.defjvp
def _moments_change(axes: tuple[int, ...], given: tuple, changes: tuple) -> tuple[tuple, tuple]:
    ((x,), (dx,)) = given, changes
    mean, variance = moments(x, axes)
    centred = x - jnp.expand_dims(mean, axes)
    return (mean, variance), (jnp.mean(dx, axes), jnp.mean(2 * centred * dx, axes))


# Both are traced once for each shape: equal blocks of a deep network share what was traced.
@functools.partial(jax.jit, static_argnums=1)
def batch_moments(
    x: jax.Array, axes: tuple[int, ...], mask: jax.Array | None = None
) -> tuple[jax.Array, jax.Array]:
    """Takes the mean and the (biased) variance over some axes, in at least float32.

    mean = sum m x / sum m,   variance = sum m (x - mean)^2 / sum m

    Args:
        x: array of floats.
        axes: axes that are averaged away, each in [0, x.ndim).
        mask: which entries count, of the shape of `x` without its last axis; None for all.
    Shapes: (...) -> the remaining axes, twice
    Example:
        >>> import jax.numpy as jnp
        >>> mean, variance = batch_moments(jnp.array([[1.0], [3.0]]), (0,))
        >>> mean.tolist(), variance.tolist()
        ([2.0], [1.0])

    Source: with a mask, as Keras's BatchNormalization.
    """
    x = x.astype(jnp.promote_types(x.dtype, jnp.float32))
    if mask is None:
        return moments(x, axes)
    counted = jnp.broadcast_to(mask.astype(bool)[..., None], x.shape)
    zero = jnp.zeros((), x.dtype)
    weight = jnp.sum(counted.astype(x.dtype), axes, keepdims=True) + COUNT_EPSILON
    mean = jnp.sum(jnp.where(counted, x, zero), axes, keepdims=True) / weight
    # Masked before the square: what padding holds (NaN too) reaches neither sum nor gradient.
    centred = jnp.where(counted, jnp.where(counted, x, zero) - mean, zero)
    variance = jnp.sum(jnp.square(centred), axes, keepdims=True) / weight
    return lax.squeeze(mean, axes), lax.squeeze(variance, axes)


@functools.partial(jax.jit, static_argnums=(5, 6))
def normalize(
    x: jax.Array,
    mean: jax.Array,
    variance: jax.Array,
    gamma: jax.Array | None,
    beta: jax.Array | None,
    axis: int,
    epsilon: float,
) -> jax.Array:
    """Shifts and scales along one axis, as one multiplication and one addition.

    y = x * s + (beta - mean * s),   s = gamma / sqrt(variance + epsilon)

    Args:
        x: array of floats; computed in at least float32, and given back in its own dtype.
        mean, variance: one entry for each place on `axis`.
        gamma, beta: likewise; None for 1 and 0.
        axis: the axis that keeps its own statistics; may be negative.
        epsilon: added to the variance, > 0.
    Shapes: (..., c, ...), four times (c,) -> (..., c, ...)
    Example:
        >>> import jax.numpy as jnp
        >>> x, one = jnp.array([[1.0], [3.0]]), jnp.ones(1)
        >>> normalize(x, 2 * one, one, None, one, -1, 0.0).tolist()
        [[0.0], [2.0]]
    """
    total = jnp.promote_types(x.dtype, jnp.float32)
    shape = [1] * x.ndim
    shape[axis] = x.shape[axis]
    scale = lax.rsqrt(variance.astype(total) + epsilon)
    if gamma is not None:
        scale = scale * gamma.astype(total)
    shift = -mean.astype(total) * scale
    if beta is not None:
        shift = shift + beta.astype(total)
    return (x.astype(total) * scale.reshape(shape) + shift.reshape(shape)).astype(x.dtype)
