"""The idx file format, in which MNIST and its relatives are published."""

import gzip
import math
import os
import zlib
from pathlib import Path
from typing import IO, cast

import numpy as np

from lamella._base import FileProblem

UNSIGNED_BYTE = 0x08
MOST_AXES = 4
MOST_BYTES = 1 << 30
# Deflate cannot pack more than this many bytes into one, so a header that promises more lies.
DEFLATE_LIMIT = 1032


def read_idx(path: str | os.PathLike[str]) -> np.ndarray:
    """Reads an idx file of unsigned bytes, packed with gzip or plain.

    The file holds two zero bytes, the type 0x08, the number of axes n, n sizes of four bytes each
    (big endian), then the values. Nothing is allocated before the header agrees with the file.

    Args:
        path: the file. gzip is recognised by its first bytes, not by the name.

    Shapes: the sizes in the header, 1 to 4 axes, at most 1 GiB in all; uint8.

    Raises: FileProblem, if the file is missing, is no idx file, or its length contradicts its
        header.

    Example:
        >>> import pathlib, tempfile
        >>> file = pathlib.Path(tempfile.mkdtemp()) / "tiny-idx1-ubyte"
        >>> _ = file.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]))
        >>> read_idx(file).tolist()
        [7, 8, 9]

    Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits".
    """
    file = Path(path)
    try:
        with open(file, "rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            on_disk = os.fstat(raw.fileno()).st_size
            if not packed:
                return _read(raw, file, on_disk)
            with gzip.GzipFile(fileobj=raw) as unpacked:
                return _read(cast(IO[bytes], unpacked), file, on_disk * DEFLATE_LIMIT)
    except (OSError, EOFError, zlib.error) as cause:
        if isinstance(cause, FileProblem):
            raise
        raise FileProblem(
            f"'{file}' cannot be read as an idx file: {cause or type(cause).__name__}.",
            help="Check the path; if the file is cut off or damaged, fetch it again.",
        ) from cause


def _read(stream: IO[bytes], file: Path, most: int) -> np.ndarray:
    shape = _read_shape(stream, file)
    count = math.prod(shape)
    if count > min(MOST_BYTES, most):
        raise _damaged(file, f"its header promises {count:,} bytes, more than it can hold")
    data = stream.read(count + 1)
    if len(data) != count:
        held = f"more than {count:,}" if len(data) > count else f"{len(data):,}"
        raise _damaged(file, f"its header {shape} needs {count:,} bytes of data, it has {held}")
    return np.frombuffer(data, np.uint8).reshape(shape).copy()


def _read_shape(stream: IO[bytes], file: Path) -> tuple[int, ...]:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise _damaged(file, f"it starts with {magic!r}, not with two zero bytes")
    if magic[2] != UNSIGNED_BYTE:
        raise _damaged(file, f"its number type is 0x{magic[2]:02x}, not unsigned byte (0x08)")
    axes = magic[3]
    if not 1 <= axes <= MOST_AXES:
        raise _damaged(file, f"it has {axes} axes, not 1 to {MOST_AXES}")
    sizes = stream.read(4 * axes)
    if len(sizes) != 4 * axes:
        raise _damaged(file, "it ends inside its header")
    return tuple(int.from_bytes(sizes[i : i + 4], "big") for i in range(0, 4 * axes, 4))


def _damaged(file: Path, what: str) -> FileProblem:
    return FileProblem(
        f"'{file}' is not an idx file of unsigned bytes: {what}.",
        help="Fetch the file again, for example train-images-idx3-ubyte.gz of MNIST.",
    )
