"""The gated recurrent unit, and its cell."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella import activations
from lamella._base import check, register
from lamella._lowering import recurrent
from lamella._lowering.recurrent_steps import Recurrence, recur
from lamella._state.seeds import SeedGenerator
from lamella.layers.rnn.cell_layer import CellLayer
from lamella.layers.rnn.gated_cell import GatedCell, first_state


@register("layer", module="keras.layers")
class GRUCell(GatedCell):
    """One step of a gated recurrent unit.

    u, r = s(z_u), s(z_r);  h' = u h + (1 - u) a(g),  gates in the order u, r, g, with
    g = x_g + r (h recurrent_kernel_g + recurrent_bias_g)   if reset_after,
    g = x_g + (r h) recurrent_kernel_g                      otherwise

    Args:
        units: size of the state and the output, 1 or more.
        activation: of the candidate: a name, a function, or None for none.
        recurrent_activation: of the two gates.
        use_bias: whether to add a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: how weights start.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: costs of the weights.
        kernel_constraint, recurrent_constraint, bias_constraint: applied after each update.
        dropout, recurrent_dropout: share of input and state entries to drop while training, 0 to 1;
            the same entries at every step.
        reset_after: whether the reset gate acts after the matrix product.
        seed: of the dropout; None draws one.

    Shapes: (n, features), [(n, units)] -> (n, units), [(n, units)]

    Raises: InvalidArgument, if units < 1 or a share is outside its range.

    Example:
        >>> cell = GRUCell(4)
        >>> output, states = cell(jnp.ones((2, 3)), cell.get_initial_state(2))
        >>> output.shape
        (2, 4)

    Source: Cho et al. 2014, EMNLP; reset_after as in cuDNN.
    """

    gates = 3

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
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
        reset_after: bool = True,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        implementation = kwargs.pop("implementation", 2)
        super().__init__(**kwargs)
        self._keep(locals())
        self.recurrent_activation = activations.get(recurrent_activation)
        self.seed = seed
        self.seed_generator = SeedGenerator(seed)
        self.reset_after = reset_after
        self.state_size = self.units

    def build(self, input_shape: Any) -> None:
        width = 3 * self.units
        shape = (2, width) if self.reset_after else (width,)
        self._add_weights(input_shape, shape, self.bias_initializer)

    def call(
        self, inputs: jax.Array, states: Any, training: bool | None = False
    ) -> tuple[jax.Array, Any]:
        h = first_state(states)
        drop_inputs, drop_state = self._multipliers(inputs, h, training)
        bias, state_bias = self._bias_value(), None
        if bias is not None and self.reset_after:
            bias, state_bias = bias[0], bias[1]
        x_gates, x_candidate = self._split(
            recur(inputs, Recurrence(self.kernel.value, bias, drop_inputs))
        )
        shared = Recurrence(self.recurrent_kernel.value, state_bias, drop_state)
        h_gates, h_candidate = self._split(recur(h, shared))
        update, reset = jnp.split(self.recurrent_activation(x_gates + h_gates), 2, axis=-1)
        if self.reset_after:
            h_candidate = reset * h_candidate
        else:
            _, h_candidate = self._split(recur(reset * h, shared))
        h = update * h + (1 - update) * self.activation(x_candidate + h_candidate)
        return h, [h] if isinstance(states, (list, tuple)) else h

    def _split(self, array: jax.Array) -> tuple[jax.Array, jax.Array]:
        """The two gates, and the candidate."""
        return array[..., : 2 * self.units], array[..., 2 * self.units :]


@register("layer", module="keras.layers")
class GRU(CellLayer):
    """A gated recurrent unit over a sequence.

    u, r = s(z_u), s(z_r);  h' = u h + (1 - u) a(g),  gates in the order u, r, g, with
    g = x_g + r (h recurrent_kernel_g + recurrent_bias_g)   if reset_after,
    g = x_g + (r h) recurrent_kernel_g                      otherwise

    Args:
        units: size of the state and the output, 1 or more.
        activation: of the candidate: a name, a function, or None for none.
        recurrent_activation: of the two gates.
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
        reset_after: whether the reset gate acts after the matrix product.
        use_cudnn: accepted for Keras; the loop is chosen by platform and shape.

    Shapes: (n, time, features) -> (n, time, units) or (n, units); each state (n, units)

    Raises: InvalidArgument, if units < 1 or a share is outside its range; InvalidShape, if
    `stateful` or `unroll` meets an unknown size.

    Example:
        >>> GRU(4, return_sequences=True)(jnp.ones((2, 5, 3))).shape
        (2, 5, 4)

    Source: Cho et al. 2014, EMNLP; reset_after as in cuDNN.
    """

    _cell_class = GRUCell
    _fused = staticmethod(recurrent.gru)
    _computed_with = ("activation", "recurrent_activation", "reset_after")

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
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
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        reset_after: bool = True,
        use_cudnn: bool | str = "auto",
        **kwargs: Any,
    ) -> None:
        super().__init__(locals())
        self.use_cudnn = check.one_of(use_cudnn, ("auto", True, False), "use_cudnn")
