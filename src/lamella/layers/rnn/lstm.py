"""The long short-term memory, and its cell."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella import activations
from lamella._base import check, register
from lamella._lowering import recurrent
from lamella._lowering.recurrent_steps import Recurrence, recur
from lamella._state.seeds import SeedGenerator
from lamella.layers.rnn.cell_layer import CellLayer
from lamella.layers.rnn.gated_cell import GatedCell


@register("layer", module="keras.layers")
class LSTMCell(GatedCell):
    """One step of a long short-term memory.

    i, f, o = s(z_i), s(z_f), s(z_o);  c' = f c + i a(z_c);  h' = o a(c'),
    z = x kernel + h recurrent_kernel + bias, gates in the order i, f, c, o

    Args:
        units: size of the states and the output, 1 or more.
        activation: of the candidate and the output: a name, a function, or None for none.
        recurrent_activation: of the three gates.
        use_bias: whether to add a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: how weights start.
        unit_forget_bias: whether the forget gate's bias starts at 1.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: costs of the weights.
        kernel_constraint, recurrent_constraint, bias_constraint: applied after each update.
        dropout, recurrent_dropout: share of input and state entries to drop while training, 0 to 1;
            the same entries at every step.
        seed: of the dropout; None draws one.

    Shapes: (n, features), [(n, units), (n, units)] -> (n, units), [(n, units), (n, units)]

    Raises: InvalidArgument, if units < 1 or a share is outside its range.

    Example:
        >>> cell = LSTMCell(4)
        >>> output, states = cell(jnp.ones((2, 3)), cell.get_initial_state(2))
        >>> output.shape
        (2, 4)

    Source: Hochreiter and Schmidhuber 1997, Neural Computation 9:1735.
    """

    gates = 4

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
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
        implementation = kwargs.pop("implementation", 2)
        super().__init__(**kwargs)
        self._keep(locals())
        self.recurrent_activation = activations.get(recurrent_activation)
        self.seed = seed
        self.seed_generator = SeedGenerator(seed)
        self.unit_forget_bias = unit_forget_bias
        self.state_size = [self.units, self.units]

    def build(self, input_shape: Any) -> None:
        start = self._forget_first if self.unit_forget_bias else self.bias_initializer
        self._add_weights(input_shape, (4 * self.units,), start)

    def _forget_first(self, shape: Any, dtype: Any = None) -> jax.Array:
        first = self.bias_initializer((self.units,), dtype=dtype)
        last = self.bias_initializer((2 * self.units,), dtype=dtype)
        return jnp.concatenate([first, jnp.ones((self.units,), dtype), last])

    def call(
        self, inputs: jax.Array, states: Any, training: bool | None = False
    ) -> tuple[jax.Array, list[jax.Array]]:
        h, c = states
        multipliers = self._multipliers(inputs, h, training)
        kernel, recurrent_kernel = self.kernel.value, self.recurrent_kernel.value
        z = recur(inputs, Recurrence(kernel, self._bias_value(), multipliers.inputs))
        z = z + recur(h, Recurrence(recurrent_kernel, None, multipliers.state))
        i, f, g, o = jnp.split(z, 4, axis=-1)
        kept = self.recurrent_activation(f) * c
        c = kept + self.recurrent_activation(i) * self.activation(g)
        h = self.recurrent_activation(o) * self.activation(c)
        return h, [h, c]


@register("layer", module="keras.layers")
class LSTM(CellLayer):
    """A long short-term memory over a sequence.

    i, f, o = s(z_i), s(z_f), s(z_o);  c' = f c + i a(z_c);  h' = o a(c'),
    z = x kernel + h recurrent_kernel + bias, gates in the order i, f, c, o

    Args:
        units: size of the states and the output, 1 or more.
        activation: of the candidate and the output: a name, a function, or None for none.
        recurrent_activation: of the three gates.
        use_bias: whether to add a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: how weights start.
        unit_forget_bias: whether the forget gate's bias starts at 1.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: costs of the weights.
        activity_regularizer: a cost of the output.
        kernel_constraint, recurrent_constraint, bias_constraint: applied after each update.
        dropout, recurrent_dropout: share of input and state entries to drop while training, 0 to 1;
            the same entries at every step.
        seed: of the dropout; None draws one.
        return_sequences: give the output of every step instead of the last one.
        return_state: give the last states too.
        go_backwards: from the last step to the first; outputs stand in that order too.
        stateful: start each batch from the last states of the one before; the batch size is fixed.
        unroll: several steps per turn of the loop; the number of steps must be known.
        use_cudnn: accepted for Keras; the loop is chosen by platform and shape.

    Shapes: (n, time, features) -> (n, time, units) or (n, units); each state (n, units)

    Raises: InvalidArgument, if units < 1 or a share is outside its range; InvalidShape, if
    `stateful` or `unroll` meets an unknown size.

    Example:
        >>> LSTM(4, return_sequences=True)(jnp.ones((2, 5, 3))).shape
        (2, 5, 4)

    Source: Hochreiter and Schmidhuber 1997, Neural Computation 9:1735.
    """

    _cell_class = LSTMCell
    _fused = staticmethod(recurrent.lstm)
    _computed_with = ("activation", "recurrent_activation")

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
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
        use_cudnn: bool | str = "auto",
        **kwargs: Any,
    ) -> None:
        super().__init__(locals())
        self.use_cudnn = check.one_of(use_cudnn, ("auto", True, False), "use_cudnn")
