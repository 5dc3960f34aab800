"""Activations with a bounded output."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella import ops
from lamella._base import publish
from lamella.activations._declare import activation


@activation(computes=jax.nn.sigmoid)
def sigmoid(x: Any) -> Any:
    """Any number to a share between 0 and 1.

    y = 1 / (1 + exp(-x))

    Args:
        x: any numbers.

    Example:
        >>> float(sigmoid(0.0))
        0.5
    """


@activation(computes=jax.nn.hard_sigmoid)
def hard_sigmoid(x: Any) -> Any:
    """A sigmoid of straight lines.

    y = min(max(x / 6 + 1 / 2, 0), 1)

    Args:
        x: any numbers.

    Example:
        >>> hard_sigmoid(jnp.array([-3.0, 0.0, 3.0])).tolist()
        [0.0, 0.5, 1.0]
    """


@activation(computes=jax.nn.sparse_sigmoid)
def sparse_sigmoid(x: Any) -> Any:
    """The slope of sparse_plus: 0 below -1, 1 above 1, straight between.

    Args:
        x: any numbers.

    Example:
        >>> sparse_sigmoid(jnp.array([-2.0, 0.0, 2.0])).tolist()
        [0.0, 0.5, 1.0]
    """


@activation(computes=jax.nn.log_sigmoid)
def log_sigmoid(x: Any) -> Any:
    """The logarithm of the sigmoid, exact also far from zero.

    y = -log(1 + exp(-x))

    Args:
        x: any numbers.

    Example:
        >>> float(log_sigmoid(-1000.0))
        -1000.0
    """


@activation("hard_swish", computes=jax.nn.hard_silu)
def hard_silu(x: Any) -> Any:
    """The input times its hard_sigmoid, also called hard_swish.

    Args:
        x: any numbers.

    Example:
        >>> hard_silu(jnp.array([-3.0, 0.0, 3.0])).tolist()
        [-0.0, 0.0, 3.0]

    Source: Howard et al. 2019, arXiv:1905.02244.
    """


hard_swish = hard_silu


@activation(computes=jnp.tanh)
def tanh(x: Any) -> Any:
    """The hyperbolic tangent, between -1 and 1.

    Args:
        x: any numbers.

    Example:
        >>> float(tanh(0.0))
        0.0
    """


@activation(computes=jax.nn.hard_tanh)
def hard_tanh(x: Any) -> Any:
    """The input, kept between -1 and 1.

    Args:
        x: any numbers.

    Example:
        >>> hard_tanh(jnp.array([-3.0, 0.5])).tolist()
        [-1.0, 0.5]
    """


@activation()
def tanh_shrink(x: Any) -> Any:
    """What tanh takes away: x - tanh(x).

    Args:
        x: any numbers.

    Example:
        >>> float(tanh_shrink(0.0))
        0.0
    """
    return x - jnp.tanh(x)


@activation(computes=jax.nn.soft_sign)
def softsign(x: Any) -> Any:
    """Between -1 and 1, approached slowly.

    y = x / (1 + |x|)

    Args:
        x: any numbers.

    Example:
        >>> float(softsign(1.0))
        0.5
    """


@activation()
def softmax(x: Any, axis: Any = -1) -> Any:
    """Numbers to shares that sum to 1.

    y = exp(x) / sum(exp(x))

    Args:
        x: any numbers.
        axis: the axis or axes that sum to 1.

    Shapes: (...,) -> same

    Example:
        >>> softmax(jnp.array([1.0, 1.0])).tolist()
        [0.5, 0.5]
    """
    return jax.nn.softmax(x, tuple(axis) if isinstance(axis, list) else axis)


@activation()
def log_softmax(x: Any, axis: Any = -1) -> Any:
    """The logarithm of the softmax, exact also for tiny shares.

    Args:
        x: any numbers.
        axis: the axis or axes that sum to 1.

    Shapes: (...,) -> same

    Example:
        >>> log_softmax(jnp.array([0.0, -1000.0])).tolist()
        [0.0, -1000.0]
    """
    return jax.nn.log_softmax(x, tuple(axis) if isinstance(axis, list) else axis)


@activation(computes=ops.sparsemax)
def sparsemax(x: Any, axis: int = -1) -> Any:
    """The nearest shares that sum to 1; small inputs get exactly zero.

    y = max(x - t, 0),   t such that sum(y) = 1

    Args:
        x: any numbers.
        axis: the axis that sums to 1.

    Shapes: (...,) -> same

    Example:
        >>> sparsemax(jnp.array([3.0, 0.0])).tolist()
        [1.0, 0.0]

    Source: Martins and Astudillo 2016, arXiv:1602.02068.
    """


publish(__name__)
