"""What old code asks of a layer: the shapes of its first call, and methods that are gone."""

from collections.abc import Callable
from typing import Any

from lamella._base import AttributeMissing, InvalidArgument, WrongType
from lamella._graph.node import Node, Operation
from lamella._layer.building import tensor_shapes


class _Read:
    """An attribute that is computed, unless a person's layer sets one of that name."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function
        self.__doc__ = function.__doc__

    def __get__(self, layer: Any, owner: type | None = None) -> Any:
        return self if layer is None else self.function(layer)


class OldMethods(Operation):
    """Attributes and methods of Keras 1 and 2 for layers.

    Example:
        >>> OldMethods("a").get_input_at(0)
        Traceback (most recent call last):
        lamella._base.errors.InvalidArgument: OldMethods 'a' was called 0 times on an Input.
        help: Received the number 0.
    """

    _build_shapes: dict[str, Any] | None
    _output_shapes: Any

    @_Read
    def input_shape(self) -> Any:
        """The shape of the first input, with the batch axis."""
        shapes = getattr(self, "_build_shapes", None)
        if shapes:
            return next(iter(shapes.values()))
        if self._inbound_nodes:
            return self.get_input_shape_at(0)
        raise AttributeMissing(
            f"{type(self).__name__} '{self.name}' has no `input_shape` before its first call.",
            help="Call it on data or on an Input first.",
        )

    @_Read
    def output_shape(self) -> Any:
        """The shape of the last output, with the batch axis."""
        shapes = getattr(self, "_output_shapes", None)
        if shapes:
            return shapes
        raise AttributeMissing(
            f"{type(self).__name__} '{self.name}' has no `output_shape` before its first call.",
            help="Call it first, or ask layer.compute_output_shape(input_shape).",
        )

    def _call_number(self, number: int) -> Node:
        calls = self._inbound_nodes
        if not -len(calls) <= number < len(calls):
            raise InvalidArgument(
                f"{type(self).__name__} '{self.name}' was called {len(calls)} times on an Input.",
                help=f"Received the number {number}.",
            )
        return calls[number]

    def get_input_at(self, node_index: int) -> Any:
        """The symbolic input of one of the calls."""
        tensors = self._call_number(node_index).input_tensors
        return tensors[0] if len(tensors) == 1 else tensors

    def get_output_at(self, node_index: int) -> Any:
        """The symbolic output of one of the calls."""
        return self._call_number(node_index).outputs

    def get_input_shape_at(self, node_index: int) -> Any:
        """The shape of the input of one of the calls."""
        return tensor_shapes(self.get_input_at(node_index))

    def get_output_shape_at(self, node_index: int) -> Any:
        """The shape of the output of one of the calls."""
        return tensor_shapes(self.get_output_at(node_index))

    def add_metric(self, value: Any, name: str | None = None, **kwargs: Any) -> None:
        """Refused: a layer holds a metric and updates it in `call`."""
        raise WrongType(
            f"`add_metric` of {type(self).__name__} '{self.name}' is gone. Received: {name!r}.",
            help=f"In __init__: self.tracker = metrics.Mean(name={name or 'mine'!r}); in call: "
            "self.tracker.update_state(value).",
        )

    def add_update(self, updates: Any, *args: Any, **kwargs: Any) -> None:
        """Refused: a layer assigns to its variables in `call`."""
        raise WrongType(
            f"`add_update` of {type(self).__name__} '{self.name}' is gone.",
            help="Assign in call: self.total.assign(new_value); it takes effect at once.",
        )
