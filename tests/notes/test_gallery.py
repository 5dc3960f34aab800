"""Every file of examples/gallery under lamella and, with the import lines changed, under Keras.

A file lists functions without arguments that give built models in STYLES (or MODELS). Functions
whose names differ only in the word `sequential`, `functional` or `subclassed` build the same
architecture and have the same number of parameters. `scripts/gallery` writes its page.
"""

from __future__ import annotations

import ast
import functools
import itertools
import re
import runpy
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras.src.models import Functional

import lamella

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "examples" / "gallery").glob("*.py"))
LIBRARIES = {"lamella": lamella, "keras": keras}
WAYS = [("lamella", "lamella"), ("lamella", "keras"), ("keras", "lamella")]
Pair = dict[str, Any]

pytestmark = pytest.mark.filterwarnings("ignore")


def styles(path: Path) -> list[str]:
    """The names in a file's STYLES or MODELS, without running it."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List):
            target = node.targets[0]
            if isinstance(target, ast.Name) and target.id in ("STYLES", "MODELS"):
                return [item.id for item in node.value.elts if isinstance(item, ast.Name)]
    return []


CASES = [
    pytest.param(path, name, id=f"{path.stem}-{name}") for path in FILES for name in styles(path)
]
BY_FILE = [pytest.param(path, id=path.stem) for path in FILES]


def load(path: Path, library: str) -> dict[str, Any]:
    source = path.read_text()
    if library == "keras":
        source = source.replace("import lamella as keras", "import keras")
        source = source.replace("from lamella import", "from keras import")
    space: dict[str, Any] = {"__name__": f"gallery_{library}"}
    exec(compile(source, str(path), "exec"), space)
    return space


def built(path: Path, name: str) -> Pair:
    """The model in both libraries, from the same seed."""
    models = {}
    for library, package in LIBRARIES.items():
        package.utils.clear_session()
        package.utils.set_random_seed(1)
        models[library] = load(path, library)[name]()
    return models


def is_graph(model: Any) -> bool:
    return isinstance(model, lamella.Functional | lamella.Sequential)


def random_for(shapes: Any, rows: int, random: np.random.Generator) -> Any:
    """Numbers between 0 and 1 in the structure of a shape, a symbolic tensor, or many of them."""
    if isinstance(shapes, dict):
        return {key: random_for(item, rows, random) for key, item in shapes.items()}
    if isinstance(shapes, lamella.KerasTensor):
        return random_for(shapes.shape, rows, random)
    if isinstance(shapes[0], int | None):
        return random.uniform(size=(rows, *shapes[1:])).astype("float32")
    return [random_for(item, rows, random) for item in shapes]


def inputs_for(model: Any, rows: int) -> Any:
    shapes = model.input if is_graph(model) else model.input_shape
    return random_for(shapes, rows, np.random.default_rng(0))


def targets_for(model: Any, rows: int) -> Any:
    shapes = model.output if is_graph(model) else model.output_shape
    return random_for(shapes, rows, np.random.default_rng(1))


def assert_equal_structures(ours: Any, theirs: Any, tolerance: float = 1e-4) -> None:
    ours, theirs = leaves_of(ours), leaves_of(theirs)
    assert [key for key, _ in ours] == [key for key, _ in theirs]
    for (key, one), (_, other) in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance, err_msg=key)


def leaves_of(value: Any, key: str = "output") -> list[tuple[str, np.ndarray]]:
    if isinstance(value, dict):
        value = {f"{key}.{name}": value[name] for name in sorted(value)}
    elif isinstance(value, list | tuple):
        value = {f"{key}.{number}": item for number, item in enumerate(value)}
    else:
        return [(key, np.asarray(value, "float32"))]
    return list(itertools.chain(*(leaves_of(item, name) for name, item in value.items())))


def scramble(models: Pair) -> None:
    """The same weights for both, with no zero bias and no moving variance of one."""
    random = np.random.default_rng(0)
    weights = [
        (weight + random.uniform(-0.05, 0.05, weight.shape)).astype(weight.dtype)
        for weight in models["keras"].get_weights()
    ]
    for model in models.values():
        model.set_weights(weights)


def check_structure(models: Pair) -> None:
    ours, theirs = models["lamella"], models["keras"]
    assert ours.count_params() == theirs.count_params() > 0
    assert [w.shape for w in ours.weights] == [tuple(w.shape) for w in theirs.weights]
    assert [w.path for w in ours.weights] == [w.path for w in theirs.weights]
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    for number, (one, other) in enumerate(zip(ours.get_weights(), theirs.get_weights())):
        np.testing.assert_allclose(one, other, atol=1e-6, err_msg=f"first values of {number}")
    assert is_graph(ours) == isinstance(theirs, Functional | keras.Sequential)
    if is_graph(ours):
        assert [t.shape for t in ours.outputs] == [tuple(t.shape) for t in theirs.outputs]


def check_config(model: Any, x: Any, wanted: Any) -> None:
    """A model made again from the config computes the same with the same weights."""
    again = type(model).from_config(model.get_config())
    again.predict_on_batch(x)
    again.set_weights(model.get_weights())
    assert_equal_structures(again.predict_on_batch(x), wanted)
    assert again.get_config() == model.get_config()


def one_style_of_each(files: tuple[str, ...] = ()) -> list[Any]:
    """All styles; those after an architecture's first are for the long run, as are other files."""
    seen: set[tuple[str, str]] = set()
    found = []
    for path, name in ((case.values[0], case.values[1]) for case in CASES):
        architecture = (path.stem, re.sub("sequential|functional|subclassed", "", name))
        later = architecture in seen or (bool(files) and path.stem not in files)
        marks = [pytest.mark.slow] if later else []
        seen.add(architecture)
        found.append(pytest.param(path, name, id=f"{path.stem}-{name}", marks=marks))
    return found


@pytest.mark.parametrize(
    ("path", "name"), one_style_of_each(("cnn", "resnet", "sequences", "transformer", "unet"))
)
def test_same_as_keras(path: Path, name: str, tmp_path: Path) -> None:
    models = built(path, name)
    check_structure(models)
    scramble(models)
    x = inputs_for(models["lamella"], rows=3)
    wanted = models["keras"].predict_on_batch(x)
    assert all(np.ptp(leaf) > 0 for _, leaf in leaves_of(wanted))
    assert_equal_structures(models["lamella"].predict_on_batch(x), wanted)
    check_config(models["lamella"], x, wanted)
    for writer, reader in WAYS:
        file = tmp_path / f"{writer}.keras"
        models[writer].save(file)
        loaded = LIBRARIES[reader].models.load_model(file)
        assert_equal_structures(loaded.predict_on_batch(x), wanted)


@pytest.mark.parametrize(("path", "name"), one_style_of_each(("cnn", "transformer")))
def test_trains_as_keras(path: Path, name: str) -> None:
    models = built(path, name)
    x = inputs_for(models["lamella"], rows=16)
    y = targets_for(models["lamella"], rows=16)
    histories = {}
    for library, model in models.items():
        LIBRARIES[library].utils.set_random_seed(2)
        model.compile(LIBRARIES[library].optimizers.SGD(0.01), loss="mse")
        histories[library] = model.fit(x, y, batch_size=8, epochs=1, verbose=0).history
    ours, theirs = histories["lamella"], histories["keras"]
    assert list(ours) == list(theirs)
    assert all(np.isfinite(ours[key]).all() for key in ours)
    for key in ours:
        np.testing.assert_allclose(ours[key], theirs[key], rtol=1e-4, err_msg=key)
    pairs = zip(models["lamella"].weights, models["keras"].weights, strict=True)
    for one, other in pairs:
        np.testing.assert_allclose(one.numpy(), other.numpy(), atol=1e-4, err_msg=one.path)


@functools.cache
def gallery() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "scripts" / "gallery"), run_name="gallery")


@functools.cache
def models_of(path: Path) -> list[tuple[str, Any]]:
    """The models of a file, made once for the tests that only look at them."""
    return list(gallery()["models_of"](path))


@pytest.mark.parametrize("path", BY_FILE)
def test_all_styles_have_the_same_parameters(path: Path) -> None:
    counts: dict[str, set[int]] = {}
    for name, model in models_of(path):
        architecture = re.sub("sequential|functional|subclassed", "", name)
        counts.setdefault(architecture, set()).add(model.count_params())
    assert [name for name, _ in models_of(path)] == styles(path)
    assert all(len(found) == 1 for found in counts.values()), counts


@pytest.mark.parametrize("path", BY_FILE)
def test_the_page_shows_the_models_as_they_are(path: Path) -> None:
    text = gallery()["page_of"](path).read_text()
    for name, model in models_of(path):
        assert gallery()["section"](path, name, model) in text, "run scripts/gallery"
        assert gallery()["picture_of"](path, name).read_text().startswith("<svg")


@pytest.mark.slow
@pytest.mark.parametrize("path", BY_FILE)
def test_mains_run(path: Path, tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(path), run_name="__main__")
    printed = capsys.readouterr().out
    assert printed
    # "held-out accuracy 0.981, chance 0.100"
    scores = re.search(r"held-out [a-z -]+ (\d\.\d+), [a-z -]+ (\d\.\d+)\n", printed)
    if scores:
        assert float(scores[1]) > 1.3 * float(scores[2])
