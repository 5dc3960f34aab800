"""Writes a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from lamella._base.errors import FileProblem


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Puts `content` into a file; a reader sees the old file or the new one, nothing between.

    Args:
        path: the file. Its folder must exist.
        content: all of it.

    Raises: FileProblem, if it cannot be written.
    """
    file = Path(path)
    part = None
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        part = Path(name)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        # mkstemp makes files that only their owner can read; a picture is meant to be shared.
        mask = os.umask(0)
        os.umask(mask)
        part.chmod(0o666 & ~mask)
        os.replace(part, file)
    except OSError as cause:
        raise FileProblem(
            f"'{file}' cannot be written: {cause.strerror or cause}.",
            help="Check that the folder exists and that you may write there.",
        ) from cause
    finally:
        if part is not None:
            part.unlink(missing_ok=True)
