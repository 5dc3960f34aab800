"""ReLU, LeakyReLU, ELU and PReLU."""

import numbers
from typing import Any

import jax
import jax.numpy as jnp

from lamella import activations
from lamella._base import InvalidArgument, InvalidShape, publish, register
from lamella._layer.input_spec import InputSpec
from lamella.layers._parts import MaskPassing, add_part, keep_parts


def _not_negative(value: Any, name: str, who: str) -> Any:
    if not isinstance(value, numbers.Real) or value < 0:
        raise InvalidArgument(
            f"{who} expects {name} >= 0. Received: {name}={value!r}.",
            help=f"Pass a number, for example {name}=0.1.",
        )
    return value


@register("layer", module="keras.layers")
class ReLU(MaskPassing):
    """Lets positive values through.

    y = max_value if x >= max_value; x if threshold <= x < max_value; else
    negative_slope * (x - threshold)

    Args:
        max_value: the largest output, >= 0; None for no limit.
        negative_slope: slope below the threshold, >= 0.
        threshold: where the output begins to follow the input, >= 0.

    Shapes: (...) -> same

    Raises: InvalidArgument, if one of them is negative.

    Example:
        >>> ReLU(max_value=3.0)(jnp.array([-1.0, 2.0, 5.0])).tolist()
        [0.0, 2.0, 3.0]
    """

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        who = self._who()
        self.max_value = None if max_value is None else _not_negative(max_value, "max_value", who)
        self.negative_slope = _not_negative(negative_slope, "negative_slope", who)
        self.threshold = _not_negative(threshold, "threshold", who)

    def call(self, inputs: jax.Array) -> jax.Array:
        settings = self.negative_slope, self.max_value, self.threshold
        return activations.relu(inputs, *settings)


@register("layer", module="keras.layers")
class LeakyReLU(MaskPassing):
    """Lets positive values through, and a share of negative ones.

    y = x if x >= 0, else negative_slope * x

    Args:
        negative_slope: that share, >= 0. Old code calls it `alpha`.

    Shapes: (...) -> same

    Raises: InvalidArgument, if the slope is negative.

    Example:
        >>> LeakyReLU(0.5)(jnp.array([-1.0, 2.0])).tolist()
        [-0.5, 2.0]
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.negative_slope = _not_negative(negative_slope, "negative_slope", self._who())

    def call(self, inputs: jax.Array) -> jax.Array:
        return activations.leaky_relu(inputs, negative_slope=self.negative_slope)


@register("layer", module="keras.layers")
class ELU(MaskPassing):
    """Lets positive values through, and bends negative ones towards -alpha.

    y = x if x > 0, else alpha * (exp(x) - 1)

    Args:
        alpha: minus the limit for very negative inputs.

    Shapes: (...) -> same

    Example:
        >>> ELU()(jnp.array([0.0, 2.0])).tolist()
        [0.0, 2.0]
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = alpha

    def call(self, inputs: jax.Array) -> jax.Array:
        return activations.elu(inputs, alpha=self.alpha)


@register("layer", module="keras.layers")
class PReLU(MaskPassing):
    """As LeakyReLU, with trained slopes.

    y = x if x >= 0, else alpha * x

    Args:
        alpha_initializer: how the slopes start.
        alpha_regularizer: a cost of the slopes.
        alpha_constraint: applied after each update.
        shared_axes: axes along which one slope serves all, 1 for the first after the batch; for
            images (1, 2) gives one slope a channel. None for a slope of each entry.

    Shapes: (...) -> same

    Raises: InvalidShape, if an axis that is not shared has no known size.

    Example:
        >>> PReLU(alpha_initializer="ones")(jnp.array([[-1.0, 2.0]])).tolist()
        [[-1.0, 2.0]]
    """

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        keep_parts(self, locals())
        if shared_axes is not None:
            shared_axes = [shared_axes] if isinstance(shared_axes, int) else list(shared_axes)
        self.shared_axes = shared_axes

    def build(self, input_shape: Any) -> None:
        shared = self.shared_axes or []
        sizes = [1 if axis in shared else size for axis, size in enumerate(input_shape[1:], 1)]
        if None in sizes:
            raise InvalidShape(
                f"{self._who()} needs known sizes where slopes are not shared. Received: "
                f"shape {tuple(input_shape)}, shared_axes={self.shared_axes}.",
                help="Share the unknown axes, for example shared_axes=[1, 2] for images.",
            )
        self.alpha = add_part(self, "alpha", tuple(sizes))
        own = {axis: input_shape[axis] for axis in range(1, len(input_shape)) if axis not in shared}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=own)

    def call(self, inputs: jax.Array) -> jax.Array:
        slopes = jnp.expand_dims(self.alpha.value, 0)
        return activations.relu(inputs) - slopes * activations.relu(-inputs)


publish(__name__)
