"""What the host can see before the first step: targets that cannot be what was meant."""

from __future__ import annotations

from typing import Any

import numpy as np

from lamella._base.errors import InvalidData, InvalidShape
from lamella._training.compile import CompiledLoss, OutputLoss, is_own_loss

_ELEMENTWISE = (
    "mean_squared_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error",
    "huber",
    "log_cosh",
    "binary_crossentropy",
    "categorical_crossentropy",
    "poisson",
    "kl_divergence",
)


def check_targets(compiled: CompiledLoss, y: Any, output_shapes: list[tuple]) -> None:
    """Refuses targets that do not fit the loss.

    Args:
        compiled: built for the model's outputs.
        y: targets on the host.
        output_shapes: the shape of each output, None for the batch.

    Raises: InvalidShape, InvalidData.
    """
    if compiled.outputs is None:
        return
    targets = compiled.outputs.arrays(y, "y")
    for part in compiled.parts:
        target, shape = targets[part.index], output_shapes[part.index]
        if target is None:
            continue
        name = (
            "y"
            if compiled.outputs.single
            else f"y of output '{compiled.outputs.names[part.index]}'"
        )
        if is_own_loss(part.loss, "sparse_categorical_crossentropy"):
            _check_class_numbers(part, np.asarray(target), shape, name)
        elif is_own_loss(part.loss, *_ELEMENTWISE):
            _check_shape(part, tuple(target.shape), shape, name)
        if is_own_loss(part.loss, "binary_crossentropy"):
            _check_probabilities(np.asarray(target), name)


def _check_class_numbers(part: OutputLoss, target: np.ndarray, shape: tuple, name: str) -> None:
    classes = shape[-1]
    given = tuple(target.shape)
    if given[-1:] == (1,) and len(given) == len(shape):
        given = given[:-1]
    if len(given) != len(shape) - 1:
        one_hot = len(given) == len(shape) and given[-1] == classes
        raise InvalidShape(
            f"{name} has shape {target.shape}; class numbers of shape {('n', *shape[1:-1])} were "
            "expected by sparse_categorical_crossentropy.",
            help="One-hot targets need loss='categorical_crossentropy'."
            if one_hot
            else "Pass one whole number for each prediction.",
        )
    ignored = getattr(part.loss, "ignore_class", None)
    looked_at = target if ignored is None else target[target != ignored]
    if classes is None or not looked_at.size:
        return
    lowest, highest = looked_at.min(), looked_at.max()
    if lowest < 0 or highest >= classes:
        row = int(np.argmax((target < 0) | (target >= classes)) // max(target[0].size, 1))
        raise InvalidData(
            f"{name} has labels from {lowest:g} to {highest:g}; the output has {classes} classes, "
            f"so 0 to {classes - 1} were expected. The first bad label is in row {row}.",
            help=f"Number the classes from 0, or give the last layer {int(highest) + 1} units.",
        )


def _check_shape(part: OutputLoss, given: tuple, shape: tuple, name: str) -> None:
    if given[-1:] == (1,) and len(given) == len(shape) + 1:
        given = given[:-1]
    wanted = shape[:-1] if shape[-1:] == (1,) and len(given) == len(shape) - 1 else shape
    fits = len(given) == len(wanted) and all(
        size is None or size == got for got, size in zip(given[1:], wanted[1:])
    )
    if fits:
        return
    loss = part.loss.name
    help = f"Reshape the targets to {('n', *shape[1:])}, or change the last layer."
    if loss.startswith("categorical") and len(given) == len(shape) - 1:
        help = "Class numbers need loss='sparse_categorical_crossentropy' (or one-hot targets)."
    raise InvalidShape(
        f"{name} has shape {given}; the model's output has shape {shape}, and {loss} compares them "
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
