"""What MultiHeadAttention and GroupQueryAttention share: projections around attention by heads."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from lamella import regularizers
from lamella._base import InvalidArgument, InvalidShape, check
from lamella._layer.input_spec import shown
from lamella._layer.layer import Layer
from lamella._lowering.attention import attention, causal_mask, scores, weighted, window_mask
from lamella.layers._parts import MaskPassing, anew, keep_parts, parts_of
from lamella.layers.activations.softmax import Softmax
from lamella.layers.attention import masks
from lamella.layers.core.einsum_dense import EinsumDense
from lamella.layers.regularization.dropout import Dropout


class ProjectedAttention(MaskPassing):
    """The engine of both. A leaf fills `build`, `_scores` and `_weighted`.

    The layers inside have the names of Keras's, and its attribute names, which are those in files.
    """

    _not_in_config = (*Layer._not_in_config, "flash_attention")
    # The axes of the inputs over which attention goes.
    _axes: tuple[int, ...] = (1,)
    _features: int

    def __init__(
        self,
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
        super().__init__(**kwargs)
        self.dropout = check.fraction(dropout, "dropout", closed=True)
        self.use_bias = use_bias
        self.use_gate = use_gate
        self.sliding_window = sliding_window
        if self.sliding_window is not None:
            self.sliding_window = check.positive_int(self.sliding_window, "sliding_window")
        self.flash_attention = flash_attention
        self.seed = seed
        if self.flash_attention and self.dropout > 0:
            raise InvalidArgument(
                f"{self._who()} has flash_attention=True and dropout={dropout}; the fused "
                "kernel has no dropout.",
                help="Set dropout=0.0, or leave flash_attention out.",
            )
        keep_parts(self, locals())
        self._inner_activity_regularizer = regularizers.get(activity_regularizer)

    def _add_projections(
        self,
        shapes: tuple[Any, Any, Any],
        heads: tuple[int, int],
        features: tuple[int, int],
        outputs: tuple[int, ...],
    ) -> None:
        """Makes and builds the layers inside.

        Args:
            shapes: of query, key and value.
            heads: of the query, and of key and value.
            features: of a head of query and key, and of value.
            outputs: sizes of the output's last axes.
        """
        query, key, value = shapes
        key = value if key is None else key
        if not len(query) == len(value) >= 3:
            raise InvalidShape(
                f"{self._who()} expects query and value with as many axes, three or more. "
                f"Received: query {shown(query)}, value {shown(value)}.",
                help="The axes are batch, steps, features; for one sample add the batch: x[None].",
            )
        if tuple(key[1:-1]) != tuple(value[1:-1]):
            raise InvalidShape(
                f"{self._who()} expects key and value of one length. Received: key {shown(key)}, "
                f"value {shown(value)}.",
                help="Each step of the key stands for one step of the value; only their last axes "
                "may differ.",
            )
        self._features = features[0]
        self._query_dense = self._projection("query", query, (heads[0], features[0]))
        self._key_dense = self._projection("key", key, (heads[1], features[0]))
        if self.use_gate:
            gate = (heads[0], features[1])
            self._gate_dense = self._projection("gate", query, gate, activation="sigmoid")
        self._value_dense = self._projection("value", value, (heads[1], features[1]))
        last = tuple(range(-len(self._axes), 0))
        self._softmax = Softmax(axis=last, dtype=self.dtype_policy)
        self._dropout_layer = Dropout(self.dropout, dtype=self.dtype_policy, seed=self.seed)
        letters = "opqrstuvwxyz"[: len(outputs)]
        shape, equation = (*query[:-1], heads[0], features[1]), f"...hk,hk{letters}->...{letters}"
        self._output_dense = self._dense("attention_output", shape, equation, outputs)

    def _projection(
        self, name: str, shape: Any, heads: tuple[int, int], activation: str | None = None
    ) -> EinsumDense:
        return self._dense(name, shape, "...d,dhk->...hk", heads, activation)

    def _dense(
        self,
        name: str,
        shape: Any,
        equation: str,
        outputs: tuple[int, ...],
        activation: str | None = None,
    ) -> EinsumDense:
        layer = EinsumDense(
            equation,
            outputs,
            activation,
            bias_axes=equation.rpartition("...")[2] if self.use_bias else None,
            # One initializer for all would give equal weights.
            **{name: anew(part) for name, part in parts_of(self, "kernel", "bias").items()},
            activity_regularizer=self._inner_activity_regularizer,
            dtype=self.dtype_policy,
            name=name,
        )
        layer.supports_masking = True  # what it would warn of is seen to here
        layer.build(shape)
        return layer

    def call(
        self,
        query: jax.Array,
        value: jax.Array,
        key: jax.Array | None = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        key = value if key is None else key
        if return_attention_scores and self.flash_attention:
            raise InvalidArgument(
                f"{self._who()} has flash_attention=True, which gives no scores.",
                help="Leave flash_attention out to see the scores.",
            )
        # A mask of order alone is left to the kernel, unless a person's method takes its place.
        given = query_mask, value_mask, key_mask, attention_mask
        order_alone = (
            use_causal_mask
            and given == (None,) * 4
            and self.sliding_window is None
            and self._needs_no_scores(query.ndim + 1, return_attention_scores, training)
            and type(self)._compute_attention is ProjectedAttention._compute_attention
        )
        ordered = use_causal_mask and not order_alone
        mask = self._compute_attention_mask(query, value, *given, ordered)
        gate = self._gate_dense(query) if self.use_gate else None
        projected = self._query_dense(query), self._key_dense(key), self._value_dense(value)
        settings: dict[str, Any] = {"use_causal_mask": True} if order_alone else {}
        outputs, shares = self._compute_attention(
            *projected, mask, training, return_attention_scores, **settings
        )
        outputs = self._output_dense(outputs if gate is None else outputs * gate)
        return (outputs, shares) if return_attention_scores else outputs

    def _compute_attention_mask(
        self,
        query: jax.Array,
        value: jax.Array,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        use_causal_mask: bool = False,
    ) -> jax.Array | None:
        """Where scores count, by all masks together; None if all do."""
        rank, axes = query.ndim, self._axes
        found = []
        for mask, targets in ((query_mask, True), (value_mask, False), (key_mask, False)):
            if mask is not None:
                found.append(masks.of_steps(mask, rank, axes, targets=targets))
        if use_causal_mask:
            found.append(self._ordered(query, value, causal_mask))
        if self.sliding_window is not None:
            found.append(self._ordered(query, value, window_mask, self.sliding_window))
        if attention_mask is not None:
            sizes = (
                *(query.shape[axis] for axis in range(rank - 1) if axis not in axes),
                None,
                *(query.shape[axis] for axis in axes),
                *(value.shape[axis] for axis in axes),
            )
            found.append(masks.of_pairs(attention_mask, sizes, axes, self._who()))
        return masks.together(found)

    def _ordered(
        self, query: jax.Array, value: jax.Array, make: Callable[..., jax.Array], *more: int
    ) -> jax.Array:
        """A mask that depends on how far targets and sources are along."""
        if len(self._axes) != 1:
            raise InvalidArgument(
                f"{self._who()} has {len(self._axes)} attention_axes, which have no one order.",
                help="Pass an attention_mask instead of use_causal_mask or sliding_window.",
            )
        axis = self._axes[0]
        mask = make(query.shape[axis], value.shape[axis], *more)
        return jnp.expand_dims(mask, tuple(range(query.ndim - 1)))

    def _compute_attention(
        self,
        query: jax.Array,
        key: jax.Array,
        value: jax.Array,
        attention_mask: Any = None,
        training: bool | None = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> tuple[jax.Array, jax.Array | None]:
        """Attention by heads, of projected arrays: the outputs, and scores if they were needed."""
        scale = 1.0 / math.sqrt(self._features)
        if self._needs_no_scores(query.ndim, return_attention_scores, training):
            outputs = attention(
                query,
                key,
                value,
                mask=attention_mask,
                scale=scale,
                is_causal=use_causal_mask,
                fused=bool(self.flash_attention),
            )
            return outputs, None
        if use_causal_mask:
            order = causal_mask(query.shape[1], value.shape[1])[None, None]
            attention_mask = order if attention_mask is None else attention_mask & order
        products = self._scores(query * jnp.asarray(scale, query.dtype), key)
        shares = self._softmax(products, mask=attention_mask)
        dropped = self._dropout_layer(shares, training=training) if self.dropout > 0 else shares
        return self._weighted(dropped, value), shares

    def _needs_no_scores(
        self, rank: int, return_attention_scores: bool, training: bool | None
    ) -> bool:
        """Whether attention may be one step, for projected arrays of that rank."""
        draws = self.dropout > 0 and training is not False  # None: as it is around this call
        return not draws and not return_attention_scores and rank == 4

    def _scores(self, query: jax.Array, key: jax.Array) -> jax.Array:
        """The product of each query with each key, head by head."""
        return scores(query, key)

    def _weighted(self, shares: jax.Array, value: jax.Array) -> jax.Array:
        """The sums of values by their shares."""
        return weighted(shares, value)
