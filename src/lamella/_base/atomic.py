"""Files that are there whole or not at all."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lamella._base.errors import FileProblem


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Gives a path to write to; what lies there takes the target's place when the block ends.

    Whatever stops the block, an error, Ctrl-C or a full disk, an old file stays as it was.

    Args:
        target: the file's final path. A link is followed, so that it stays a link.

    Raises: FileProblem, if there is no such folder, or a folder has that name.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with replacing(Path(folder, "note.txt")) as path:
        ...         _ = path.write_text("done")
        ...     sorted(os.listdir(folder))
        ['note.txt']
    """
    final = Path(os.path.realpath(target))
    if not final.parent.is_dir():
        raise FileProblem(
            f"Cannot write '{target}': the folder '{final.parent}' does not exist.",
            help="Make it first: pathlib.Path(filepath).parent.mkdir(parents=True).",
        )
    if final.is_dir():
        raise FileProblem(f"Cannot write '{target}': it is a folder.", help="Name a file in it.")
    # In the same folder, since only within one file system is a rename a single step.
    with tempfile.TemporaryDirectory(dir=final.parent, prefix=f".{final.name}.") as scratch:
        path = Path(scratch) / final.name
        yield path
        if final.exists():
            shutil.copymode(final, path)
        _flush(path)
        os.replace(path, final)
    _flush(final.parent)


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Puts `content` into a file; a reader sees the old file or the new one, nothing between.

    Args:
        path: the file. Its folder must exist.
        content: all of it.

    Raises: FileProblem, if it cannot be written.
    """
    try:
        with replacing(Path(path)) as scratch:
            scratch.write_bytes(content)
    except FileProblem:
        raise
    except OSError as cause:
        raise FileProblem(
            f"'{Path(path)}' cannot be written: {cause.strerror or cause}.",
            help="Check that the folder exists and that you may write there.",
        ) from cause


def _flush(path: Path) -> None:
    """Makes the system write a file, or a folder's list of names, to the disk."""
    if path.is_dir() and os.name == "nt":  # Windows cannot open folders
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
