"""Losses by name, and as plain data."""

from collections.abc import Mapping
from typing import Any

from lamella._base import publish, registry
from lamella._base import serialize as plain


def get(identifier: Any) -> Any:
    """The loss that an argument means.

    Args:
        identifier: a name, a config, a class, an object, a function, or None, which gives None.

    Raises: UnknownName, if there is none of that name; WrongType, if it is none of those.

    Example:
        >>> get("mse").__name__, get("MeanSquaredError").name
        ('mean_squared_error', 'mean_squared_error')
    """
    return plain.resolve("loss", identifier)


def serialize(loss: Any) -> Any:
    """A loss as a plain dictionary.

    Args:
        loss: the object.

    Example:
        >>> serialize(get("MeanSquaredError"))["class_name"]
        'MeanSquaredError'
    """
    return plain.serialize(loss)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The loss that a plain dictionary describes.

    Args:
        config: what `serialize` gave.
        custom_objects: your own classes by name.

    Example:
        >>> deserialize(serialize(get("MeanSquaredError"))).name
        'mean_squared_error'
    """
    with registry.custom_objects(custom_objects):
        return get(config)


publish(__name__)
