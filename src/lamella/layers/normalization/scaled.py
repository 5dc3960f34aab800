"""The trained scale and shift that most normalizations end with."""

from typing import Any

from lamella._base import InvalidArgument
from lamella._layer.layer import Layer
from lamella._state.variable import Variable
from lamella.layers._parts import add_part, keep_parts


class ScaledNormalization(Layer):
    """A layer with gamma and beta."""

    def __init__(
        self,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        keep_parts(self, locals())
        self.epsilon = float(epsilon)
        self.center = bool(center)
        self.scale = bool(scale)
        self.gamma: Variable | None = None
        self.beta: Variable | None = None
        self.supports_masking = True

    def _add_scaling(self, shape: tuple[int, ...], *, gamma: bool, beta: bool) -> None:
        # Read in full precision: the statistics they are applied to are in float32 too.
        if gamma:
            self.gamma = add_part(self, "gamma", shape, autocast=False)
        if beta:
            self.beta = add_part(self, "beta", shape, autocast=False)


def value_of(variable: Variable | None) -> Any:
    return None if variable is None else variable.value


def axes_of(axis: Any, rank: int, who: str) -> tuple[int, ...]:
    """The axes as numbers >= 0, in order.

    Raises: InvalidArgument, if there is no such axis.
    """
    axes = tuple(axis) if isinstance(axis, (list, tuple)) else (axis,)
    if not all(-rank <= one < rank for one in axes):
        raise InvalidArgument(
            f"{who} has axis={axis}; the inputs have {rank} axes.",
            help="Axis 0 is the batch, -1 the last axis.",
        )
    return tuple(sorted(one % rank for one in axes))
