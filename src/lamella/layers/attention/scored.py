"""Attention without projections: Attention scores by products, AdditiveAttention by sums."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import InvalidArgument, check, register
from lamella._lowering.attention import causal_mask
from lamella._lowering.dropout import dropout as drop
from lamella._state.seeds import SeedGenerator
from lamella._state.variable import Variable
from lamella.layers._parts import MaskPassing


@register("layer", module="keras.layers")
class Attention(MaskPassing):
    """Gathers from each step of the value, by how well its key fits the query.

    y = softmax(s) V,   s = scale * Q K'  or  s = w * sum(tanh(scale * (Q + K)))

    A subclass may fill `_calculate_scores(query, key)`.

    Args:
        use_scale: whether scores have a trained factor.
        score_mode: "dot" for products, "concat" for the sum of tanh.
        dropout: share of scores to drop while training, 0 <= dropout <= 1.
        seed: a whole number for the same draws every time.

    A call takes ([query, value] or [query, value, key], mask=[query_mask, value_mask],
    training, return_attention_scores=False, use_causal_mask=False).

    Shapes: (n, targets, features), (n, sources, features) -> (n, targets, features); with
    return_attention_scores also (n, targets, sources)

    Raises: InvalidArgument, if it is not called with a list of two or three.

    Example:
        >>> query, value = jnp.ones((1, 2, 3)), jnp.ones((1, 5, 3))
        >>> Attention()([query, value]).shape
        (1, 2, 3)

    Source: Luong et al. 2015, arXiv:1508.04025.
    """

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.use_scale = use_scale
        self.score_mode = check.one_of(score_mode, ("dot", "concat"), "score_mode")
        self.dropout = check.fraction(dropout, "dropout", closed=True)
        self.seed = seed
        if self.dropout > 0:
            self.seed_generator = SeedGenerator(seed)
        self.scale: Variable | None = None
        self.concat_score_weight: Variable | None = None

    def build(self, input_shape: Any) -> None:
        self._check_pair(input_shape, "inputs")
        if self.use_scale:
            self.scale = self.add_weight(name="scale", shape=(), initializer="ones")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight((), "ones", name="concat_score_weight")

    def _calculate_scores(self, query: jax.Array, key: jax.Array) -> jax.Array:
        """How well each key fits each query: (n, targets, sources)."""
        scale = 1.0 if self.scale is None else self.scale.value
        if self.concat_score_weight is None:
            return jnp.matmul(query, jnp.swapaxes(key, -2, -1)) * scale
        return self.concat_score_weight.value * jnp.tanh(scale * _sums(query, key)).sum(axis=-1)

    def call(
        self,
        inputs: Any,
        mask: Any = None,
        training: bool = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        self._check_pair(inputs, "inputs")
        if mask is not None:
            self._check_pair(mask, "masks")
        query, value, key = (*inputs, inputs[1])[:3]
        query_mask, value_mask = (None, None) if mask is None else mask[:2]
        scores = self._calculate_scores(query, key)
        scores = _masked(scores, value_mask, use_causal_mask)
        shares = jax.nn.softmax(scores, axis=-1)
        dropped = shares
        if training and self.dropout > 0:
            dropped = drop(shares, self.dropout, self.seed_generator.next())
        outputs = jnp.matmul(dropped, value)
        if query_mask is not None:
            counted = jnp.expand_dims(query_mask.astype(bool), -1)
            outputs = jnp.where(counted, outputs, jnp.zeros((), outputs.dtype))
        return (outputs, shares) if return_attention_scores else outputs

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """The mask of the query."""
        return None if previous_mask is None else previous_mask[0]

    def _check_pair(self, items: Any, what: str) -> None:
        if not isinstance(items, (list, tuple)) or not 2 <= len(items) <= 3:
            received = f"a list of {len(items)}" if isinstance(items, (list, tuple)) else "no list"
            raise InvalidArgument(
                f"{self._who()} expects a list of two or three {what}. Received: {received}.",
                help="Pass [query, value] or [query, value, key].",
            )


@register("layer", module="keras.layers")
class AdditiveAttention(Attention):
    """Gathers from each step of the value, by a sum of tanh of query and key.

    y = softmax(s) V,   s = sum(scale * tanh(Q + K))

    Args:
        use_scale: whether each feature has a trained factor.
        dropout: share of scores to drop while training, 0 <= dropout <= 1.

    A call takes what one of Attention takes.

    Shapes: (n, targets, features), (n, sources, features) -> (n, targets, features); with
    return_attention_scores also (n, targets, sources)

    Raises: InvalidArgument, if it is not called with a list of two or three.

    Example:
        >>> query, value = jnp.ones((1, 2, 3)), jnp.ones((1, 5, 3))
        >>> AdditiveAttention()([query, value]).shape
        (1, 2, 3)

    Source: Bahdanau et al. 2014, arXiv:1409.0473.
    """

    def __init__(self, use_scale: bool = True, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(use_scale=use_scale, dropout=dropout, **kwargs)

    def build(self, input_shape: Any) -> None:
        self._check_pair(input_shape, "inputs")
        if self.use_scale:
            self.scale = self.add_weight((input_shape[0][-1],), "glorot_uniform", name="scale")

    def _calculate_scores(self, query: jax.Array, key: jax.Array) -> jax.Array:
        curved = jnp.tanh(_sums(query, key))
        if self.scale is not None:
            curved = curved * jnp.expand_dims(self.scale.value, tuple(range(curved.ndim - 1)))
        return curved.sum(axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}


def _sums(query: jax.Array, key: jax.Array) -> jax.Array:
    return jnp.expand_dims(query, -2) + jnp.expand_dims(key, -3)


def _masked(scores: jax.Array, value_mask: Any, is_causal: bool) -> jax.Array:
    """Scores that are low where a source does not count."""
    counted = None
    if value_mask is not None:
        counted = jnp.expand_dims(value_mask.astype(bool), -2)
    if is_causal:
        order = causal_mask(*scores.shape[-2:])
        order = jnp.expand_dims(order, tuple(range(scores.ndim - 2)))
        counted = order if counted is None else jnp.logical_and(counted, order)
    if counted is None:
        return scores
    # Lowered and not replaced, as Keras does: rows in which nothing counts come out the same.
    depth = 65504.0 if scores.dtype == jnp.float16 else 1e9
    return jnp.where(counted, scores, scores - jnp.asarray(depth, scores.dtype))
