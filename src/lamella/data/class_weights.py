"""Weights by class as weights of rows, for one output or several."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lamella._base import InvalidArgument, WrongType, floatx, near_miss, warn_person


def weights_by_output(
    y: Any, class_weight: Any, names: Sequence[str] | None = None, warn: bool = True
) -> Any:
    """The weight of each row for each output, in the structure of the targets.

    Args:
        y: one array of targets, or a list or dictionary of them.
        class_weight: weights by class number; for several outputs a dictionary of those by output
            name, or a list of them.
        names: the model's outputs in their order.
        warn: whether to warn of classes that never occur.

    Raises: InvalidArgument for an output that is not there.
    """
    nested = isinstance(class_weight, (list, tuple)) or (
        isinstance(class_weight, dict)
        and any(isinstance(value, dict) for value in class_weight.values())
    )
    parts = _parts(y, names)
    if not nested:
        if len(parts) != 1:
            raise InvalidArgument(
                f"class_weight is one dictionary; there are {len(parts)} outputs: {list(parts)}.",
                help=f"Say for which output: class_weight={{{next(iter(parts))!r}: {{1: 5.0}}}}.",
            )
        class_weight = dict.fromkeys(parts, class_weight)
    elif isinstance(class_weight, (list, tuple)):
        if len(class_weight) != len(parts):
            raise InvalidArgument(
                f"class_weight has {len(class_weight)} items; there are {len(parts)} outputs.",
                help="Pass one for each output; None leaves one out.",
            )
        class_weight = dict(zip(parts, class_weight))
    for name in class_weight:
        if name not in parts:
            raise InvalidArgument(
                f"class_weight names the output {name!r}, for which there are no targets. "
                f"{near_miss(str(name), list(parts))}".rstrip(),
                help=f"The outputs are {list(parts)}.",
            )
    weights = {
        name: np.ones(len(part), floatx())
        if class_weight.get(name) is None
        else class_weights(np.asarray(part), class_weight[name], warn, name if nested else None)
        for name, part in parts.items()
    }
    if isinstance(y, dict):
        return {name: weights[name] for name in y}
    return list(weights.values()) if isinstance(y, (list, tuple)) else next(iter(weights.values()))


def _parts(y: Any, names: Sequence[str] | None) -> dict[str, Any]:
    """The targets by the names of their outputs, in the order of the outputs."""
    if isinstance(y, dict):
        order = names if names is not None and set(names) == set(y) else list(y)
        return {name: y[name] for name in order}
    items = list(y) if isinstance(y, (list, tuple)) else [y]
    if names is None or len(names) != len(items):
        names = [f"output_{index + 1}" for index in range(len(items))]
    return dict(zip(names, items))


def class_weights(
    y: np.ndarray, class_weight: dict[int, float], warn: bool = True, output: str | None = None
) -> np.ndarray:
    """The weight of each row by its class; classes that are not named weigh 1.

    Args:
        y: class numbers, or one-hot rows.
        class_weight: weights by class number.
        warn: whether to warn of classes that never occur.
        output: the name of the output, for messages.

    Example:
        >>> class_weights(np.array([0, 1, 2]), {1: 5.0}).tolist()
        [1.0, 5.0, 1.0]
    """
    try:
        table = {int(key): float(value) for key, value in class_weight.items()}
    except (TypeError, ValueError, AttributeError):
        raise WrongType(
            f"class_weight must be a dictionary of class numbers to weights. "
            f"Received: {class_weight!r}.",
            help="Pass for example class_weight={0: 1.0, 1: 5.0}.",
        ) from None
    if y.ndim > 1:
        y = np.argmax(y, axis=-1) if y.shape[-1] > 1 else np.squeeze(y, axis=-1)
    whole = np.round(y).astype("int64")
    weights = np.ones(whole.shape, floatx())
    for label, weight in table.items():
        weights[whole == label] = weight
    unseen = sorted(set(table) - set(np.unique(whole).tolist())) if warn else []
    if unseen:
        where = "y" if output is None else f"y of output '{output}'"
        warn_person(
            f"class_weight names the classes {unseen}, which never occur in {where}: "
            f"it has classes {whole.min()} to {whole.max()}."
        )
    return weights
