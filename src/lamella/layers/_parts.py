"""What our layers are made of: RowWise, MaskPassing, and what keeps and makes their parts."""

from collections.abc import Mapping
from typing import Any

from lamella import constraints, initializers, regularizers
from lamella._base import InvalidShape
from lamella._layer.layer import Layer
from lamella._state.variable import Variable

_READ = {
    "initializer": initializers.get,
    "regularizer": regularizers.get,
    "constraint": constraints.get,
}


class RowWise(Layer):
    """A layer that computes each row of a batch without a look at the others."""

    mixes_rows = False


class MaskPassing(RowWise):
    """A row-wise layer that takes the mask of its inputs and hands it on."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True


def keep_parts(layer: Layer, arguments: Mapping[str, Any]) -> None:
    """Keeps what ends in `_initializer`, `_regularizer` or `_constraint` as attributes.

    They are read in the order of the signature: an initializer without a seed draws one as it is
    made. The `activity_regularizer` is left to `Layer`.

    Args:
        layer: the layer in whose constructor this is called.
        arguments: that constructor's arguments, `locals()`.
    """
    for name, value in arguments.items():
        read = _READ.get(name.rpartition("_")[2])
        if read is not None and name != "activity_regularizer":
            setattr(layer, name, read(value))


def parts_of(layer: Layer, *weights: str) -> dict[str, Any]:
    """What `keep_parts` kept for some weights, by the names of a constructor's arguments.

    Args:
        layer: the layer that keeps them.
        weights: "kernel", "bias" ...
    """
    names = [f"{weight}_{part}" for part in _READ for weight in weights]
    return {name: getattr(layer, name) for name in names}


def add_part(
    layer: Any, name: str, shape: Any, like: str | None = None, **options: Any
) -> Variable:
    """A new weight with the initializer, regularizer and constraint that `keep_parts` kept.

    Args:
        layer: the layer that is being built.
        name: the weight's name.
        shape: its shape.
        like: what its parts are called after, if not its name: "recurrent" for
            `recurrent_initializer`.
        options: more for `add_weight`; an initializer here is used in place of the kept one.
    """
    parts = {part: getattr(layer, f"{like or name}_{part}") for part in _READ}
    return layer.add_weight(name=name, shape=shape, **{**parts, **options})


def known_size(shape: Any, axis: int, who: str, what: str = "", example: Any = (None, 16)) -> int:
    """The size of one axis of a layer's inputs.

    Args:
        shape: that of the inputs.
        axis: which axis.
        who: the layer, for the message.
        what: words for that size; empty names the axis.
        example: a shape for Input in which it is known.

    Raises: InvalidShape, if it is unknown.
    """
    size = shape[axis]
    if size is None:
        raise InvalidShape(
            f"{who} needs a known {what or f'size of axis {axis}'}. "
            f"Received: shape {tuple(shape)}.",
            help=f"Give the Input a number there, for example Input(shape={example}).",
        )
    return int(size)


def anew(initializer: Any) -> Any:
    """An initializer of the same settings, with a seed of its own where none was chosen."""
    return initializer.clone() if isinstance(initializer, initializers.Initializer) else initializer


def call_with(layer: Layer, inputs: Any, **offered: Any) -> Any:
    """A layer's outputs, given those of the arguments that its `call` takes and that are not None.

    Args:
        layer: the layer inside of another.
        inputs: its first argument.
        offered: further arguments by name.
    """
    names = layer._signature.names
    taken = {name: value for name, value in offered.items() if value is not None and name in names}
    return layer(inputs, **taken)
