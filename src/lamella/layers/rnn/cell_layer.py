"""A recurrent layer with one of our own cells: it runs the fused loop."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from lamella import activations
from lamella._base import snake_case, taken_by
from lamella._base.configurable import constructor_parameters
from lamella._base.serialize import serialize
from lamella._layer.input_spec import InputSpec
from lamella.layers.rnn.gated_cell import GatedCell
from lamella.layers.rnn.rnn import RNN

_NAMED = (
    (activations.tanh, "tanh"),
    (jnp.tanh, "tanh"),
    (activations.sigmoid, "sigmoid"),
    (jax.nn.sigmoid, "sigmoid"),
)


def _of_cell(name: str) -> Any:
    """A property that reads the cell's attribute of that name."""
    return property(lambda self: getattr(self.cell, name), doc=f"The cell's `{name}`.")


def named(activation: Any) -> Any:
    """The name of an activation for which the loop has a gradient of its own, or the function."""
    return next((name for known, name in _NAMED if known is activation), activation)


class CellLayer(RNN):
    """SimpleRNN, LSTM and GRU: the arguments are the cell's, the loop is fused.

    Holes: `_cell_class`; `_fused`, the lowering that runs the loop and gives (outputs, *states);
    `_computed_with`, the arguments of the cell that it takes besides.

    Example:
        >>> CellLayer.mixes_rows
        False
    """

    _cell_class: type[GatedCell] = GatedCell
    _fused: Callable[..., tuple[jax.Array, ...]]
    _computed_with: tuple[str, ...] = ("activation",)
    cell: Any
    _not_in_config = (*RNN._not_in_config, "use_cudnn")

    def __init_subclass__(cls, **options: Any) -> None:
        """Lets a leaf show the arguments of its cell as its own."""
        super().__init_subclass__(**options)
        if "_cell_class" in vars(cls):
            cell: Any = cls._cell_class
            for name in constructor_parameters(cell).keys() - {"kwargs"}:
                setattr(cls, name, _of_cell(name))

    def __init__(self, arguments: dict[str, Any]) -> None:
        """Takes all arguments of the leaf's constructor, and gives each to the cell or to RNN."""
        kwargs = arguments["kwargs"]
        shared = {"dtype": kwargs.get("dtype"), "trainable": kwargs.get("trainable", True)}
        if "implementation" in kwargs:
            shared["implementation"] = kwargs.pop("implementation")
        cell = self._cell_class(
            name=snake_case(self._cell_class.__name__),
            **taken_by(self._cell_class.__init__, arguments),
            **shared,
        )
        activity_regularizer = arguments["activity_regularizer"]
        own = taken_by(RNN.__init__, arguments)
        super().__init__(cell, activity_regularizer=activity_regularizer, **own, **kwargs)
        self.input_spec = InputSpec(ndim=3)

    def _base_config(self) -> dict[str, Any]:
        return {
            **super()._base_config(),
            "zero_output_for_mask": self.zero_output_for_mask,
            "activity_regularizer": serialize(self.activity_regularizer),
        }

    def _loop(
        self, sequences: jax.Array, states: list[Any], mask: jax.Array | None, training: bool | None
    ) -> tuple[jax.Array, list[Any]]:
        if type(self.cell) is not self._cell_class:  # a person's own cell may compute otherwise
            return super()._loop(sequences, states, mask, training)
        cell = self.cell
        multipliers = cell.draw(sequences[:, 0], states[0], training)
        kernels = cell.kernel.value, cell.recurrent_kernel.value, cell._bias_value()
        options = {
            **{name: named(getattr(cell, name)) for name in self._computed_with},
            "go_backwards": self.go_backwards,
            "unroll": self.unroll,
            "zero_output_for_mask": self.zero_output_for_mask,
            "return_sequences": self.return_sequences,
            "input_dropout": multipliers.inputs,
            "recurrent_dropout": multipliers.state,
        }
        outputs, *states = self._fused(sequences, *states, *kernels, mask, **options)
        return outputs, states
