"""Attention of queries to keys."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base.errors import InvalidArgument, InvalidShape
from lamella._graph.operation import op
from lamella.ops._arrays import NN, array


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
        key: (batch, sources, heads, features).
        value: (batch, sources, heads, features).
        bias: added to the logits, (batch, heads, targets, sources) or broadcast.
        mask: true where attention is allowed.
        scale: factor of the logits, 1 / sqrt(features) if None.
        is_causal: whether a target sees no later source.
        flash_attention: whether to insist on the fused kernel of a GPU.
        attn_logits_soft_cap: not supported.
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
    bias = None if bias is None else array(bias).astype(dtype)
    mask = None if mask is None else array(mask).astype(bool)
    return jax.nn.dot_product_attention(
        query.astype(dtype),
        key.astype(dtype),
        value.astype(dtype),
        bias=bias,
        mask=mask,
        scale=scale,
        is_causal=is_causal,
        implementation="cudnn" if flash_attention else None,
    )
