"""What a layer expects of its inputs, and the errors when it gets something else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax

from lamella._base import Configurable, InvalidArgument, InvalidShape, dtype_name, register


@register("state", module="keras.layers")
@dataclass(eq=False, repr=False)
class InputSpec(Configurable):
    """The rank, sizes and dtype that an input of a layer must have.

    Args:
        dtype: the number type, None for any.
        shape: the whole shape, None entries for any size.
        ndim: the number of axes.
        max_ndim, min_ndim: bounds of the number of axes.
        axes: sizes of single axes, {-1: 64}.
        allow_last_axis_squeeze: whether a last axis of size 1 may be missing or be too many.
        name: the input's name.
        optional: whether None may be given.

    Example:
        >>> InputSpec(min_ndim=2, axes={-1: 3}).axes
        {-1: 3}
    """

    dtype: Any = None
    shape: Any = None
    ndim: int | None = None
    max_ndim: int | None = None
    min_ndim: int | None = None
    axes: Mapping[int, int | None] | None = None
    allow_last_axis_squeeze: bool = False
    name: str | None = None
    optional: bool = False

    def __post_init__(self) -> None:
        self.dtype = None if self.dtype is None else dtype_name(self.dtype)
        self.shape = None if self.shape is None else tuple(self.shape)
        self.ndim = self.ndim if self.shape is None else len(self.shape)
        self.axes = {int(axis): size for axis, size in (self.axes or {}).items()}


def check_inputs(spec: Any, inputs: Any, who: str) -> None:
    """Compares the inputs of a layer with its input_spec.

    Args:
        spec: one InputSpec or a structure of them.
        inputs: arrays or symbolic tensors.
        who: the layer as it is called in messages.

    Raises: InvalidShape, InvalidArgument.
    """
    specs = jax.tree.leaves(spec, is_leaf=lambda leaf: isinstance(leaf, InputSpec))
    if isinstance(spec, dict) and isinstance(inputs, dict):
        arrays = [inputs.get(key) for key in sorted(spec)]
    else:
        arrays = jax.tree.leaves(inputs)
    if len(specs) != len(arrays):
        raise InvalidArgument(
            f"{who} expects {len(specs)} input(s). Received: {len(arrays)}.",
            help="Pass the inputs as one array, or as a list of that many arrays.",
        )
    for index, (one, array) in enumerate(zip(specs, arrays)):
        if one is not None and array is not None:
            _check_one(one, array, who if len(specs) == 1 else f"{who}, input {index},")


def _check_one(spec: InputSpec, array: Any, who: str) -> None:
    shape = tuple(getattr(array, "shape", ()))
    rank = len(shape)
    if spec.ndim is not None and rank != spec.ndim and not spec.allow_last_axis_squeeze:
        raise _wrong_axes(who, spec.ndim, "", shape)
    if spec.max_ndim is not None and rank > spec.max_ndim:
        raise _wrong_axes(who, spec.max_ndim, "at most ", shape)
    if spec.min_ndim is not None and rank < spec.min_ndim:
        raise _wrong_axes(who, spec.min_ndim, "at least ", shape)
    for axis, size in (spec.axes or {}).items():
        got = shape[axis] if -rank <= axis < rank else None
        if size is not None and isinstance(got, int) and got != size:
            raise InvalidShape(
                f"{who} expected {size} features on axis {axis}. {_received(shape)}",
                help=f"It was built for {size}. Make a new layer, or bring the input to that "
                "size first.",
            )
    if spec.shape is not None and not spec.allow_last_axis_squeeze:
        for size, got in zip(spec.shape, shape):
            if size is not None and isinstance(got, int) and size != got:
                raise InvalidShape(
                    f"{who} expected shape {shown(spec.shape)}. {_received(shape)}",
                    help="The first axis is the batch; the others must match.",
                )


def clashes(size: Any, other: Any) -> bool:
    """Whether a size cannot be broadcast to another, as far as both are known."""
    return isinstance(size, int) and isinstance(other, int) and size not in (1, other)


def shown(shape: tuple) -> str:
    """A shape for a message, unknown sizes as None."""
    return str(tuple(size if isinstance(size, int) else None for size in shape))


def _received(shape: tuple) -> str:
    return f"Received: shape {shown(shape)}."


def _wrong_axes(who: str, wanted: int, bound: str, shape: tuple) -> InvalidShape:
    help = f"Reshape the input so that it has {wanted} axes, the batch among them."
    if len(shape) == wanted - 1:
        help = (
            "One axis is missing. For a single sample add the batch: x[None]; "
            "for grey images add the channel: x[..., None]."
        )
    return InvalidShape(f"{who} expected {bound}{wanted} axes. {_received(shape)}", help=help)
