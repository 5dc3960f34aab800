"""A model as boxes and edges, before anything is placed or drawn."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lamella._base.errors import NotReady
from lamella.visualization.palette import family_of
from lamella.visualization.protocols import (
    GraphLike,
    LayerLike,
    ModelLike,
    NodeLike,
    class_name,
    graph_of,
    recorded_shapes,
    shape_text,
    visible_nodes,
)


@dataclass(frozen=True)
class Box:
    """One layer.

    Args:
        id: unique in its diagram.
        title: the class.
        name: the layer's name, empty if it is not shown.
        rows: pairs of label and value below the title.
        family: decides the colour.
        group: id of the group around it, None at the top.
    """

    id: str
    title: str
    name: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    family: str = "other"
    group: str | None = None


@dataclass(frozen=True)
class Edge:
    """Data flows from one box to another."""

    source: str
    target: str


@dataclass(frozen=True)
class Group:
    """A frame around the boxes of a nested model."""

    id: str
    label: str
    parent: str | None = None


@dataclass
class Diagram:
    """Everything that is drawn for one model."""

    name: str
    boxes: list[Box] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)


@dataclass(frozen=True)
class Details:
    """What each box tells besides its class."""

    shapes: bool = False
    dtype: bool = False
    names: bool = False
    nested: bool = False
    activations: bool = False
    trainable: bool = False


def from_model(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    expand_nested: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
) -> Diagram:
    """Turns a built model into boxes and edges.

    A model with a graph gets one box per layer, however often it is called, and an edge wherever
    data flow. A model whose `call` is written by hand has no graph; its layers are chained in the
    order in which they were made.

    Args:
        model: a built model.
        show_shapes: whether boxes tell input and output shapes.
        show_dtype: whether they tell the number type of their output.
        show_layer_names: whether they tell the layer's name.
        expand_nested: whether a model inside the model is drawn as a frame with its layers.
        show_layer_activations: whether they tell the activation function.
        show_trainable: whether they tell if training changes them.

    Raises: NotReady, if the model is not built.

    Example:
        >>> import lamella
        >>> layers = [lamella.layers.Input((4,)), lamella.layers.Dense(2, name="head")]
        >>> model = lamella.Sequential(layers, name="net")
        >>> [(box.title, box.rows) for box in from_model(model, show_shapes=True).boxes]
        [('Dense', (('Input shape', '(None, 4)'), ('Output shape', '(None, 2)')))]
    """
    if not model.built:
        raise NotReady(
            f"Model '{model.name}' has no shapes yet, so it cannot be drawn.",
            help="Call model.build(input_shape) or call the model on a batch first.",
        )
    details = Details(
        shapes=show_shapes,
        dtype=show_dtype,
        names=show_layer_names,
        nested=expand_nested,
        activations=show_layer_activations,
        trainable=show_trainable,
    )
    builder = _Builder(Diagram(str(model.name)), details)
    builder.add_model(model, None)
    builder.diagram.edges[:] = dict.fromkeys(builder.diagram.edges)
    return builder.diagram


@dataclass
class _Ends:
    """The boxes at which data enter and leave a part of the diagram, by input and output."""

    inputs: list[list[str]]
    outputs: list[list[str]]


class _Builder:
    def __init__(self, diagram: Diagram, details: Details) -> None:
        self.diagram = diagram
        self.details = details

    def add_model(self, model: Any, group: str | None) -> _Ends:
        graph = graph_of(model)
        if graph is None:
            return self._add_chain(model, group)
        return self._add_graph(model, graph, group)

    def _add_graph(self, model: Any, graph: GraphLike, group: str | None) -> _Ends:
        shown = visible_nodes(model, graph)
        calls: dict[int, list[NodeLike]] = {}
        for node in shown:
            calls.setdefault(id(node.operation), []).append(node)
        drawn: dict[int, _Ends] = {}
        sources: dict[int, list[str]] = {}
        readers: dict[int, list[str]] = {}
        for node in shown:
            key = id(node.operation)
            if key not in drawn:
                drawn[key] = self._add_operation(node.operation, calls[key], group)
            ends = drawn[key]
            for index, tensor in enumerate(node.input_tensors):
                entries = _at(ends.inputs, index)
                readers.setdefault(id(tensor), []).extend(entries)
                self._connect(sources.get(id(tensor), []), entries)
            for index, tensor in enumerate(node.output_tensors):
                sources[id(tensor)] = _at(ends.outputs, index)
        return _Ends(
            [sources.get(id(t)) or readers.get(id(t), []) for t in graph.inputs],
            [sources.get(id(t), []) for t in graph.outputs],
        )

    def _add_chain(self, model: Any, group: str | None) -> _Ends:
        layers = list(model.layers)
        if not layers:
            only = self._add_operation(model, [], group)
            return _Ends(only.inputs, only.outputs)
        parts = [self._add_operation(layer, [], group) for layer in layers]
        for before, after in itertools.pairwise(parts):
            self._connect(_at(before.outputs, 0), _at(after.inputs, 0))
        return _Ends(parts[0].inputs, parts[-1].outputs)

    def _add_operation(self, operation: Any, calls: list[NodeLike], group: str | None) -> _Ends:
        nested = isinstance(operation, ModelLike)
        if nested and self.details.nested and operation.layers and operation.built:
            frame = Group(f"g{len(self.diagram.groups)}", str(operation.name), group)
            self.diagram.groups.append(frame)
            return self.add_model(operation, frame.id)
        title = "InputLayer" if calls and calls[0].is_input else class_name(operation)
        box = Box(
            id=f"n{len(self.diagram.boxes)}",
            title=title,
            name=str(operation.name) if self.details.names else "",
            rows=tuple(_rows(operation, calls, self.details)),
            family="model" if nested else family_of(title),
            group=group,
        )
        self.diagram.boxes.append(box)
        return _Ends([[box.id]], [[box.id]])

    def _connect(self, sources: Sequence[str], targets: Sequence[str]) -> None:
        self.diagram.edges.extend(Edge(a, b) for a in sources for b in targets)


def _at(ends: list[list[str]], index: int) -> list[str]:
    return ends[min(index, len(ends) - 1)] if ends else []


def _rows(operation: Any, calls: list[NodeLike], details: Details) -> list[tuple[str, str]]:
    rows = []
    if details.activations:
        activation = getattr(operation, "activation", None)
        if activation is not None:
            named = getattr(activation, "__name__", None) or class_name(activation)
            rows.append(("Activation", str(named)))
    if details.shapes:
        if calls and not calls[0].is_input:
            rows.append(("Input shape", _shapes([node.input_tensors for node in calls])))
        if calls:
            rows.append(("Output shape", _shapes([node.output_tensors for node in calls])))
        else:
            rows.append(("Output shape", shape_text(recorded_shapes(operation))))
    if details.dtype:
        tensors = [tensor for node in calls for tensor in node.output_tensors]
        dtypes = dict.fromkeys(str(tensor.dtype) for tensor in tensors)
        rows.append(("Output dtype", ", ".join(dtypes) or str(getattr(operation, "dtype", "?"))))
    if details.trainable and isinstance(operation, LayerLike) and operation.weights:
        rows.append(("Trainable", "yes" if operation.trainable else "no"))
    return rows


def _shapes(calls: Sequence[Sequence[Any]]) -> str:
    texts = [shape_text([tensor.shape for tensor in tensors]) for tensors in calls]
    return " or ".join(dict.fromkeys(texts))
