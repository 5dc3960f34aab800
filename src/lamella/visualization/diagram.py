"""A model as boxes and edges, before anything is placed or drawn, and the colours of its layers."""

import functools
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from lamella._base import NotReady
from lamella._graph.node import Node
from lamella.visualization import protocols
from lamella.visualization._trace import Call, Flow, Step, Trace, watch
from lamella.visualization.listing import list_layers, select

FAMILIES = tomllib.loads((Path(__file__).parent / "_data" / "families.toml").read_text("utf-8"))
COLOURS = {family: colour for family, (colour, _) in FAMILIES.items()}


def family_of(name: str) -> str:
    """The family of a layer, judged by its class name.

    Args:
        name: a class name.

    Example:
        >>> [family_of(name) for name in ("Conv2D", "LayerNormalization", "Add", "MyBlock")]
        ['convolution', 'normalization', 'merging', 'other']
    """
    return next(family for family, (_, pattern) in FAMILIES.items() if re.search(pattern, name))


Calls = Sequence[Node | Call]


class Box(NamedTuple):
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


class Edge(NamedTuple):
    """Data flows from one box to another."""

    source: str
    target: str


class Group(NamedTuple):
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
    told = {"Activation": show_layer_activations, "Output dtype": show_dtype}
    told |= {"Input shape": show_shapes, "Output shape": show_shapes, "Trainable": show_trainable}
    builder = _Builder(model, {label for label in told if told[label]})
    builder.names, builder.nested = show_layer_names, expand_nested
    if layer_range is not None:
        builder.chosen = {id(layer) for layer in select(list_layers(model).layers, layer_range)}
    builder.add_model(model, None)
    builder.diagram.edges[:] = dict.fromkeys(builder.diagram.edges)
    return builder.diagram


class _Ends(NamedTuple):
    """The boxes at which data enter and leave a part of the diagram, by input and output."""

    inputs: list[list[str]]
    outputs: list[list[str]]


class _Builder:
    """Adds models to a diagram, outermost first.

    Args:
        root: the outermost model; it runs, at most once, to see into models without a graph.
        labels: what boxes tell.
    """

    names, nested = False, False
    chosen: set[int] | None = None

    def __init__(self, root: Any, labels: set[str]) -> None:
        self.root, self.labels = root, labels
        self.diagram = Diagram(str(root.name))
        # A layer that several models share has one box, in the first of them.
        self.drawn: dict[int, _Ends] = {}

    @functools.cached_property
    def trace(self) -> Trace | None:
        return watch(self.root) if callable(self.root) else None

    def add_model(self, model: Any, group: str | None) -> _Ends:
        flow, calls = self._flow(model)
        sources: dict[Any, list[str]] = {}
        readers: dict[Any, list[str]] = {}
        for step in flow.steps:
            if not self._wanted(model, step.operation):
                continue
            key = id(step.operation)
            if key not in self.drawn:
                self.drawn[key] = self._draw(step.operation, calls.get(key, []), group)
            ends = self.drawn[key]
            for place, tensor in step.reads:
                entries = _at(ends.inputs, place)
                readers.setdefault(tensor, []).extend(entries)
                self._connect(sources.get(tensor, []), entries)
            for place, tensor in enumerate(step.gives):
                sources[tensor] = _at(ends.outputs, place)
        past = {tensor for made in flow.outputs for tensor in made} - sources.keys()
        for tensor in flow.inputs:
            # An input of a nested model that reaches its outputs past all layers has a box.
            if group is not None and tensor in past:
                sources[tensor] = [self._add_box("Input", family="input", group=group)]
                self._connect(sources[tensor], readers.get(tensor, []))
        return _Ends(
            [sources.get(tensor) or readers.get(tensor, []) for tensor in flow.inputs],
            [[box for t in made for box in sources.get(t, [])] for made in flow.outputs],
        )

    def _flow(self, model: Any) -> tuple[Flow, dict[int, list[Any]]]:
        """What runs in a model, and by layer the calls of which shapes are told."""
        graph = protocols.graph_of(model)
        calls: dict[int, list[Any]] = {}
        if graph is not None:
            nodes = protocols.visible_nodes(model, graph)
            for node in nodes:
                calls.setdefault(id(node.operation), []).append(node)
            outputs = [[id(tensor)] for tensor in graph.outputs]
            return Flow([_step(n) for n in nodes], [*map(id, graph.inputs)], outputs), calls
        flow = self.trace.flow(model) if self.trace is not None else None
        if flow is not None and self.trace is not None and self.trace.exact:
            for call in self.trace.calls:
                if call.output_tensors:
                    calls.setdefault(id(call.operation), []).append(call)
        if flow is None:
            layers = [layer for layer in model.layers if self._wanted(model, layer)] or [model]
            steps = [Step(layer, [(0, n)], [n + 1]) for n, layer in enumerate(layers)]
            flow = Flow(steps, [0], [[len(steps)]])
        return flow, calls

    def _wanted(self, model: Any, operation: Any) -> bool:
        return self.chosen is None or model is not self.root or id(operation) in self.chosen

    def _draw(self, operation: Any, calls: Calls, group: str | None) -> _Ends:
        nested = isinstance(operation, protocols.ModelLike)
        if nested and self.nested and operation.layers and operation.built:
            frame = Group(f"g{len(self.diagram.groups)}", str(operation.name), group)
            self.diagram.groups.append(frame)
            return self.add_model(operation, frame.id)
        title = "InputLayer" if calls and calls[0].is_input else type(operation).__name__
        name = str(operation.name) if self.names else ""
        rows = tuple(row for row in _facts(operation, calls) if row[0] in self.labels)
        box = self._add_box(title, name, rows, "model" if nested else family_of(title), group)
        return _Ends([[box]], [[box]])

    def _add_box(self, *parts: Any, **named: Any) -> str:
        self.diagram.boxes.append(Box(f"n{len(self.diagram.boxes)}", *parts, **named))
        return self.diagram.boxes[-1].id

    def _connect(self, sources: Sequence[str], targets: Sequence[str]) -> None:
        self.diagram.edges.extend(Edge(a, b) for a in sources for b in targets)


def _step(node: Node) -> Step:
    reads = list(enumerate(map(id, node.input_tensors)))
    return Step(node.operation, reads, [*map(id, node.output_tensors)])


def _at(ends: list[list[str]], index: int) -> list[str]:
    return ends[min(index, len(ends) - 1)] if ends else []


def _facts(operation: Any, calls: Calls) -> list[tuple[str, str]]:
    """All that can be told of a layer, by label."""
    facts = []
    activation = getattr(operation, "activation", None)
    if activation is not None:
        named = getattr(activation, "__name__", None) or type(activation).__name__
        facts.append(("Activation", str(named)))
    if calls and not calls[0].is_input:
        facts.append(("Input shape", _shapes([call.input_tensors for call in calls])))
    shapes = _shapes([call.output_tensors for call in calls])
    shown = shapes or protocols.shape_text(protocols.recorded_shapes(operation))
    facts.append(("Output shape", shown))
    dtypes = dict.fromkeys(str(tensor.dtype) for call in calls for tensor in call.output_tensors)
    facts.append(("Output dtype", ", ".join(dtypes) or str(getattr(operation, "dtype", "?"))))
    if isinstance(operation, protocols.LayerLike) and operation.weights:
        facts.append(("Trainable", "yes" if operation.trainable else "no"))
    return facts


def _shapes(calls: Sequence[Sequence[Any]]) -> str:
    texts = [protocols.shape_text([tensor.shape for tensor in tensors]) for tensors in calls]
    return " or ".join(dict.fromkeys(texts))
