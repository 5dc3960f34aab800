"""Optimizers by name or config."""

from collections.abc import Mapping
from typing import Any

from lamella._base import InvalidArgument, publish, registry
from lamella._base.serialize import resolve
from lamella._base.serialize import serialize as serialize_object
from lamella.optimizers.base import Optimizer


def get(identifier: Any) -> Any:
    """The optimizer that an argument means: a name in any case, a config, or an optimizer.

    Args:
        identifier: "adam", the config of an optimizer, an optimizer, or None.
    Raises: UnknownName with near misses; InvalidArgument, if it is no optimizer.
    Example:
        >>> type(get("SGD")).__name__, type(get("adamw")).__name__
        ('SGD', 'AdamW')
    """
    if identifier is None or isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, str):
        identifier = _spelling(identifier)
    elif isinstance(identifier, Mapping):
        return deserialize(identifier)
    readable = isinstance(identifier, str) or callable(identifier)
    found = resolve("optimizer", identifier) if readable else None
    if isinstance(found, Optimizer):
        return found
    raise InvalidArgument(
        f"Cannot read {identifier!r} as an optimizer.",
        help='Pass a name such as "adam", or an optimizer such as Adam(learning_rate=0.001).',
    )


def serialize(optimizer: Any) -> Any:
    """The config of an optimizer, without its state.

    Args:
        optimizer: the optimizer.
    Example:
        >>> serialize(get("sgd"))["class_name"]
        'SGD'
    """
    return serialize_object(optimizer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The optimizer that a config describes.

    Args:
        config: what `serialize` gave.
        custom_objects: a person's own classes by name.
    Example:
        >>> deserialize({"class_name": "SGD", "config": {"learning_rate": 0.5}}).momentum
        0.0
    """
    with registry.custom_objects(custom_objects):
        if isinstance(config, Mapping) and isinstance(config.get("class_name"), str):
            config = {**config, "class_name": _spelling(config["class_name"])}
        return resolve("optimizer", config)


def _spelling(name: str) -> str:
    if name in registry.all_custom_objects():
        return name
    known = {one.lower(): one for one in registry.names("optimizer") if one != one.lower()}
    return known.get(name.lower(), name)


publish(__name__)
