"""Between number types, and between arrays and the world outside."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lamella._base import WrongType, dtype_name, publish
from lamella._graph.operation import op
from lamella._graph.symbolic import KerasTensor
from lamella._state.variable import Variable
from lamella.ops._declare import CORE, array, of_one


@op("cast", module=CORE)
def cast(x: Any, dtype: Any) -> jax.Array:
    """The entries as another number type.

    Args:
        x: numbers.
        dtype: the number type.
    Example:
        >>> cast([1.5, 2.0], "int32").tolist()
        [1, 2]
    """
    return array(x).astype(dtype_name(dtype))


@op("saturate_cast", module=CORE)
def saturate_cast(x: Any, dtype: Any) -> jax.Array:
    """The entries as another number type; what does not fit becomes its nearest limit.

    Args:
        x: numbers.
        dtype: the number type.
    Example:
        >>> saturate_cast([300, -1], "uint8").tolist()
        [255, 0]
    """
    x, name = array(x), dtype_name(dtype)
    if name == "bool" or x.dtype == name:
        return x.astype(name)
    limits = jnp.finfo(name) if jnp.issubdtype(name, jnp.inexact) else jnp.iinfo(name)
    if x.dtype == bool:
        return x.astype(name)
    own = jnp.finfo(x.dtype) if jnp.issubdtype(x.dtype, jnp.inexact) else jnp.iinfo(x.dtype)
    low, high = float(limits.min), float(limits.max)
    if low <= float(own.min) and float(own.max) <= high:
        return x.astype(name)
    if jnp.issubdtype(x.dtype, jnp.inexact) and not jnp.issubdtype(name, jnp.inexact):
        # The greatest float that still fits: the limit itself may round up to one that does not.
        high = float(np.nextafter(np.float32(high), np.float32(0))) if high >= 2**24 else high
    return jnp.clip(x, max(low, float(own.min)), min(high, float(own.max))).astype(name)


@op("convert_to_tensor", module=CORE)
def convert_to_tensor(x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> Any:
    """Lists, numbers, NumPy arrays and variables as arrays; arrays stay what they are.

    Args:
        x: what to convert.
        dtype: the number type, by the entries if None.
        sparse, ragged: accepted for Keras; arrays are dense.
    Example:
        >>> convert_to_tensor([1, 2]).dtype
        dtype('int32')
    """
    x = array(x)
    return x if dtype is None else x.astype(dtype_name(dtype))


@of_one(jax.lax.stop_gradient, module=CORE)
def stop_gradient(variable: Any) -> jax.Array:
    """The same values, through which no gradient flows.

    Args:
        variable: numbers.
    Example:
        >>> float(jax.grad(lambda x: x * stop_gradient(x))(3.0))
        3.0
    """


def convert_to_numpy(x: Any) -> np.ndarray:
    """The entries as a NumPy array.

    Args:
        x: an array, a variable, or anything NumPy takes.
    Example:
        >>> convert_to_numpy(jnp.ones(2))
        array([1., 1.], dtype=float32)
    """
    return np.array(x.value if isinstance(x, Variable) else x)


def is_tensor(x: Any) -> bool:
    """Whether x is an array of JAX or a symbolic tensor.

    Args:
        x: anything.
    Example:
        >>> is_tensor(jnp.ones(2)), is_tensor([1.0])
        (True, False)
    """
    return isinstance(x, (jax.Array, KerasTensor))


def shape(x: Any) -> tuple:
    """The shape, with None for unknown sizes of a symbolic tensor.

    Args:
        x: an array or a symbolic tensor.
    Example:
        >>> shape([[1, 2]])
        (1, 2)
    """
    return tuple(x.shape if isinstance(x, (jax.Array, KerasTensor, Variable)) else np.shape(x))


def ndim(x: Any) -> int:
    """The number of axes.

    Args:
        x: an array or a symbolic tensor.
    Example:
        >>> ndim([[1, 2]])
        2
    """
    return len(shape(x))


def size(x: Any) -> int:
    """The number of entries.

    Args:
        x: an array whose sizes are known.
    Raises: WrongType, if a size is unknown.
    Example:
        >>> size([[1, 2]])
        2
    """
    sizes = shape(x)
    if None in sizes:
        raise WrongType(
            f"The number of entries of a tensor of shape {sizes} is not known yet.",
            help="Use ops.shape(x) and work with the sizes that are known.",
        )
    return int(np.prod(sizes, dtype=np.int64))


def dtype(x: Any) -> str:
    """The name of the number type.

    Args:
        x: an array, a variable or a symbolic tensor.
    Example:
        >>> dtype(jnp.ones(2))
        'float32'
    """
    return dtype_name(x.dtype if isinstance(x, (KerasTensor, Variable)) else array(x).dtype)


publish(__name__)
