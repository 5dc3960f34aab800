from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from lamella._base.errors import FileProblem
from lamella.datasets._images import read_idx


def idx_bytes(array: np.ndarray, kind: int = 8) -> bytes:
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, kind, array.ndim, *array.shape)
    return header + array.astype(np.uint8).tobytes()


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4), (2, 1, 3, 2), (0, 28, 28)])
@pytest.mark.parametrize("packed", [False, True])
def test_values_and_shape_come_back(tmp_path: Path, shape: tuple[int, ...], packed: bool) -> None:
    wanted = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    data = idx_bytes(wanted)
    file = tmp_path / "x"
    file.write_bytes(gzip.compress(data, mtime=0) if packed else data)
    got = read_idx(file)
    assert got.dtype == np.uint8
    np.testing.assert_array_equal(got, wanted)
    got[...] = 1  # the caller owns the array


GOOD = idx_bytes(np.arange(6).reshape(2, 3))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "two zero bytes"),
        (b"\x01" + GOOD[1:], "two zero bytes"),
        (idx_bytes(np.zeros(3), kind=0x0D), "0x0d"),
        (bytes([0, 0, 8, 0]), "0 axes"),
        (bytes([0, 0, 8, 9]) + bytes(36), "9 axes"),
        (GOOD[:7], "inside its header"),
        (GOOD[:-1], "it has 5"),
        (GOOD + b"x", "more than 6"),
        (bytes([0, 0, 8, 3]) + b"\xff" * 12, "more than it can hold"),
        (gzip.compress(bytes([0, 0, 8, 1, 0x20, 0, 0, 0]), mtime=0), "more than it can hold"),
        (gzip.compress(GOOD, mtime=0)[:-9], "cannot be read"),
        (gzip.compress(GOOD, mtime=0)[:12], "cannot be read"),
        (gzip.compress(GOOD, mtime=0)[:10] + b"\xff" * 20, "cannot be read"),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, data: bytes, words: str) -> None:
    file = tmp_path / "broken"
    file.write_bytes(data)
    with pytest.raises(FileProblem, match=words) as caught:
        read_idx(file)
    assert len(str(caught.value).splitlines()) <= 3


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="nowhere-idx"):
        read_idx(tmp_path / "nowhere-idx")
