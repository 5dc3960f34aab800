"""Number types as tf spells them."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lamella._base.dtypes import KNOWN, dtype_name
from lamella.compat.tensorflow.function import TABLE, named


class DType(str):
    """A number type: its own name, with what tf code asks of it.

    Args:
        name: for instance "float32".

    Example:
        >>> DType("float32").is_floating, DType("int8") == "int8"
        (True, True)
    """

    name = property(str)
    size = property(lambda self: int(np.dtype(str(self)).itemsize))
    as_numpy_dtype = property(lambda self: np.dtype(str(self)).type)
    is_floating = property(lambda self: "float" in self)
    is_integer = property(lambda self: "int" in self)
    is_bool = property(lambda self: self == "bool")
    min = property(lambda self: self._limits.min)
    max = property(lambda self: self._limits.max)

    @property
    def _limits(self) -> Any:
        return (jnp.finfo if self.is_floating else jnp.iinfo)(str(self))

    def __repr__(self) -> str:
        return f"tf.{self!s}"


@named("as_dtype", "dtypes.as_dtype")
def as_dtype(type_value: Any) -> DType:
    """The number type, however it is given."""
    return DType(dtype_name({"half": "float16", "double": "float64"}.get(type_value, type_value)))


def held(dtype: Any) -> str:
    """The type in which JAX holds numbers: 64 bits become 32 unless JAX is told not to."""
    return str(jax.dtypes.canonicalize_dtype(str(as_dtype(dtype))))


_TYPES: dict[str, Any] = {name: DType(name) for name in KNOWN}
_TYPES.update(DType=DType, double=DType("float64"), half=DType("float16"))
TABLE.update(_TYPES)
TABLE.update({f"dtypes.{name}": value for name, value in _TYPES.items()})
