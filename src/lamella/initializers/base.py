"""The base of all initializers, and how they are looked up."""

from collections.abc import Callable, Mapping
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np

from lamella._base import Configurable, InvalidShape, dtype_name, publish, register, registry
from lamella._base import serialize as plain


@register("initializer", "initializer", module="keras.initializers")
class Initializer(Configurable):
    """A recipe for the first value of a variable. Subclasses write `__call__`.

    Example:
        >>> class Sevens(Initializer):
        ...     def __call__(self, shape, dtype=None):
        ...         return jax.numpy.full(shape, 7, dtype)
        >>> Sevens()((2,), "int32").tolist()
        [7, 7]
    """

    def __call__(self, shape: Any, dtype: Any = None) -> jax.Array:
        """The first value.

        Args:
            shape: the sizes, whole numbers.
            dtype: the number type; None means the default float type.
        """
        raise NotImplementedError(f"{type(self).__name__} has to define __call__(shape, dtype).")

    def clone(self) -> Self:
        """A new initializer with the same settings."""
        return self.from_config(self.get_config())


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


publish(__name__)
