"""Attention with heads: MultiHeadAttention and GroupedQueryAttention."""

from operator import attrgetter
from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import InvalidArgument, check, continues, publish, register
from lamella._base.serialize import serialize
from lamella._layer.input_spec import shown
from lamella.layers.attention.projected import ProjectedAttention


@register("layer", module="keras.layers")
class MultiHeadAttention(ProjectedAttention):
    """Lets each step of the query gather what it needs from the steps of the value.

    head = softmax(Q K' / sqrt(key_dim)) V;   y = heads @ W + b

    Q, K and V are projections of query, key and value. With query, value and key the same array
    this is self-attention. Masks that travel with the inputs count: no query looks at a masked
    step, and the mask of the query goes on with the output.

    Args:
        num_heads: heads, >= 1.
        key_dim: features of each head of query and key, >= 1.
        value_dim: features of each head of the value, key_dim if None.
        dropout: share of scores to drop while training, 0 <= dropout <= 1.
        use_bias: whether the projections have biases.
        output_shape: a size, or sizes, of the output's last axes; None for the query's features.
        attention_axes: the axes over which attention goes, None for all but batch and features.
        sliding_window: how near a source must be, in steps: |target - source| < sliding_window;
            None for any distance.
        flash_attention: whether to take the fused kernel of an NVIDIA GPU, which has no dropout
            and gives no scores.
        kernel_initializer, bias_initializer: how weights start.
        kernel_regularizer, bias_regularizer: costs of the weights.
        activity_regularizer: a cost of each projection's output.
        kernel_constraint, bias_constraint: applied after each update.
        use_gate: whether heads are multiplied by sigmoid(query @ W_gate + b_gate).
        seed: a whole number for the same dropout every time.

    A call takes (query, value, key=None, query_mask, value_mask, key_mask, attention_mask,
    return_attention_scores=False, training, use_causal_mask=False); attention_mask is true where a
    target may look at a source, (batch, targets, sources).

    Shapes: (n, targets, features), (n, sources, ...) -> (n, targets, features); with
    return_attention_scores also (n, heads, targets, sources)

    Raises: InvalidArgument and InvalidShape, if sizes or masks do not fit.

    Example:
        >>> layer = MultiHeadAttention(num_heads=2, key_dim=4)
        >>> x = jnp.ones((1, 3, 8))
        >>> y, scores = layer(x, x, return_attention_scores=True, use_causal_mask=True)
        >>> y.shape, scores[0, 0, 1].tolist()
        ((1, 3, 8), [0.5, 0.5, 0.0])

    Source: Vaswani et al. 2017, NeurIPS; the gate: Qiu et al. 2025, arXiv:2505.06708.
    """

    _not_in_config = (*ProjectedAttention._not_in_config, "output_shape")

    @continues(ProjectedAttention)
    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: Any = None,
        attention_axes: Any = None,
        *more: Any,
        **named: Any,
    ) -> None:
        super().__init__(dropout, use_bias, *more, **named)
        self.num_heads = check.positive_int(num_heads, "num_heads")
        self.key_dim = check.positive_int(key_dim, "key_dim")
        self.value_dim = check.positive_int(value_dim or key_dim, "value_dim")
        self._last_sizes = (output_shape,) if isinstance(output_shape, int) else output_shape
        if self._last_sizes is not None:
            self._last_sizes = tuple(self._last_sizes)
        whole = isinstance(attention_axes, int)
        self.attention_axes = (attention_axes,) if whole else attention_axes

    query_dense = property(attrgetter("_query_dense"), doc="The layer that projects the query.")
    key_dense = property(attrgetter("_key_dense"), doc="The layer that projects the key.")
    value_dense = property(attrgetter("_value_dense"), doc="The layer that projects the value.")
    output_dense = property(attrgetter("_output_dense"), doc="The layer that joins the heads.")

    def build(  # type: ignore[override]
        self, query_shape: Any, value_shape: Any, key_shape: Any = None
    ) -> None:
        self._axes = self._read_axes(query_shape)
        self.mixes_rows = 0 in self._axes
        shapes, heads = (query_shape, key_shape, value_shape), (self.num_heads, self.num_heads)
        outputs = self._last_sizes or (query_shape[-1],)
        self._add_projections(shapes, heads, (self.key_dim, self.value_dim), outputs)

    def _read_axes(self, query_shape: Any) -> tuple[int, ...]:
        rank = len(query_shape)
        if self.attention_axes is None:
            return tuple(range(1, rank - 1))
        axes = tuple(axis + rank if axis < 0 else axis for axis in self.attention_axes)
        if not axes or not all(0 <= axis < rank - 1 for axis in axes):
            raise InvalidArgument(
                f"{self._who()} has attention_axes={self.attention_axes}. Received: query of shape "
                f"{shown(query_shape)}.",
                help="Axis 0 is the batch and the last one the features: choose among those "
                "between.",
            )
        return axes

    def _equation(self, rank: int) -> tuple[str, str, str]:
        """Letters of query, of key and value, and of scores; upper case are those of sources."""
        query = "abcdefghijklm"[:rank]
        places = enumerate(query)
        key = "".join(one.upper() if place in self._axes else one for place, one in places)
        inner = "".join(query[place] for place in range(rank - 1) if place not in self._axes)
        chosen = "".join(query[axis] for axis in self._axes)
        return query, key, f"{inner}{chosen}{chosen.upper()}"

    def _scores(self, query: jax.Array, key: jax.Array) -> jax.Array:
        of_query, of_key, of_scores = self._equation(query.ndim)
        return jnp.einsum(f"{of_query},{of_key}->{of_scores}", query, key)

    def _weighted(self, shares: jax.Array, value: jax.Array) -> jax.Array:
        of_query, of_value, of_scores = self._equation(value.ndim)
        return jnp.einsum(f"{of_scores},{of_value}->{of_query}", shares, value)

    def get_config(self) -> dict[str, Any]:
        regularizer = serialize(self._inner_activity_regularizer)
        own = {"output_shape": self._last_sizes, "activity_regularizer": regularizer}
        return {**super().get_config(), **own}


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

    @continues(ProjectedAttention)
    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        *more: Any,
        **named: Any,
    ) -> None:
        super().__init__(*more, **named)
        self.activity_regularizer = self._inner_activity_regularizer
        self.head_dim = check.positive_int(head_dim, "head_dim")
        self.num_query_heads = check.positive_int(num_query_heads, "num_query_heads")
        self.num_key_value_heads = check.positive_int(num_key_value_heads, "num_key_value_heads")
        if self.num_query_heads % self.num_key_value_heads:
            raise InvalidArgument(
                f"num_query_heads must be divisible by num_key_value_heads. Received: "
                f"{num_query_heads} and {num_key_value_heads}.",
                help="Each key head serves equally many query heads, for example 8 and 2.",
            )

    def build(  # type: ignore[override]
        self, query_shape: Any, value_shape: Any, key_shape: Any = None
    ) -> None:
        shapes, heads = (query_shape, key_shape, value_shape), self.num_query_heads
        features, outputs = (self.head_dim, self.head_dim), (query_shape[-1],)
        self._add_projections(shapes, (heads, self.num_key_value_heads), features, outputs)


# The name by which Keras shows it.
GroupQueryAttention = GroupedQueryAttention


publish(__name__)
