"""Ops whose array arguments are not the first ones: einsum, average, multi_hot, psnr."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base.dtypes import dtype_name
from lamella._graph.node import is_symbolic
from lamella._graph.operation import op
from lamella._state.variable import Variable
from lamella.ops._arrays import NN, NUMPY, array, inexact


@op("einsum", module=NUMPY, arrays=1)
def _einsum(operands: Any, subscripts: str = "") -> jax.Array:
    arrays = [array(item) for item in operands]
    small = all(item.dtype == jnp.int8 for item in arrays)
    return jnp.einsum(subscripts, *arrays, preferred_element_type="int32" if small else None)


def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> jax.Array:
    """Sums of products, written with letters for axes.

    Args:
        subscripts: the axes of each operand and of the result: "ij,jk->ik".
        operands: arrays.
        kwargs: options of `jax.numpy.einsum`.
    Example:
        >>> einsum("ij,j->i", [[1, 2], [3, 4]], [1, 1]).tolist()
        [3, 7]
    """
    if kwargs and not is_symbolic(operands):
        plain = [item.value if isinstance(item, Variable) else array(item) for item in operands]
        return jnp.einsum(subscripts, *plain, **kwargs)
    return _einsum(list(operands), subscripts=subscripts)


@op("average", module=NUMPY, arrays=2)
def _average(x: Any, weights: Any = None, axis: Any = None) -> jax.Array:
    x = inexact(x)
    if weights is None:
        return jnp.average(x, axis=axis)
    dtype = jnp.result_type(x, array(weights))
    return jnp.average(x.astype(dtype), weights=array(weights).astype(dtype), axis=axis)


def average(x: Any, axis: Any = None, weights: Any = None) -> jax.Array:
    """The mean over an axis, by weights.

    Args:
        x: numbers.
        axis: which axis, all of them if None.
        weights: one for each entry along the axis, or of the shape of x.
    Example:
        >>> float(average([1.0, 3.0], weights=[3.0, 1.0]))
        1.5
    """
    return _average(x, weights, axis=axis)


@op("multi_hot", module=NN)
def multi_hot(
    inputs: Any,
    num_classes: int | None = None,
    axis: int = -1,
    dtype: Any = None,
    sparse: bool = False,
    **kwargs: Any,
) -> jax.Array:
    """One vector for each row, with a 1 at the place of every class in it.

    Args:
        inputs: numbers of classes, one row of them for each sample.
        num_classes: how many classes.
        axis: where the axis of classes stands.
        dtype: the number type, the default float type if None.
        sparse: accepted for Keras; the result is dense.
        kwargs: Keras's old `num_tokens`.
    Example:
        >>> multi_hot([[0, 2]], 3).tolist()
        [[1.0, 0.0, 1.0]]
    """
    inputs = array(inputs).astype("int32")
    count = kwargs.get("num_tokens", num_classes or 0)
    single = jax.nn.one_hot(inputs, int(count), axis=axis, dtype=dtype_name(dtype))
    return jnp.max(single, axis=1 if inputs.ndim > 1 else 0)


@op("psnr", module=NN, arrays=2, class_name="PSNR")
def psnr(x1: Any, x2: Any, max_val: float) -> jax.Array:
    """How near two images are: the peak signal over their difference, in decibels.

    20 log10(max_val) - 10 log10(mean((x1 - x2)^2))

    Args:
        x1: an image.
        x2: an image of the same shape.
        max_val: the greatest value that could occur.
    Example:
        >>> round(float(psnr([0.0, 0.0], [0.0, 1.0], 1.0)), 3)
        3.01
    """
    error = jnp.mean(jnp.square(inexact(x1) - inexact(x2)))
    return 20 * jnp.log10(jnp.asarray(max_val, error.dtype)) - 10 * jnp.log10(error)
