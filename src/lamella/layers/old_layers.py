"""Old layers that are other layers today."""

from collections.abc import Callable
from typing import Any

from lamella._base import WrongType, near_miss
from lamella.layers.activations.rectified import ReLU
from lamella.layers.merging.dot import dot
from lamella.layers.merging.elementwise import add, average, concatenate, maximum, multiply

_MODES: dict[str, Callable[..., Any]] = {
    "sum": add,
    "mul": multiply,
    "ave": average,
    "max": maximum,
    "concat": concatenate,
    "dot": dot,
    "cos": dot,
}


def thresholded_relu(theta: float = 1.0, **kwargs: Any) -> ReLU:
    """The ThresholdedReLU of Keras 2: y = x if x > theta, else 0.

    Args:
        theta: where the output begins to follow the input.

    Example:
        >>> thresholded_relu(2.0).threshold
        2.0
    """
    return ReLU(threshold=theta, **kwargs)


def merge(
    inputs: Any, mode: Any = "sum", concat_axis: int = -1, dot_axes: Any = -1, **kwargs: Any
) -> Any:
    """The merge of Keras 1.

    Args:
        inputs: a list of arrays or symbolic tensors.
        mode: "sum", "mul", "ave", "max", "concat", "dot" or "cos".
        concat_axis: the axis of "concat".
        dot_axes: the axes of "dot" and "cos".

    Raises: WrongType, if `mode` is a function or unknown.

    Example:
        >>> merge([1.0, 2.0], "of")
        Traceback (most recent call last):
        lamella._base.errors.WrongType: merge does not know the mode 'of'.
        help: Modes: sum, mul, ave, max, concat, dot, cos. For a function write Lambda(function).
    """
    if mode not in _MODES:
        raise WrongType(
            f"merge does not know the mode {mode!r}. {near_miss(str(mode), _MODES)}".rstrip(),
            help=f"Modes: {', '.join(_MODES)}. For a function write Lambda(function).",
        )
    name = {"name": kwargs["name"]} if kwargs.get("name") else {}
    if mode == "concat":
        return concatenate(inputs, axis=concat_axis, **name)
    if mode in ("dot", "cos"):
        axes = tuple(dot_axes) if isinstance(dot_axes, (list, tuple)) else dot_axes
        return dot(inputs, axes=axes, normalize=mode == "cos", **name)
    return _MODES[mode](inputs, **name)
