"""Warnings that point at the person's own line."""

import os
import sys
import types
import warnings
from pathlib import Path

_PACKAGE = str(Path(__file__).resolve().parents[1]) + os.sep


def warn_person(message: str, category: type[Warning] = UserWarning) -> None:
    """Warns with the file and line of the first caller outside of lamella.

    Args:
        message: what happened, and what it means.
        category: the class of the warning.

    Example:
        >>> with warnings.catch_warnings(record=True, action="always") as caught:
        ...     warn_person("Something was left out.")
        >>> len(caught)
        1
    """
    frame: types.FrameType = sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    names = frame.f_globals
    place = frame.f_code.co_filename, frame.f_lineno, names.get("__name__", "__main__")
    registry = names.setdefault("__warningregistry__", {})
    warnings.warn_explicit(message, category, *place, registry)


def _is_ours(filename: str) -> bool:
    # `from lamella.layers import X` asks through frozen importlib.
    return filename.startswith((_PACKAGE, "<frozen importlib"))
