"""The rows of a model's table: which layers, in which order, with what to tell of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lamella._base.errors import InvalidArgument
from lamella.visualization.costs import Costs
from lamella.visualization.counting import memory_text
from lamella.visualization.protocols import (
    GraphLike,
    LayerLike,
    ModelLike,
    class_name,
    graph_of,
    recorded_shapes,
    shape_text,
    visible_nodes,
)


@dataclass
class Row:
    """What is told of one layer."""

    name: str
    kind: str
    shape: str
    params: str
    connections: str
    trainable: str
    flops: str = "?"
    memory: str = "?"


@dataclass
class Listing:
    """The layers of one model and what its graph tells of them."""

    layers: list[Any]
    shapes: dict[int, list[Any]] = field(default_factory=dict)
    connections: dict[int, list[str]] = field(default_factory=dict)
    chain: bool = True


def list_layers(model: Any) -> Listing:
    """The layers directly in a model, and what its graph tells of them."""
    graph = graph_of(model)
    if graph is None:
        return Listing(list(model.layers))
    shown = visible_nodes(model, graph)
    kept = {id(node.operation) for node in shown}
    listing = Listing([op for op in graph.operations if id(op) in kept])
    numbers: dict[int, int] = {}
    calls: dict[int, int] = {}
    for node in graph.nodes:
        numbers[id(node)] = calls.get(id(node.operation), 0)
        calls[id(node.operation)] = numbers[id(node)] + 1
    for node in shown:
        key = id(node.operation)
        listing.shapes[key] = [tensor.shape for tensor in node.output_tensors]
        told = listing.connections.setdefault(key, [])
        for tensor in node.input_tensors:
            before = tensor.producer
            if before is None or id(before) not in numbers or id(before.operation) not in kept:
                continue
            index = [id(output) for output in before.output_tensors].index(id(tensor))
            told.append(f"{before.operation.name}[{numbers[id(before)]}][{index}]")
    listing.chain = _is_chain(graph)
    return listing


def _is_chain(graph: GraphLike) -> bool:
    """Whether the calls follow one another, each of a layer of its own."""
    readers = [id(tensor) for node in graph.nodes for tensor in node.input_tensors]
    operations = [id(node.operation) for node in graph.nodes]
    return (
        len(set(operations)) == len(operations)
        and len(set(readers)) == len(readers) == len(operations) - 1
        and all(len(node.input_tensors) <= 1 for node in graph.nodes)
    )


def select(layers: list[Any], names: Sequence[str] | None) -> list[Any]:
    """The layers from the first that fits one pattern to the last that fits the other."""
    if names is None:
        return layers
    if isinstance(names, str) or len(names) != 2 or not all(isinstance(n, str) for n in names):
        raise InvalidArgument(
            f"`layer_range` must be two names, first and last. Received: {names!r}.",
            help="Pass for example layer_range=('conv_1', 'conv_4').",
        )
    found = [
        [place for place, layer in enumerate(layers) if re.match(name, layer.name)]
        for name in names
    ]
    if not all(found):
        missing = names[0] if not found[0] else names[1]
        raise InvalidArgument(
            f"`layer_range` names '{missing}', which no layer of the model has.",
            help=f"Its layers are {', '.join(layer.name for layer in layers[:8])}"
            + (" ..." if len(layers) > 8 else "."),
        )
    first, last = found
    if min(first) > max(last):
        first, last = last, first
    return layers[min(first) : max(last) + 1]


def rows_of(
    listing: Listing, expand_nested: bool, depth: int = 0, costs: Costs | None = None
) -> list[Row]:
    """One row per layer; `depth` counts the models around."""
    rows = []
    prefix = "   " * depth + "└ " if depth else ""
    for layer in listing.layers:
        shapes = listing.shapes.get(id(layer)) or recorded_shapes(layer)
        trainable, params = "-", "0"
        if isinstance(layer, LayerLike):
            params = f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"
            if layer.weights:
                trainable = "Y" if layer.trainable else "N"
        connections = ", ".join(listing.connections.get(id(layer), [])) or "-"
        row = Row(
            f"{prefix}{layer.name}",
            class_name(layer),
            shape_text(shapes),
            params,
            connections,
            trainable,
        )
        if costs is not None:
            row.flops = f"{costs.flops.get(id(layer), 0):,}"
            row.memory = memory_text(costs.memory.get(id(layer), 0.0))
        rows.append(row)
        if expand_nested and isinstance(layer, ModelLike):
            rows.extend(rows_of(list_layers(layer), expand_nested, depth + 1, costs))
    return rows
