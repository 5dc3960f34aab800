"""Files of lamella and of Keras 3.15.1 on JAX: the same groups, and each reads the other's."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("KERAS_BACKEND", "jax")

import h5py
import numpy as np
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import keras

import lamella

# Keras's own variables warn with NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")

LIBRARIES = {"keras": keras, "lamella": lamella}


def mlp(library: Any) -> Any:
    layers = library.layers
    return library.Sequential([library.Input((6,)), layers.Dense(5, "relu"), layers.Dense(2)])


def batch_normalized(library: Any) -> Any:
    layers = library.layers
    return library.Sequential(
        [
            library.Input((6,)),
            layers.Dense(5, use_bias=False),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.Dropout(0.5),
            layers.LayerNormalization(),
            layers.Dense(2),
        ]
    )


def cnn(library: Any) -> Any:
    layers = library.layers
    return library.Sequential(
        [
            library.Input((8, 8, 1)),
            layers.Conv2D(3, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.SeparableConv2D(2, 2, padding="same"),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )


def lstm(library: Any) -> Any:
    layers = library.layers
    return library.Sequential(
        [
            library.Input((5, 3)),
            layers.LSTM(4, return_sequences=True, dropout=0.1),
            layers.TimeDistributed(layers.Dense(3)),
            layers.GRU(3),
            layers.Dense(2),
        ]
    )


def bidirectional(library: Any) -> Any:
    layers = library.layers
    return library.Sequential(
        [library.Input((5, 3)), layers.Bidirectional(layers.LSTM(4)), layers.Dense(2)]
    )


def stacked_cells(library: Any) -> Any:
    layers = library.layers
    cells = [layers.LSTMCell(3), layers.GRUCell(4), layers.LSTMCell(2)]
    return library.Sequential([library.Input((5, 3)), layers.RNN(cells), layers.Dense(2)])


def nested(library: Any) -> Any:
    layers = library.layers
    inside = library.Input((6,))
    inner = library.Model(inside, layers.Dense(6, "relu")(inside), name="inner")
    row = library.Sequential([library.Input((6,)), layers.Dense(4), layers.BatchNormalization()])
    x = library.Input((6,))
    shared = layers.Dense(6, name="shared")
    outputs = layers.Dense(2)(row(shared(inner(shared(x)))))
    return library.Model(x, outputs)


def branched(library: Any) -> Any:
    layers, ops = library.layers, library.ops
    first, second = library.Input((4,), name="first"), library.Input((3,), name="second")
    both = layers.Concatenate()([layers.Dense(4)(first), layers.Dense(4)(second)])
    mixed = ops.relu(both) * 2.0 + layers.Dense(8)(both)
    return library.Model([first, second], [layers.Dense(2)(mixed), layers.Dense(1)(both)])


def embedded(library: Any) -> Any:
    layers = library.layers
    return library.Sequential(
        [
            library.Input((5,), dtype="int32"),
            layers.Embedding(11, 4, mask_zero=True),
            layers.LSTM(3),
            layers.Dense(2),
        ]
    )


def low_precision(library: Any) -> Any:
    layers = library.layers
    return library.Sequential(
        [library.Input((6,)), layers.Dense(4, dtype="bfloat16"), layers.Dense(2, dtype="bfloat16")]
    )


def deferred(library: Any) -> Any:
    model = library.Sequential([library.layers.Dense(3), library.layers.Dense(2)])
    model.build((None, 6))
    return model


def subclassed(library: Any) -> Any:
    """Lists in lists, dictionaries, a second name, private names, a property, names around 'l'."""
    layers = library.layers

    class Odd(library.Model):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.blocks = [layers.Dense(3), [layers.Dense(3), layers.Dense(4)]]
            self.blocks.append(layers.Dense(4))
            self.by_name = {"one": layers.Dense(4), "two": layers.Dense(4)}
            self.zoom = layers.Dense(5)
            self._hidden = layers.Dense(4)
            self.alias = self.blocks[0]
            self.noise = layers.Dropout(0.1)
            self.seeds = library.random.SeedGenerator(3)
            self.mean = library.metrics.Mean()
            self.scale = self.add_weight(shape=(2,), initializer="ones", name="scale")
            self.head = layers.Dense(2)

        @property
        def entry(self) -> Any:
            return self._hidden

        def call(self, x: Any) -> Any:
            x = self.blocks[1][1](self.blocks[1][0](self.blocks[0](x)))
            x = self.by_name["two"](self.by_name["one"](self.blocks[2](x)))
            return self.head(self._hidden(self.zoom(self.noise(x)))) * self.scale

    model = Odd()
    model(np.ones((2, 6), "float32"))
    return model


def subclassed_sequential(library: Any) -> Any:
    class Row(library.Sequential):
        def __init__(self) -> None:
            super().__init__()
            self.add(library.Input((6,)))
            self.add(library.layers.Dense(3))
            self.add(library.layers.Dense(2))
            self.extra = library.layers.Dense(2)

    model = Row()
    model.extra(np.ones((1, 4), "float32"))
    return model


def subclassed_functional(library: Any) -> Any:
    class Graph(library.Model):
        def __init__(self) -> None:
            x = library.Input((6,))
            super().__init__(inputs=x, outputs=library.layers.Dense(2)(x))
            self.extra = library.layers.Dense(2)

    model = Graph()
    model.extra(np.ones((1, 4), "float32"))
    return model


WITH_CONFIG = [
    mlp,
    batch_normalized,
    cnn,
    lstm,
    bidirectional,
    stacked_cells,
    nested,
    branched,
    embedded,
    low_precision,
    deferred,
]
ALL = [*WITH_CONFIG, subclassed, subclassed_sequential, subclassed_functional]
Build = Callable[[Any], Any]


def listing(path: Path) -> dict[str, Any]:
    """All groups and arrays of a file: shape, type and attributes, without automatic names."""
    found: dict[str, Any] = {}

    def enter(name: str, item: Any) -> None:
        attributes = {key: value for key, value in item.attrs.items() if key != "name"}
        has_name = "name" in item.attrs
        is_array = isinstance(item, h5py.Dataset)
        form = (item.shape, str(item.dtype)) if is_array else None
        found[name] = (form, attributes, has_name)

    with h5py.File(path) as file:
        file.visititems(enter)
    return found


def scrambled(model: Any, seed: int = 0) -> Any:
    """Gives every variable its own random values."""
    random = np.random.default_rng(seed)
    for variable in model.weights:
        variable.assign(random.uniform(0.1, 0.9, variable.shape).astype("float32"))
    return model


def inputs_of(model: Any) -> Any:
    random = np.random.default_rng(1)
    shapes = model.input_shape
    if isinstance(shapes, list):
        return [random.normal(size=(4, *shape[1:])).astype("float32") for shape in shapes]
    data = random.normal(size=(4, *shapes[1:])).astype("float32")
    takes_indices = type(model.layers[0]).__name__ == "Embedding"
    return np.abs(data * 5).astype("int32") if takes_indices else data


def outputs_of(model: Any, data: Any) -> list[np.ndarray]:
    outputs = model(data)
    flat = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    return [np.asarray(output, "float32") for output in flat]


class Written(NamedTuple):
    """A model of one library with random weights, and its files."""

    model: Any
    weights: Path
    archive: Path
    data: Any
    outputs: list[np.ndarray]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Build], Written]:
    made: dict[tuple[str, Build], Written] = {}

    def write(library: str, build: Build) -> Written:
        if (library, build) not in made:
            folder = tmp_path_factory.mktemp(f"{library}_{build.__name__}")
            model = scrambled(build(LIBRARIES[library]), seed=len(library))
            weights, archive = folder / "x.weights.h5", folder / "x.keras"
            model.save_weights(weights)
            data, outputs = None, []
            if build in WITH_CONFIG:
                model.save(archive)
                data = inputs_of(model)
                outputs = outputs_of(model, data)
            made[library, build] = Written(model, weights, archive, data, outputs)
        return made[library, build]

    return write


Write = Callable[[str, Build], Written]
BOTH_WAYS = [("lamella", "keras"), ("keras", "lamella")]


@pytest.mark.parametrize("build", ALL)
def test_weight_files_have_the_groups_that_keras_writes(build: Build, written: Write) -> None:
    ours = listing(written("lamella", build).weights)
    assert ours == listing(written("keras", build).weights)
    assert any(form for form, _, _ in ours.values())


@pytest.mark.parametrize("build", ALL)
@pytest.mark.parametrize(("writer", "reader"), BOTH_WAYS)
def test_each_reads_weights_of_the_other(
    writer: str, reader: str, build: Build, written: Write, tmp_path: Path
) -> None:
    source, model = written(writer, build).weights, written(reader, build).model
    model.save_weights(tmp_path / "before.weights.h5")
    model.load_weights(source)
    model.save_weights(tmp_path / "after.weights.h5")
    model.load_weights(tmp_path / "before.weights.h5")
    content = arrays(source)
    assert len(content) > 3
    assert arrays(tmp_path / "after.weights.h5") == content
    assert arrays(tmp_path / "before.weights.h5") != content


def arrays(path: Path) -> dict[str, bytes]:
    """The content of all arrays of a file."""
    found: dict[str, bytes] = {}

    def enter(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = np.asarray(item[()]).tobytes()

    with h5py.File(path) as file:
        file.visititems(enter)
    return found


@pytest.mark.parametrize("build", WITH_CONFIG)
@pytest.mark.parametrize(("writer", "reader"), [*BOTH_WAYS, ("lamella", "lamella")])
def test_models_compute_the_same_after_loading(
    writer: str, reader: str, build: Build, written: Write
) -> None:
    source = written(writer, build)
    loaded = LIBRARIES[reader].models.load_model(source.archive)
    found = outputs_of(loaded, source.data)
    assert len(found) == len(source.outputs) > 0
    for one, other in zip(source.outputs, found, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-5, atol=2e-5)


OPTIMIZERS = {
    "adam": lambda library: library.optimizers.Adam(1e-2),
    "momentum": lambda library: library.optimizers.SGD(1e-2, momentum=0.9, nesterov=True),
    "rmsprop": lambda library: library.optimizers.RMSprop(1e-2, centered=True, momentum=0.5),
    "adamw, schedule": lambda library: library.optimizers.AdamW(
        library.optimizers.schedules.CosineDecay(1e-2, 50), clipnorm=1.0
    ),
}


def trained(library: Any, optimizer: str) -> Any:
    model = scrambled(batch_normalized_without_noise(library))
    model.compile(OPTIMIZERS[optimizer](library), loss="mse", metrics=["mae"])
    data, targets = trial()
    for _ in range(3):
        model.train_on_batch(data, targets)
    return model


def batch_normalized_without_noise(library: Any) -> Any:
    """The gradient by a bias before BatchNormalization is zero but for rounding.

    Adam makes steps of that, each library its own.
    """
    layers = library.layers
    model = library.Sequential([library.Input((6,)), layers.Dense(5, use_bias=False)])
    model.add(layers.BatchNormalization())
    model.add(layers.Dense(2))
    return model


def trial() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(2)
    return random.normal(size=(16, 6)).astype("float32"), np.ones((16, 2), "float32")


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(
    ("writer", "reader"), [("lamella", "keras"), ("keras", "lamella"), ("lamella", "lamella")]
)
def test_training_goes_on_where_it_was(
    writer: str, reader: str, optimizer: str, tmp_path: Path
) -> None:
    model = trained(LIBRARIES[writer], optimizer)
    model.save(tmp_path / "x.keras")
    loaded = LIBRARIES[reader].models.load_model(tmp_path / "x.keras")
    before = [np.asarray(variable.value) for variable in model.optimizer.variables]
    after = [np.asarray(variable.value) for variable in loaded.optimizer.variables]
    assert len(before) == len(after) > 4
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)
    data, targets = trial()
    for _ in range(2):
        model.train_on_batch(data, targets)
        loaded.train_on_batch(data, targets)
    for one, other in zip(model.weights, loaded.weights, strict=True):
        np.testing.assert_allclose(one.numpy(), np.asarray(other.value), rtol=1e-4, atol=1e-5)


def test_a_compiled_model_has_the_same_groups(tmp_path: Path) -> None:
    for name, library in LIBRARIES.items():
        trained(library, "adam").save_weights(tmp_path / f"{name}.weights.h5")
    assert listing(tmp_path / "lamella.weights.h5") == listing(tmp_path / "keras.weights.h5")


def test_class_names_are_numbered_in_the_same_form() -> None:
    from keras.src.utils.naming import to_snake_case

    from lamella._base.naming import snake_case

    names = [name for name in dir(keras.layers) if name[0].isupper()]
    assert len(names) > 100
    assert [snake_case(name) for name in names] == [to_snake_case(name) for name in names]
