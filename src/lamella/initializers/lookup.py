"""Initializers by name, and as plain data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lamella._base import registry
from lamella._base import serialize as plain
from lamella._base.dtypes import dtype_name
from lamella._base.errors import InvalidShape


def get(identifier: Any) -> Any:
    """The initializer that an argument means.

    Args:
        identifier: a name, a config, a class, an initializer, a function of (shape, dtype), an
            array to be used as it is, or None, which gives None.

    Raises: UnknownName, if there is none of that name; WrongType, if it is none of those.

    Example:
        >>> get("zeros")
        Zeros()
    """
    if isinstance(identifier, (jax.Array, np.ndarray, np.generic)):
        return _fixed(identifier)
    return plain.resolve("initializer", identifier)


def _fixed(array: Any) -> Callable[..., jax.Array]:
    def initialize(shape: Any, dtype: Any = None) -> jax.Array:
        if tuple(shape) != tuple(array.shape):
            raise InvalidShape(
                f"An array of shape {tuple(array.shape)} was given as initializer of a variable "
                f"of shape {tuple(shape)}.",
                help="Pass an array of the variable's shape, or initializers.Constant(array).",
            )
        return jnp.asarray(array, dtype_name(dtype))

    return initialize


def serialize(initializer: Any) -> Any:
    """An initializer as a plain dictionary.

    Args:
        initializer: the object.

    Example:
        >>> serialize(get("zeros"))["class_name"]
        'Zeros'
    """
    return plain.serialize(initializer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The initializer that a plain dictionary describes.

    Args:
        config: what `serialize` gave.
        custom_objects: your own classes by name.

    Example:
        >>> deserialize(serialize(get("ones")))
        Ones()
    """
    with registry.custom_objects(custom_objects):
        return get(config)
