"""Losses that ask for a margin."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import publish, register, with_defaults
from lamella.losses.base import FunctionLoss
from lamella.losses.reduction import as_pair


def _signs(y_true: jax.Array) -> jax.Array:
    """Labels -1 and 1; labels that are all 0 or 1 are turned into those."""
    binary = jnp.all((y_true == 0) | (y_true == 1))
    return jnp.where(binary, 2.0 * y_true - 1.0, y_true)


@register("loss", module="keras.losses")
def hinge(y_true: Any, y_pred: Any) -> jax.Array:
    """How far predictions are from the right side of a margin.

    mean(max(1 - y_true * y_pred, 0))

    Args:
        y_true: labels -1 and 1, or 0 and 1.
        y_pred: any numbers.

    Shapes: (..., n) -> (...)

    Example:
        >>> hinge([[1.0, -1.0]], [[3.0, 1.0]]).tolist()
        [1.0]
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    return jnp.mean(jnp.maximum(1.0 - _signs(y_true) * y_pred, 0.0), axis=-1)


@register("loss", module="keras.losses")
def squared_hinge(y_true: Any, y_pred: Any) -> jax.Array:
    """As `hinge`, squared.

    mean(max(1 - y_true * y_pred, 0)^2)

    Args:
        y_true: labels -1 and 1, or 0 and 1.
        y_pred: any numbers.

    Shapes: (..., n) -> (...)

    Example:
        >>> squared_hinge([[1.0, -1.0]], [[3.0, 1.0]]).tolist()
        [2.0]
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    return jnp.mean(jnp.square(jnp.maximum(1.0 - _signs(y_true) * y_pred, 0.0)), axis=-1)


@register("loss", module="keras.losses")
def categorical_hinge(y_true: Any, y_pred: Any) -> jax.Array:
    """How far the right class is from leading by a margin of 1.

    max(max((1 - y_true) * y_pred) - sum(y_true * y_pred) + 1, 0)

    Args:
        y_true: one-hot labels, 0 and 1.
        y_pred: any numbers.

    Shapes: (..., classes) -> (...)

    Example:
        >>> categorical_hinge([[0.0, 1.0]], [[2.0, 1.0]]).tolist()
        [2.0]
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    right = jnp.sum(y_true * y_pred, axis=-1)
    wrong = jnp.max((1.0 - y_true) * y_pred, axis=-1)
    return jnp.maximum(wrong - right + 1.0, 0.0)


@register("loss", module="keras.losses")
@with_defaults(name="hinge")
class Hinge(FunctionLoss):
    """How far predictions are from the right side of a margin.

    Args:
        reduction, name, dtype: see Loss.

    Example:
        >>> float(Hinge()([[1.0, -1.0]], [[3.0, 1.0]]))
        1.0
    """

    _function = staticmethod(hinge)


@register("loss", module="keras.losses")
@with_defaults(name="squared_hinge")
class SquaredHinge(FunctionLoss):
    """As Hinge, squared.

    Args:
        reduction, name, dtype: see Loss.

    Example:
        >>> float(SquaredHinge()([[1.0, -1.0]], [[3.0, 1.0]]))
        2.0
    """

    _function = staticmethod(squared_hinge)


@register("loss", module="keras.losses")
@with_defaults(name="categorical_hinge")
class CategoricalHinge(FunctionLoss):
    """How far the right class is from leading by a margin of 1.

    Args:
        reduction, name, dtype: see Loss.

    Example:
        >>> float(CategoricalHinge()([[0.0, 1.0]], [[2.0, 1.0]]))
        2.0
    """

    _function = staticmethod(categorical_hinge)


publish(__name__)
