"""Several cells, one on top of the other, as one cell."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import InvalidArgument, register
from lamella._graph.symbolic import KerasTensor
from lamella._layer.layer import Layer
from lamella.layers._parts import RowWise


@register("layer", module="keras.layers")
class StackedRNNCells(RowWise):
    """Runs several cells at each step, each on the output of the one before.

    Args:
        cells: the cells, lowest first.

    Shapes: (n, features), states -> (n, last cell's units), states

    Raises: InvalidArgument, if a cell has no `call` or no `state_size`.

    Example:
        >>> from lamella.layers.rnn.lstm import LSTMCell
        >>> StackedRNNCells([LSTMCell(4), LSTMCell(2)]).state_size
        [[4, 4], [2, 2]]
    """

    def __init__(self, cells: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for cell in cells:
            check_cell(cell)
        self.cells = list(cells)

    @property
    def state_size(self) -> list[Any]:
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> int:
        return output_size(self.cells[-1])

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """The first states of all cells.

        Args:
            batch_size: rows of the batch.
        """
        return [initial_state(cell, batch_size, self.compute_dtype) for cell in self.cells]

    def build(self, input_shape: Any) -> None:
        for cell in self.cells:
            build_cell(cell, input_shape)
            input_shape = (input_shape[0], output_size(cell))

    def call(
        self, inputs: jax.Array, states: Any, training: bool | None = False, **kwargs: Any
    ) -> tuple[jax.Array, list[Any]]:
        new_states = []
        for cell, state in zip(self.cells, states, strict=True):
            inputs, new_state = step(cell, inputs, as_list(state), training, **kwargs)
            new_states.append(new_state if isinstance(state, (list, tuple)) else new_state[0])
        return inputs, new_states


def check_cell(cell: Any) -> None:
    """Refuses what is not a cell.

    Raises: InvalidArgument.
    """
    for name in ("call", "state_size"):
        if getattr(cell, name, None) is None:
            raise InvalidArgument(
                f"A cell must have a `{name}`. Received: {cell!r}.",
                help="Pass for example LSTMCell(32), or a layer of your own with "
                "`state_size` and `call(inputs, states) -> (output, new_states)`.",
            )


def as_list(states: Any) -> list[Any]:
    """States as a list, also where there is a single one."""
    return list(states) if isinstance(states, (list, tuple)) else [states]


def output_size(cell: Any) -> int:
    """The last axis of a cell's output: its `output_size`, or else its first state's size."""
    size = getattr(cell, "output_size", None)
    return jax.tree.leaves(cell.state_size)[0] if size is None else size


def compute_dtype(cell: Any, default: str) -> str:
    """The number type that a cell computes in."""
    return cell.compute_dtype if isinstance(cell, Layer) else default


def initial_state(cell: Any, batch_size: Any, dtype: str) -> Any:
    """The first states of a cell: what it says itself, or zeros."""
    own = getattr(cell, "get_initial_state", None)
    if own is not None:
        return own(batch_size=batch_size)
    dtype = compute_dtype(cell, dtype)
    return jax.tree.map(lambda size: jnp.zeros((batch_size, size), dtype), cell.state_size)


def build_cell(cell: Any, input_shape: Any) -> None:
    """Builds a cell that is a layer and not built yet."""
    if not isinstance(cell, Layer) or cell.built:
        return
    if type(cell).build is not Layer.build:
        cell.build(input_shape)
        return
    # Its `call` makes the layers inside: it has to run, on shapes, before the loop is traced.
    rows = 1 if input_shape[0] is None else input_shape[0]
    shape = (rows, *(1 if size is None else size for size in input_shape[1:]))
    inputs = KerasTensor(shape, cell.compute_dtype)
    states = jax.eval_shape(lambda: initial_state(cell, rows, cell.compute_dtype))
    states = jax.tree.map(lambda spec: KerasTensor(spec.shape, spec.dtype), states)
    cell.compute_output_spec(inputs, as_list(states))


def step(
    cell: Any, inputs: Any, states: list[Any], training: bool | None, **kwargs: Any
) -> tuple[Any, list[Any]]:
    """One step of a cell; gives (output, new states as a list)."""
    if isinstance(cell, Layer) and "training" in cell._signature.names:
        kwargs["training"] = training
    function = cell if callable(cell) else cell.call
    output, new_states = function(inputs, states, **kwargs)
    return output, as_list(new_states)
