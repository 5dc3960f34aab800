"""Fetches one file over https, and keeps it only if it is the right one."""

import gzip
import hashlib
import urllib.request
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from lamella._base import DownloadFailed, replacing

TIMEOUT_SECONDS = 30
CHUNK = 1 << 20


@dataclass(frozen=True)
class RemoteFile:
    """One file on a public host.

    Args:
        url: where it is, https only.
        sha256: of the file; for `unpacked=True` of what gzip holds, because mirrors pack the same
            data with another date and name in gzip's header.
        size: upper limit of the download and of what it unpacks to, in bytes.
        unpacked: whether sha256 belongs to the unpacked content.
    """

    url: str
    sha256: str
    size: int
    unpacked: bool = False

    @property
    def name(self) -> str:
        """The last part of the address."""
        return self.url.rsplit("/", 1)[-1]


def open_url(url: str) -> Any:
    """Opens an address for reading; tests put their own in its place."""
    request = urllib.request.Request(url, headers={"User-Agent": "lamella"})
    return urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)


def download(remote: RemoteFile, destination: Path) -> Path:
    """Fetches a file to `destination`, whole and verified or not at all.

    Args:
        remote: what to fetch.
        destination: the file to write. Its folder is made if it is absent.

    Raises: DownloadFailed, if the host cannot be reached or sends something else.

    Example:
        >>> download(RemoteFile("http://example.org/a", "00", 1), Path("a"))
        Traceback (most recent call last):
        lamella._base.errors.DownloadFailed: http://example.org/a is not an https address.
        help: Only https is used for downloads.
    """
    if not remote.url.startswith("https://"):
        raise DownloadFailed(
            f"{remote.url} is not an https address.", help="Only https is used for downloads."
        )
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        with replacing(destination) as part, open(part, "w+b") as file:
            with open_url(remote.url) as response:
                _copy(response, file, remote)
            _verify(file, remote)
        return destination
    except (OSError, EOFError, zlib.error) as cause:
        if isinstance(cause, DownloadFailed):
            raise
        raise DownloadFailed(
            f"{remote.url} could not be fetched: {cause or type(cause).__name__}.",
            help=f"Check the network, or put {remote.name} into '{destination.parent}' yourself.",
        ) from cause


def _copy(response: Any, file: IO[bytes], remote: RemoteFile) -> None:
    received = 0
    while chunk := response.read(CHUNK):
        received += len(chunk)
        if received > remote.size:
            raise DownloadFailed(
                f"{remote.url} sends more than the {remote.size:,} bytes expected of it.",
                help="Fetch the file by hand from a host that you trust.",
            )
        file.write(chunk)


def _verify(file: IO[bytes], remote: RemoteFile) -> None:
    file.seek(0)
    digest = hashlib.sha256()
    stream: Any = gzip.GzipFile(fileobj=file) if remote.unpacked else file
    seen = 0
    while (chunk := stream.read(CHUNK)) and seen <= remote.size:
        seen += len(chunk)
        digest.update(chunk)
    if digest.hexdigest() != remote.sha256:
        raise DownloadFailed(
            f"{remote.url} sent a file with SHA-256 {digest.hexdigest()[:12]}..., "
            f"expected {remote.sha256[:12]}...; it was thrown away.",
            help="A proxy may have answered in the host's place; try again or fetch it by hand.",
        )
