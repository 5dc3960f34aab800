"""The engine of most optimizers: slots beside each variable, and a step that is a function."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from lamella._state.stack import Stack
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

    def _whole_step(
        self, gradient: Array, value: Array, rate: Array, kept: dict[str, Array]
    ) -> tuple[Array, ...] | None:
        """What `_step` gives, by a kernel that takes arrays of any shape; None without one."""
        return None

    def build(self, variables: Sequence[Variable]) -> None:
        super().build(variables)
        names = [*self._slots.values()]
        starts = [self._start(name) for name in names]
        columns = self.add_optimizer_variables(variables, names, starts)
        vars(self).update(zip(self._slots, columns))
        for attribute, name in self._more_slots.items():
            column = self.add_optimizer_variables(variables, name, self._start(name))
            vars(self)[attribute] = column

    def _slot_stacks(self, stacks: Sequence[Stack]) -> list[Stack] | None:
        apart = self.clipnorm or self.use_ema or self.gradient_accumulation_steps
        if apart or self._undecayed or type(self).update_step is not SlotOptimizer.update_step:
            return None
        places = [
            [self._indices[id(one)] for one in stack._members]
            for stack in stacks
            if all(id(one) in self._indices for one in stack._members)
        ]
        return [
            Stack.of([getattr(self, attribute)[index] for index in place])
            for place in places
            for attribute in (*self._slots, *self._more_slots)
        ]

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        value = variable.value
        index = self._get_variable_index(variable)
        names = {**self._slots, **self._more_slots}
        slots = {name: getattr(self, attribute)[index] for attribute, name in names.items()}
        rate = jnp.asarray(learning_rate, value.dtype)

        def step(gradient: Array, value: Array, kept: dict[str, Array]) -> tuple[Array, ...]:
            return self._step(gradient, value, rate, **kept)

        if isinstance(variable, Stack):
            slots = {name: slot._stack for name, slot in slots.items()}
            step = jax.vmap(step)
        kept = {name: slot.value for name, slot in slots.items()}
        gradient = gradient.astype(value.dtype)
        whole = self._whole_step(gradient, value, rate, kept)
        new, *states = step(gradient, value, kept) if whole is None else whole
        for slot, state in zip(slots.values(), states, strict=True):
            slot.assign(state)
        variable.assign(new)
