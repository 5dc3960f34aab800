"""The engine of most optimizers: slots beside each variable, and a step that is a function."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax.numpy as jnp
from jax import Array

from lamella._state.variable import Variable
from lamella.optimizers.base import Optimizer


class SlotOptimizer(Optimizer):
    """An optimizer whose step for a variable depends on it and on arrays kept beside it.

    Holes: `_slots`, the arrays that are always kept; `_more_slots`, those of some settings;
    `_start`, their first values; and `_step`. It takes the gradient, the variable's value and the
    learning rate in one number type, and the slots by name. It gives the new value and the new
    slots in order.
    """

    _slots: Mapping[str, str] = {}
    """The attribute that holds them: what they are for, which is a part of their names in files."""
    _more_slots: Mapping[str, str] = {}
    _step: Callable[..., tuple[Array, ...]]

    def _start(self, slot: str) -> Any:
        return "zeros"

    def build(self, variables: Sequence[Variable]) -> None:
        super().build(variables)
        names = [*self._slots.values()]
        starts = [self._start(name) for name in names]
        columns = self.add_optimizer_variables(variables, names, starts)
        vars(self).update(zip(self._slots, columns))
        for attribute, name in self._more_slots.items():
            column = self.add_optimizer_variables(variables, name, self._start(name))
            vars(self)[attribute] = column

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        value = variable.value
        index = self._get_variable_index(variable)
        names = {**self._slots, **self._more_slots}
        slots = {name: getattr(self, attribute)[index] for attribute, name in names.items()}
        new, *states = self._step(
            gradient.astype(value.dtype),
            value,
            jnp.asarray(learning_rate, value.dtype),
            **{name: slot.value for name, slot in slots.items()},
        )
        for slot, state in zip(slots.values(), states, strict=True):
            slot.assign(state)
        variable.assign(new)
