"""One call of one operation on symbolic tensors."""

from __future__ import annotations

from typing import Any

import jax

from lamella._base import Configurable, naming
from lamella._graph.symbolic import KerasTensor


def is_symbolic(value: Any) -> bool:
    """Whether any leaf of a structure is a symbolic tensor."""
    return any(isinstance(leaf, KerasTensor) for leaf in jax.tree.leaves(value))


def tensors_in(value: Any) -> list[KerasTensor]:
    """The symbolic tensors of a structure, in order."""
    return [leaf for leaf in jax.tree.leaves(value) if isinstance(leaf, KerasTensor)]


class Operation(Configurable):
    """What can stand in a graph: a layer, a model, or a recorded op.

    Args:
        name: its name, unique in a graph; automatic if None.
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = naming.name_for(type(self)) if name is None else name
        self._inbound_nodes: list[Node] = []
        self._outbound_nodes: list[Node] = []

    @property
    def input(self) -> Any:
        """The symbolic input of this operation's first call, or a list of them."""
        return _single(self._first_node().input_tensors)

    @property
    def output(self) -> Any:
        """The symbolic output of this operation's first call, or a structure of them."""
        return self._first_node().outputs

    def _first_node(self) -> Node:
        calls = self._inbound_nodes
        if not calls:
            raise AttributeError(
                f"{type(self).__name__} '{self.name}' has not been called on an Input yet, "
                "so it has no symbolic input or output."
            )
        return calls[0]


class Node:
    """One call in the graph.

    Args:
        operation: what was called.
        args, kwargs: what it was called with, symbolic tensors among them.
        outputs: the structure of symbolic tensors that came out.
    """

    def __init__(self, operation: Operation, args: tuple, kwargs: dict, outputs: Any) -> None:
        self.operation = operation
        self.args = args
        self.kwargs = kwargs
        self.outputs = outputs
        self.input_tensors = tensors_in((args, kwargs))
        self.output_tensors = tensors_in(outputs)
        self.is_input = not self.input_tensors
        for index, tensor in enumerate(self.output_tensors):
            tensor.producer = self
            tensor.producer_index = index
        operation._inbound_nodes.append(self)
        for parent in self.parents:
            parent.operation._outbound_nodes.append(self)

    @property
    def parents(self) -> list[Node]:
        """The calls that made the inputs of this one, once each."""
        producers = [tensor.producer for tensor in self.input_tensors if tensor.producer]
        return list(dict.fromkeys(producers))

    def fill(self, values: dict[int, Any]) -> tuple[tuple, dict]:
        """The call's arguments with arrays in the place of symbolic tensors."""

        def swap(leaf: Any) -> Any:
            return values[id(leaf)] if isinstance(leaf, KerasTensor) else leaf

        return jax.tree.map(swap, self.args), jax.tree.map(swap, self.kwargs)


def _single(items: list) -> Any:
    return items[0] if len(items) == 1 else items
