"""A graph as a config and back, in Keras 3's form."""

import functools
from collections.abc import Mapping
from typing import Any

import jax

from lamella._base import FileProblem, sharing
from lamella._base.serialize import deserialize, is_node, serialize
from lamella._graph.function import Graph
from lamella._graph.node import Node, Operation
from lamella._graph.symbolic import KerasTensor
from lamella.models.graph_model import ModelGraph


def graph_config(model_graph: ModelGraph, own_first_node: Any) -> dict[str, Any]:
    """The entries "layers", "input_layers" and "output_layers" of a functional model's config.

    Args:
        model_graph: the graph.
        own_first_node: tells of an operation whether Keras counts a first call of its own: a
            functional model's link between its inputs and outputs. It does so only in
            "input_layers" and "output_layers", not between layers.
    """
    graph = model_graph.graph
    index = _kept_indices(graph)

    def history(tensor: KerasTensor, counted: bool = False) -> list[Any]:
        node = tensor.producer
        assert node is not None
        first = 1 if counted and own_first_node(node.operation) else 0
        return [node.operation.name, index[id(node)] + first, tensor.producer_index]

    counted = functools.partial(history, counted=True)
    layers = []
    for operation in graph.operations:
        config = serialize(operation)
        config["name"] = operation.name
        config["inbound_nodes"] = [
            _call_config(node, history)
            for node in operation._inbound_nodes
            if id(node) in index and not node.is_input
        ]
        layers.append(config)
    return {
        "layers": layers,
        "input_layers": jax.tree.map(counted, model_graph.inputs),
        "output_layers": jax.tree.map(counted, model_graph.outputs),
    }


def _kept_indices(graph: Graph) -> dict[int, int]:
    """The number that each call has in the file, by the call's identity."""
    inside = {id(node) for node in graph.nodes}
    inside |= {id(tensor.producer) for tensor in graph.inputs}
    index: dict[int, int] = {}
    for operation in graph.operations:
        kept = [node for node in operation._inbound_nodes if id(node) in inside]
        index.update({id(node): position for position, node in enumerate(kept)})
    return index


def _call_config(node: Node, history: Any) -> dict[str, Any]:
    def write(leaf: Any) -> Any:
        if not isinstance(leaf, KerasTensor):
            return leaf
        config = {"shape": leaf.shape, "dtype": leaf.dtype, "keras_history": history(leaf)}
        return {"class_name": "__keras_tensor__", "config": config}

    return {
        "args": serialize(jax.tree.map(write, node.args)),
        "kwargs": serialize(jax.tree.map(write, node.kwargs)),
    }


class GraphReader:
    """Rebuilds a graph from its config.

    Args:
        config: what `graph_config` gave, or Keras's own.
        own_first_node: as in `graph_config`.
    """

    def __init__(self, config: Mapping[str, Any], own_first_node: Any) -> None:
        self.own_first_node = own_first_node
        self.operations: dict[str, Operation] = {}
        # A layer that another model of the same config shares has been called there already.
        self.earlier_calls: dict[str, int] = {}
        waiting: list[tuple[Operation, list[Any]]] = []
        for layer in config["layers"]:
            shared = sharing.known(layer)
            operation = deserialize(layer)
            if not isinstance(operation, Operation):
                raise FileProblem(f"The config has '{layer.get('class_name')}' as a layer.")
            own = str(layer.get("name", operation.name))
            self.operations[own] = operation
            self.earlier_calls[own] = 0 if shared is None else len(operation._inbound_nodes)
            calls = list(layer.get("inbound_nodes", []))
            if calls:
                waiting.append((operation, calls))
        self._perform(waiting)
        self.inputs = self._tensors(config["input_layers"])
        self.outputs = self._tensors(config["output_layers"])

    def _perform(self, waiting: list[tuple[Operation, list[Any]]]) -> None:
        while waiting:
            left = []
            progress = False
            for operation, calls in waiting:
                while calls and self._ready(calls[0]):
                    args, kwargs = self._arguments(calls.pop(0))
                    operation(*args, **kwargs)  # type: ignore[operator]
                    progress = True
                if calls:
                    left.append((operation, calls))
            if not progress:
                names = sorted(operation.name for operation, _ in left)
                raise FileProblem(
                    f"The config's graph cannot be put together: {names} wait for each other.",
                    help="The file is damaged: it has a cycle or a missing layer.",
                )
            waiting = left

    def _ready(self, call: Any) -> bool:
        counted = isinstance(call, list)
        return all(self._find(item, counted) is not None for item in _histories(call))

    def _find(self, history: Any, counted: bool = False) -> KerasTensor | None:
        name, node_index, tensor_index = history[:3]
        operation = self.operations.get(str(name))
        if operation is None:
            raise FileProblem(f"The config refers to the layer '{name}', which it does not have.")
        index = node_index - (1 if counted and self.own_first_node(operation) else 0)
        index += self.earlier_calls[str(name)]
        if not 0 <= index < len(operation._inbound_nodes):
            return None
        tensors = operation._inbound_nodes[index].output_tensors
        if not 0 <= tensor_index < len(tensors):
            raise FileProblem(f"The config asks for output {tensor_index} of layer '{name}'.")
        return tensors[tensor_index]

    def _arguments(self, call: Any) -> tuple[list[Any], dict[str, Any]]:
        if isinstance(call, list):  # the form of Keras 2: [[name, node, tensor, kwargs], ...]
            tensors = [self._find(item, counted=True) for item in call]
            kwargs = call[0][3] if len(call[0]) > 3 else {}
            return [tensors[0] if len(tensors) == 1 else tensors], dict(kwargs)
        return self._revive(call["args"]), self._revive(call["kwargs"])

    def _revive(self, value: Any) -> Any:
        if is_node(value):
            if value["class_name"] == "__keras_tensor__":
                return self._find(value["config"]["keras_history"])
            return deserialize(value)
        if isinstance(value, (list, tuple)):
            return [self._revive(item) for item in value]
        if isinstance(value, Mapping):
            return {key: self._revive(item) for key, item in value.items()}
        return value

    def _tensors(self, structure: Any) -> Any:
        if isinstance(structure, Mapping):
            return {key: self._tensors(item) for key, item in structure.items()}
        if len(structure) == 3 and isinstance(structure[0], str):
            tensor = self._find(structure, counted=True)
            if tensor is None:
                raise FileProblem(
                    f"The config refers to a call that it does not have: {structure}."
                )
            return tensor
        return [self._tensors(item) for item in structure]


def _histories(value: Any) -> list[Any]:
    if is_node(value):
        if value["class_name"] == "__keras_tensor__":
            return [value["config"]["keras_history"]]
        return []
    if isinstance(value, (list, tuple)):
        if len(value) in (3, 4) and isinstance(value[0], str) and isinstance(value[1], int):
            return [value]
        return [found for item in value for found in _histories(item)]
    if isinstance(value, Mapping):
        return [found for item in value.values() for found in _histories(item)]
    return []
