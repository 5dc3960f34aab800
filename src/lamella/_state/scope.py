"""StatelessScope: variables stand for given values for a while, and keep their own."""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, Self

import jax.numpy as jnp

from lamella._base import InvalidShape, check
from lamella._state import frame as frames
from lamella._state.frame import Values
from lamella._state.variable import Variable


class StatelessScope:
    """A block in which variables mean given values, and what is assigned to them is only collected.

    Args:
        state_mapping: pairs of (variable, value); the others mean their own values.
        collect_losses: whether `losses` holds what layers added to the loss.
        initialize_variables: accepted for Keras; variables always have a value.

    Raises: WrongType for keys that are no variables; InvalidShape for values of another shape.

    Example:
        >>> count = Variable(1.0)
        >>> with StatelessScope([(count, 5.0)]) as scope:
        ...     count.assign_add(1.0)
        >>> float(scope.get_current_value(count)), float(count)
        (6.0, 1.0)
    """

    def __init__(
        self,
        state_mapping: Iterable[tuple[Variable, Any]] | None = None,
        collect_losses: bool = False,
        initialize_variables: bool = True,
    ) -> None:
        self.collect_losses = collect_losses
        self.initialize_variables = initialize_variables
        self._losses: list[Any] = []
        self._values = Values()
        self._exit = ExitStack()
        for variable, value in state_mapping or ():
            example = "Pass pairs: [(variable, value) for variable in model.weights]."
            check.of_kind(variable, Variable, "A key of `state_mapping`", example)
            array = jnp.asarray(
                value.value if isinstance(value, Variable) else value, variable.dtype
            )
            if array.shape != variable.shape:
                raise InvalidShape(
                    f"Variable '{variable.path}' has shape {variable.shape}. "
                    f"Received: a value of shape {array.shape}.",
                    help="Pass each variable with a value of its own shape.",
                )
            self._values.put(variable, array)

    def add_update(self, update: tuple[Variable, Any]) -> None:
        """Sets what a variable means from now on in the scope."""
        variable, value = update
        self._values.put(variable, jnp.asarray(value, variable.dtype))

    def get_current_value(self, variable: Variable) -> Any:
        """What a variable means in the scope, None if it was neither given nor assigned."""
        return self._values.arrays.get(id(variable))

    @property
    def losses(self) -> list[Any]:
        """What layers added to the loss in the block, if `collect_losses`."""
        return [loss for _, loss in self._losses] if self.collect_losses else []

    def __enter__(self) -> Self:
        frame = frames.ambient()
        self._values.outer = frame.values
        inner = replace(frame, values=self._values, losses=self._losses)
        self._exit.enter_context(frames.entered(inner))
        return self

    def __exit__(self, *problem: Any) -> None:
        self._exit.close()
