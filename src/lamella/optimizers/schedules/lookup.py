"""Learning rate schedules by config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lamella._base import registry
from lamella._base.serialize import resolve
from lamella._base.serialize import serialize as serialize_object


def serialize(learning_rate_schedule: Any) -> Any:
    """The config of a schedule.

    Args:
        learning_rate_schedule: the schedule.
    Example:
        >>> from lamella.optimizers.schedules import ExponentialDecay
        >>> serialize(ExponentialDecay(0.1, 10, 0.9))["class_name"]
        'ExponentialDecay'
    """
    return serialize_object(learning_rate_schedule)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The schedule that a config describes.

    Args:
        config: what `serialize` gave.
        custom_objects: a person's own classes by name.
    Example:
        >>> node = {"class_name": "ExponentialDecay", "config": {"initial_learning_rate": 0.1,
        ...         "decay_steps": 10, "decay_rate": 0.9}}
        >>> deserialize(node).decay_steps
        10
    """
    with registry.custom_objects(custom_objects):
        return resolve("schedule", config)
