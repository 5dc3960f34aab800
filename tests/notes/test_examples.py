"""Every example's models, run under lamella and, with the import lines changed, under Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import lamella

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
WITH_MODELS = sorted(p for p in EXAMPLES.glob("*.py") if "MODELS = [" in p.read_text())


def load(path: Path, library: str) -> dict[str, Any]:
    source = path.read_text()
    if library == "keras":
        source = source.replace("import lamella as keras", "import keras")
        source = source.replace("from lamella import", "from keras import")
    space: dict[str, Any] = {"__name__": f"example_{library}"}
    exec(compile(source, str(path), "exec"), space)
    return space


def cases() -> list[Any]:
    found = []
    for path in WITH_MODELS:
        names = path.read_text().split("MODELS = [")[1].split("]")[0].split(",")
        for number, name in enumerate(map(str.strip, names)):
            marks = [pytest.mark.slow] if number else []  # one of each file, the rest with --slow
            found.append(pytest.param(path, name, id=f"{path.stem}-{name}", marks=marks))
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("path", "name"), cases())
def test_same_as_keras(path: Path, name: str) -> None:
    lamella.utils.clear_session()
    keras.utils.clear_session()
    ours, theirs = load(path, "lamella")[name](), load(path, "keras")[name]()
    assert ours.count_params() == theirs.count_params()
    assert [w.shape for w in ours.weights] == [tuple(w.shape) for w in theirs.weights]
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    if not isinstance(ours, lamella.Functional | lamella.Sequential):
        return
    assert [t.shape for t in ours.outputs] == [tuple(t.shape) for t in theirs.outputs]
    assert [t.shape for t in ours.inputs] == [tuple(t.shape) for t in theirs.inputs]
    assert ours.get_config()["layers"][0]["config"] == theirs.get_config()["layers"][0]["config"]


TRAININGS: dict[str, tuple[str, str, Any, Any]] = {
    "line": ("linear_regression", "line", "mse", ["mae", "mse"]),
    "cnn": ("cnn", "tiny_cnn", "sparse_categorical_crossentropy", ["accuracy"]),
    "batch_norm": ("batch_norm_mlp", "batch_norm_mlp", "binary_crossentropy", ["acc"]),
    "branches": (
        "functional_models",
        "branch_after_two_layers",
        {"y1_output": "mse", "y2_output": "mae"},
        {"y1_output": ["mae"], "y2_output": ["mse", "mae"]},
    ),
    "two_and_two": ("functional_models", "two_inputs_two_outputs", ["mse", "mae"], None),
    "lstm": ("recurrent", "small_lstm", "mae", ["mse"]),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name, marks=[pytest.mark.slow] if name in ("line", "two_and_two", "lstm") else []
        )
        for name in TRAININGS
    ],
)
def test_histories_have_keras_keys(name: str) -> None:
    file, builder, loss, metrics = TRAININGS[name]
    path = EXAMPLES / f"{file}.py"
    found = []
    for library in ("lamella", "keras"):
        model = load(path, library)[builder]()
        model.compile(optimizer="sgd", loss=loss, metrics=metrics)
        x = [np.ones((8, *tensor.shape[1:]), "float32") for tensor in model.inputs]
        y = [
            np.zeros((8, 1)) if "sparse" in str(loss) else np.zeros((8, *tensor.shape[1:]))
            for tensor in model.outputs
        ]
        single_x, single_y = (part[0] if len(part) == 1 else part for part in (x, y))
        history = model.fit(single_x, single_y, epochs=2, validation_split=0.25, verbose=0)
        found.append(list(history.history))
    assert found[0] == found[1]
