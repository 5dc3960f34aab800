from __future__ import annotations

import gzip
import hashlib
import io
import urllib.error
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lamella._base.errors import DownloadFailed, FileProblem
from lamella.datasets import _download, _images, fashion_mnist, mnist

DEBIAN = Path("/usr/share/datasets/fashion-mnist")


@pytest.fixture(autouse=True)
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(url: str) -> Any:
        raise urllib.error.URLError("no route to host")

    monkeypatch.setenv("LAMELLA_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LAMELLA_DATA", raising=False)
    monkeypatch.setattr(_download, "open_url", no_network)
    hidden = replace(fashion_mnist._FASHION_MNIST, system_folder=str(tmp_path / "system"))
    monkeypatch.setattr(fashion_mnist, "_FASHION_MNIST", hidden)


def arrays(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        "x_train": rng.integers(0, 256, (6, 28, 28), dtype=np.uint8),
        "y_train": rng.integers(0, 10, 6, dtype=np.uint8),
        "x_test": rng.integers(0, 256, (2, 28, 28), dtype=np.uint8),
        "y_test": rng.integers(0, 10, 2, dtype=np.uint8),
    }


def idx_files(seed: int = 0, packed: bool = True) -> dict[str, bytes]:
    files = {}
    for stem, (key, array) in zip(_images.STEMS, arrays(seed).items(), strict=True):
        sizes = b"".join(n.to_bytes(4, "big") for n in array.shape)
        data = bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()
        name = f"{stem}-idx{3 if key[0] == 'x' else 1}-ubyte"
        files[name + ".gz" if packed else name] = gzip.compress(data, mtime=0) if packed else data
    return files


def write_folder(folder: Path, seed: int = 0, packed: bool = True) -> Path:
    folder.mkdir(parents=True)
    for name, data in idx_files(seed, packed).items():
        (folder / name).write_bytes(data)
    return folder


def write_npz(file: Path, seed: int = 0, **changes: Any) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez(file, **{**arrays(seed), **changes})
    return file


def check(splits: Any, seed: int = 0) -> None:
    (x_train, y_train), (x_test, y_test) = splits
    wanted = arrays(seed)
    got = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    for key, array in got.items():
        assert array.dtype == np.uint8
        np.testing.assert_array_equal(array, wanted[key])


Loader = Callable[..., Any]


@pytest.mark.parametrize("load", [mnist.load_data, fashion_mnist.load_data])
@pytest.mark.parametrize("packed", [True, False])
def test_an_explicit_folder(tmp_path: Path, load: Loader, packed: bool) -> None:
    check(load(write_folder(tmp_path / "here", packed=packed)))


def test_an_explicit_archive_as_text_and_as_path(tmp_path: Path) -> None:
    file = write_npz(tmp_path / "some.npz")
    check(mnist.load_data(file))
    check(mnist.load_data(str(file)))


def test_an_explicit_path_that_is_absent_is_an_error_even_if_the_cache_has_it(
    tmp_path: Path,
) -> None:
    write_npz(tmp_path / "home/datasets/mnist/mnist.npz")
    with pytest.raises(FileProblem, match="does not exist"):
        mnist.load_data(tmp_path / "absent.npz")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileProblem, match="folder without them"):
        mnist.load_data(tmp_path / "empty")


def test_keras_bare_name_is_looked_for_in_the_cache(tmp_path: Path) -> None:
    write_npz(tmp_path / "home/datasets/mnist/mnist.npz", seed=1)
    write_npz(tmp_path / "home/datasets/mnist/mine.npz", seed=2)
    check(mnist.load_data("mnist.npz"), seed=1)
    check(mnist.load_data("mine.npz"), seed=2)


def test_places_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(tmp_path / "system", seed=3)
    check(fashion_mnist.load_data(), seed=3)
    write_folder(tmp_path / "home/datasets/fashion_mnist", seed=2)
    check(fashion_mnist.load_data(), seed=2)
    write_folder(tmp_path / "data/fashion_mnist", seed=1, packed=False)
    monkeypatch.setenv("LAMELLA_DATA", str(tmp_path / "data"))
    check(fashion_mnist.load_data(), seed=1)


def test_the_error_lists_every_place_and_fits_three_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data/fashion_mnist").mkdir(parents=True)
    monkeypatch.setenv("LAMELLA_DATA", str(tmp_path / "data"))
    with pytest.raises(DownloadFailed) as caught:
        fashion_mnist.load_data()
    text = str(caught.value)
    for words in (
        "LAMELLA_DATA",
        str(tmp_path / "data/fashion_mnist"),
        str(tmp_path / "home/datasets/fashion_mnist"),
        str(tmp_path / "system"),
        "no route to host",
        "apt-get install dataset-fashion-mnist",
    ):
        assert words in text
    assert len(text.splitlines()) <= 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"x_train": np.zeros((6, 27, 28), np.uint8)}, "28, 28"),
        ({"y_test": np.zeros(3, np.uint8)}, "test images"),
        ({"x_test": np.array([{"a": 1}], dtype=object)}, "not whole numbers"),
        ({"x_test": np.zeros((2, 28, 28), np.float32)}, "not whole numbers"),
    ],
)
def test_archives_with_something_else_are_refused(
    tmp_path: Path, changes: dict[str, np.ndarray], words: str
) -> None:
    with pytest.raises(FileProblem, match=words):
        mnist.load_data(write_npz(tmp_path / "odd.npz", **changes))


def test_an_archive_that_claims_more_than_it_holds_is_refused(tmp_path: Path) -> None:
    file = write_npz(tmp_path / "liar.npz")
    data = file.read_bytes()
    huge = data.replace(b"(6, 28, 28)", b"(9999,9999)", 1)
    assert huge != data
    file.write_bytes(huge)
    with pytest.raises(FileProblem, match="claims the shape"):
        mnist.load_data(file)


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "text.npz"
    file.write_text("<html>not found</html>")
    with pytest.raises(FileProblem, match="cannot be read"):
        mnist.load_data(file)


class Response(io.BytesIO):
    pass


def serve(monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]) -> list[str]:
    asked: list[str] = []

    def open_url(url: str) -> Response:
        asked.append(url)
        return Response(files[url.rsplit("/", 1)[-1]])

    monkeypatch.setattr(_download, "open_url", open_url)
    return asked


def expect(monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]) -> None:
    remotes = tuple(
        _download.RemoteFile(
            f"https://example.org/{name}",
            hashlib.sha256(gzip.decompress(data)).hexdigest(),
            size=10_000,
            unpacked=True,
        )
        for name, data in files.items()
    )
    changed = replace(fashion_mnist._FASHION_MNIST, remotes=remotes)
    monkeypatch.setattr(fashion_mnist, "_FASHION_MNIST", changed)


def test_a_download_is_kept_and_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = idx_files(seed=5)
    expect(monkeypatch, files)
    # Another gzip header around the same content is the same data.
    asked = serve(
        monkeypatch, {k: gzip.compress(gzip.decompress(v), 1, mtime=0) for k, v in files.items()}
    )
    check(fashion_mnist.load_data(), seed=5)
    assert len(asked) == 4
    check(fashion_mnist.load_data(), seed=5)
    assert len(asked) == 4
    cache = tmp_path / "home/datasets/fashion_mnist"
    assert sorted(file.name for file in cache.iterdir()) == sorted(files)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (gzip.compress(b"wrong", mtime=0), "SHA-256"),
        (b"<html>log in first</html>", "could not be fetched"),
        (gzip.compress(bytes(20_000_000), mtime=0)[:9_000], "could not be fetched|SHA-256"),
        (bytes(20_000), "sends more"),
    ],
)
def test_a_wrong_download_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: bytes, words: str
) -> None:
    files = idx_files()
    expect(monkeypatch, files)
    serve(monkeypatch, dict.fromkeys(files, sent))
    with pytest.raises(DownloadFailed, match=words):
        fashion_mnist.load_data()
    assert list((tmp_path / "home/datasets/fashion_mnist").iterdir()) == []


def test_only_https(tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match="https"):
        _download.download(_download.RemoteFile("http://example.org/x", "00", 1), tmp_path / "x")


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="needs Debian's dataset-fashion-mnist")
def test_the_checksums_are_those_of_debians_files() -> None:
    for remote in fashion_mnist._FASHION_MNIST.remotes:
        data = gzip.decompress((DEBIAN / remote.name).read_bytes())
        assert hashlib.sha256(data).hexdigest() == remote.sha256
        assert len(data) <= remote.size
