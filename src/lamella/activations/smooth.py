"""Smooth activations, and gates made of them."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import publish
from lamella._graph.operation import op
from lamella._graph.symbolic import KerasTensor, record
from lamella.activations._declare import activation


@activation(computes=jax.nn.softplus)
def softplus(x: Any) -> Any:
    """A smooth relu.

    y = log(1 + exp(x))

    Args:
        x: any numbers.

    Example:
        >>> round(float(softplus(0.0)), 3)
        0.693
    """


@activation(computes=jax.nn.squareplus)
def squareplus(x: Any, b: float = 4) -> Any:
    """A smooth relu without exponentials.

    y = (x + sqrt(x^2 + b)) / 2

    Args:
        x: any numbers.
        b: how smooth it is, >= 0.

    Example:
        >>> float(squareplus(0.0))
        1.0

    Source: Barron 2021, arXiv:2112.11687.
    """


@activation("swish", computes=jax.nn.silu)
def silu(x: Any) -> Any:
    """The input times its own sigmoid, also called swish.

    y = x * sigmoid(x)

    Args:
        x: any numbers.

    Example:
        >>> float(silu(0.0))
        0.0

    Source: Ramachandran et al. 2017, arXiv:1710.05941.
    """


swish = silu


@activation(op="")
def gelu(x: Any, approximate: bool = False) -> Any:
    """The input times the share of a normal distribution that lies below it.

    y = x * P(X <= x),   X ~ N(0, 1)

    Args:
        x: any numbers.
        approximate: whether to take the faster form with tanh.

    Example:
        >>> float(gelu(0.0))
        0.0

    Source: Hendrycks and Gimpel 2016, arXiv:1606.08415.
    """
    # The op of this name has the other default, so the choice is always written down.
    if isinstance(x, KerasTensor):
        return record("gelu", x, approximate=approximate)
    return jax.nn.gelu(x, approximate)


@op("mish", module="keras.src.activations.activations", class_name="Mish")
def _mish(x: Any) -> Any:
    return x * jnp.tanh(jax.nn.softplus(x))


@activation(computes=jax.nn.mish)
def mish(x: Any) -> Any:
    """The input times the tanh of its softplus.

    y = x * tanh(softplus(x))

    Args:
        x: any numbers.

    Example:
        >>> float(mish(0.0))
        0.0

    Source: Misra 2019, arXiv:1908.08681.
    """


@activation(computes=jax.nn.glu)
def glu(x: Any, axis: int = -1) -> Any:
    """The first half of an axis times the sigmoid of its second half.

    Args:
        x: any numbers; the axis has an even size.
        axis: which axis is halved.

    Shapes: (..., 2n) -> (..., n)

    Example:
        >>> glu(jnp.array([4.0, 0.0])).tolist()
        [2.0]

    Source: Dauphin et al. 2017, arXiv:1612.08083.
    """


@activation(op="exp", computes=jnp.exp)
def exponential(x: Any) -> Any:
    """exp(x).

    Args:
        x: any numbers.

    Example:
        >>> float(exponential(0.0))
        1.0
    """


@activation(op="")
def linear(x: Any) -> Any:
    """The input itself.

    Args:
        x: anything.

    Example:
        >>> float(linear(2.0))
        2.0
    """
    return x


publish(__name__)
