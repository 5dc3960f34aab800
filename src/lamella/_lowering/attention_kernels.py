"""Dot-product attention by kernels in C, all of a program for one CPU.

Scores of some targets at a time stay in the cache of the core that works on one head; the gradient
computes them anew. For float32, with a mask but without a bias.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from lamella._lowering import native


class Inputs(NamedTuple):
    """Query, key and value as `attention` takes them."""

    query: Array
    key: Array
    value: Array


def fit(inputs: Inputs, bias: Any, mask: Any, scale: Any) -> bool:
    """Whether there is a kernel."""
    if bias is not None or not isinstance(scale, int | float) or not native.wanted(*inputs):
        return False
    if mask is None:
        return True
    batch, targets, heads, _ = inputs.query.shape
    pairs = zip(mask.shape, (batch, heads, targets, inputs.key.shape[1]))
    return mask.dtype == jnp.bool_ and mask.ndim == 4 and all(a in (1, b) for a, b in pairs)


def run(
    inputs: Inputs,
    mask: Array | None,
    scale: float,
    is_causal: bool,
    plain: Callable[[Inputs, Array | None], Array],
) -> Array:
    """Attention of (batch, targets, heads, value features).

    Args:
        mask: true where attention is allowed, each size 1 or that of the scores.
        plain: the same in XLA's operations, for gradients of gradients.
    """
    options = (int(is_causal), int(np.float32(scale).view(np.int32)))
    if mask is not None:
        mask = jnp.broadcast_to(mask, (*mask.shape[:3], inputs.key.shape[1]))

    def forward(inputs: Inputs, mask: Array | None, kept: bool) -> tuple[Array, list[Array]]:
        batch, targets, heads, _ = inputs.query.shape
        shapes: list[tuple[int, ...]] = [(batch, targets, heads, inputs.value.shape[-1])]
        if kept:  # the highest score of each row, and what its shares are multiplied by
            shapes += [(batch, heads, targets)] * 2
        given = tuple(inputs) if mask is None else (*inputs, mask)
        found = native.call("lamella_attention", shapes, *given, numbers=options)
        return found[0], found

    def backward(inputs: Inputs, mask: Array | None, saved: list[Array], slope: Array) -> Inputs:
        shapes, arrays = [one.shape for one in inputs], (*inputs, *saved, slope)
        given = arrays if mask is None else (*arrays, mask)
        return Inputs(*native.call("lamella_attention_gradient", shapes, *given, numbers=options))

    return native.differentiable(forward, backward, plain)(inputs, mask)
