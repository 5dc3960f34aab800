"""Writes a file whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from lamella._base.atomic import replacing
from lamella._base.errors import FileProblem


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Puts `content` into a file; a reader sees the old file or the new one, nothing between.

    Args:
        path: the file. Its folder must exist.
        content: all of it.

    Raises: FileProblem, if it cannot be written.
    """
    file = Path(path)
    try:
        with replacing(file) as scratch:
            scratch.write_bytes(content)
    except FileProblem:
        raise
    except OSError as cause:
        raise FileProblem(
            f"'{file}' cannot be written: {cause.strerror or cause}.",
            help="Check that the folder exists and that you may write there.",
        ) from cause
