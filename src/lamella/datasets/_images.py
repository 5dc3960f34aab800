"""Finds and reads a data set of 28 by 28 images, wherever this machine keeps it.

MNIST and its relatives are published in the idx file format.
"""

import gzip
import math
import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import numpy as np

from lamella._base import DownloadFailed, FileProblem
from lamella._base.home import home_folder
from lamella.datasets._download import RemoteFile, download

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
                return _read_stream(raw, file, on_disk)
            with gzip.GzipFile(fileobj=raw) as unpacked:
                return _read_stream(cast(IO[bytes], unpacked), file, on_disk * DEFLATE_LIMIT)
    except (OSError, EOFError, zlib.error) as cause:
        if isinstance(cause, FileProblem):
            raise
        raise FileProblem(
            f"'{file}' cannot be read as an idx file: {cause or type(cause).__name__}.",
            help="Check the path; if the file is cut off or damaged, fetch it again.",
        ) from cause


def _read_stream(stream: IO[bytes], file: Path, most: int) -> np.ndarray:
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


Split = tuple[np.ndarray, np.ndarray]
Splits = tuple[Split, Split]

STEMS = ("train-images", "train-labels", "t10k-images", "t10k-labels")
KEYS = ("x_train", "y_train", "x_test", "y_test")
DATA_VARIABLE = "LAMELLA_DATA"


@dataclass(frozen=True)
class ImageSet:
    """What is known about one data set.

    Args:
        title: its name in messages.
        name: its name as a folder.
        archive: the usual name of its one-file .npz form.
        remotes: where it can be fetched, one archive or four idx files.
        advice: how to get it by hand, the help line of the error.
        system_folder: where a distribution's package puts it.
    """

    title: str
    name: str
    archive: str
    remotes: tuple[RemoteFile, ...]
    advice: str
    system_folder: str | None = None


def load(images: ImageSet, path: str | os.PathLike[str] | None) -> Splits:
    """Loads both parts of a data set from `path`, or from the first place that has it.

    Args:
        images: which data set.
        path: a folder with the four idx files, an .npz archive, or None to look everywhere.
            A bare archive name such as "mnist.npz" is looked for in the data folders.

    Raises: FileProblem, if `path` is absent or what is found is damaged; DownloadFailed, if no
        place has the data set.
    """
    archive = images.archive
    if path is not None:
        given = Path(path).expanduser()
        bare = isinstance(path, str) and given.name == path and given.suffix == ".npz"
        if not bare or given.is_file():
            return _read_given(images, given)
        archive = given.name
    looked_at = []
    for place, folder in _places(images):
        if folder is None:
            looked_at.append(f"{place} (not set)")
            continue
        found = _find_in(folder, archive)
        if found is not None:
            return _read(found)
        looked_at.append(f"{place} ({'no such files' if folder.is_dir() else 'no such folder'})")
    target = _cache_folder(images)
    try:
        for remote in images.remotes:
            download(remote, target / (archive if len(images.remotes) == 1 else remote.name))
    except DownloadFailed as failure:
        looked_at.append(failure.message.rstrip("."))
        raise DownloadFailed(
            f"{images.title} was found nowhere. Looked at: {'; '.join(looked_at)}.",
            help=images.advice,
        ) from failure
    return _read(_find_in(target, archive) or target)


def _places(images: ImageSet) -> list[tuple[str, Path | None]]:
    data = os.environ.get(DATA_VARIABLE)
    named = Path(data).expanduser() / images.name if data else None
    places: list[tuple[str, Path | None]] = [
        (f"${DATA_VARIABLE}/{images.name}" + (f" = '{named}'" if named else ""), named),
        (f"the cache '{_cache_folder(images)}'", _cache_folder(images)),
    ]
    if images.system_folder is not None:
        places.append((f"'{images.system_folder}'", Path(images.system_folder)))
    return places


def _cache_folder(images: ImageSet) -> Path:
    return home_folder() / "datasets" / images.name


def _find_in(folder: Path, archive: str) -> Path | None:
    """The archive in a folder, or the folder if it holds all four idx files."""
    if (folder / archive).is_file():
        return folder / archive
    return folder if all(_idx_file(folder, stem) for stem in STEMS) else None


def _idx_file(folder: Path, stem: str) -> Path | None:
    kind = "idx3-ubyte" if stem.endswith("images") else "idx1-ubyte"
    names = (f"{stem}{dot}{kind}{ending}" for ending in ("", ".gz") for dot in "-.")
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _read_given(images: ImageSet, given: Path) -> Splits:
    found = _find_in(given, images.archive) if given.is_dir() else given
    if found is None or not found.exists():
        missing = "is a folder without them" if given.is_dir() else "does not exist"
        raise FileProblem(
            f"{images.title} expects a folder with the four idx files or an .npz file; "
            f"'{given}' {missing}.",
            help=images.advice,
        )
    return _read(found)


def _read(found: Path) -> Splits:
    arrays = _read_folder(found) if found.is_dir() else _read_archive(found)
    x_train, y_train, x_test, y_test = arrays
    for name, x, y in (("training", x_train, y_train), ("test", x_test, y_test)):
        if x.ndim != 3 or x.shape[1:] != (28, 28) or y.shape != x.shape[:1]:
            raise FileProblem(
                f"'{found}' holds {name} images of shape {x.shape} and labels of shape {y.shape}, "
                f"expected (n, 28, 28) and (n,).",
                help="Check that the file is the data set you mean.",
            )
    return (x_train, y_train), (x_test, y_test)


def _read_folder(folder: Path) -> list[np.ndarray]:
    return [read_idx(_idx_file(folder, stem) or folder / stem) for stem in STEMS]


def _read_archive(file: Path) -> list[np.ndarray]:
    try:
        with zipfile.ZipFile(file) as archive:
            members = {info.filename: info.file_size for info in archive.infolist()}
            if sum(members.values()) > MOST_BYTES:
                raise FileProblem(
                    f"'{file}' unpacks to {sum(members.values()):,} bytes, "
                    f"more than the {MOST_BYTES:,} allowed.",
                    help="Check that the file is the data set you mean.",
                )
            for key in KEYS:
                _check_header(archive, f"{key}.npy", members)
        with np.load(file, allow_pickle=False) as stored:
            return [np.asarray(stored[key], np.uint8) for key in KEYS]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as cause:
        if isinstance(cause, FileProblem):
            raise
        raise FileProblem(
            f"'{file}' cannot be read as an .npz file with {', '.join(KEYS)}: {cause}.",
            help="Fetch the file again; it must hold plain arrays of numbers.",
        ) from cause


def _check_header(archive: zipfile.ZipFile, member: str, sizes: dict[str, int]) -> None:
    """Refuses an array that claims more values than its member holds, before it is allocated."""
    if member not in sizes:
        raise ValueError(f"it has no {member.removesuffix('.npy')}")
    with archive.open(member) as stream:
        npy = np.lib.format
        old = npy.read_magic(stream) == (1, 0)
        read = npy.read_array_header_1_0 if old else npy.read_array_header_2_0
        shape, _, dtype = read(stream)
    # Labels also come as int64 (scikit-learn's exports); floats would be another data set.
    if dtype.kind not in "ui":
        raise ValueError(f"{member} holds {dtype}, not whole numbers")
    if int(np.prod(shape, dtype=object)) * dtype.itemsize > sizes[member]:
        raise ValueError(f"{member} claims the shape {shape}, more than it holds")
