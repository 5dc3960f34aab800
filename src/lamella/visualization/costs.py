"""What weights hold, and what one row of data costs in each layer: arithmetic and memory."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import ml_dtypes  # noqa: F401  teaches NumPy the names bfloat16, float8_e4m3fn ...
import numpy as np

from lamella.visualization._flops import program_flops
from lamella.visualization._trace import struct_of, watch
from lamella.visualization.protocols import LayerLike, ModelLike, graph_of


def count(weights: Iterable[Any]) -> int:
    """How many numbers the weights hold; a weight that is listed twice counts once."""
    return sum(math.prod(weight.shape) for weight in _distinct(weights))


def memory(weights: Iterable[Any]) -> float:
    """How many bytes they take; a weight that is listed twice counts once."""
    return sum(math.prod(weight.shape) * _bytes(weight.dtype) for weight in _distinct(weights))


def memory_text(size: float) -> str:
    """A size in the largest unit that leaves a number of 1 or more.

    Example:
        >>> memory_text(0), memory_text(1023), memory_text(407_080)
        ('0.00 B', '1023.00 B', '397.54 KB')
    """
    return _scaled(size, 1024, ("B", "KB", "MB", "GB", "TB"))


def flops_text(flops: int) -> str:
    """A number of operations in full, and in thousands, millions ... if it is long.

    Example:
        >>> flops_text(18), flops_text(2_500_000)
        ('18', '2,500,000 (2.50 M)')
    """
    return f"{flops:,} ({_scaled(flops, 1000, ' KMGT')})" if flops >= 1000 else str(flops)


def _scaled(size: float, step: int, units: Sequence[str]) -> str:
    number = 0
    while size >= step and number < len(units) - 1:
        size, number = size / step, number + 1
    return f"{size:.2f} {units[number]}"


def _distinct(weights: Iterable[Any]) -> Iterable[Any]:
    return {id(weight): weight for weight in weights}.values()


def _bytes(dtype: Any) -> float:
    name = dtype if isinstance(dtype, str) else np.dtype(dtype).name
    return 0.5 if name in ("int4", "uint4") else np.dtype(name).itemsize


@dataclass
class Costs:
    """The costs of a prediction for one row, by layer; over all calls of a layer together.

    Args:
        flops: operations on floating numbers, a multiplication and an addition counting as 2.
        memory: bytes of a layer's outputs; of a model, of all layers in it.
        total_flops: of the whole model, with what happens between its layers.
        total_memory: of the whole model.
    """

    flops: Counter[int] = field(default_factory=Counter)
    memory: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))
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
    for number, call in reversed([*enumerate(trace.calls)]):
        layer = call.operation
        if isinstance(layer, ModelLike):
            held[number] += _add_ops(costs, layer)
        else:
            held[number] = memory(_one_row(call.output_tensors))
        if call.parent is not None and isinstance(trace.calls[call.parent].operation, ModelLike):
            held[call.parent] += held[number]
        costs.flops[id(layer)] += call.flops
        costs.memory[id(layer)] += held[number]
    costs.total_flops, costs.total_memory = trace.calls[0].flops, held[0]
    return costs


def _one_row(tensors: Iterable[Any]) -> list[Any]:
    return [struct_of(tuple(tensor.shape), str(tensor.dtype)) for tensor in tensors]


def _add_ops(costs: Costs, model: Any) -> float:
    """Adds the ops in a model's graph, which are no layers, and gives what they hold together."""
    graph = graph_of(model)
    total = 0.0
    for node in graph.nodes if graph is not None else ():
        if node.is_input or isinstance(node.operation, LayerLike):
            continue

        def run(values: dict[int, Any], node: Any = node) -> Any:
            args, kwargs = node.fill(values)
            return node.operation(*args, **kwargs)

        inputs = dict(zip(map(id, node.input_tensors), _one_row(node.input_tensors)))
        size = memory(_one_row(node.output_tensors))
        costs.flops[id(node.operation)] += program_flops(jax.make_jaxpr(run)(inputs).jaxpr)
        costs.memory[id(node.operation)] += size
        total += size
    return total
