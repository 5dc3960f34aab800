"""Attention of queries to keys."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import InvalidArgument, InvalidShape
from lamella._graph.operation import op
from lamella._lowering.attention import attention
from lamella.ops._declare import NN, array


@op("dot_product_attention", module=NN, arrays=6)
def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> jax.Array:
    """softmax(q k' * scale + bias) v, for each head.

    Args:
        query: (batch, targets, heads, features).
        key: (batch, sources, key heads, features); the number of key heads divides that of heads.
        value: (batch, sources, key heads, value features).
        bias: added to the logits, (batch, heads, targets, sources) or broadcast.
        mask: true where attention is allowed.
        scale: factor of the logits, 1 / sqrt(features) if None.
        is_causal: whether a target sees no later source.
        flash_attention: whether to take the fused kernel of an NVIDIA GPU.
        attn_logits_soft_cap: not supported.
    Shapes: (batch, targets, heads, value features)
    Raises: InvalidShape, if there are not four axes; InvalidArgument, if flash_attention=True and
    there is no such kernel for the arrays.
    Example:
        >>> dot_product_attention(*[jnp.ones((1, 2, 1, 1))] * 3).ravel().tolist()
        [1.0, 1.0]
    """
    query, key, value = array(query), array(key), array(value)
    if not query.ndim == key.ndim == value.ndim == 4:
        raise InvalidShape(
            "dot_product_attention expects query, key and value with four axes. Received: shapes "
            f"{query.shape}, {key.shape} and {value.shape}.",
            help="Put heads on the third axis: (batch, length, heads, features).",
        )
    if attn_logits_soft_cap is not None:
        raise InvalidArgument(
            "dot_product_attention does not take attn_logits_soft_cap.",
            help="Leave it out; Keras uses it on TPUs only.",
        )
    dtype = jnp.result_type(query, key, value)
    bias = None if bias is None else _four_axes(array(bias)).astype(dtype)
    mask = None if mask is None else _four_axes(array(mask)).astype(bool)
    return attention(
        query.astype(dtype),
        key.astype(dtype),
        value.astype(dtype),
        bias,
        mask,
        scale,
        is_causal,
        fused=bool(flash_attention),
    )


def _four_axes(x: jax.Array) -> jax.Array:
    return jnp.expand_dims(x, tuple(range(4 - x.ndim)))
