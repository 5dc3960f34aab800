"""Whole numbers to vectors."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lamella._base import InvalidData, check, register
from lamella._lowering.lookups import rows_of_table
from lamella.layers._parts import RowWise, add_part, keep_parts


@register("layer", module="keras.layers")
class Embedding(RowWise):
    """Looks up a trained vector for every whole number.

    y[..., :] = embeddings[x[...]]

    Args:
        input_dim: how many numbers there are: they go from 0 to input_dim - 1.
        output_dim: size of the vectors, >= 1.
        embeddings_initializer: how the vectors start.
        embeddings_regularizer: a cost of the vectors.
        embeddings_constraint: applied after each update.
        mask_zero: whether 0 means "no data" and layers after it skip such steps.
        weights: the first value of the vectors, an array (input_dim, output_dim) or a list of it.
        lora_rank, lora_alpha, quantization_config: must be None; they are in Keras's files.

    Shapes: (...,) of whole numbers -> (..., output_dim)

    Raises: InvalidData, if a number is outside the range in eager code; compiled code gives NaN.

    Example:
        >>> Embedding(10, 4)(jnp.array([[1, 2, 3]])).shape
        (1, 3, 4)
    """

    _not_in_config = ("autocast", "weights", "lora_rank", "lora_alpha")

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        check.absent(lora_rank=lora_rank, quantization_config=quantization_config)
        super().__init__(**kwargs)
        self.input_dim = check.positive_int(input_dim, "input_dim")
        self.output_dim = check.positive_int(output_dim, "output_dim")
        keep_parts(self, locals())
        self.mask_zero = bool(mask_zero)
        self.supports_masking = self.mask_zero
        self.autocast = False
        self.quantization_config = quantization_config
        if weights is not None:
            self.build()
            self.set_weights(list(weights) if isinstance(weights, (list, tuple)) else [weights])

    def build(self, input_shape: Any = None) -> None:
        if self.built:
            return
        self.embeddings = add_part(self, "embeddings", (self.input_dim, self.output_dim))

    def call(self, inputs: jax.Array) -> jax.Array:
        if not jnp.issubdtype(inputs.dtype, jnp.integer):
            inputs = inputs.astype("int32")
        if not isinstance(inputs, jax.core.Tracer):
            self._require_known(np.asarray(inputs))
        return rows_of_table(self.embeddings, inputs).astype(self.compute_dtype)

    def _require_known(self, numbers: np.ndarray) -> None:
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < self.input_dim:
            raise InvalidData(
                f"{self._who()} expects numbers from 0 to {self.input_dim - 1}. Received: values "
                f"from {numbers.min()} to {numbers.max()}.",
                help=f"Make input_dim at least {max(int(numbers.max()) + 1, 1)}, or map unknown "
                "words to a number of their own.",
            )

    def compute_mask(self, inputs: jax.Array, previous_mask: Any = None) -> jax.Array | None:
        return inputs != 0 if self.mask_zero else None

    def get_config(self) -> dict[str, Any]:
        return {"activity_regularizer": None, **super().get_config()}
