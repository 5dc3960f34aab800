"""What the host can see before the first step: data that cannot be what was meant."""

from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

import jax
import numpy as np

from lamella._base.errors import InvalidArgument, InvalidData, InvalidShape
from lamella._graph.function import Graph
from lamella._training.compile import CompiledLoss, CompiledMetrics, is_own_loss
from lamella._training.last_layer import ending_of, graph_of
from lamella.layers.core.embedding import Embedding

CROSSENTROPIES = (
    *("binary_crossentropy", "binary_focal_crossentropy"),
    *("categorical_crossentropy", "categorical_focal_crossentropy"),
)
# Losses and metrics that compare entry by entry: shapes that differ would broadcast in silence.
_ELEMENTWISE = (
    *CROSSENTROPIES,
    *("mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error"),
    *("mean_squared_logarithmic_error", "huber", "log_cosh", "cosine_similarity", "poisson"),
    *("kl_divergence", "hinge", "squared_hinge", "categorical_hinge", "dice", "tversky"),
    *("accuracy", "binary_accuracy"),
)

# What a graph holds stays as it is, and every batch of a stream and every prediction asks for it.
_EMBEDDINGS: WeakKeyDictionary[Graph, list[tuple[int, Embedding]]] = WeakKeyDictionary()


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
    for compiled, role in ((loss, "loss"), (metrics, "metric")):
        if compiled is None or compiled.outputs is None:
            continue
        outputs = compiled.outputs
        targets = outputs.arrays(y, f"{prefix}y")
        for index, one in compiled.by_output():
            outputs.require(targets, index, role)
            name = "y" if outputs.single else f"y of output '{outputs.names[index]}'"
            shape, name = output_shapes[index], prefix + name
            if is_own_loss(one, *_ELEMENTWISE):
                who = one.name if role == "loss" else f"the metric {one.name}"
                _check_shape(who, targets[index].shape, shape, name)
            if role == "loss":
                _check_values(one, np.asarray(targets[index]), shape, name)


def _check_values(loss: Any, target: np.ndarray, shape: tuple, name: str) -> None:
    if is_own_loss(loss, "sparse_categorical_crossentropy"):
        if loss._fn_kwargs.get("axis", -1) in (-1, len(shape) - 1):
            _check_classes(target, shape, name, loss._fn_kwargs.get("ignore_class"))
    elif is_own_loss(loss, *CROSSENTROPIES[:2]) and (target.min() < 0 or target.max() > 1):
        raise InvalidData(
            f"{name} has values from {target.min():g} to {target.max():g}; binary_crossentropy "
            "expects 0 to 1.",
            help="Use labels 0 and 1; for several classes use sparse_categorical_crossentropy.",
        )


def _check_classes(target: np.ndarray, shape: tuple, name: str, ignored: int | None) -> None:
    classes, size = shape[-1], tuple(target.shape)
    if size[-1:] == (1,) and len(size) == len(shape):
        size = size[:-1]
    if not _fits(size, shape[:-1]):
        one_hot = len(size) == len(shape) and size[-1] == classes
        raise InvalidShape(
            f"{name} has shape {target.shape}; class numbers of shape {('n', *shape[1:-1])} were "
            "expected by sparse_categorical_crossentropy.",
            help="One-hot targets need loss='categorical_crossentropy'."
            if one_hot
            else "Pass one whole number for each prediction.",
        )
    whole = target.dtype.kind != "f" or not (target != np.floor(target)).any()
    if classes is None or (whole and target.min() >= 0 and target.max() < classes):
        return
    bad = (target < 0) | (target >= classes) | (target != np.floor(target))
    bad &= True if ignored is None else target != ignored
    if not bad.any():
        return
    place, highest = int(np.argmax(bad)), int(target[bad].max())
    help = f"Number the classes from 0, or give the last layer {highest + 1} units."
    if not whole:
        help = "Pass whole numbers; targets that are measured want loss='mse' and a linear layer."
    elif highest < classes:
        help = "Number the classes from 0; rows without a label want ignore_class in the loss."
    raise InvalidData(
        f"{name} has the label {target.ravel()[place]:g} in row {place // target[0].size} "
        f"({int(bad.sum())} such labels); the output has {classes} classes, so whole numbers from "
        f"0 to {classes - 1} were expected.",
        help=help,
    )


def _fits(size: tuple, wanted: tuple) -> bool:
    pairs = zip(size[1:], wanted[1:])
    return len(size) == len(wanted) and all(want in (None, got) for got, want in pairs)


def _check_shape(who: str, given: tuple, shape: tuple, name: str) -> None:
    if given[-1:] == (1,) and len(given) == len(shape) + 1:
        given = given[:-1]
    wanted = shape[:-1] if shape[-1:] == (1,) and len(given) == len(shape) - 1 else shape
    if _fits(given, wanted):
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


def check_outputs(model: Any) -> None:
    """Refuses an output that can only ever be 1.

    Raises: InvalidArgument for a softmax over one unit.
    """
    graph = graph_of(model)
    for tensor in () if graph is None else graph.outputs:
        ending = ending_of(tensor)
        if ending is not None and ending.activation == "softmax" and ending.shape[-1] == 1:
            raise InvalidArgument(
                f"{model._who()} ends in a softmax over one unit, which is always 1: nothing can "
                "be learned.",
                help="Use activation='sigmoid' with binary_crossentropy, or a unit for each class.",
            )


def check_inputs(model: Any, x: Any, prefix: str = "") -> None:
    """Refuses numbers that an Embedding right behind an input does not know.

    Args:
        model: without a graph nothing is known.
        x: inputs on the host.
        prefix: whose inputs these are.

    Raises: InvalidData with the row.
    """
    graph = graph_of(model)
    if graph is not None and graph not in _EMBEDDINGS:
        _EMBEDDINGS[graph] = list(_embeddings(graph))
    found = [] if graph is None else _EMBEDDINGS[graph]
    if not found:
        return
    names = model.input_names
    by_name = isinstance(x, dict) and set(names) <= set(x)
    leaves = [x[name] for name in names] if by_name else jax.tree.leaves(x)
    for place, embedding in found if len(leaves) == len(names) else ():
        numbers, most = np.asarray(leaves[place]), embedding.input_dim
        if numbers.min() >= 0 and numbers.max() < most:
            continue
        first = int(np.argmax((numbers < 0) | (numbers >= most)))
        needed = int(numbers.max()) + 1
        raise InvalidData(
            f"{prefix}x{f' {names[place]!r}' if len(names) > 1 else ''} has the number "
            f"{numbers.ravel()[first]:g} in row {first // numbers[0].size}; Embedding "
            f"'{embedding.name}' knows 0 to {most - 1}.",
            help=f"Make input_dim {needed}, or map unknown words to a number of their own."
            if needed > most
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
