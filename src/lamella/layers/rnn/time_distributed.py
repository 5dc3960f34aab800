"""A layer applied to every step of a sequence."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import InvalidShape, register
from lamella._layer.input_spec import shown
from lamella._layer.layer import Layer
from lamella._state.pure import scan
from lamella.layers._parts import call_with
from lamella.layers.core.plain import Wrapper


@register("layer", module="keras.layers")
class TimeDistributed(Wrapper):
    """Applies one layer to every step of a sequence, with the same weights.

    y[:, t] = layer(x[:, t])

    Args:
        layer: any layer of one input.

    Shapes: (n, time, ...) -> (n, time, *layer's output without the batch)

    Raises: InvalidArgument, if it is no layer; InvalidShape, if the input has fewer than three
    axes, or if the mask does not fit the input.

    Example:
        >>> from lamella.layers.core.dense import Dense
        >>> TimeDistributed(Dense(4))(jnp.ones((2, 5, 3))).shape
        (2, 5, 4)
    """

    mixes_rows = False

    def __init__(self, layer: Layer, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:  # type: ignore[override]
        if len(input_shape) < 3:
            raise InvalidShape(
                f"{self._who()} expects 3 axes or more. Received: shape {shown(input_shape)}.",
                help="The axes are batch, time, and those of the layer inside.",
            )
        if not self.layer.built:
            self.layer.build((input_shape[0], *input_shape[2:]))

    def call(self, inputs: jax.Array, training: bool | None = None, mask: Any = None) -> Any:
        self._check_mask(inputs, mask)
        if self._is_row_wise(training):
            return self._all_at_once(inputs, mask, training)
        return self._step_by_step(inputs, mask, training)

    def _is_row_wise(self, training: bool | None) -> bool:
        """Whether steps may be rows of one big batch: no row looks at others or draws numbers."""
        if any(part.mixes_rows for part in self.layer._walk()):  # type: ignore[attr-defined]
            return False
        return not training or len(self.layer.variables) == len(self.layer.weights)

    def _all_at_once(self, inputs: jax.Array, mask: Any, training: bool | None) -> Any:
        rows, steps = inputs.shape[:2]
        flat, flat_mask = jax.tree.map(
            lambda array: array.reshape(rows * steps, *array.shape[2:]), (inputs, mask)
        )
        outputs = call_with(self.layer, flat, training=training, mask=flat_mask)
        return jax.tree.map(lambda array: array.reshape(rows, steps, *array.shape[1:]), outputs)

    def _step_by_step(self, inputs: jax.Array, mask: Any, training: bool | None) -> Any:
        by_time = jax.tree.map(lambda array: jnp.swapaxes(array, 0, 1), (inputs, mask))

        def step(carry: tuple, item: tuple) -> tuple[tuple, Any]:
            array, valid = item
            return carry, call_with(self.layer, array, training=training, mask=valid)

        _, outputs = scan(step, (), by_time, self.layer.non_trainable_variables)
        return jax.tree.map(lambda array: jnp.swapaxes(array, 0, 1), outputs)

    def _check_mask(self, inputs: jax.Array, mask: Any) -> None:
        if mask is None:
            return
        fits = mask.ndim >= 2 and all(
            ours == wanted or not (isinstance(ours, int) and isinstance(wanted, int))
            for ours, wanted in zip(mask.shape[:2], inputs.shape[:2])
        )
        if not fits:
            raise InvalidShape(
                f"{self._who()} expects a mask of shape {shown(inputs.shape[:2])}. "
                f"Received: {shown(mask.shape)}.",
                help="A mask has one entry for each row of the batch and each step.",
            )
