"""What is printed, drawn and written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lamella as keras
from lamella import layers

X = np.random.default_rng(0).normal(size=(640, 4)).astype("float32")


def model() -> Any:
    made = keras.Sequential([layers.Input((4,)), layers.Dense(2, name="head")])
    made.compile("sgd", "mse", metrics=["mae"])
    return made


def test_printing_to_a_file_has_no_backspaces(tmp_path: Path, monkeypatch: Any) -> None:
    with open(path := tmp_path / "log.txt", "w") as file:
        monkeypatch.setattr(sys, "stdout", file)
        model().fit(X, X[:, :2], batch_size=4, epochs=3, validation_split=0.1)
    text = path.read_text()
    assert not set("\b\r\x1b") & set(text)
    assert text.count("\n") == 3 and len(text) < 1000


def test_the_summary_of_a_subclassed_model_knows_its_shapes(capsys: Any) -> None:
    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.head = layers.Dense(3)

        def call(self, inputs: Any) -> Any:
            return self.head(inputs)

    made = Own()
    made.build((None, 4))
    made.summary()
    printed = capsys.readouterr().out
    assert "(None, 3)" in printed and "15" in printed
    assert "?" not in printed and "unbuilt" not in printed


@pytest.mark.parametrize("package", ["pydot", "graphviz", "pydot_ng"])
def test_plot_model_needs_no_package(package: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setenv("PATH", "")  # no `dot` either
    keras.utils.plot_model(model(), tmp_path / "model.svg", show_shapes=True)
    assert "Dense" in (tmp_path / "model.svg").read_text()


def test_tensorboard_needs_no_tensorflow(tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np, lamella as keras\n"
        "sys.modules['tensorflow'] = None\n"
        "m = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])\n"
        "m.compile('sgd', 'mse')\n"
        "told = [keras.callbacks.TensorBoard(sys.argv[1])]\n"
        "m.fit(np.ones((4, 2)), np.ones((4, 1)), callbacks=told, verbose=0)\n"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path], check=True)
    assert list(tmp_path.rglob("*tfevents*"))
