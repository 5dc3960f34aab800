"""The state of optimizers: variables, in the order and with the names that files have."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lamella import initializers
from lamella._base import Configurable, InvalidArgument, InvalidShape, NotReady
from lamella._state import frame as frames
from lamella._state.variable import Variable


class OptimizerState(Configurable):
    """What an optimizer remembers from step to step."""

    name: str
    built: bool
    _variables: list[Variable]

    def __setattr__(self, name: str, value: Any) -> None:
        # A person's optimizer may simply assign a variable; it then belongs to the state.
        if isinstance(value, Variable):
            self._track(value)
        object.__setattr__(self, name, value)

    def _track(self, variable: Variable) -> None:
        tracked = self.__dict__.setdefault("_variables", [])
        if not any(variable is known for known in tracked):
            tracked.append(variable)

    @property
    def variables(self) -> list[Variable]:
        """All state, in the order that files have: iteration, learning rate, then the slots."""
        return list(self._variables)

    def add_variable(
        self,
        shape: Any,
        initializer: Any = "zeros",
        dtype: Any = None,
        aggregation: str = "none",
        layout: Any = None,
        name: str | None = None,
    ) -> Variable:
        """Makes a variable of the optimizer's state.

        Args:
            shape: its shape.
            initializer: a name, an object or a function of (shape, dtype).
            dtype: the number type, the default float type if None.
            aggregation, layout: accepted for Keras.
            name: its own name.
        """
        with frames.changed(path=(self.name,)):
            start = initializers.get(initializer)
            variable = Variable(start, shape, dtype, False, aggregation=aggregation, name=name)
        self.__dict__.setdefault("_variables", []).append(variable)
        return variable

    def add_variable_from_reference(
        self, reference_variable: Variable, name: str | None = None, initializer: Any = "zeros"
    ) -> Variable:
        """Makes a variable of the state in the shape and type of a model's variable.

        Args:
            reference_variable: the model's variable.
            name: what it is for: "momentum" ...
            initializer: its first value.
        """
        path = reference_variable.path.replace("/", "_")
        shape, dtype = reference_variable.shape, _dtype(reference_variable)
        variable = self.add_variable(shape, initializer, dtype, name=f"{path}_{name or 'var'}")
        variable.place(reference_variable.layout)
        return variable

    def add_optimizer_variables(
        self, trainable_variables: Sequence[Variable], name: Any, initializer: Any = "zeros"
    ) -> Any:
        """Makes one variable of the state for each model variable, or several.

        Args:
            trainable_variables: the model's variables.
            name: what they are for, or a list of such names.
            initializer: their first value, or a list: one for each name.

        Returns a list, or one list for each name; None stands for variables that are overwritten.
        """
        names = [name] if isinstance(name, str) else list(name)
        several = isinstance(initializer, (list, tuple))
        starts = list(initializer) if several else [initializer] * len(names)
        if len(names) != len(starts):
            raise InvalidArgument(
                f"Received {len(names)} names and {len(starts)} initializers for optimizer state.",
                help="Give one initializer for all, or one for each name.",
            )
        made: list[list[Variable | None]] = [[] for _ in names]
        for variable in trainable_variables:
            kept = not variable.overwrite_with_gradient
            for column, own, start in zip(made, names, starts):
                slot = self.add_variable_from_reference(variable, own, start) if kept else None
                column.append(slot)
        return made[0] if isinstance(name, str) else tuple(made)

    def get_weights(self) -> list[np.ndarray]:
        """The state as NumPy arrays."""
        return [variable.numpy() for variable in self.variables]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Sets the state, in the order of `variables`."""
        if not self.built:
            raise NotReady(
                f"The optimizer '{self.name}' has no state to set yet.",
                help="Call optimizer.build(model.trainable_variables) first.",
            )
        for variable, weight in zip(self.variables, weights):
            if tuple(np.shape(weight)) != variable.shape:
                raise InvalidShape(
                    f"Optimizer variable '{variable.path}' expected shape {variable.shape}. "
                    f"Received: shape {np.shape(weight)}.",
                    help="The state must come from the same optimizer on the same model.",
                )
        for variable, weight in zip(self.variables, weights):
            variable.assign(weight)

    def save_own_variables(self, store: Any) -> None:
        """Writes the state into a mapping, by number."""
        for index, variable in enumerate(self.variables):
            store[str(index)] = variable.numpy()

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Reads the state from what `save_own_variables` wrote; on another number it only warns."""
        own = self.variables
        if len(store) != len(own):
            warnings.warn(
                f"The state of the optimizer '{self.name}' was not loaded: it has {len(own)} "
                f"variables and the file {len(store)}. Build it first, or train from a new state.",
                stacklevel=2,
            )
            return
        for index, variable in enumerate(own):
            variable.assign(np.asarray(store[str(index)]))


def _dtype(variable: Variable) -> str:
    with frames.changed(autocast=None):
        return variable.dtype
