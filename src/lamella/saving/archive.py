"""The `.keras` archive: a zip of a config, weights, and files of layers that have some."""

import contextlib
import io
import json
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from lamella._base import FileProblem

KERAS_VERSION = "3.15.1"  # whose form the archive has; Keras reads it when loading
_METADATA, _CONFIG = "metadata.json", "config.json"
_WEIGHTS, _ASSETS = "model.weights.h5", "assets"
_LARGEST_JSON = 1 << 28
_MOST_MEMBERS = 10_000
_FREE_BYTES = 1 << 26
_LARGEST_EXPANSION = 100
IN_MEMORY = 1 << 28  # larger weights go through a file on their way into an archive or out of it
_ENCRYPTED = 1
_CHUNK = 1 << 20


def write_archive(path: Path, config: Any, weights: Path | bytes, assets: Path) -> None:
    """Writes an archive; its members are stored as they are, not compressed.

    Args:
        path: where to write.
        config: the model as a plain structure.
        weights: a finished weights file, or its content.
        assets: a folder with further files, which may be missing.
    """
    now = datetime.now().strftime("%Y-%m-%d@%H:%M:%S")
    metadata = {"keras_version": KERAS_VERSION, "date_saved": now}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(_METADATA, json.dumps(metadata))
        archive.writestr(_CONFIG, json.dumps(config))
        if isinstance(weights, Path):
            archive.write(weights, _WEIGHTS)
        else:
            archive.writestr(_WEIGHTS, weights)
        if assets.is_dir():
            for file in sorted(assets.rglob("*")):
                if file.is_file():
                    archive.write(file, f"{_ASSETS}/{file.relative_to(assets).as_posix()}")


class Archive:
    """An archive that is being read, its list of members checked.

    Args:
        zipped: the open zip file.
        shown_name: the file's name in messages.

    Raises: FileProblem, if a member is unknown, hidden, doubled or too large.
    """

    def __init__(self, zipped: zipfile.ZipFile, shown_name: str) -> None:
        self._zip = zipped
        self._shown_name = shown_name
        self._members: dict[str, zipfile.ZipInfo] = {}
        members = zipped.infolist()
        if len(members) > _MOST_MEMBERS:
            raise self._refuse(f"has {len(members)} members")
        for member in members:
            self._check(member)
            self._members[member.filename] = member

    def _refuse(self, what: str) -> FileProblem:
        return FileProblem(
            f"'{self._shown_name}' is not safe to load: it {what}.",
            help="Files that Keras or lamella wrote never have that; do not trust its source.",
        )

    def _check(self, member: zipfile.ZipInfo) -> None:
        # As written in the file: `filename` has been cut and cleaned on the way.
        name = member.orig_filename
        parts = name.removesuffix("/").split("/")
        odd = any(character < " " or character in ":\\" for character in name)
        if odd or name != member.filename or {"", ".", ".."} & set(parts):
            raise self._refuse(f"has a member with the path {name!r}")
        if name not in (_METADATA, _CONFIG, _WEIGHTS) and parts[0] != _ASSETS:
            raise self._refuse(f"has the unknown member {name!r}")
        if name in self._members:
            raise self._refuse(f"has the member {name!r} twice")
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise self._refuse(f"has the member {name!r}, which is a link or a device")
        if member.flag_bits & _ENCRYPTED:
            raise self._refuse(f"has the encrypted member {name!r}")
        largest = max(_FREE_BYTES, _LARGEST_EXPANSION * member.compress_size)
        if member.file_size > largest or (
            member.compress_type == zipfile.ZIP_STORED and member.file_size != member.compress_size
        ):
            raise self._refuse(
                f"has the member {name!r}, which claims {member.file_size} bytes and holds "
                f"{member.compress_size}"
            )

    def config(self) -> dict[str, Any]:
        """The model as a plain structure."""
        member = self._require(_CONFIG)
        if member.file_size > _LARGEST_JSON:
            raise self._refuse(f"has a config of {member.file_size} bytes")
        with self._whole():
            text = self._zip.read(member)
        try:
            config = json.loads(text)
        except (ValueError, RecursionError) as cause:
            raise FileProblem(
                f"The config in '{self._shown_name}' is not JSON: {cause}.",
                help="The file is damaged; get it again.",
            ) from cause
        if not isinstance(config, dict):
            raise FileProblem(
                f"The config in '{self._shown_name}' does not describe a model.",
                help="The file is damaged; get it again.",
            )
        return config

    @contextlib.contextmanager
    def weights(self) -> Iterator[IO[bytes]]:
        """The weights file, its checksum compared."""
        member = self._require(_WEIGHTS)
        if member.file_size <= IN_MEMORY:
            with self._whole():
                content = self._zip.read(member)
            yield io.BytesIO(content)
            return
        with tempfile.TemporaryFile() as copy:
            with self._whole(), self._zip.open(member) as source:
                shutil.copyfileobj(source, copy, _CHUNK)
            copy.seek(0)
            yield copy

    def extract_assets(self, folder: Path) -> bool:
        """Copies the further files into a folder; False if there are none."""
        inside = [one for one in self._members.values() if one.filename.startswith(f"{_ASSETS}/")]
        files = [member for member in inside if not member.is_dir()]
        for member in files:
            target = folder.joinpath(*PurePosixPath(member.filename).parts[1:])
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                with self._whole(), self._zip.open(member) as source, open(target, "xb") as copy:
                    shutil.copyfileobj(source, copy, _CHUNK)
            except (FileExistsError, NotADirectoryError) as cause:
                name = member.filename
                raise self._refuse(f"has members that overwrite each other: {name!r}") from cause
        return bool(files)

    def _require(self, name: str) -> zipfile.ZipInfo:
        member = self._members.get(name)
        if member is None:
            raise FileProblem(
                f"'{self._shown_name}' is not a model of Keras 3: it has no '{name}'.",
                help="Save the model again with model.save('name.keras').",
            )
        return member

    @contextlib.contextmanager
    def _whole(self) -> Iterator[None]:
        try:
            yield
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as cause:
            message = f"'{self._shown_name}' is damaged: {cause}."
            raise FileProblem(message, help="Get the file again.") from cause


def require_file(path: Path) -> None:
    if not path.is_file():
        help = "Check the path, relative to the working folder."
        raise FileProblem(f"There is no file '{path}'.", help=help)


@contextlib.contextmanager
def opened_archive(path: Path) -> Iterator[Archive]:
    """Opens an archive for reading.

    Raises: FileProblem, if there is no such file, or if it is not a safe archive.
    """
    require_file(path)
    try:
        zipped = zipfile.ZipFile(path)
    except zipfile.BadZipFile as cause:
        raise FileProblem(
            f"'{path}' is not a `.keras` archive: {cause}.",
            help="If it holds only weights, make the model and call model.load_weights(path).",
        ) from cause
    with zipped:
        yield Archive(zipped, path.name)
