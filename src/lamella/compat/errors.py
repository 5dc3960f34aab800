"""The one error that imports need on top of those of the ground floor."""

from __future__ import annotations

from lamella._base.errors import LamellaError


class ModuleMissing(LamellaError, ModuleNotFoundError):
    """A module or a name that old code imports is not there."""
