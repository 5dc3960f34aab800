"""The recurrent layer over any cell."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import InvalidArgument, InvalidShape, register
from lamella._layer.input_spec import InputSpec, shown
from lamella._layer.layer import Layer
from lamella._state.pure import scan
from lamella._state.variable import Variable
from lamella.layers._parts import MaskPassing
from lamella.layers.rnn import stacked_cells
from lamella.layers.rnn.gated_cell import GatedCell, Multipliers, held
from lamella.layers.rnn.stacked_cells import StackedRNNCells, as_list, check_cell


@register("layer", module="keras.layers")
class RNN(MaskPassing):
    """Runs a cell over the time axis of a sequence.

    output_t, states_t = cell(x_t, states_(t-1)); a masked step repeats state and output.

    Args:
        cell: an object with `state_size` and `call(inputs, states) -> (output, new_states)`, or a
            list of such, which is stacked.
        return_sequences: give the output of every step instead of the last one.
        return_state: give the last states too.
        go_backwards: from the last step to the first; outputs stand in that order too.
        stateful: start each batch from the last states of the one before; the batch size is fixed.
        unroll: write out the steps in the program; the number of steps must be known.
        zero_output_for_mask: give zeros instead of the repeated output at masked steps.

    Shapes: (n, time, ...) -> (n, time, units) or (n, units); each state (n, size)

    Raises: InvalidArgument, if the cell is none; InvalidShape, if `stateful` or `unroll` meets an
    unknown size.

    Example:
        >>> from lamella.layers.rnn.lstm import LSTMCell
        >>> RNN([LSTMCell(4), LSTMCell(2)])(jnp.ones((1, 5, 3))).shape
        (1, 2)
    """

    _untracked = (*Layer._untracked, "states", "state_size")

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        cell = StackedRNNCells(cell) if isinstance(cell, (list, tuple)) else cell
        check_cell(cell)
        self.cell = cell
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.state_size = as_list(cell.state_size)
        self.states: list[Any] | None = None
        self.input_spec = InputSpec(min_ndim=2)
        # The states of one batch reach the next one, so no row may be added or left out.
        self.mixes_rows = bool(stateful)

    def _own_stored(self) -> list[Variable]:
        # Compiled code has to carry the states, but they are no weights and stand in no file.
        return [*super()._own_stored(), *jax.tree.leaves(self.states)]

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        stacked_cells.build_cell(self.cell, (sequences_shape[0], *sequences_shape[2:]))
        if self.stateful and self.states is None:
            self._make_states(sequences_shape)

    def _make_states(self, sequences_shape: Any) -> None:
        if sequences_shape[0] is None:
            raise InvalidShape(
                f"{self._who()} has stateful=True, which needs a fixed batch size. "
                f"Received: shape {shown(sequences_shape)}.",
                help="Pass Input(..., batch_size=32) and batches of that size, or stateful=False.",
            )
        with jax.ensure_compile_time_eval():
            first = self.get_initial_state(sequences_shape[0])
        self.states = jax.tree.map(
            lambda array: Variable(
                array, dtype=self.variable_dtype, trainable=False, name="rnn_state"
            ),
            first,
        )

    def get_initial_state(self, batch_size: Any) -> list[Any]:
        """The states before the first step.

        Args:
            batch_size: rows of the batch.
        """
        return as_list(stacked_cells.initial_state(self.cell, batch_size, self.compute_dtype))

    def reset_state(self) -> None:
        """Sets the kept states of a stateful layer to zero."""
        for state in jax.tree.leaves(self.states):
            state.assign(jnp.zeros(state.shape))

    def reset_states(self) -> None:
        """The old name of `reset_state`."""
        self.reset_state()

    def call(
        self,
        sequences: jax.Array,
        initial_state: Any = None,
        mask: Any = None,
        training: bool | None = False,
    ) -> Any:
        self._check_sizes(sequences)
        states = self._first_states(sequences, initial_state)
        outputs, states = self._loop(sequences, states, _time_mask(mask), training)
        outputs, states = jax.tree.map(
            lambda array: array.astype(self.compute_dtype), (outputs, states)
        )
        if self.stateful:
            for variable, state in zip(jax.tree.leaves(self.states), jax.tree.leaves(states)):
                variable.assign(state)
        return (outputs, *states) if self.return_state else outputs

    def _check_sizes(self, sequences: jax.Array) -> None:
        rows, steps = sequences.shape[:2]
        if self.unroll and not isinstance(steps, int):
            raise InvalidShape(
                f"{self._who()} has unroll=True, which needs a known number of steps. "
                f"Received: shape {shown(sequences.shape)}.",
                help="Give the Input a number there, Input(shape=(10, 16)), or pass unroll=False.",
            )
        if self.stateful and isinstance(rows, int):
            wanted = jax.tree.leaves(self.states)[0].shape[0]
            if rows != wanted:
                raise InvalidShape(
                    f"{self._who()} is stateful and was built for batches of {wanted}. "
                    f"Received: {rows} rows.",
                    help="Give every batch the same size, the last one too, or pass "
                    "stateful=False.",
                )

    def _first_states(self, sequences: jax.Array, initial_state: Any) -> list[Any]:
        default = self.get_initial_state(sequences.shape[0])
        if initial_state is None and self.stateful:
            initial_state = jax.tree.map(lambda variable: variable.value, self.states)
        arrays = jax.tree.leaves(default if initial_state is None else initial_state)
        wanted, structure = jax.tree.flatten(default)
        if len(arrays) != len(wanted):
            raise InvalidArgument(
                f"{self._who()} has {len(wanted)} state(s). "
                f"Received: {len(arrays)} arrays as initial_state.",
                help="Pass one array for each state, as return_state=True gives them.",
            )
        dtype = stacked_cells.compute_dtype(self.cell, self.compute_dtype)
        return jax.tree.unflatten(structure, [jnp.asarray(array, dtype) for array in arrays])

    def _loop(
        self, sequences: jax.Array, states: list[Any], mask: jax.Array | None, training: bool | None
    ) -> tuple[jax.Array, list[Any]]:
        """Runs the cell over all steps; gives (outputs or last output, states)."""
        inputs = jax.tree.map(lambda array: jnp.swapaxes(array, 0, 1), (sequences, mask))
        if self.go_backwards:
            inputs = jax.tree.map(lambda array: jnp.flip(array, axis=0), inputs)

        def step(states: list[Any], item: tuple) -> tuple[list[Any], jax.Array]:
            array, valid = item
            output, new_states = stacked_cells.step(self.cell, array, states, training)
            new_states = self._like(states, new_states)
            if valid is None:
                return new_states, output
            kept = jax.tree.map(lambda new, old: _keep(valid, new, old), new_states, states)
            return kept, _keep(valid, output, self._before(states, output))

        written = self.cell.non_trainable_variables if isinstance(self.cell, Layer) else []
        with held(_draw_all(self.cell, sequences[:, 0], states, training)):
            states, outputs = scan(step, states, inputs, written, unroll=self.unroll)
        if self.return_sequences:
            return jnp.swapaxes(outputs, 0, 1), states
        return outputs[-1], states

    def _like(self, states: list[Any], new_states: Any) -> list[Any]:
        """New states in the structure and number types of the old ones."""
        old, structure = jax.tree.flatten(states)
        new = jax.tree.leaves(new_states)
        if len(old) != len(new):
            raise InvalidArgument(
                f"The cell of {self._who()} must give {len(old)} new state(s). "
                f"Received: {len(new)}.",
                help="`call` gives (output, [one new state for each entry of state_size]).",
            )
        return jax.tree.unflatten(structure, [n.astype(o.dtype) for n, o in zip(new, old)])

    def _before(self, states: list[Any], output: jax.Array) -> jax.Array:
        """What a masked step gives: by custom the cell's first state is its last output."""
        if self.zero_output_for_mask:
            return jnp.zeros_like(output)
        last = states[-1] if isinstance(self.cell, StackedRNNCells) else states
        before = jax.tree.leaves(last)[0]
        if before.shape != output.shape:
            raise InvalidShape(
                f"{self._who()} cannot repeat the output at masked steps: the cell's first state "
                f"has shape {shown(before.shape)}, its output {shown(output.shape)}.",
                help="Pass zero_output_for_mask=True.",
            )
        return before

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The mask of the outputs: the one that came in, where there is an output a step."""
        masks = jax.tree.leaves(previous_mask)
        mask = masks[0] if masks and self.return_sequences else None
        return [mask] + [None for _ in self.state_size] if self.return_state else mask


def _time_mask(mask: Any) -> jax.Array | None:
    leaves = jax.tree.leaves(mask)
    if not leaves:
        return None
    mask = leaves[0].astype(bool)
    return mask if mask.ndim == 2 else jnp.any(mask, axis=tuple(range(2, mask.ndim)))


def _keep(valid: jax.Array, new: jax.Array, old: jax.Array) -> jax.Array:
    return jnp.where(jnp.expand_dims(valid, tuple(range(1, new.ndim))), new, old)


def _draw_all(
    cell: Any, inputs: jax.Array, states: Any, training: bool | None
) -> list[tuple[GatedCell, Multipliers]]:
    """Draws the multipliers of our cells before the loop, so that all steps have the same."""
    if isinstance(cell, GatedCell):
        return [(cell, cell.draw(inputs, jax.tree.leaves(states)[0], training))]
    if not isinstance(cell, StackedRNNCells):
        return []
    drawn = []
    for one, state in zip(cell.cells, states):
        drawn += _draw_all(one, inputs, state, training)
        size = stacked_cells.output_size(one)
        dtype = stacked_cells.compute_dtype(one, inputs.dtype.name)
        inputs = jnp.ones((inputs.shape[0], size), dtype)
    return drawn
