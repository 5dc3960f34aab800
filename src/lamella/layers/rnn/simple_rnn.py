"""The fully connected recurrence, and its cell."""

from collections.abc import Mapping
from typing import Any, Self

import jax

from lamella._base import register
from lamella._lowering import recurrent
from lamella._lowering.recurrent_steps import Recurrence, recur
from lamella._state.seeds import SeedGenerator
from lamella.layers.rnn.cell_layer import CellLayer
from lamella.layers.rnn.gated_cell import GatedCell, first_state


@register("layer", module="keras.layers")
class SimpleRNNCell(GatedCell):
    """One step of a fully connected recurrence.

    h' = activation(x kernel + h recurrent_kernel + bias)

    Args:
        units: size of the state and the output, 1 or more.
        activation: a name, a function, or None for none.
        use_bias: whether to add a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: how weights start.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: costs of the weights.
        kernel_constraint, recurrent_constraint, bias_constraint: applied after each update.
        dropout, recurrent_dropout: share of input and state entries to drop while training, 0 to 1;
            the same entries at every step.
        seed: of the dropout; None draws one.

    Shapes: (n, features), [(n, units)] -> (n, units), [(n, units)]

    Raises: InvalidArgument, if units < 1 or a share is outside its range.

    Example:
        >>> cell = SimpleRNNCell(4)
        >>> output, states = cell(jax.numpy.ones((2, 3)), cell.get_initial_state(2))
        >>> output.shape
        (2, 4)

    Source: Elman 1990, Cognitive Science 14:179.
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        # Before the initializers draw their seeds: the order decides who gets which.
        self.seed = seed
        self.seed_generator = SeedGenerator(seed)
        self._keep(locals())
        self.state_size = self.units

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """A new cell from what `get_config` gave."""
        # As they are: initializers have to draw their seeds after the dropout has drawn its own.
        return cls(**config)

    def call(
        self, sequence: jax.Array, states: Any, training: bool | None = False
    ) -> tuple[jax.Array, Any]:
        h = first_state(states)
        multipliers = self._multipliers(sequence, h, training)
        kernel, recurrent_kernel = self.kernel.value, self.recurrent_kernel.value
        projected = recur(sequence, Recurrence(kernel, self._bias_value(), multipliers.inputs))
        h = self.activation(
            projected + recur(h, Recurrence(recurrent_kernel, None, multipliers.state))
        )
        return h, [h] if isinstance(states, (list, tuple)) else h


@register("layer", module="keras.layers")
class SimpleRNN(CellLayer):
    """A fully connected recurrence over a sequence.

    h' = activation(x kernel + h recurrent_kernel + bias)

    Args:
        units: size of the state and the output, 1 or more.
        activation: a name, a function, or None for none.
        use_bias: whether to add a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: how weights start.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: costs of the weights.
        activity_regularizer: a cost of the output.
        kernel_constraint, recurrent_constraint, bias_constraint: applied after each update.
        dropout, recurrent_dropout: share of input and state entries to drop while training, 0 to 1;
            the same entries at every step.
        seed: of the dropout; None draws one.
        return_sequences: give the output of every step instead of the last one.
        return_state: give the last state too.
        go_backwards: from the last step to the first; outputs stand in that order too.
        stateful: start each batch from the last state of the one before; the batch size is fixed.
        unroll: several steps per turn of the loop; the number of steps must be known.

    Shapes: (n, time, features) -> (n, time, units) or (n, units); each state (n, units)

    Raises: InvalidArgument, if units < 1 or a share is outside its range; InvalidShape, if
    `stateful` or `unroll` meets an unknown size.

    Example:
        >>> SimpleRNN(4, return_sequences=True)(jax.numpy.ones((2, 5, 3))).shape
        (2, 5, 4)

    Source: Elman 1990, Cognitive Science 14:179.
    """

    _cell_class = SimpleRNNCell
    _fused = staticmethod(recurrent.simple_rnn)
    # Keras's files have no seed for this layer.
    _not_in_config = (*CellLayer._not_in_config, "seed")

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(locals())

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """A new layer from what `get_config` gave."""
        # As they are: initializers have to draw their seeds after the dropout has drawn its own.
        return cls(**config)
