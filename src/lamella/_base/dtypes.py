"""Number types by name."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from lamella._base.errors import InvalidArgument
from lamella._base.registry import near_miss
from lamella._base.settings import floatx

FLOATS = ("float16", "bfloat16", "float32", "float64")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
KNOWN = ("bool", *FLOATS, *INTEGERS, "complex64", "complex128", "string")
_PYTHON: dict[Any, str] = {bool: "bool", int: "int32", str: "string"}


def dtype_name(dtype: Any) -> str:
    """The name of a number type, however it is given; None means the default float type.

    Example:
        >>> [dtype_name(form) for form in ("int32", np.float16, jnp.bfloat16, None, int)]
        ['int32', 'float16', 'bfloat16', 'float32', 'int32']
    """
    if dtype is None or dtype is float or dtype == "float":
        return floatx()
    if dtype in ("int",) or (isinstance(dtype, type) and dtype in _PYTHON):
        return _PYTHON.get(dtype, "int32")
    name = dtype if isinstance(dtype, str) else getattr(dtype, "name", None)
    if not isinstance(name, str):
        try:
            name = np.dtype(dtype).name
        except TypeError:
            name = str(dtype)
    if name not in KNOWN:
        raise InvalidArgument(
            f"Unknown dtype: received {dtype!r}. {near_miss(name, KNOWN)}",
            help=f"Pass one of {', '.join(KNOWN)}.",
        )
    return name


def is_float(dtype: Any) -> bool:
    """Whether a number type is one of the floating point types."""
    return bool(jnp.issubdtype(dtype, jnp.floating))


standardize_dtype = dtype_name
