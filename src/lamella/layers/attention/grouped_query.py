"""Attention by several heads, some of which share keys and values."""

from __future__ import annotations

from typing import Any

import jax

from lamella._base import check
from lamella._base.errors import InvalidArgument
from lamella._base.registry import register
from lamella._lowering.attention import scores, weighted
from lamella.layers.attention.projected import ProjectedAttention


@register("layer", "GroupedQueryAttention", module="keras.layers", name="GroupQueryAttention")
class GroupedQueryAttention(ProjectedAttention):
    """Attention whose query has more heads than key and value: groups of heads share them.

    head i = softmax(Q_i K_j' / sqrt(head_dim)) V_j,   j = i // (query heads / key heads)

    With as many heads on both sides it is MultiHeadAttention, which see for masks and for what a
    call takes; with one key head it is multi-query attention.

    Args:
        head_dim: features of each head, >= 1.
        num_query_heads: heads of the query, >= 1.
        num_key_value_heads: heads of key and value; it divides num_query_heads.
        dropout: share of scores to drop while training, 0 <= dropout <= 1.
        use_bias: whether the projections have biases.
        sliding_window: how near a source must be, in steps: |target - source| < sliding_window;
            None for any distance.
        flash_attention: whether to take the fused kernel of an NVIDIA GPU, which has no dropout
            and gives no scores.
        kernel_initializer, bias_initializer: how weights start.
        kernel_regularizer, bias_regularizer: costs of the weights.
        activity_regularizer: a cost of the output, and of each projection's.
        kernel_constraint, bias_constraint: applied after each update.
        use_gate: whether heads are multiplied by sigmoid(query @ W_gate + b_gate).
        seed: a whole number for the same dropout every time.

    Shapes: (n, targets, features), (n, sources, ...) -> (n, targets, features); with
    return_attention_scores also (n, query heads, targets, sources)

    Raises: InvalidArgument and InvalidShape, if sizes or masks do not fit.

    Example:
        >>> import jax.numpy as jnp
        >>> x = jnp.ones((1, 3, 8))
        >>> GroupedQueryAttention(head_dim=4, num_query_heads=4, num_key_value_heads=2)(x, x).shape
        (1, 3, 8)

    Source: Ainslie et al. 2023, arXiv:2305.13245.
    """

    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.head_dim = check.positive_int(head_dim, "head_dim")
        self.num_query_heads = check.positive_int(num_query_heads, "num_query_heads")
        self.num_key_value_heads = check.positive_int(num_key_value_heads, "num_key_value_heads")
        if self.num_query_heads % self.num_key_value_heads:
            raise InvalidArgument(
                f"num_query_heads must be divisible by num_key_value_heads. Received: "
                f"{num_query_heads} and {num_key_value_heads}.",
                help="Each key head serves equally many query heads, for example 8 and 2.",
            )
        self._set_attention(dropout, use_bias, sliding_window, flash_attention, use_gate, seed)
        self._set_weights_of(
            (kernel_initializer, bias_initializer),
            (kernel_regularizer, bias_regularizer),
            (kernel_constraint, bias_constraint),
            activity_regularizer,
        )

    def build(  # type: ignore[override]
        self, query_shape: Any, value_shape: Any, key_shape: Any = None
    ) -> None:
        self._add_projections(
            (query_shape, value_shape if key_shape is None else key_shape, value_shape),
            heads=(self.num_query_heads, self.num_key_value_heads),
            features=(self.head_dim, self.head_dim),
            outputs=(query_shape[-1],),
        )

    def _scores(self, query: jax.Array, key: jax.Array) -> jax.Array:
        return scores(query, key)

    def _weighted(self, shares: jax.Array, value: jax.Array) -> jax.Array:
        return weighted(shares, value)


# The name by which Keras shows it.
GroupQueryAttention = GroupedQueryAttention
