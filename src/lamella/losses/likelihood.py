"""Losses between distributions, and on counts."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import epsilon, publish, register, with_defaults
from lamella.losses.base import FunctionLoss
from lamella.losses.reduction import as_pair


@register("loss", "kld", "KLD", module="keras.losses")
def kl_divergence(y_true: Any, y_pred: Any) -> jax.Array:
    """How much one distribution differs from another.

    sum(y_true * log(y_true / y_pred))

    Args:
        y_true, y_pred: shares; kept between epsilon and 1.

    Shapes: (..., n) -> (...)

    Example:
        >>> kl_divergence([[0.5, 0.5]], [[0.5, 0.5]]).tolist()
        [0.0]

    Source: Kullback and Leibler 1951, Annals of Mathematical Statistics 22:79.
    """
    y_true, y_pred = (jnp.clip(y, epsilon(), 1) for y in as_pair(y_true, y_pred))
    return jnp.sum(y_true * jnp.log(y_true / y_pred), axis=-1)


@register("loss", module="keras.losses")
def poisson(y_true: Any, y_pred: Any) -> jax.Array:
    """How unlikely counts are under predicted rates, up to a constant.

    mean(y_pred - y_true * log(y_pred + epsilon))

    Args:
        y_true: counts.
        y_pred: rates, > 0.

    Shapes: (..., n) -> (...)

    Example:
        >>> poisson([[0.0, 3.0]], [[3.0, 1.0]]).round(3).tolist()
        [2.0]
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    return jnp.mean(y_pred - y_true * jnp.log(y_pred + epsilon()), axis=-1)


@register("loss", module="keras.losses")
@with_defaults(name="kl_divergence")
class KLDivergence(FunctionLoss):
    """How much one distribution differs from another.

    Args:
        reduction, name, dtype: see Loss.

    Example:
        >>> float(KLDivergence()([[0.5, 0.5]], [[0.5, 0.5]]))
        0.0
    """

    _function = staticmethod(kl_divergence)


@register("loss", module="keras.losses")
@with_defaults(name="poisson")
class Poisson(FunctionLoss):
    """How unlikely counts are under predicted rates.

    Args:
        reduction, name, dtype: see Loss.

    Example:
        >>> round(float(Poisson()([[0.0, 3.0]], [[3.0, 1.0]])), 3)
        2.0
    """

    _function = staticmethod(poisson)


publish(__name__)
