"""A graph between inputs and outputs: its order, and how it runs."""

from collections.abc import Callable, Sequence
from typing import Any

from lamella._base import InvalidArgument
from lamella._graph.node import Node, Operation
from lamella._graph.symbolic import KerasTensor

Call = Callable[[Node, tuple, dict], Any]


class Graph:
    """The calls that lead from input tensors to output tensors.

    Args:
        inputs, outputs: flat lists of symbolic tensors.

    Nodes are in an order in which they can run; operations come deepest first, as in Keras, which
    fixes the order of weights in files.

    Raises: InvalidArgument, if an output needs an Input that is not among `inputs`, or two
    operations have one name.
    """

    def __init__(self, inputs: list[KerasTensor], outputs: list[KerasTensor]) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self.nodes = _sorted_nodes(inputs, outputs)
        self.operations = _sorted_operations(self.nodes, inputs, outputs)
        _refuse_equal_names(self.operations)

    def run(self, arrays: list[Any], call: Call, repeats: Sequence[Any] = ()) -> list[Any]:
        """The outputs for given input arrays.

        Args:
            arrays: one for each input.
            call: performs one node.
            repeats: rows of equal blocks that may run as one (see `_layer/repeats.py`).
        """
        pairs = zip(self.inputs, arrays, strict=True)
        values: dict[int, Any] = {id(tensor): array for tensor, array in pairs}
        starts = {id(repeat.blocks[0][0]): repeat for repeat in repeats}
        passed: set[int] = set()
        for node in self.nodes:
            repeat = starts.get(id(node))
            if repeat is not None and repeat.run(values, call):
                passed |= repeat.nodes
            if id(node) not in passed:
                perform([node], values, call)
        return [values[id(tensor)] for tensor in self.outputs]


def perform(nodes: Sequence[Node], values: dict[int, Any], call: Call) -> None:
    """Adds what calls give to the arrays that are known, by the identity of their tensors."""
    for node in nodes:
        if node.is_input or all(id(tensor) in values for tensor in node.output_tensors):
            continue
        args, kwargs = node.fill(values)
        result = call(node, args, kwargs)
        for tensor, array in zip(node.output_tensors, _leaves(result), strict=True):
            values[id(tensor)] = array


def _leaves(result: Any) -> list[Any]:
    if isinstance(result, (list, tuple)):
        return [leaf for item in result for leaf in _leaves(item)]
    if isinstance(result, dict):
        return [leaf for key in sorted(result) for leaf in _leaves(result[key])]
    return [] if result is None else [result]


def _sorted_nodes(inputs: list[KerasTensor], outputs: list[KerasTensor]) -> list[Node]:
    """Depth first from the outputs, without recursion: graphs may be thousands of calls deep."""
    given = {id(tensor) for tensor in inputs}
    done: dict[int, Node] = {}
    for output in outputs:
        stack: list[tuple[KerasTensor, bool]] = [(output, False)]
        while stack:
            tensor, leaving = stack.pop()
            node = _producer(tensor)
            if leaving:
                done.setdefault(id(node), node)
                continue
            if id(node) in done or (id(tensor) in given and not node.is_input):
                continue
            if node.is_input and id(tensor) not in given:
                way = [tensor, *(below for below, leaving in reversed(stack) if leaving)]
                names = [_producer(step).operation.name for step in way]
                raise InvalidArgument(
                    f"The model's outputs need the Input '{node.operation.name}', which is not "
                    f"among its `inputs`: {' -> '.join(_short(names))}.",
                    help=f"Add it: Model(inputs=[..., {node.operation.name}], outputs=...). If it "
                    "is another model's, call that model (or its layers) on your own Input.",
                )
            stack.append((tensor, True))
            stack.extend((parent, False) for parent in reversed(node.input_tensors))
    return list(done.values())


def _short(names: list[str]) -> list[str]:
    return names if len(names) <= 6 else [*names[:3], "...", *names[-2:]]


def _producer(tensor: KerasTensor) -> Node:
    if tensor.producer is None:
        raise InvalidArgument(
            f"{tensor!r} was not made by an Input or a layer.",
            help="Start the model from lamella.Input(shape=...).",
        )
    return tensor.producer


def _first_seen(nodes: list[Node], outputs: list[KerasTensor]) -> dict[Operation, int]:
    """When each operation is first met on the way back from the outputs."""
    seen: dict[Operation, int] = {}
    visited: set[int] = set()
    inside = {id(node) for node in nodes}
    stack = [_producer(tensor) for tensor in reversed(outputs)]
    while stack:
        node = stack.pop()
        if id(node) in visited or id(node) not in inside:
            continue
        visited.add(id(node))
        seen.setdefault(node.operation, len(seen))
        stack.extend(_producer(tensor) for tensor in reversed(node.input_tensors))
    return seen


def _sorted_operations(
    nodes: list[Node], inputs: list[KerasTensor], outputs: list[KerasTensor]
) -> list[Operation]:
    inside = {id(node) for node in nodes}
    node_depth: dict[int, int] = {}
    depth: dict[Operation, int] = {}
    for node in reversed(nodes):
        level = max(node_depth.get(id(node), 0), depth.get(node.operation, 0))
        depth[node.operation] = level
        node_depth[id(node)] = level
        for parent in node.parents:
            if id(parent) in inside:
                node_depth[id(parent)] = max(level + 1, node_depth.get(id(parent), 0))
    seen = _first_seen(nodes, outputs)
    for tensor in inputs:
        operation = _producer(tensor).operation
        if _producer(tensor).is_input and operation not in depth:
            depth[operation] = 0
            seen[operation] = -1
    return sorted(depth, key=lambda operation: (-depth[operation], seen[operation]))


def _refuse_equal_names(operations: list[Operation]) -> None:
    names: dict[str, Operation] = {}
    for operation in operations:
        other = names.setdefault(operation.name, operation)
        if other is not operation:
            raise InvalidArgument(
                f"The name '{operation.name}' is used 2 times in the model, by "
                f"{type(other).__name__} and {type(operation).__name__}. Names must be unique.",
                help=f"Give one of them another name, e.g. name='{operation.name}_2'.",
            )
