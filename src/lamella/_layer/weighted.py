"""The weights of a layer: listing, counting, getting, setting."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from lamella._base import InvalidArgument, InvalidShape, NotReady
from lamella._layer.old_methods import OldMethods
from lamella._layer.tracking import Tracking, unique
from lamella._state.variable import Variable


class Weighted(Tracking, OldMethods):
    """A tracking object with weights that can be trained, listed, set and stored."""

    built: bool

    def _who(self) -> str:
        """The layer as messages call it."""
        return f"{type(self).__name__} '{self.name}'"

    @property
    def trainable(self) -> bool:
        """Whether training changes the weights; setting it also sets all layers inside."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for layer in self._child_layers():
            layer.trainable = bool(value)

    @property
    def weights(self) -> list[Variable]:
        """All variables of the layer and of those inside, without seeds and metrics."""
        return self._collect("_own_weights")

    @property
    def variables(self) -> list[Variable]:
        """The weights and the states of seed generators."""
        return self._collect("_own_stored")

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that training changes: those outside of layers that are not trainable."""
        layers = self._walk(frozen=False)
        return unique(own for layer in layers for own in layer._own_weights() if own.trainable)

    @property
    def trainable_variables(self) -> list[Variable]:
        return self.trainable_weights

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that training does not change by gradients."""
        trained = {id(variable) for variable in self.trainable_weights}
        return [variable for variable in self.weights if id(variable) not in trained]

    @property
    def non_trainable_variables(self) -> list[Variable]:
        trained = {id(variable) for variable in self.trainable_weights}
        return [variable for variable in self.variables if id(variable) not in trained]

    @property
    def metrics(self) -> list[Any]:
        """Metrics that the layer and those inside hold."""
        owned = (item for layer in self._walk() for item in layer._other_owned())
        return unique(item for item in owned if callable(getattr(item, "update_state", None)))

    @property
    def metrics_variables(self) -> list[Variable]:
        """The variables of all metrics, in the order of `metrics`."""
        return unique(variable for metric in self.metrics for variable in metric.variables)

    def get_weights(self) -> list[np.ndarray]:
        """The values of all weights as NumPy arrays."""
        return [variable.numpy() for variable in self.weights]

    def set_weights(self, weights: list[Any]) -> None:
        """Sets all weights, in the order that `get_weights` gives. Nothing changes on an error."""
        own = self.weights
        if len(own) != len(weights):
            raise InvalidArgument(
                f"{self._who()} has {len(own)} weights. Received: {len(weights)} arrays.",
                help="Build both layers and pass other.get_weights() as it is.",
            )
        help = "The two layers must be made with the same arguments."
        _assign_all(own, weights, ". Received:", help)

    def count_params(self) -> int:
        """The number of entries of all weights."""
        if not self.built:
            raise NotReady(
                f"{self._who()} has no weights to count yet: it is not built.",
                help="Call it on data, or build it with layer.build(input_shape).",
            )
        return sum(variable.size for variable in self.weights)

    def save_own_variables(self, store: Any) -> None:
        """Writes own variables into a mapping, by number."""
        for index, variable in enumerate(self._own_weights()):
            store[str(index)] = variable.numpy()

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Reads own variables from what `save_own_variables` wrote."""
        own = self._own_weights()
        if len(store) != len(own):
            hint = "" if self.built else " It is not built."
            raise InvalidArgument(
                f"{self._who()} expected {len(own)} variables; the file has {len(store)}.{hint}",
                help="The model must be built the same way as the one that was saved.",
            )
        values = [np.asarray(store[str(index)]) for index in range(len(own))]
        help = (
            "The file is of a model with other sizes; load it with skip_mismatch=True to keep the "
            "weights that fit."
        )
        _assign_all(own, values, "; the file has", help)


def _assign_all(variables: list[Variable], values: list[Any], given: str, help: str) -> None:
    """Gives each variable its value, or none of them where a shape does not fit."""
    pairs = list(zip(variables, values))
    for variable, value in pairs:
        shape = tuple(np.shape(value))
        if shape != variable.shape:
            text = f"Weight '{variable.path}' expected shape {variable.shape}{given} shape {shape}."
            raise InvalidShape(text, help=help)
    for variable, value in pairs:
        variable.assign(value)
