"""Long-lived programs do not grow."""

from __future__ import annotations

import ctypes
import gc
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import lamella
from lamella import layers

STATUS = Path("/proc/self/statm")
X = np.random.default_rng(0).normal(size=(300, 20)).astype("float32")

pytestmark = pytest.mark.skipif(not STATUS.exists(), reason="needs Linux")


def megabytes() -> float:
    """The size of this process, without what the C library keeps for later."""
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    return int(STATUS.read_text().split()[1]) * 4096 / 2**20


def model(units: int = 64) -> Any:
    made = lamella.Sequential(
        [layers.Input((20,)), layers.Dense(units, "relu"), layers.Dropout(0.5), layers.Dense(3)]
    )
    made.compile("adam", "mse", metrics=["mae"])
    return made


def test_fifty_fits_and_ten_thousand_predictions() -> None:
    made = model()
    for _ in range(5):
        made.fit(X, X[:, :3], validation_split=0.1, verbose=0)
    for rows in range(1, 8):
        made.predict(X[:rows], verbose=0)
    before = megabytes()
    for _ in range(50):
        made.fit(X, X[:, :3], validation_split=0.1, verbose=0)
    after_fits = megabytes()
    for number in range(10_000):
        made.predict(X[: 1 + number % 7], verbose=0)
    after_predictions = megabytes()
    assert after_fits - before < 8
    assert after_predictions - after_fits < 8


@pytest.mark.parametrize("count", [12, pytest.param(100, marks=pytest.mark.slow)])
def test_models_that_were_dropped_are_freed(count: int) -> None:
    """In a process of its own: one that ran many tests keeps memory for reasons of its own."""
    code = f"from tests.unit.training.test_memory import drop_models; drop_models({count})"
    root = Path(__file__).resolve().parents[3]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)


def drop_models(count: int) -> None:
    """The arrays of each take 28 MB: weights, momenta and velocities."""
    units = 100_000

    def use() -> weakref.ref[Any]:
        made = model(units)
        made.fit(X[:32], X[:32, :3], verbose=0)
        made.predict(X[:5], verbose=0)
        return weakref.ref(made)

    for _ in range(5):  # until the allocator has the memory that it keeps
        use()
    before, arrays = megabytes(), len(jax.live_arrays())
    dropped = [use() for _ in range(count)]
    after = megabytes()
    assert all(reference() is None for reference in dropped)
    assert len(jax.live_arrays()) <= arrays
    assert after - before < 80  # the arrays of three models; the compiler keeps some memory too
