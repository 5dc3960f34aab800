"""Functions that stand between layers."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import publish
from lamella._graph.operation import op
from lamella.ops._declare import NN, array, inexact, of_one


def _over_axes(function: Any, x: Any, axis: Any) -> jax.Array:
    x = inexact(x)
    return function(x, axis=tuple(axis) if isinstance(axis, list) else axis)


@of_one(jax.nn.relu, module=NN)
def relu(x: Any) -> jax.Array:
    """max(x, 0).

    Args:
        x: numbers.
    Example:
        >>> relu([-1.0, 2.0]).tolist()
        [0.0, 2.0]
    """


@of_one(jax.nn.relu6, module=NN)
def relu6(x: Any) -> jax.Array:
    """min(max(x, 0), 6).

    Args:
        x: numbers.
    Example:
        >>> relu6([-1.0, 9.0]).tolist()
        [0.0, 6.0]
    """


@of_one(jax.nn.leaky_relu, inexact, module=NN)
def leaky_relu(x: Any, negative_slope: float = 0.2) -> jax.Array:
    """x above zero, negative_slope * x below.

    Args:
        x: numbers.
        negative_slope: the slope below zero.
    Example:
        >>> leaky_relu([-10.0, 2.0], 0.5).tolist()
        [-5.0, 2.0]
    """


@of_one(jax.nn.elu, inexact, module=NN)
def elu(x: Any, alpha: float = 1.0) -> jax.Array:
    """x above zero, alpha * (exp(x) - 1) below.

    Args:
        x: numbers.
        alpha: minus the limit at minus infinity.
    Example:
        >>> elu([0.0, 2.0]).tolist()
        [0.0, 2.0]
    """


@of_one(jax.nn.selu, inexact, module=NN)
def selu(x: Any) -> jax.Array:
    """The ELU that keeps mean 0 and variance 1 from layer to layer.

    Args:
        x: numbers.
    Example:
        >>> float(selu(0.0))
        0.0
    """


@of_one(jax.nn.celu, inexact, module=NN)
def celu(x: Any, alpha: float = 1.0) -> jax.Array:
    """max(x, 0) + min(alpha * (exp(x / alpha) - 1), 0).

    Args:
        x: numbers.
        alpha: minus the limit at minus infinity.
    Example:
        >>> celu([0.0, 2.0]).tolist()
        [0.0, 2.0]
    """


@of_one(jax.nn.gelu, inexact, module=NN)
def gelu(x: Any, approximate: bool = True) -> jax.Array:
    """x times the probability that a normal number is below x.

    Args:
        x: numbers.
        approximate: whether to use the tanh formula.
    Example:
        >>> float(gelu(0.0))
        0.0
    """


@of_one(jax.nn.silu, inexact, module=NN)
def silu(x: Any) -> jax.Array:
    """x * sigmoid(x).

    Args:
        x: numbers.
    Example:
        >>> float(silu(0.0))
        0.0
    """


swish = silu


@of_one(jax.nn.hard_silu, inexact, module=NN)
def hard_silu(x: Any) -> jax.Array:
    """x * hard_sigmoid(x).

    Args:
        x: numbers.
    Example:
        >>> float(hard_silu(3.0))
        3.0
    """


hard_swish = hard_silu


@of_one(jax.nn.sigmoid, inexact, module=NN)
def sigmoid(x: Any) -> jax.Array:
    """1 / (1 + exp(-x)).

    Args:
        x: numbers.
    Example:
        >>> float(sigmoid(0.0))
        0.5
    """


@of_one(jax.nn.hard_sigmoid, inexact, module=NN)
def hard_sigmoid(x: Any) -> jax.Array:
    """x / 6 + 0.5, kept between 0 and 1.

    Args:
        x: numbers.
    Example:
        >>> float(hard_sigmoid(0.0))
        0.5
    """


@of_one(jax.nn.sparse_sigmoid, inexact, module=NN)
def sparse_sigmoid(x: Any) -> jax.Array:
    """(x + 1) / 2, kept between 0 and 1.

    Args:
        x: numbers.
    Example:
        >>> float(sparse_sigmoid(0.0))
        0.5
    """


@of_one(jax.nn.log_sigmoid, inexact, module=NN)
def log_sigmoid(x: Any) -> jax.Array:
    """log(sigmoid(x)) without underflow.

    Args:
        x: numbers.
    Example:
        >>> round(float(log_sigmoid(0.0)), 4)
        -0.6931
    """


@of_one(jax.nn.softplus, inexact, module=NN)
def softplus(x: Any) -> jax.Array:
    """log(1 + exp(x)).

    Args:
        x: numbers.
    Example:
        >>> round(float(softplus(0.0)), 4)
        0.6931
    """


@of_one(jax.nn.sparse_plus, inexact, module=NN)
def sparse_plus(x: Any) -> jax.Array:
    """0 below -1, x above 1, (x + 1)**2 / 4 between.

    Args:
        x: numbers.
    Example:
        >>> sparse_plus([-2.0, 0.0, 2.0]).tolist()
        [0.0, 0.25, 2.0]
    """


@of_one(jax.nn.squareplus, inexact, module=NN)
def squareplus(x: Any, b: float = 4) -> jax.Array:
    """(x + sqrt(x**2 + b)) / 2.

    Args:
        x: numbers.
        b: how smooth the bend is.
    Example:
        >>> float(squareplus(0.0))
        1.0
    """


@of_one(jax.nn.soft_sign, inexact, module=NN)
def softsign(x: Any) -> jax.Array:
    """x / (1 + |x|).

    Args:
        x: numbers.
    Example:
        >>> float(softsign(1.0))
        0.5
    """


@op("soft_shrink", module=NN)
def soft_shrink(x: Any, threshold: float = 0.5) -> jax.Array:
    """x moved towards zero by the threshold, 0 within it.

    Args:
        x: numbers.
        threshold: how far from zero x must be.
    Example:
        >>> soft_shrink([-1.0, 0.25, 2.0]).tolist()
        [-0.5, 0.0, 1.5]
    """
    x = inexact(x)
    return jnp.where(x > threshold, x - threshold, jnp.where(x < -threshold, x + threshold, 0))


@op("hard_shrink", module=NN)
def hard_shrink(x: Any, threshold: float = 0.5) -> jax.Array:
    """x beyond the threshold, 0 within it.

    Args:
        x: numbers.
        threshold: how far from zero x must be.
    Example:
        >>> hard_shrink([-1.0, 0.25, 2.0]).tolist()
        [-1.0, 0.0, 2.0]
    """
    x = inexact(x)
    return jnp.where(jnp.abs(x) > threshold, x, 0)


@op("tanh_shrink", module=NN)
def tanh_shrink(x: Any) -> jax.Array:
    """x - tanh(x).

    Args:
        x: numbers.
    Example:
        >>> float(tanh_shrink(0.0))
        0.0
    """
    x = inexact(x)
    return x - jnp.tanh(x)


@of_one(jax.nn.hard_tanh, module=NN)
def hard_tanh(x: Any) -> jax.Array:
    """x kept between -1 and 1.

    Args:
        x: numbers.
    Example:
        >>> hard_tanh([-2.0, 0.5]).tolist()
        [-1.0, 0.5]
    """


@op("threshold", module=NN)
def threshold(x: Any, threshold: float, default_value: float) -> jax.Array:
    """x above the threshold, another value elsewhere.

    Args:
        x: numbers.
        threshold: the limit.
        default_value: the other value.
    Example:
        >>> threshold([-1.0, 2.0], 0.0, 5.0).tolist()
        [5.0, 2.0]
    """
    x = array(x)
    return jnp.where(x > threshold, x, jnp.asarray(default_value, x.dtype))


@of_one(jax.nn.glu, inexact, module=NN)
def glu(x: Any, axis: int = -1) -> jax.Array:
    """One half of an axis times the sigmoid of the other.

    Args:
        x: numbers.
        axis: the axis to halve.
    Example:
        >>> glu([2.0, 0.0]).tolist()
        [1.0]
    """


@op("softmax", module=NN)
def softmax(x: Any, axis: Any = -1) -> jax.Array:
    """exp(x) / sum(exp(x)) over axes.

    Args:
        x: numbers.
        axis: the axis or axes to sum over.
    Example:
        >>> softmax([0.0, 0.0]).tolist()
        [0.5, 0.5]
    """
    return _over_axes(jax.nn.softmax, x, axis)


@op("log_softmax", module=NN)
def log_softmax(x: Any, axis: Any = -1) -> jax.Array:
    """log(softmax(x)) without underflow.

    Args:
        x: numbers.
        axis: the axis or axes to sum over.
    Example:
        >>> log_softmax([0.0, 0.0]).round(4).tolist()
        [-0.6930999755859375, -0.6930999755859375]
    """
    return _over_axes(jax.nn.log_softmax, x, axis)


@op("sparsemax", module=NN)
def sparsemax(x: Any, axis: int = -1) -> jax.Array:
    """The nearest point of the probability simplex: as softmax, with zeros.

    Args:
        x: numbers.
        axis: the axis of a distribution.
    Example:
        >>> sparsemax([2.0, 0.0]).tolist()
        [1.0, 0.0]
    """
    x = inexact(x)
    ordered = jnp.flip(jnp.sort(x, axis=axis), axis=axis)
    total = jnp.cumsum(ordered, axis=axis)
    shape = [1] * x.ndim
    shape[axis] = x.shape[axis]
    place = jnp.arange(1, x.shape[axis] + 1, dtype=x.dtype).reshape(shape)
    inside = 1 + place * ordered > total
    size = jnp.sum(inside, axis=axis, keepdims=True).astype(x.dtype)
    over = (jnp.sum(jnp.where(inside, ordered, 0), axis=axis, keepdims=True) - 1) / size
    return jnp.maximum(x - over, 0)


publish(__name__)
