"""A model from the JSON that `to_json` gives."""

import json
from typing import Any

from lamella._base import FileProblem
from lamella._base.serialize import deserialize
from lamella.models.model import Model


def model_from_json(json_string: str, custom_objects: dict[str, Any] | None = None) -> Model:
    """A model with fresh weights from `model.to_json()`.

    Args:
        json_string: the text.
        custom_objects: a person's own classes by name.

    Raises: FileProblem, if the text is not JSON or not of a model.

    Example:
        >>> from lamella.models.sequential import Sequential
        >>> model_from_json(Sequential(name="empty").to_json()).name
        'empty'
    """
    help = "Pass what model.to_json() gave."
    try:
        config = json.loads(json_string)
    except json.JSONDecodeError as cause:
        raise FileProblem(f"The text is not JSON: {cause}.", help=help) from cause
    model = deserialize(config, custom_objects)
    if not isinstance(model, Model):
        raise FileProblem("The JSON does not describe a model.", help=help)
    return model
