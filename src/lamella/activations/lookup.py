"""Activations by name, and as plain data."""

from collections.abc import Mapping
from typing import Any

from lamella._base import publish, registry
from lamella._base import serialize as plain
from lamella.activations.smooth import linear


def get(identifier: Any) -> Any:
    """The activation that an argument means.

    Args:
        identifier: a name, a config, a function, a layer, or None, which gives `linear`.

    Raises: UnknownName, if there is none of that name; WrongType, if it is none of those.

    Example:
        >>> get("swish").__name__, get(None).__name__
        ('silu', 'linear')
    """
    return plain.resolve("activation", identifier, default=linear)


def serialize(activation: Any) -> Any:
    """An activation as plain data: its name, if it is one of lamella's.

    Args:
        activation: the function or layer.

    Example:
        >>> serialize(get("swish"))
        'silu'
    """
    return plain.short_form(activation)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The activation that plain data describes.

    Args:
        config: what `serialize` gave.
        custom_objects: your own functions by name.

    Example:
        >>> deserialize("silu").__name__
        'silu'
    """
    with registry.custom_objects(custom_objects):
        return get(config)


publish(__name__)
