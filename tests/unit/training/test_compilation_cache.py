"""Compiled programs are kept on disk, in a bounded folder, unless somebody says otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lamella._training import compilation_cache

SCRIPT = """
import jax, numpy as np
import lamella as keras
hits = []
jax.monitoring.register_event_listener(lambda name, **_: hits.append(name))
model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Conv2D(8, 3, activation="relu"),
    keras.layers.MaxPooling2D(), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(np.ones((64, 28, 28, 1), "float32"), np.zeros(64, "int32"), verbose=0)
print(sum(name.endswith("cache_hits") for name in hits))
"""


def run(home: Path, **more: str) -> int:
    known = {key: value for key, value in os.environ.items() if "CACHE" not in key}
    environment = {**known, "LAMELLA_HOME": str(home), "XLA_FLAGS": "", **more}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def test_a_second_start_compiles_nothing_again(tmp_path: Path) -> None:
    assert run(tmp_path) == 0
    kept = list((tmp_path / "compiled").rglob("jit_run*"))
    assert kept
    assert run(tmp_path) >= 1
    assert list((tmp_path / "compiled").rglob("jit_run*")) == kept


def test_it_can_be_turned_off(tmp_path: Path) -> None:
    assert run(tmp_path, LAMELLA_CACHE="0", LAMELLA_NATIVE="0") == 0
    assert not list(tmp_path.iterdir())


def test_the_oldest_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for age, name in enumerate("abc"):
        path = tmp_path / name
        path.write_bytes(bytes(100))
        os.utime(path, (1000 + age, 1000 + age))
    monkeypatch.setattr(compilation_cache, "MOST_BYTES", 200)
    compilation_cache._forget_the_oldest(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "c"]
