"""Several devices give the numbers of one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jax.sharding import PartitionSpec

import lamella as keras
from lamella import distribution, layers
from lamella._base import LamellaError
from lamella.distribution import DataParallel, DeviceMesh, LayoutMap, ModelParallel

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(83, 8)).astype("float32")
Y = RANDOM.integers(0, 3, 83)


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    yield
    distribution.set_distribution(None)


def rules() -> LayoutMap:
    found = LayoutMap(DeviceMesh((2, 2), ("batch", "model")))
    found[".*hidden/kernel"] = (None, "model")
    found[".*hidden/bias"] = ("model",)
    found[".*hidden/output"] = ("batch", "model")
    return found


SPREADS: dict[str, Any] = {
    "rows": DataParallel,
    "rows on two": lambda: DataParallel(devices=["cpu:1", "cpu:3"]),
    "weights": lambda: ModelParallel(layout_map=rules()),
}


def made(mixing: bool = False) -> keras.Model:
    keras.utils.set_random_seed(0)
    middle = [layers.BatchNormalization()] if mixing else [layers.Dropout(0.2)]
    model = keras.Sequential(
        [
            layers.Input((8,)),
            layers.Dense(16, activation="relu", name="hidden"),
            *middle,
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def run(model: keras.Model) -> list[Any]:
    """All that a model gives: by arrays and streams, in batches that are whole and that are not."""
    history = model.fit(
        X, Y, batch_size=16, epochs=2, validation_split=0.1, shuffle=False, verbose=0
    ).history
    stream = ((X[i : i + 16], Y[i : i + 16]) for i in range(0, 83, 16))
    streamed = model.fit(stream, verbose=0).history
    return [
        *(np.array(value) for value in (*history.values(), *streamed.values())),
        np.array(model.evaluate(X, Y, batch_size=16, verbose=0)),
        np.array(model.train_on_batch(X[:8], Y[:8])),
        model.predict(X, verbose=0),
        model.predict(X[:3], verbose=0),
        model.predict(X[:3], verbose=0),
        np.asarray(model(X[:5])),
        *model.get_weights(),
    ]


@pytest.mark.parametrize(
    ("spread", "mixing"),
    [
        ("rows", True),
        pytest.param("rows on two", False, marks=pytest.mark.slow),
        ("weights", False),
    ],
)
def test_the_numbers_are_those_of_one_device(spread: str, mixing: bool) -> None:
    alone = run(made(mixing))
    with SPREADS[spread]().scope():
        model = made(mixing)
        together = run(model)
        many = 2 if spread == "rows on two" else 4
        for variable in (*model.variables, *model.optimizer.variables):
            assert len(variable._array.sharding.device_set) == many, variable.path
    assert distribution.distribution() is None
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(other, one, rtol=2e-5, atol=2e-6)
    steps = [entry for entry in model.compile_report().entries if entry.form == "steps"]
    assert [entry.kind for entry in steps] == ["train", "test"]


def test_the_rows_are_shared_out() -> None:
    """What a step reads of a batch is a quarter of it on each device."""
    with DataParallel().scope():
        model = made()
        model.fit(X, Y, batch_size=16, verbose=0)
        program = model._program("train")
        values = [variable._array for variable in program.variables]
        text = program.run.lower(values, (X[:16], Y[:16])).compile().as_text()
    assert "f32[4,16]" in text and "f32[16,16]" not in text
    assert "all-reduce" in text


def test_weights_and_their_moments_are_split_alike() -> None:
    with ModelParallel(layout_map=rules()).scope():
        model = made()
        assert model.layers[0].kernel._array.sharding.spec == PartitionSpec(None, "model")
        model.fit(X, Y, batch_size=16, verbose=0)
        slots = [one for one in model.optimizer.variables if "hidden_kernel" in one.path]
    assert len(slots) == 2
    for one in (model.layers[0].kernel, *slots):
        assert one._array.sharding.spec == PartitionSpec(None, "model"), one.path
        assert one._array.addressable_shards[0].data.shape == (8, 8)


def test_a_model_follows_when_the_distribution_changes() -> None:
    model, alone = made(), run(made())
    model.predict(X[:3], verbose=0)
    with DataParallel().scope():
        model.predict(X[:3], verbose=0)
    with SPREADS["rows on two"]().scope():
        model.predict(X[:3], verbose=0)
    with ModelParallel(layout_map=rules()).scope():
        together = run(model)
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(other, one, rtol=2e-5, atol=2e-6)
    np.testing.assert_allclose(model.predict(X[:3], verbose=0), together[-6][:3], rtol=1e-5)
    model.set_weights(model.get_weights())
    model.fit(X, Y, batch_size=16, verbose=0)


def test_layouts_of_variables_and_data() -> None:
    spread = ModelParallel(layout_map=rules())
    with spread.scope():
        hidden = made().layers[0]
    assert spread.get_variable_layout(hidden.kernel).axes == (None, "model")
    assert spread.get_variable_layout(made().layers[-1].kernel).axes == (None, None)
    assert spread.get_data_layout((32, 28, 28)).axes == ("batch", None, None)
    assert spread.get_tensor_layout("net/hidden/output").axes == ("batch", "model")  # type: ignore[union-attr]
    assert spread.distribute_dataset([1]) == [1]


def test_a_batch_that_cannot_be_shared_out_is_told_of_once() -> None:
    with DataParallel().scope():
        model = made()
        with pytest.warns(UserWarning, match="multiple of 4") as told:
            model.fit(X, Y, batch_size=10, epochs=2, verbose=0)
        assert len(told) == 1
        model.fit(X, Y, batch_size=16, verbose=0)  # the 3 rows left over are nobody's mistake


def test_a_rule_that_does_not_fit_costs_no_weights() -> None:
    model = made()
    before = model.get_weights()
    wrong = LayoutMap(DeviceMesh((4,), ("model",)))
    wrong[".*dense.*/kernel"] = (None, "model")  # three classes among four devices
    with ModelParallel(layout_map=wrong).scope(), pytest.raises(LamellaError, match="does not fit"):
        model.fit(X, Y, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights()))
    model.fit(X, Y, verbose=0)


PROGRAM = """
import sys
import numpy as np
import lamella as keras
from lamella import distribution, layers
number = int(sys.argv[1])
distribution.initialize(sys.argv[2], 2, number)
distribution.set_distribution(distribution.DataParallel())
keras.utils.set_random_seed(0)
model = keras.Sequential([layers.Input((8,)), layers.Dense(16, "relu"), layers.Dense(1)])
model.compile("adam", "mse")
x = np.random.default_rng(0).normal(size=(83, 8)).astype("float32")
model.fit(x, x[:, :1], batch_size=16, epochs=2, verbose=0)
assert distribution.get_device_count() == 2
np.savez(sys.argv[3], model.predict(x, verbose=0), *model.get_weights())
"""


@pytest.mark.slow
def test_two_processes_give_what_one_gives(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    environment = {**os.environ, "XLA_FLAGS": "", "JAX_PLATFORMS": "cpu"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(number), address, str(tmp_path / f"{number}.npz")],
            env=environment,
        )
        for number in range(2)
    ]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    first, second = (np.load(tmp_path / f"{number}.npz") for number in range(2))
    keras.utils.set_random_seed(0)
    model = keras.Sequential([layers.Input((8,)), layers.Dense(16, "relu"), layers.Dense(1)])
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(83, 8)).astype("float32")
    model.fit(x, x[:, :1], batch_size=16, epochs=2, verbose=0)
    for name, alone in zip(first, [model.predict(x, verbose=0), *model.get_weights()]):
        assert np.array_equal(first[name], second[name])
        np.testing.assert_allclose(first[name], alone, rtol=1e-5, atol=1e-6)
