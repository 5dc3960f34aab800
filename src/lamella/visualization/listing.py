"""The rows of a model's table: which layers, in which order, with what to tell of each."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lamella._base import InvalidArgument
from lamella._graph.function import Graph
from lamella.visualization import protocols
from lamella.visualization.costs import Costs, memory_text


@dataclass
class Listing:
    """The layers of one model and what its graph tells of them."""

    layers: list[Any]
    shapes: dict[int, list[Any]] = field(default_factory=dict)
    connections: dict[int, list[str]] = field(default_factory=dict)
    chain: bool = True


def list_layers(model: Any) -> Listing:
    """The layers directly in a model, and what its graph tells of them."""
    graph = protocols.graph_of(model)
    if graph is None:
        return Listing(list(model.layers))
    kept = {id(node.operation) for node in protocols.visible_nodes(model, graph)}
    listing = Listing([op for op in graph.operations if id(op) in kept], chain=_is_chain(graph))
    origins: dict[int, str] = {}
    calls: Counter[int] = Counter()
    for node in graph.nodes:
        key = id(node.operation)
        if key in kept:
            listing.shapes[key] = [tensor.shape for tensor in node.output_tensors]
            told = listing.connections.setdefault(key, [])
            told += [origins[id(t)] for t in node.input_tensors if id(t) in origins]
            for index, tensor in enumerate(node.output_tensors):
                origins.setdefault(id(tensor), f"{node.operation.name}[{calls[key]}][{index}]")
            calls[key] += 1
    return listing


def _is_chain(graph: Graph) -> bool:
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
    found = []
    for name in names:
        found.append([n for n, layer in enumerate(layers) if re.match(name, layer.name)])
        if not found[-1]:
            known = ", ".join(layer.name for layer in layers[:8])
            raise InvalidArgument(
                f"`layer_range` names '{name}', which no layer of the model has.",
                help=f"Its layers are {known}" + (" ..." if len(layers) > 8 else "."),
            )
    first, last = found if min(found[0]) <= max(found[1]) else found[::-1]
    return layers[min(first) : max(last) + 1]


def rows_of(
    listing: Listing, expand_nested: bool, costs: Costs | None = None, depth: int = 0
) -> list[dict[str, str]]:
    """One row per layer, by column; `depth` counts the models around."""
    rows = []
    for layer in listing.layers:
        key = id(layer)
        trainable, params = "-", "0"
        if isinstance(layer, protocols.LayerLike):
            params = f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"
            if layer.weights:
                trainable = "Y" if layer.trainable else "N"
        row = {
            "name": ("   " * depth + "└ " if depth else "") + layer.name,
            "kind": type(layer).__name__,
            "Output Shape": protocols.shape_text(
                listing.shapes.get(key) or protocols.recorded_shapes(layer)
            ),
            "Param #": params,
            "Connected to": ", ".join(listing.connections.get(key, [])) or "-",
            "Trainable": trainable,
            "FLOPs": f"{costs.flops.get(key, 0):,}" if costs else "?",
            "Memory": memory_text(costs.memory.get(key, 0.0)) if costs else "?",
        }
        rows.append(row)
        if expand_nested and isinstance(layer, protocols.ModelLike):
            rows += rows_of(list_layers(layer), expand_nested, costs, depth + 1)
    return rows
