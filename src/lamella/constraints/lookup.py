"""Constraints by name, and as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lamella._base import registry
from lamella._base import serialize as plain


def get(identifier: Any) -> Any:
    """The constraint that an argument means.

    Args:
        identifier: a name, a config, a class, an object, a function, or None, which gives None.

    Raises: UnknownName, if there is none of that name; WrongType, if it is none of those.

    Example:
        >>> get("non_neg")
        NonNeg()
    """
    return plain.resolve("constraint", identifier)


def serialize(constraint: Any) -> Any:
    """A constraint as a plain dictionary.

    Args:
        constraint: the object.

    Example:
        >>> serialize(get("non_neg"))["class_name"]
        'NonNeg'
    """
    return plain.serialize(constraint)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The constraint that a plain dictionary describes.

    Args:
        config: what `serialize` gave.
        custom_objects: your own classes by name.

    Example:
        >>> deserialize(serialize(get("non_neg")))
        NonNeg()
    """
    with registry.custom_objects(custom_objects):
        return get(config)
