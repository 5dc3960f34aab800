"""What is larger than memory is read row by row; small things are plain arrays."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import h5py
import jax
import numpy as np
import pytest
import scipy.sparse

from lamella import LamellaError
from lamella.data import ArrayData, host, is_stream
from lamella.data.arrays import refuse_nan
from lamella.data.host import HostArray

X = np.random.default_rng(0).normal(size=(40, 3)) * (np.arange(120).reshape(40, 3) % 3 == 0)


@pytest.fixture(params=["memmap", "h5py", "csr_matrix", "csc_array", "coo_matrix", "coo_array"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    if request.param == "memmap":
        np.save(tmp_path / "x.npy", X)
        yield np.load(tmp_path / "x.npy", mmap_mode="r")
    elif request.param == "h5py":
        with h5py.File(tmp_path / "x.h5", "w") as file:
            yield file.create_dataset("x", data=X)
    else:
        yield getattr(scipy.sparse, request.param)(X)


def test_small_ones_are_arrays(source: Any) -> None:
    data = ArrayData.read(source)
    assert not is_stream(source)
    assert not data.stays_on_host
    assert isinstance(data.x, np.ndarray)
    np.testing.assert_array_equal(data.x, X.astype("float32"))
    assert len(ArrayData.read([source, source]).x) == 2


def test_large_ones_give_rows(source: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "STREAMS_ABOVE_BYTES", 100)
    y = np.arange(40)
    data = ArrayData.read({"a": source}, y)
    assert data.stays_on_host
    assert (data.rows, data.x["a"].shape, data.x["a"].dtype) == (40, (40, 3), np.float32)
    for index in ([3, 1, 1, 39, 0], np.arange(5, 9), [7], []):
        x, labels = data.take(np.array(index, "int64")).packed()
        assert isinstance(x["a"], np.ndarray)
        np.testing.assert_array_equal(x["a"], X.astype("float32")[np.array(index, "int64")])
        np.testing.assert_array_equal(labels, y[np.array(index, "int64")])
    train, rest = data.split(0.25)
    assert isinstance(rest.x["a"], HostArray)
    assert (train.rows, rest.rows) == (30, 10)
    np.testing.assert_array_equal(
        rest.take(np.array([9, 0])).packed()[0]["a"], X[[39, 30]].astype("f")
    )
    np.testing.assert_array_equal(np.asarray(rest.x["a"][2:4]), X[32:34].astype("float32"))
    placed = data.on_device()[0]["a"]
    assert isinstance(placed, jax.Array)
    np.testing.assert_array_equal(placed, X.astype("float32"))


def test_only_some_rows_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "STREAMS_ABOVE_BYTES", 100)
    file = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", "float32", (20_000, 2))
    data = ArrayData.read(file)
    refuse_nan(data.x, "x")
    assert data.glimpse().rows == 4096
    file[15_000:, 1] = np.nan
    with pytest.raises(LamellaError, match="the first in row 150"):
        refuse_nan(data.x, "x")


def test_memory_stays_small(tmp_path: Path) -> None:
    try:
        shape = (150_000, 1000)  # 600 MB, holes in the file
        large = np.lib.format.open_memmap(tmp_path / "large.npy", "w+", "float32", shape)
    except OSError as full:
        pytest.skip(str(full))
    tracemalloc.start()
    data = ArrayData.read(large, np.zeros(150_000))
    assert data.stays_on_host
    train, _ = data.split(0.1)
    refuse_nan(train.x, "x")
    order = np.random.default_rng(0).permutation(train.rows)
    for step in range(20):
        train.take(order[step * 32 : (step + 1) * 32]).packed()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100e6


def test_refusals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        closed = file.create_dataset("x", data=X)
    with pytest.raises(LamellaError, match="closed"):
        ArrayData.read(closed)
    with pytest.raises(LamellaError, match="1 axes"):
        ArrayData.read(scipy.sparse.coo_array([1.0, 0.0]))
    monkeypatch.setattr(host, "STREAMS_ABOVE_BYTES", 1)
    wide = np.lib.format.open_memmap(tmp_path / "w.npy", "w+", "int64", (4, 2))
    wide[2] = 2**40
    data = ArrayData.read(wide)
    assert data.take(np.array([0])).packed()[0].dtype == np.int32
    with pytest.raises(LamellaError, match="32 bits"):
        data.take(np.array([2])).packed()
    with pytest.raises(LamellaError, match="steps of 1"):
        data.x[::2]
