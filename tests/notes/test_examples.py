"""Every example's models, run under lamella and, with the import lines changed, under Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
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
        found += [
            pytest.param(path, name.strip(), id=f"{path.stem}-{name.strip()}") for name in names
        ]
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
