"""Old code works with one warning, or is told what to write."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lamella
from lamella import compat, layers

X = np.ones((8, 4), "float32")


@pytest.fixture
def installed() -> Iterator[None]:
    """The names `keras` and `tensorflow`, with the real Keras put aside meanwhile."""
    roots = ("keras", "tensorflow")
    names = [name for name in sys.modules if name.split(".")[0] in roots]
    kept = {name: sys.modules.pop(name) for name in names}
    try:
        with compat.install():
            yield
    finally:
        sys.modules.update(kept)


@pytest.mark.filterwarnings("ignore")  # that a name is old
@pytest.mark.parametrize(
    "line",
    [
        "from keras.utils.np_utils import to_categorical",
        "from keras.utils.vis_utils import plot_model",
        "from keras.layers.core import Dense",
        "from keras.layers.convolutional import Conv2D",
        "from tensorflow.python.keras.layers.convolutional import Conv2D",
        "from keras.preprocessing.sequence import pad_sequences",
        "from keras.engine import Layer",
        "from keras.objectives import mean_squared_error",
    ],
)
def test_old_imports_work(installed: None, line: str) -> None:
    exec(line, {})


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("from keras.preprocessing.text import Tokenizer", "pad_sequences"),
        ("from keras.wrappers.scikit_learn import KerasClassifier", "fit"),
        ("from keras.layers.local import LocallyConnected1D", "Conv1D"),
        ("from keras.preprocessing.image import ImageDataGenerator", "NumPy"),
    ],
)
def test_old_imports_that_are_gone_are_told_what_to_write(
    installed: None, line: str, instead: str
) -> None:
    with pytest.raises(ImportError) as caught:
        exec(line, {})
    message = str(caught.value)
    assert instead in message and len(message.splitlines()) <= 3


def test_old_arguments_of_optimizers_work_with_one_warning() -> None:
    with pytest.warns(UserWarning, match="learning_rate") as caught:
        optimizer = lamella.optimizers.Adam(lr=0.25)
    assert len(caught) == 1 and float(optimizer.learning_rate) == 0.25
    with pytest.warns(UserWarning, match="learning_rate"):
        optimizer.lr = 0.5  # no dead attribute
    assert float(optimizer.learning_rate) == 0.5


def test_old_methods_work() -> None:
    model: Any = lamella.Sequential([layers.Dense(3, activation="softmax", input_dim=4)])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["acc"])
    with pytest.warns(UserWarning, match="epochs"):
        history = model.fit(X, np.arange(8) % 3, nb_epoch=1, verbose=0)
    assert "acc" in history.history
    with pytest.warns(UserWarning, match="argmax"):
        assert model.predict_classes(X).shape == (8,)


def test_onnx_needs_no_tensorflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnx")
    for name in ("tensorflow", "tf2onnx", "jax2onnx", "keras", "torch"):
        monkeypatch.setitem(sys.modules, name, None)
    model = lamella.Sequential([layers.Input((4,)), layers.Dense(3)])
    model.export(tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").stat().st_size > 0
