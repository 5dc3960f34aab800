"""Initializers without chance. They are made by NumPy, so nothing is compiled for them."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lamella._base import InvalidShape, dtype_name, publish, register
from lamella.initializers.base import Initializer


def _filled(shape: Any, value: Any, dtype: Any) -> jax.Array:
    number_type = jnp.dtype(dtype_name(dtype))
    filled = np.empty(tuple(shape), number_type)
    filled[...] = np.asarray(value).astype(number_type)
    return jax.device_put(filled)


@register("initializer", "zeros", "zero", module="keras.initializers")
class Zeros(Initializer):
    """Zero everywhere.

    Example:
        >>> Zeros()((2,)).tolist()
        [0.0, 0.0]
    """

    def __call__(self, shape: Any, dtype: Any = None) -> jax.Array:
        return _filled(shape, 0, dtype)


@register("initializer", "ones", "one", module="keras.initializers")
class Ones(Initializer):
    """One everywhere.

    Example:
        >>> Ones()((2,)).tolist()
        [1.0, 1.0]
    """

    def __call__(self, shape: Any, dtype: Any = None) -> jax.Array:
        return _filled(shape, 1, dtype)


@register("initializer", "constant", module="keras.initializers")
class Constant(Initializer):
    """One value everywhere.

    Args:
        value: a number, or an array that can be spread over the shape.

    Example:
        >>> Constant(0.5)((2,)).tolist()
        [0.5, 0.5]
    """

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Any, dtype: Any = None) -> jax.Array:
        return _filled(shape, self.value, dtype)


@register("initializer", "identity", "IdentityInitializer", "eye", module="keras.initializers")
class Identity(Initializer):
    """A multiple of the identity matrix.

    Args:
        gain: what stands on the diagonal.

    Raises: InvalidShape, if the shape is not of two axes.

    Example:
        >>> Identity(2.0)((2, 3)).tolist()
        [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]]
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Any, dtype: Any = None) -> jax.Array:
        if len(shape) != 2:
            raise InvalidShape(
                f"Identity makes matrices only. Received: shape={tuple(shape)}.",
                help="Pass a shape of two sizes, or use Orthogonal for kernels of more axes.",
            )
        number_type = jnp.dtype(dtype_name(dtype))
        return jnp.asarray((self.gain * np.eye(*shape)).astype(number_type))


# The second names that Keras has for them.
constant = Constant
identity = Identity
IdentityInitializer = Identity
ones = Ones
zeros = Zeros


publish(__name__)
