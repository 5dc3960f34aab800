"""Losses of probabilities, and classes as vectors."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import InvalidShape, dtype_name, epsilon
from lamella._graph.operation import op
from lamella.ops._declare import NN, array, inexact


def same_shape(target: Any, output: Any, name: str) -> tuple[jax.Array, jax.Array]:
    """Both as arrays, of one shape."""
    target, output = array(target), inexact(output)
    if target.shape != output.shape:
        raise InvalidShape(
            f"{name} received target of shape {target.shape} and output of shape {output.shape}.",
            help="Both must have one shape; numbers of classes need "
            "sparse_categorical_crossentropy.",
        )
    return target, output


def log_chances(output: jax.Array, from_logits: bool, axis: int) -> jax.Array:
    """The logarithms of probabilities, which are scaled to a sum of 1, or of logits."""
    if from_logits:
        return jax.nn.log_softmax(output, axis=axis)
    output = output / jnp.sum(output, axis, keepdims=True)
    return jnp.log(jnp.clip(output, epsilon(), 1.0 - epsilon()))


@op("one_hot", module=NN)
def one_hot(
    x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False
) -> jax.Array:
    """Vectors with a 1 at the place of the class.

    Args:
        x: numbers of classes; those outside give zeros.
        num_classes: how many classes.
        axis: where the new axis stands.
        dtype: the number type, the default float type if None.
        sparse: accepted for Keras; the result is dense.
    Example:
        >>> one_hot([0, 2], 3).tolist()
        [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    return jax.nn.one_hot(array(x), num_classes, axis=axis, dtype=dtype_name(dtype))


@op("binary_crossentropy", module=NN, arrays=2)
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> jax.Array:
    """-t log(p) - (1 - t) log(1 - p), entry by entry.

    Args:
        target: 0 or 1, or between.
        output: probabilities, or logits.
        from_logits: whether outputs are logits and not probabilities.
    Example:
        >>> binary_crossentropy([1.0], [0.5]).round(4).tolist()
        [0.6930999755859375]
    """
    target, output = same_shape(target, output, "binary_crossentropy")
    if from_logits:
        return -target * jax.nn.log_sigmoid(output) - (1.0 - target) * jax.nn.log_sigmoid(-output)
    output = jnp.clip(output, epsilon(), 1.0 - epsilon())
    return -(target * jnp.log(output) + (1.0 - target) * jnp.log(1.0 - output))


@op("categorical_crossentropy", module=NN, arrays=2)
def categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> jax.Array:
    """-sum(t log(p)) over classes.

    Args:
        target: one-hot vectors or distributions.
        output: probabilities, or logits.
        from_logits: whether outputs are logits and not probabilities.
        axis: the axis of classes.
    Example:
        >>> categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).round(4).tolist()
        [0.6930999755859375]
    """
    target, output = same_shape(target, output, "categorical_crossentropy")
    return -jnp.sum(target * log_chances(output, from_logits, axis), axis=axis)


@op("sparse_categorical_crossentropy", module=NN, arrays=2)
def sparse_categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> jax.Array:
    """-log(p) of the right class.

    Args:
        target: numbers of classes.
        output: probabilities, or logits.
        from_logits: whether outputs are logits and not probabilities.
        axis: the axis of classes.
    Example:
        >>> sparse_categorical_crossentropy([1], [[0.5, 0.5]]).round(4).tolist()
        [0.6930999755859375]
    """
    output = inexact(output)
    target = array(target).astype("int32")
    if target.ndim == output.ndim and target.shape[-1] == 1:
        target = jnp.squeeze(target, -1)
    if target.shape != output.shape[:-1]:
        raise InvalidShape(
            f"sparse_categorical_crossentropy received target of shape {target.shape} and "
            f"output of shape {output.shape}.",
            help="Pass one number of a class for each row; one-hot targets need "
            "categorical_crossentropy.",
        )
    right = jax.nn.one_hot(target, output.shape[axis], axis=axis, dtype=output.dtype)
    return -jnp.sum(right * log_chances(output, from_logits, axis), axis=axis)


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
