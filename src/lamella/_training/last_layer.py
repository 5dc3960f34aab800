"""How a model ends: the activation that makes an output, where that can be known."""

from typing import Any, NamedTuple

from lamella._base.registry import entry_of, is_own
from lamella._graph.function import Graph
from lamella._graph.operation import OpCall
from lamella._graph.symbolic import KerasTensor
from lamella._layer.layer import Layer
from lamella._training.steps import Steps
from lamella.layers.activations.softmax import Softmax
from lamella.layers.convolutional.convolution import Convolution
from lamella.layers.core.dense import Dense
from lamella.layers.core.einsum_dense import EinsumDense
from lamella.layers.core.plain import Activation, Identity
from lamella.layers.regularization.dropout import Dropout
from lamella.layers.reshaping.reshape import Flatten, Reshape
from lamella.layers.rnn.time_distributed import TimeDistributed


class Ending(NamedTuple):
    """The last activation before an output.

    Args:
        activation: its name, "linear" for none.
        shape: what it is applied to.
    """

    activation: str
    shape: tuple


def graph_of(operation: Any) -> Graph | None:
    """The graph of a model, None for other layers and for a `call` that a person wrote."""
    return operation._graph() if isinstance(operation, Steps) else None  # type: ignore[attr-defined]


def ending_of(tensor: KerasTensor) -> Ending | None:
    """The activation that a symbolic output comes out of, None if nobody can know."""
    while (node := tensor.producer) is not None and not node.is_input:
        operation = node.operation
        if isinstance(operation, OpCall):
            last = operation.settings.get("axis", -1) in (-1, len(tensor.shape) - 1)
            known = last and operation.op_name in ("softmax", "sigmoid")
            return Ending(operation.op_name, tensor.shape) if known else None
        if (inner := graph_of(operation)) is not None:
            tensor = inner.outputs[tensor.producer_index]
        elif isinstance(operation, (Flatten, Reshape, Identity, Dropout)):
            tensor = node.input_tensors[0]
        else:
            name = activation_of(operation)
            return None if name is None else Ending(name, tensor.shape)
    return None


def activation_of(layer: Any) -> str | None:
    """The name of a layer's activation, None for layers that a person wrote and for other kinds."""
    if isinstance(layer, TimeDistributed):
        return activation_of(layer.layer)
    if not is_own(type(layer)):
        return None
    if isinstance(layer, Softmax):
        return "softmax" if layer.axis == -1 else None
    if not isinstance(layer, (Dense, EinsumDense, Convolution, Activation)):
        return None
    if isinstance(layer.activation, Layer):
        return activation_of(layer.activation)
    entry = entry_of(layer.activation)
    return entry.name if entry is not None and entry.package is None else None
