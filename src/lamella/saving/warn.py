"""Warnings that point at the person's own line."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

_PACKAGE = str(Path(__file__).resolve().parents[1]) + os.sep


def warn_person(message: str) -> None:
    """Warns with the file and line of the first caller outside of lamella.

    Args:
        message: what happened, and what it means.

    Example:
        >>> with warnings.catch_warnings(record=True, action="always") as caught:
        ...     warn_person("Something was left out.")
        >>> len(caught)
        1
    """
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, stacklevel=level)
