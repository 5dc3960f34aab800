"""What a convolution is, apart from its arrays."""

from typing import NamedTuple


class Geometry(NamedTuple):
    """Everything static about a convolution except its shapes.

    Args:
        strides, pads, dilation: one for each spatial axis.
        native: whether kernels in C may be called.
    """

    strides: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]
    native: bool = False
