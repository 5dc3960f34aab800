"""A copy of a model with fresh weights."""

from collections.abc import Callable
from typing import Any

import jax

from lamella._base import check
from lamella._graph.node import Node
from lamella._layer.layer import Layer
from lamella.layers.core.input_layer import Input
from lamella.models.graph_model import ModelGraph
from lamella.models.model import Model
from lamella.models.sequential import Sequential


def clone_model(
    model: Model, input_tensors: Any = None, clone_function: Callable[[Layer], Layer] | None = None
) -> Model:
    """A model of the same architecture with newly initialized weights.

    Args:
        model: what to copy; functional, sequential, or a subclass with a config.
        input_tensors: symbolic inputs for the copy, by default fresh ones.
        clone_function: makes the copy of each layer, by default from its config.

    Example:
        >>> from lamella.models.sequential import Sequential
        >>> from lamella.layers import Dense, Input
        >>> clone_model(Sequential([Input((4,)), Dense(3)])).count_params()
        15
    """
    check.of_kind(model, Model, "What clone_model copies", "Pass a lamella.Model.")
    if model._model_graph is None or (clone_function is None and input_tensors is None):
        return type(model).from_config(model.get_config())
    return _clone_graph(model, model._model_graph, input_tensors, clone_function or _copy)


def _copy(layer: Any) -> Any:
    return type(layer).from_config(layer.get_config())


def _clone_graph(
    model: Model, source: ModelGraph, input_tensors: Any, clone: Callable[[Any], Any]
) -> Model:
    """Runs the graph on fresh symbolic inputs, with a copy in the place of each layer."""
    copies: dict[int, Any] = {}

    def call(node: Node, args: tuple, kwargs: dict[str, Any]) -> Any:
        operation = node.operation
        if id(operation) not in copies:
            own = clone if isinstance(operation, Layer) else _copy
            copies[id(operation)] = own(operation)
        return copies[id(operation)](*args, **kwargs)

    tensors = jax.tree.leaves(input_tensors) or [
        Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=tensor.name)
        for tensor in source.flat_inputs
    ]
    if isinstance(model, Sequential):
        layers = [clone(layer) for layer in model.layers]
        return Sequential([tensors[0], *layers], name=model.name)
    outputs = source.graph.run(tensors, call)
    return Model(
        inputs=jax.tree.unflatten(jax.tree.structure(source.inputs), tensors),
        outputs=jax.tree.unflatten(jax.tree.structure(source.outputs), outputs),
        name=model.name,
    )
