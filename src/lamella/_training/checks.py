"""What the host can see before the first step: data that cannot be what was meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from lamella._base.errors import InvalidArgument, InvalidData, InvalidShape
from lamella._graph.function import Graph
from lamella._training.compile import CompiledLoss, CompiledMetrics, is_own_loss
from lamella._training.last_layer import ending_of, graph_of
from lamella._training.outputs import Outputs
from lamella.data.host import HostArray
from lamella.layers.core.embedding import Embedding

_BY_CLASS_NUMBER = "sparse_categorical_crossentropy"
CROSSENTROPIES = (
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
)
# Losses and metrics that compare entry by entry: shapes that differ would broadcast in silence.
_ELEMENTWISE = (
    *CROSSENTROPIES,
    "mean_squared_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error",
    "huber",
    "log_cosh",
    "cosine_similarity",
    "poisson",
    "kl_divergence",
    "hinge",
    "squared_hinge",
    "categorical_hinge",
    "dice",
    "tversky",
    "accuracy",
    "binary_accuracy",
)


def check_targets(
    loss: CompiledLoss | None,
    metrics: CompiledMetrics | None,
    y: Any,
    output_shapes: list[tuple],
    prefix: str = "",
) -> None:
    """Refuses targets that do not fit a loss or a metric.

    Args:
        loss, metrics: built for the model's outputs.
        y: targets on the host.
        output_shapes: the shape of each output, None for the batch.
        prefix: whose targets these are: "validation data ", or nothing.

    Raises: InvalidShape, InvalidData.
    """
    if loss is not None and loss.outputs is not None:
        targets = loss.outputs.arrays(y, f"{prefix}y")
        for part in loss.parts:
            loss.outputs.require(targets, part.index, "loss")
            _check_for_loss(
                part.loss,
                targets[part.index],
                output_shapes[part.index],
                _name(loss.outputs, part.index, prefix),
            )
    if metrics is None or metrics.outputs is None:
        return
    targets = metrics.outputs.arrays(y, f"{prefix}y")
    for index, shape in enumerate(output_shapes):
        for metric in (*metrics.plain[index], *metrics.weighted[index]):
            metrics.outputs.require(targets, index, "metric")
            if is_own_loss(metric, *_ELEMENTWISE):
                name = _name(metrics.outputs, index, prefix)
                _check_shape(f"the metric {metric.name}", targets[index].shape, shape, name)


def _check_for_loss(loss: Any, target: Any, shape: tuple, name: str) -> None:
    if is_own_loss(loss, _BY_CLASS_NUMBER):
        _check_class_numbers(loss, target, shape, name)
    elif is_own_loss(loss, *_ELEMENTWISE):
        _check_shape(loss.name, target.shape, shape, name)
    if is_own_loss(loss, *CROSSENTROPIES[:2]):
        _check_probabilities(np.asarray(target), name)


def _name(outputs: Outputs, index: int, prefix: str) -> str:
    return f"{prefix}y" if outputs.single else f"{prefix}y of output '{outputs.names[index]}'"


def _check_class_numbers(loss: Any, given: Any, shape: tuple, name: str) -> None:
    settings = loss._fn_kwargs
    if settings.get("axis", -1) not in (-1, len(shape) - 1):
        return
    target = np.asarray(given)
    classes, size = shape[-1], tuple(target.shape)
    if size[-1:] == (1,) and len(size) == len(shape):
        size = size[:-1]
    fits = len(size) == len(shape) - 1 and all(
        wanted in (None, got) for got, wanted in zip(size[1:], shape[1:-1])
    )
    if not fits:
        one_hot = len(size) == len(shape) and size[-1] == classes
        raise InvalidShape(
            f"{name} has shape {target.shape}; class numbers of shape {('n', *shape[1:-1])} were "
            "expected by sparse_categorical_crossentropy.",
            help="One-hot targets need loss='categorical_crossentropy'."
            if one_hot
            else "Pass one whole number for each prediction.",
        )
    if classes is None or not target.size:
        return
    bad = None if classes > target.max() and target.min() >= 0 else (target < 0)
    if bad is not None:
        bad |= target >= classes
    if target.dtype.kind == "f" and (broken := target != np.floor(target)).any():
        bad = broken if bad is None else bad | broken
    if bad is not None and (ignored := settings.get("ignore_class")) is not None:
        bad &= target != ignored
    if bad is None or not bad.any():
        return
    place = int(np.argmax(bad))
    wrong = target.ravel()[place]
    highest = int(np.floor(target[bad].max()))
    help = f"Number the classes from 0, or give the last layer {highest + 1} units."
    if wrong != np.floor(wrong):
        help = "Pass whole numbers; targets that are measured want loss='mse' and a linear layer."
    elif highest < classes:
        help = "Number the classes from 0; rows without a label want ignore_class in the loss."
    raise InvalidData(
        f"{name} has the label {wrong:g} in row {place // max(target[0].size, 1)} "
        f"({int(bad.sum())} such labels); the output has {classes} classes, so whole numbers from "
        f"0 to {classes - 1} were expected.",
        help=help,
    )


def _check_shape(who: str, given: tuple, shape: tuple, name: str) -> None:
    if given[-1:] == (1,) and len(given) == len(shape) + 1:
        given = given[:-1]
    wanted = shape[:-1] if shape[-1:] == (1,) and len(given) == len(shape) - 1 else shape
    fits = len(given) == len(wanted) and all(
        size is None or size == got for got, size in zip(given[1:], wanted[1:])
    )
    if fits:
        return
    help = f"Reshape the targets to {('n', *shape[1:])}, or change the last layer."
    if "metric" in who:
        help = "Take a metric for such targets: 'accuracy' finds out itself which one fits."
    elif who.startswith("categorical") and len(given) == len(shape) - 1:
        help = "Class numbers need loss='sparse_categorical_crossentropy' (or one-hot targets)."
    raise InvalidShape(
        f"{name} has shape {given}; the model's output has shape {shape}, and {who} compares them "
        "entry by entry.",
        help=help,
    )


def _check_probabilities(target: np.ndarray, name: str) -> None:
    if target.size and (target.min() < 0 or target.max() > 1):
        raise InvalidData(
            f"{name} has values from {target.min():g} to {target.max():g}; binary_crossentropy "
            "expects 0 to 1.",
            help="Use labels 0 and 1; for several classes use sparse_categorical_crossentropy.",
        )


def check_outputs(model: Any, who: str) -> None:
    """Refuses an output that can only ever be 1.

    Raises: InvalidArgument for a softmax over one unit.
    """
    graph = graph_of(model)
    for tensor in () if graph is None else graph.outputs:
        ending = ending_of(tensor)
        if ending is not None and ending.activation == "softmax" and ending.shape[-1] == 1:
            raise InvalidArgument(
                f"{who} ends in a softmax over one unit, which is always 1: nothing can be "
                "learned.",
                help="Use activation='sigmoid' with binary_crossentropy, or a unit for each class.",
            )


def check_inputs(graph: Graph | None, x: Any, names: list[str], prefix: str = "") -> None:
    """Refuses numbers that an Embedding right behind an input does not know.

    Args:
        graph: the model's, None if it has none: then nothing is known.
        x: inputs on the host.
        names: those of the inputs, for dictionaries.
        prefix: whose inputs these are.

    Raises: InvalidData with the row.
    """
    if graph is None:
        return
    by_name = isinstance(x, dict) and set(names) <= set(x)
    leaves = [x[name] for name in names] if by_name else jax.tree.leaves(x)
    for place, embedding in _embeddings(graph):
        if place >= len(leaves):
            return
        leaf = leaves[place]
        numbers = leaf.take(leaf.spread()) if isinstance(leaf, HostArray) else np.asarray(leaf)
        if not numbers.size or (numbers.min() >= 0 and numbers.max() < embedding.input_dim):
            continue
        bad = (numbers < 0) | (numbers >= embedding.input_dim)
        first = int(np.argmax(bad))
        needed = int(numbers.max()) + 1
        raise InvalidData(
            f"{prefix}x{f' {names[place]!r}' if len(names) > 1 else ''} has the number "
            f"{numbers.ravel()[first]:g} in row {first // max(numbers[0].size, 1)}; Embedding "
            f"'{embedding.name}' knows 0 to {embedding.input_dim - 1}.",
            help=f"Make input_dim {needed}, or map unknown words to a number of their own."
            if needed > embedding.input_dim
            else "Number the words from 0.",
        )


def _embeddings(graph: Graph) -> Iterator[tuple[int, Embedding]]:
    """Each Embedding that reads an input as it comes, with the number of the input."""
    places = {id(tensor): place for place, tensor in enumerate(graph.inputs)}
    for node in graph.nodes:
        inner = graph_of(node.operation)
        for index, tensor in enumerate(node.input_tensors):
            place = places.get(id(tensor))
            if place is None:
                continue
            if isinstance(node.operation, Embedding):
                yield place, node.operation
            elif inner is not None:
                yield from ((place, found) for at, found in _embeddings(inner) if at == index)
