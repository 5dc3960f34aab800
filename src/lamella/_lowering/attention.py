"""Dot-product attention: plain products and a softmax, a kernel in C, or that of NVIDIA GPUs."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from lamella._base.errors import InvalidArgument
from lamella._lowering import attention_kernels


def attention(
    query: jax.Array,
    key: jax.Array,
    value: jax.Array,
    bias: jax.Array | None = None,
    mask: jax.Array | None = None,
    scale: float | None = None,
    is_causal: bool = False,
    fused: bool = False,
) -> jax.Array:
    """softmax(q k' * scale + bias) v, for each head.

    Args:
        query: (batch, targets, heads, features).
        key: (batch, sources, key_heads, features); key_heads divides heads.
        value: (batch, sources, key_heads, value_features).
        bias: added to the logits, broadcast to (batch, heads, targets, sources).
        mask: true where attention is allowed, broadcast likewise.
        scale: factor of the logits, 1 / sqrt(features) if None.
        is_causal: whether a target sees no later source.
        fused: whether to take cuDNN's fused kernel, which fails where it cannot work.
    Shapes: (batch, targets, heads, value_features)
    Raises: InvalidArgument, if fused and there is no such kernel for the arrays.
    Example:
        >>> attention(*[jnp.ones((1, 2, 1, 1))] * 3).ravel().tolist()
        [1.0, 1.0]

    Source: Vaswani et al. 2017, NeurIPS; softmax in float32 and fully masked rows as jax.nn has
    them: such a row is the mean of all values.
    """
    scale = 1.0 / math.sqrt(query.shape[-1]) if scale is None else scale
    if fused:
        how: dict[str, Any] = {"scale": scale, "is_causal": is_causal, "implementation": "cudnn"}
        try:
            return jax.nn.dot_product_attention(query, key, value, bias, mask, **how)
        except Exception as cause:  # what it takes depends on cuDNN's version and on the GPU
            raise InvalidArgument(
                f"flash_attention=True finds no fused kernel for these arrays: {cause}",
                help="Leave flash_attention out, or use float16 or bfloat16 on a recent NVIDIA "
                "GPU.",
            ) from cause
    inputs = attention_kernels.Inputs(query, key, value)

    def plain(inputs: attention_kernels.Inputs, mask: jax.Array | None) -> jax.Array:
        return _in_steps(*inputs, bias, mask, scale, is_causal)

    if attention_kernels.fit(inputs, bias, mask, scale):
        return attention_kernels.run(inputs, mask, scale, is_causal, plain)
    return plain(inputs, mask)


def _in_steps(
    query: jax.Array,
    key: jax.Array,
    value: jax.Array,
    bias: jax.Array | None,
    mask: jax.Array | None,
    scale: float,
    is_causal: bool,
) -> jax.Array:
    """Attention by XLA's operations, one after the other."""
    logits = scores(query, key, jnp.promote_types(query.dtype, jnp.float32)) * scale
    if bias is not None:
        logits = logits + bias.astype(logits.dtype)
    if is_causal:
        order = causal_mask(query.shape[1], key.shape[1])[None, None]
        mask = order if mask is None else jnp.logical_and(mask, order)
    if mask is not None:
        lowest = -0.7 * float(jnp.finfo(jnp.float32).max)
        logits = jnp.where(mask, logits, jnp.asarray(lowest, logits.dtype))
    if value.dtype == jnp.float32:
        return weighted(logits, value, _attended)
    shares = jax.nn.softmax(logits.astype(jnp.float32), axis=-1).astype(key.dtype)
    return weighted(shares, value)


def scores(query: jax.Array, key: jax.Array, dtype: jnp.dtype | None = None) -> jax.Array:
    """The product of each query with each key: (batch, heads, targets, sources).

    Args:
        query: (batch, targets, heads, features).
        key: (batch, sources, key_heads, features); neighbouring heads share a key head.
        dtype: the number type of the result, None for that of the inputs.
    """
    products = _scores(_by_key_head(query, key.shape[2]), key, dtype)
    return products.reshape(query.shape[0], query.shape[2], query.shape[1], key.shape[1])


def weighted(
    shares: jax.Array, value: jax.Array, how: Callable[..., jax.Array] | None = None
) -> jax.Array:
    """Sums of values by their shares: (batch, targets, heads, value_features).

    Args:
        shares: (batch, heads, targets, sources).
        value: (batch, sources, key_heads, value_features).
        how: sums within the heads, by the shares as they are if None.
    """
    batch, heads, targets, sources = shares.shape
    key_heads, features = value.shape[2:]
    sums = (how or _weighted)(shares.reshape(batch, key_heads, -1, sources), value)
    return sums.reshape(batch, heads, targets, features).swapaxes(1, 2)


def _by_key_head(array: jax.Array, key_heads: int) -> jax.Array:
    """(batch, targets, heads, features) -> (batch, key heads, heads of each * targets, features)"""
    batch, targets, heads, features = array.shape
    return array.swapaxes(1, 2).reshape(batch, key_heads, heads // key_heads * targets, features)


# The gradients by key and value contract the targets. Left to autodiff, XLA would turn the scores
# round for that, which are by far the largest array; written like this it turns the small ones.


def _inner(one: jax.Array, key: jax.Array, dtype: jnp.dtype | None = None) -> jax.Array:
    """(batch, heads, n, f), (batch, sources, heads, f) -> (batch, heads, n, sources)"""
    sides = (((3,), (3,)), ((0, 1), (0, 2)))
    return lax.dot_general(one, key, sides, preferred_element_type=dtype)


def _outer(shares: jax.Array, value: jax.Array) -> jax.Array:
    """(batch, heads, n, sources), (batch, sources, heads, f) -> (batch, heads, n, f)"""
    return lax.dot_general(shares, value, (((3,), (1,)), ((0, 1), (0, 2))))


def _turned(one: jax.Array, shares: jax.Array) -> jax.Array:
    """(batch, heads, n, f), (batch, heads, n, sources) -> (batch, sources, heads, f)"""
    product = lax.dot_general(one, shares, (((2,), (2,)), ((0, 1), (0, 1))))
    return product.transpose(0, 3, 1, 2)


_scores = jax.custom_vjp(_inner, nondiff_argnums=(2,))
_weighted = jax.custom_vjp(_outer)


def _scores_backward(dtype: jnp.dtype | None, saved: tuple, given: jax.Array) -> tuple:
    query, key = saved
    for_query, for_key = _outer(given, key), _turned(query, given)
    return for_query.astype(query.dtype), for_key.astype(key.dtype)


def _weighted_backward(saved: tuple, given: jax.Array) -> tuple:
    shares, value = saved
    return _inner(given, value), _turned(given, shares)


_scores.defvjp(
    lambda query, key, dtype: (_inner(query, key, dtype), (query, key)), _scores_backward
)
_weighted.defvjp(lambda *saved: (_outer(*saved), saved), _weighted_backward)


# A softmax and the sums by it. The shares are never divided by their total: the sums are, which are
# smaller, and the gradient's mean over all sources is taken of the sums too.
@jax.custom_vjp
def _attended(logits: jax.Array, value: jax.Array) -> jax.Array:
    return _attend(logits, value)[0]


def _attend(logits: jax.Array, value: jax.Array) -> tuple[jax.Array, tuple]:
    shares = jnp.exp(logits - jnp.max(logits, -1, keepdims=True))
    part = 1 / jnp.sum(shares, -1, keepdims=True)
    sums = _outer(shares, value) * part
    return sums, (shares, part, value, sums)


def _attended_backward(saved: tuple, given: jax.Array) -> tuple:
    shares, part, value, sums = saved
    given = given * part
    mean = jnp.sum(given * sums, -1, keepdims=True)
    return shares * (_inner(given, value) - mean), _turned(given, shares)


_attended.defvjp(_attend, _attended_backward)


def causal_mask(targets: int, sources: int) -> jax.Array:
    """True where the source is not later than the target: (targets, sources)."""
    return _place(targets, sources, 0) >= _place(targets, sources, 1)


def window_mask(targets: int, sources: int, width: int) -> jax.Array:
    """True where source and target are less than `width` steps apart: (targets, sources)."""
    return jnp.abs(_place(targets, sources, 0) - _place(targets, sources, 1)) < width


def _place(targets: int, sources: int, axis: int) -> jax.Array:
    # An iota, and not jnp.arange: it takes sizes that are unknown while shapes are inferred.
    return lax.broadcasted_iota(jnp.int32, (targets, sources), axis)
