"""Arrays shifted and scaled to a common size."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import publish
from lamella._base.settings import epsilon as default_epsilon
from lamella._graph.operation import op
from lamella.ops._declare import NN, array, inexact


def _axes(axis: Any, rank: int) -> tuple[int, ...]:
    chosen = (axis,) if isinstance(axis, int) else tuple(axis)
    return tuple(sorted(item % rank for item in chosen))


def _like(weight: Any, axes: tuple[int, ...], x: jax.Array) -> jax.Array:
    """A weight of some axes in the rank of x."""
    sizes = [x.shape[axis] if axis in axes else 1 for axis in range(x.ndim)]
    return jnp.reshape(array(weight), sizes)


@op("moments", module=NN)
def moments(x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False) -> Any:
    """The mean and the variance over axes.

    Args:
        x: numbers.
        axes: which axes.
        keepdims: whether reduced axes stay, with size 1.
        synchronized: accepted for Keras; arrays that lie on several devices are one array.
    Example:
        >>> [float(part) for part in moments([1.0, 3.0], 0)]
        [2.0, 1.0]
    """
    x = inexact(x)
    axes = tuple(axes) if isinstance(axes, list) else axes
    wide = x.astype(jnp.promote_types(x.dtype, "float32"))
    mean = jnp.mean(wide, axes, keepdims=keepdims)
    variance = jnp.var(wide, axes, keepdims=keepdims)
    return mean.astype(x.dtype), variance.astype(x.dtype)


@op("normalize", module=NN)
def normalize(x: Any, axis: Any = -1, order: int = 2, epsilon: float | None = None) -> jax.Array:
    """Vectors scaled to length 1.

    Args:
        x: numbers.
        axis: along which axis vectors lie.
        order: which length: 1 for the sum of sizes, 2 for the Euclidean one.
        epsilon: the least length to divide by, the default setting if None.
    Example:
        >>> [round(entry, 3) for entry in normalize([3.0, 4.0]).tolist()]
        [0.6, 0.8]
    """
    x = inexact(x)
    least = default_epsilon() if epsilon is None else epsilon
    if order == 2:
        total = jnp.sum(jnp.square(x), axis=axis, keepdims=True)
        return x * jax.lax.rsqrt(jnp.maximum(total, least**2))
    length = jnp.linalg.norm(x, ord=order, axis=axis, keepdims=True)
    return x / jnp.maximum(length, least)


@op("batch_normalization", module=NN, arrays=5, class_name="BatchNorm")
def _batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    offset: Any = None,
    scale: Any = None,
    axis: int = -1,
    epsilon: float = 1e-3,
) -> jax.Array:
    x = inexact(x)
    axes = _axes(axis, x.ndim)
    factor = jax.lax.rsqrt(_like(variance, axes, x) + epsilon)
    factor = factor if scale is None else factor * _like(scale, axes, x)
    shift = -_like(mean, axes, x) * factor
    shift = shift if offset is None else shift + _like(offset, axes, x)
    return x * factor + shift


def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    axis: int,
    offset: Any = None,
    scale: Any = None,
    epsilon: float = 1e-3,
) -> jax.Array:
    """Channels shifted by a mean and divided by a deviation.

    (x - mean) / sqrt(variance + epsilon) * scale + offset

    Args:
        x: numbers.
        mean: one for each channel.
        variance: one for each channel.
        axis: the axis of channels.
        offset: one for each channel.
        scale: one for each channel.
        epsilon: keeps the root above zero.
    Example:
        >>> batch_normalization([[1.0], [3.0]], [2.0], [1.0], -1, epsilon=0.0).tolist()
        [[-1.0], [1.0]]
    """
    return _batch_normalization(x, mean, variance, offset, scale, axis=axis, epsilon=epsilon)


@op("layer_normalization", module=NN, arrays=3, class_name="LayerNorm")
def _layer_normalization(
    x: Any,
    gamma: Any = None,
    beta: Any = None,
    axis: Any = -1,
    epsilon: float | None = None,
    rms_scaling: bool = False,
) -> jax.Array:
    x = inexact(x)
    axes = _axes(axis, x.ndim)
    least = default_epsilon() if epsilon is None else epsilon
    wide = x.astype(jnp.promote_types(x.dtype, "float32"))
    variance = jnp.var(wide, axes, keepdims=True)
    factor = jax.lax.rsqrt(variance + least)
    if rms_scaling:
        result = wide * factor
        result = result if gamma is None else result * _like(gamma, axes, x)
        return result.astype(x.dtype)
    factor = factor if gamma is None else factor * _like(gamma, axes, x)
    shift = -jnp.mean(wide, axes, keepdims=True) * factor
    shift = shift if beta is None else shift + _like(beta, axes, x)
    return (wide * factor + shift).astype(x.dtype)


def layer_normalization(
    x: Any,
    gamma: Any = None,
    beta: Any = None,
    axis: Any = -1,
    epsilon: float | None = None,
    **kwargs: Any,
) -> jax.Array:
    """Each row shifted and scaled to mean 0 and variance 1.

    (x - mean) / sqrt(variance + epsilon) * gamma + beta

    Args:
        x: numbers.
        gamma: factors for the axes.
        beta: what to add, for the axes.
        axis: the axis or axes of a row.
        epsilon: keeps the root above zero, the default setting if None.
        kwargs: Keras's old `rms_scaling`.
    Example:
        >>> layer_normalization([[1.0, 3.0]]).round(3).tolist()
        [[-1.0, 1.0]]
    """
    return _layer_normalization(x, gamma, beta, axis=axis, epsilon=epsilon, **kwargs)


@op("rms_normalization", module=NN, arrays=2, class_name="RMSNorm")
def rms_normalization(
    x: Any, scale: Any = None, axis: Any = -1, epsilon: float | None = None
) -> jax.Array:
    """Each row divided by the root of its mean square.

    Args:
        x: numbers.
        scale: factors for the axes.
        axis: the axis or axes of a row.
        epsilon: keeps the root above zero, the default setting if None.
    Example:
        >>> rms_normalization([[3.0, 3.0]]).round(3).tolist()
        [[1.0, 1.0]]
    """
    x = inexact(x)
    axes = _axes(axis, x.ndim)
    least = default_epsilon() if epsilon is None else epsilon
    wide = x.astype(jnp.promote_types(x.dtype, "float32"))
    wide = wide * jax.lax.rsqrt(jnp.mean(jnp.square(wide), axes, keepdims=True) + least)
    result = wide if scale is None else wide * _like(scale, axes, x)
    return result.astype(x.dtype)


publish(__name__)
