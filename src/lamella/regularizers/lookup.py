"""Regularizers by name, and as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lamella._base import registry
from lamella._base import serialize as plain


def get(identifier: Any) -> Any:
    """The regularizer that an argument means.

    Args:
        identifier: a name, a config, a class, an object, a function, or None, which gives None.

    Raises: UnknownName, if there is none of that name; WrongType, if it is none of those.

    Example:
        >>> get("l2")
        L2()
    """
    return plain.resolve("regularizer", identifier)


def serialize(regularizer: Any) -> Any:
    """A regularizer as a plain dictionary.

    Args:
        regularizer: the object.

    Example:
        >>> serialize(get("l2"))["class_name"]
        'L2'
    """
    return plain.serialize(regularizer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The regularizer that a plain dictionary describes.

    Args:
        config: what `serialize` gave.
        custom_objects: your own classes by name.

    Example:
        >>> deserialize(serialize(get("l2")))
        L2()
    """
    with registry.custom_objects(custom_objects):
        return get(config)
