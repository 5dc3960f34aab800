"""Stand-ins for models: only what `visualization.protocols` asks for."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest


@dataclass(eq=False)
class Tensor:
    shape: tuple
    dtype: str = "float32"
    producer: Any = None


@dataclass(eq=False)
class Node:
    operation: Any
    input_tensors: list
    output_tensors: list

    def __post_init__(self) -> None:
        for tensor in self.output_tensors:
            tensor.producer = self

    @property
    def is_input(self) -> bool:
        return not self.input_tensors


@dataclass(eq=False)
class Weight:
    shape: tuple
    dtype: str = "float32"
    path: str = "w"


@dataclass(eq=False)
class Op:
    name: str


@dataclass(eq=False)
class Layer:
    name: str
    own: list = field(default_factory=list)
    built: bool = True
    trainable: bool = True
    activation: Any = None
    _output_shapes: Any = ()

    @property
    def weights(self) -> list:
        return self.own

    def count_params(self) -> int:
        return sum(math.prod(weight.shape) for weight in self.weights)


@dataclass(eq=False)
class Graph:
    nodes: list
    inputs: list
    outputs: list

    @property
    def operations(self) -> list:
        return list({id(node.operation): node.operation for node in self.nodes}.values())


@dataclass(eq=False)
class Model(Layer):
    layers: list = field(default_factory=list)
    graph: Graph | None = None
    optimizer: Any = None

    def _graph(self) -> Graph | None:
        return self.graph

    @property
    def weights(self) -> list:
        return [weight for layer in self.layers for weight in getattr(layer, "weights", [])]

    @property
    def trainable_weights(self) -> list:
        return [w for layer in self.layers if layer.trainable for w in layer.weights]

    @property
    def non_trainable_weights(self) -> list:
        return [w for layer in self.layers if not layer.trainable for w in layer.weights]


def make(kind: str, name: str, base: type = Layer, **fields: Any) -> Any:
    """An object whose class is called `kind`."""
    return type(kind, (base,), {})(name, **fields)


def dense(name: str, into: int, out: int, **fields: Any) -> Any:
    return make("Dense", name, own=[Weight((into, out)), Weight((out,))], **fields)


class Builder:
    """Calls operations one after another, as a functional model is written."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.starts: list[Tensor] = []

    def input(self, *shape: int | None, name: str = "input_layer") -> Tensor:
        tensor = Tensor(shape)
        self.nodes.append(Node(make("InputLayer", name), [], [tensor]))
        self.starts.append(tensor)
        return tensor

    def call(self, operation: Any, inputs: list, *shapes: tuple) -> Any:
        outputs = [Tensor(shape) for shape in shapes]
        self.nodes.append(Node(operation, list(inputs), outputs))
        return outputs[0] if len(outputs) == 1 else outputs

    def model(self, outputs: list, name: str = "net", hide_input: bool = False) -> Any:
        graph = Graph(self.nodes, self.starts, outputs)
        layers = [
            op
            for op in graph.operations
            if not isinstance(op, Op) and not (hide_input and type(op).__name__ == "InputLayer")
        ]
        kind = "Sequential" if hide_input else "Functional"
        return make(kind, name, Model, layers=layers, graph=graph)


@pytest.fixture
def fake() -> SimpleNamespace:
    def sequential(name: str = "mlp") -> Any:
        b = Builder()
        x = b.input(None, 784)
        x = b.call(dense("hidden", 784, 128, activation=max), [x], (None, 128))
        x = b.call(make("Dropout", "drop"), [x], (None, 128))
        x = b.call(dense("head", 128, 10), [x], (None, 10))
        return b.model([x], name, hide_input=True)

    def branches() -> Any:
        b = Builder()
        left, right = b.input(None, 4, name="left"), b.input(None, 3, name="right")
        shared = dense("shared", 4, 4)
        a = b.call(shared, [left], (None, 4))
        a2 = b.call(shared, [a], (None, 4))
        c = b.call(dense("other", 3, 4), [right], (None, 4))
        joined = b.call(make("Add", "join", Op), [a2, c], (None, 4))
        return b.model([joined, b.call(dense("out", 4, 1), [joined], (None, 1))], "branches")

    def nested(inner: Any = None) -> Any:
        b = Builder()
        x = b.input(None, 784, name="start")
        y = b.call(inner or sequential("block"), [x], (None, 10))
        return b.model([b.call(dense("end", 10, 2), [y], (None, 2))], "outer")

    return SimpleNamespace(
        Builder=Builder,
        Model=Model,
        Op=Op,
        Weight=Weight,
        branches=branches,
        dense=dense,
        make=make,
        nested=nested,
        sequential=sequential,
    )
