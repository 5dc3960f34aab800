"""What one row of data costs in each layer: arithmetic, and memory for what layers give."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import jax

from lamella.visualization._flops import program_flops
from lamella.visualization._trace import Call, struct_of, watch
from lamella.visualization.counting import memory
from lamella.visualization.protocols import LayerLike, ModelLike, graph_of


@dataclass
class Costs:
    """The costs of a prediction for one row, by layer; over all calls of a layer together.

    Args:
        flops: operations on floating numbers, a multiplication and an addition counting as 2.
        memory: bytes of a layer's outputs; of a model, of all layers in it.
        total_flops: of the whole model, with what happens between its layers.
        total_memory: of the whole model.
    """

    flops: dict[int, int] = field(default_factory=dict)
    memory: dict[int, float] = field(default_factory=dict)
    total_flops: int = 0
    total_memory: float = 0.0


def costs_of(model: Any) -> Costs | None:
    """The costs of each layer in a model, and of each op in its graph.

    They are counted in the program that JAX makes of the model's call for one row, without
    training. A layer that is not in the result, such as an Input, costs nothing.

    Args:
        model: a built model.

    None, if the model is not built, or a size other than the batch is open.

    Example:
        >>> import lamella
        >>> head = lamella.layers.Dense(2)
        >>> model = lamella.Sequential([lamella.layers.Input((4,)), head])
        >>> costs_of(model).flops[id(head)]     # 4 x 2 products and sums, 2 biases
        18
    """
    trace = watch(model) if model.built and callable(model) else None
    if trace is None or not trace.exact:
        return None
    costs = Costs()
    held = [0.0] * len(trace.calls)
    for number in range(len(trace.calls) - 1, -1, -1):
        call = trace.calls[number]
        layer = call.operation
        if isinstance(layer, ModelLike):
            held[number] += _add_ops(costs, layer)
        else:
            held[number] = memory(_one_row(call))
        if call.parent is not None and isinstance(trace.calls[call.parent].operation, ModelLike):
            held[call.parent] += held[number]
        costs.flops[id(layer)] = costs.flops.get(id(layer), 0) + call.flops
        costs.memory[id(layer)] = costs.memory.get(id(layer), 0.0) + held[number]
    costs.total_flops, costs.total_memory = trace.calls[0].flops, held[0]
    return costs


def _one_row(call: Call) -> list[Any]:
    return [struct_of(spec.shape, spec.dtype) for spec in call.output_tensors]


def _add_ops(costs: Costs, model: Any) -> float:
    """Adds the ops in a model's graph, which are no layers, and gives what they hold together."""
    graph = graph_of(model)
    total = 0.0
    for node in _ops(graph.nodes if graph is not None else ()):
        key = id(node.operation)
        outputs = [struct_of(tuple(t.shape), str(t.dtype)) for t in node.output_tensors]
        inputs = {id(t): struct_of(tuple(t.shape), str(t.dtype)) for t in node.input_tensors}
        size = memory(outputs)
        program = jax.make_jaxpr(lambda values, node=node: _call(node, values))(inputs)
        costs.flops[key] = costs.flops.get(key, 0) + program_flops(program.jaxpr)
        costs.memory[key] = costs.memory.get(key, 0.0) + size
        total += size
    return total


def _ops(nodes: Iterable[Any]) -> list[Any]:
    return [n for n in nodes if not n.is_input and not isinstance(n.operation, LayerLike)]


def _call(node: Any, values: dict[int, Any]) -> Any:
    args, kwargs = node.fill(values)
    return node.operation(*args, **kwargs)
