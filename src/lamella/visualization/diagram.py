"""A model as boxes and edges, before anything is placed or drawn."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lamella._base.errors import NotReady
from lamella.visualization._trace import Call, Flow, Port, Trace, watch
from lamella.visualization.listing import list_layers, select
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
    layer_range: Sequence[str] | None = None,
) -> Diagram:
    """Turns a built model into boxes and edges.

    Each layer has one box, however often it is called, and an edge stands wherever data flow. A
    model whose `call` is written by hand runs once on shapes, and what its code does between the
    layers has no box; if it cannot run so, its layers are chained in the order of their making.

    Args:
        model: a built model.
        show_shapes: whether boxes tell input and output shapes.
        show_dtype: whether they tell the number type of their output.
        show_layer_names: whether they tell the layer's name.
        expand_nested: whether a model inside the model is drawn as a frame with its layers.
        show_layer_activations: whether they tell the activation function.
        show_trainable: whether they tell if training changes them.
        layer_range: first and last layer to draw, as names or regular expressions.

    Raises: NotReady, if the model is not built; InvalidArgument, if the range fits no layer.

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
    builder = _Builder(Diagram(str(model.name)), details, model)
    if layer_range is not None:
        builder.chosen = {id(layer) for layer in select(list_layers(model).layers, layer_range)}
    builder.add_model(model, None)
    builder.diagram.edges[:] = dict.fromkeys(builder.diagram.edges)
    return builder.diagram


@dataclass
class _Ends:
    """The boxes at which data enter and leave a part of the diagram, by input and output."""

    inputs: list[list[str]]
    outputs: list[list[str]]


class _Builder:
    """Adds models to a diagram, outermost first.

    Args:
        diagram: what grows.
        details: what boxes tell.
        root: the outermost model; it runs, at most once, to see into models without a graph.
    """

    def __init__(self, diagram: Diagram, details: Details, root: Any) -> None:
        self.diagram = diagram
        self.details = details
        self.root = root
        self.chosen: set[int] | None = None
        # A layer that several models share has one box, in the first of them.
        self.drawn: dict[int, _Ends] = {}

    @functools.cached_property
    def trace(self) -> Trace | None:
        return watch(self.root) if callable(self.root) else None

    def add_model(self, model: Any, group: str | None) -> _Ends:
        graph = graph_of(model)
        if graph is not None:
            return self._add_graph(model, graph, group)
        flow = self.trace.flow(model) if self.trace is not None else None
        if flow is None or not flow.order:
            return self._add_chain(model, group)
        return self._add_flow(model, flow, group)

    def _add_graph(self, model: Any, graph: GraphLike, group: str | None) -> _Ends:
        shown = [n for n in visible_nodes(model, graph) if self._wanted(model, n.operation)]
        calls: dict[int, list[NodeLike]] = {}
        for node in shown:
            calls.setdefault(id(node.operation), []).append(node)
        sources: dict[int, list[str]] = {}
        readers: dict[int, list[str]] = {}
        for node in shown:
            operation = node.operation
            ends = self._add_operation(operation, calls[id(operation)], group)
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

    def _add_flow(self, model: Any, flow: Flow, group: str | None) -> _Ends:
        """A model without a graph, as it ran; layers that were not called stand alone."""
        ends: dict[int, _Ends] = {}
        for layer in dict.fromkeys([*flow.order, *model.layers]):
            if self._wanted(model, layer):
                ends[id(layer)] = self._add_operation(layer, self._calls_of(layer), group)
        places = [place for place, _ in flow.entries]
        places += [place for ports in flow.exits for layer, place in ports if layer is None]
        inputs: list[list[str]] = [[] for _ in range(max(places, default=-1) + 1)]
        for place, (layer, index) in flow.entries:
            inputs[place].extend(_at(ends[layer].inputs, index) if layer in ends else [])
        if group is not None:
            self._add_way_round(flow, inputs, group)

        def sources(port: Port) -> list[str]:
            layer, place = port
            if layer is None:
                return inputs[place] if group is not None else []
            return _at(ends[layer].outputs, place) if layer in ends else []

        for source, (layer, index) in flow.edges:
            if layer in ends:
                self._connect(sources(source), _at(ends[layer].inputs, index))
        outputs = [[box for port in ports for box in sources(port)] for ports in flow.exits]
        return _Ends(inputs, outputs)

    def _add_way_round(self, flow: Flow, inputs: list[list[str]], group: str) -> None:
        """A box for each input of a nested model that reaches its outputs past all layers."""
        past = {place for ports in flow.exits for layer, place in ports if layer is None}
        for place in sorted(past):
            box = Box(f"n{len(self.diagram.boxes)}", "Input", family="input", group=group)
            self.diagram.boxes.append(box)
            self._connect([box.id], inputs[place])
            inputs[place] = [box.id]

    def _calls_of(self, layer: Any) -> list[Call]:
        """The calls whose shapes are told; where a size was made up, none."""
        if self.trace is None or not self.trace.exact:
            return []
        return [call for call in self.trace.calls_of(layer) if call.output_tensors]

    def _wanted(self, model: Any, operation: Any) -> bool:
        return self.chosen is None or model is not self.root or id(operation) in self.chosen

    def _add_chain(self, model: Any, group: str | None) -> _Ends:
        layers = [layer for layer in model.layers if self._wanted(model, layer)]
        if not layers:
            only = self._add_operation(model, [], group)
            return _Ends(only.inputs, only.outputs)
        parts = [self._add_operation(layer, [], group) for layer in layers]
        for before, after in itertools.pairwise(parts):
            self._connect(_at(before.outputs, 0), _at(after.inputs, 0))
        return _Ends(parts[0].inputs, parts[-1].outputs)

    def _add_operation(self, operation: Any, calls: Sequence[NodeLike], group: str | None) -> _Ends:
        if id(operation) not in self.drawn:
            self.drawn[id(operation)] = self._draw(operation, calls, group)
        return self.drawn[id(operation)]

    def _draw(self, operation: Any, calls: Sequence[NodeLike], group: str | None) -> _Ends:
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


def _rows(operation: Any, calls: Sequence[NodeLike], details: Details) -> list[tuple[str, str]]:
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
