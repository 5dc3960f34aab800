"""Activations that are zero, or a smaller slope, below a threshold."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import publish
from lamella._graph.operation import op
from lamella._graph.symbolic import KerasTensor, record
from lamella.activations._declare import activation

_MODULE = "keras.src.activations.activations"


@op("activation_relu", module=_MODULE, class_name="ReLU")
def _bent(
    x: jax.Array,
    negative_slope: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> jax.Array:
    above = jax.nn.relu(x) if threshold == 0 else jnp.where(x > threshold, x, 0)
    if max_value is not None:
        above = jnp.clip(above, 0, max_value)
    if negative_slope == 0:
        return above
    return above - negative_slope * jax.nn.relu(threshold - x)


@activation(op="")
def relu(
    x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Any:
    """Zero below the threshold, the input itself above.

    y = max_value where x >= max_value; x where threshold < x < max_value;
    negative_slope * (x - threshold) below

    Args:
        x: any numbers.
        negative_slope: the slope below the threshold.
        max_value: the largest output, None for no limit.
        threshold: where the function bends.

    Shapes: (...,) -> same

    Example:
        >>> relu(jnp.array([-10.0, 3.0, 9.0]), negative_slope=0.5, max_value=6.0).tolist()
        [-5.0, 3.0, 6.0]
    """
    plain = negative_slope == 0 and threshold == 0
    if plain and max_value is None:
        return record("relu", x) if isinstance(x, KerasTensor) else jax.nn.relu(x)
    if plain and max_value == 6:
        return record("relu6", x) if isinstance(x, KerasTensor) else jax.nn.relu6(x)
    if max_value is None and threshold == 0:
        return leaky_relu(x, negative_slope)
    return _bent(x, negative_slope, max_value, threshold)


@activation()
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """The input where it is positive, a share of it where it is negative.

    Args:
        x: any numbers.
        negative_slope: that share.

    Example:
        >>> leaky_relu(jnp.array([-10.0, 3.0]), 0.5).tolist()
        [-5.0, 3.0]

    Source: Maas et al. 2013, ICML workshop on deep learning for audio.
    """
    return jax.nn.leaky_relu(x, negative_slope)


@activation(computes=jax.nn.relu6)
def relu6(x: Any) -> Any:
    """The input, kept between 0 and 6.

    Args:
        x: any numbers.

    Example:
        >>> relu6(jnp.array([-1.0, 3.0, 9.0])).tolist()
        [0.0, 3.0, 6.0]
    """


@activation(computes=jax.nn.elu)
def elu(x: Any, alpha: float = 1.0) -> Any:
    """The input where it is positive, alpha * (exp(x) - 1) where it is negative.

    Args:
        x: any numbers.
        alpha: minus the limit at minus infinity.

    Example:
        >>> elu(jnp.array([0.0, 3.0])).tolist()
        [0.0, 3.0]

    Source: Clevert et al. 2016, arXiv:1511.07289.
    """


@activation(computes=jax.nn.selu)
def selu(x: Any) -> Any:
    """A scaled elu that keeps mean 0 and variance 1 from layer to layer.

    y = 1.0507 * x where x > 0;   1.0507 * 1.6733 * (exp(x) - 1) below

    Args:
        x: any numbers.

    Example:
        >>> selu(jnp.array([0.0])).tolist()
        [0.0]

    Source: Klambauer et al. 2017, arXiv:1706.02515. Use with lecun_normal and AlphaDropout.
    """


@activation(computes=jax.nn.celu)
def celu(x: Any, alpha: float = 1.0) -> Any:
    """An elu whose slope is continuous for every alpha.

    y = max(x, 0) + min(alpha * (exp(x / alpha) - 1), 0)

    Args:
        x: any numbers.
        alpha: minus the limit at minus infinity, not 0.

    Example:
        >>> celu(jnp.array([0.0, 3.0])).tolist()
        [0.0, 3.0]

    Source: Barron 2017, arXiv:1704.07483.
    """


@activation()
def threshold(x: Any, threshold: float, default_value: float) -> Any:
    """The input where it is above the threshold, another value elsewhere.

    Args:
        x: any numbers.
        threshold: has to be exceeded.
        default_value: what stands elsewhere.

    Example:
        >>> threshold(jnp.array([1.0, 3.0]), 2.0, -1.0).tolist()
        [-1.0, 3.0]
    """
    return jnp.where(x > threshold, x, default_value)


@activation()
def soft_shrink(x: Any, threshold: float = 0.5) -> Any:
    """Moves the input towards zero by the threshold, at most to zero.

    Args:
        x: any numbers.
        threshold: >= 0.

    Example:
        >>> soft_shrink(jnp.array([-2.0, 0.2, 2.0])).tolist()
        [-1.5, 0.0, 1.5]
    """
    return jnp.where(x > threshold, x - threshold, jnp.where(x < -threshold, x + threshold, 0.0))


@activation()
def hard_shrink(x: Any, threshold: float = 0.5) -> Any:
    """The input where it is farther from zero than the threshold, zero elsewhere.

    Args:
        x: any numbers.
        threshold: >= 0.

    Example:
        >>> hard_shrink(jnp.array([-2.0, 0.2, 2.0])).tolist()
        [-2.0, 0.0, 2.0]
    """
    return jnp.where(jnp.abs(x) > threshold, x, 0.0)


@activation(computes=jax.nn.sparse_plus)
def sparse_plus(x: Any) -> Any:
    """A softplus that is exactly zero below -1 and exactly the input above 1.

    y = (x + 1)^2 / 4 between -1 and 1

    Args:
        x: any numbers.

    Example:
        >>> sparse_plus(jnp.array([-2.0, 0.0, 2.0])).tolist()
        [0.0, 0.25, 2.0]
    """


publish(__name__)
