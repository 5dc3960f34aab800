"""What layers with sliding windows share: where the axes are, and whether a window fits."""

from typing import Any

from lamella._base import InvalidShape
from lamella._layer.input_spec import shown

AXES = {1: ("steps",), 2: ("rows", "columns"), 3: ("planes", "rows", "columns")}


def spatial_of(shape: Any, channels_last: bool) -> tuple[Any, ...]:
    """The sizes between batch and channels."""
    return tuple(shape[1:-1] if channels_last else shape[2:])


def channel_axis(data_format: str) -> int:
    return -1 if data_format == "channels_last" else 1


def require_room(
    who: str, what: str, window: tuple[int, ...], shape: Any, channels_last: bool
) -> None:
    """Refuses inputs that are smaller than one unpadded window.

    Args:
        who: the layer, for the message.
        what: the window's name there: "kernel" or "pool_size".
        window: its reach on each spatial axis, dilation counted.
        shape: the input's shape; sizes that are not numbers are let pass.
        channels_last: where the channels stand.
    """
    sizes = spatial_of(shape, channels_last)
    for size, reach, word in zip(sizes, window, AXES[len(window)]):
        if isinstance(size, int) and size < reach:
            raise InvalidShape(
                f"{who} with {what} {reach} and padding 'valid' needs at least {reach} {word}. "
                f"Received: shape {shown(tuple(shape))}.",
                help="Use padding='same', a smaller window, or larger inputs.",
            )
