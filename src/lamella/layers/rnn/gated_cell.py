"""What our three cells share: their weights, and dropout that stays the same at every step."""

import contextlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from lamella import activations
from lamella._base import check
from lamella._layer.layer import Layer
from lamella._lowering.dropout import dropout
from lamella._state.seeds import SeedGenerator
from lamella.layers._parts import RowWise, add_part, keep_parts, known_size


class Multipliers(NamedTuple):
    """What dropout multiplies the input and the state with; None for nothing.

    Each is (n, size), or (gates, n, size) with one multiplier for each gate.
    """

    inputs: jax.Array | None = None
    state: jax.Array | None = None


class GatedCell(RowWise):
    """A cell with a kernel, a recurrent kernel and a bias, and both kinds of dropout.

    Holes: `gates`, and `build` where the bias is special.

    Example:
        >>> GatedCell.mixes_rows
        False
    """

    gates = 1
    _untracked = (*Layer._untracked, "_held", "state_size")
    _held: Multipliers | None = None

    state_size: int | list[int]
    seed_generator: SeedGenerator
    bias_initializer: Any
    # Keras's two ways to compute; the first draws one multiplier a gate.
    implementation = 2

    @property
    def output_size(self) -> int:
        return self.units

    def get_initial_state(self, batch_size: Any = None) -> list[jax.Array]:
        """Zeros for every state.

        Args:
            batch_size: rows of the batch.
        """
        sizes = [self.state_size] if isinstance(self.state_size, int) else self.state_size
        return [jnp.zeros((batch_size, size), self.compute_dtype) for size in sizes]

    def _keep(self, given: dict[str, Any]) -> None:
        """Keeps the arguments that all three cells have, but for the seed."""
        self.units = check.positive_int(given["units"], "units")
        self.activation = activations.get(given["activation"])
        self.use_bias = given["use_bias"]
        keep_parts(self, given)
        self.dropout = check.fraction(given["dropout"], "dropout", closed=True)
        rate = given["recurrent_dropout"]
        self.recurrent_dropout = check.fraction(rate, "recurrent_dropout", closed=True)
        self.implementation = 1 if self.recurrent_dropout else given.get("implementation", 2)

    def build(self, input_shape: Any) -> None:
        self._add_weights(input_shape, (self.gates * self.units,), self.bias_initializer)

    def _add_weights(self, input_shape: Any, bias_shape: tuple, bias_initializer: Any) -> None:
        features = known_size(input_shape, -1, self._who(), "size of the last axis")
        width = self.gates * self.units
        self.kernel = add_part(self, "kernel", (features, width))
        self.recurrent_kernel = add_part(self, "recurrent_kernel", (self.units, width), "recurrent")
        self.bias = None
        if self.use_bias:
            self.bias = add_part(self, "bias", bias_shape, initializer=bias_initializer)

    def _bias_value(self) -> jax.Array | None:
        return None if self.bias is None else self.bias.value

    def draw(self, inputs: jax.Array, state: jax.Array, training: bool | None) -> Multipliers:
        """Draws both multipliers for one sequence.

        Args:
            inputs: one step of the input, (n, features).
            state: the first state, (n, units).
            training: without it there is no dropout, but the seeds move on, as in Keras.
        """
        apart = self.gates > 1 and self.implementation == 1
        drawn = [
            self._draw_one(like, rate, self.gates if apart else 1, training)
            for like, rate in ((inputs, self.dropout), (state, self.recurrent_dropout))
        ]
        return Multipliers(*(stack if stack is None or apart else stack[0] for stack in drawn))

    def _draw_one(
        self, like: jax.Array, rate: float, count: int, training: bool | None
    ) -> jax.Array | None:
        if rate == 0:
            return None
        if rate == 1:  # nothing to choose, so nothing is drawn
            return jnp.zeros((count, *like.shape), like.dtype) if training else None
        keys = [self.seed_generator.next() for _ in range(count)]
        if not training:
            return None
        return jnp.stack([dropout(jnp.ones_like(like), rate, key) for key in keys])

    def _multipliers(
        self, inputs: jax.Array, state: jax.Array, training: bool | None
    ) -> Multipliers:
        if self._held is not None:
            return self._held
        return self.draw(inputs, state, training) if training else Multipliers()


@contextlib.contextmanager
def held(cells: list[tuple[GatedCell, Multipliers]]) -> Iterator[None]:
    """Gives cells their multipliers for all steps of a sequence."""
    try:
        for cell, multipliers in cells:
            cell._held = multipliers
        yield
    finally:
        for cell, _ in cells:
            cell._held = None


def first_state(states: Any) -> jax.Array:
    """The state of a cell that may be given alone or in a list."""
    return states[0] if isinstance(states, (list, tuple)) else states
