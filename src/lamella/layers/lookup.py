"""Layers as plain data."""

from collections.abc import Mapping
from typing import Any

from lamella._base import check
from lamella._base import serialize as plain
from lamella._layer.layer import Layer


def serialize(layer: Layer) -> dict[str, Any]:
    """A layer as a plain dictionary.

    Args:
        layer: the layer; its weights are not in it.

    Example:
        >>> from lamella.layers.core.plain import Identity
        >>> serialize(Identity())["class_name"]
        'Identity'
    """
    return plain.serialize(layer)


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The layer that a plain dictionary describes.

    Args:
        config: what `serialize` gave.
        custom_objects: your own classes by name.

    Raises: WrongType, if it describes something else.

    Example:
        >>> from lamella.layers.core.plain import Identity
        >>> deserialize(serialize(Identity(name="same")))
        Identity()
    """
    made = plain.deserialize(config, custom_objects)
    return check.of_kind(made, Layer, "What is described", "Pass what layers.serialize gave.")
