"""Outputs, gradients and training trajectories equal Keras's, weights copied across."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from tests.parity.pairs import STACKS, STYLES, batch, pair

import lamella

OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("SGD", {"learning_rate": 0.05}),
    "momentum": ("SGD", {"learning_rate": 0.05, "momentum": 0.9}),
    "nesterov": ("SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True}),
    "adagrad": ("Adagrad", {"learning_rate": 0.05}),
    "rmsprop": ("RMSprop", {"learning_rate": 0.005}),
    "adam": ("Adam", {"learning_rate": 0.005}),
}


def compile_both(ours: Any, theirs: Any, optimizer: str) -> None:
    name, arguments = OPTIMIZERS[optimizer]
    for library, model in ((lamella, ours), (keras, theirs)):
        model.compile(
            optimizer=getattr(library.optimizers, name)(**arguments),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )


@pytest.mark.parametrize(
    "style",
    [
        pytest.param(style, marks=[] if style == "subclassed" else [pytest.mark.slow])
        for style in STYLES
    ],
)
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name in ("cnn", "lstm") else [])
        for name in STACKS
    ],
)
def test_outputs(name: str, style: str) -> None:
    ours, theirs = pair(name, style)
    x, _ = batch(name)
    np.testing.assert_allclose(ours(x), theirs(x), atol=1e-5)
    np.testing.assert_allclose(
        ours.predict(x, batch_size=10, verbose=0),
        theirs.predict(x, batch_size=10, verbose=0),
        atol=1e-5,
    )


@pytest.mark.parametrize("name", STACKS)
def test_gradients(name: str) -> None:
    ours, theirs = pair(name, "functional")
    x, y = batch(name)

    def loss(model: Any) -> Any:
        fixed = [v.value for v in model.non_trainable_variables]

        def of(values: Any) -> Any:
            probabilities, _ = model.stateless_call(values, fixed, x, training=False)
            return -jnp.log(probabilities[jnp.arange(len(y)), y]).mean()

        return jax.jit(jax.grad(of))([v.value for v in model.trainable_variables])

    for mine, yours in zip(loss(ours), loss(theirs), strict=True):
        np.testing.assert_allclose(mine, yours, atol=1e-4, rtol=1e-4)


# Every optimizer on one stack, and every stack with one optimizer; the rest with --slow.
PAIRS = [
    pytest.param(
        name, optimizer, marks=[pytest.mark.slow] if name != "mlp" and optimizer != "adam" else []
    )
    for name in STACKS
    for optimizer in OPTIMIZERS
]


@pytest.mark.parametrize(("name", "optimizer"), PAIRS)
def test_twenty_steps(name: str, optimizer: str) -> None:
    ours, theirs = pair(name, "sequential")
    compile_both(ours, theirs, optimizer)
    for step in range(20):
        x, y = batch(name, seed=step)
        mine = ours.train_on_batch(x, y)
        yours = theirs.train_on_batch(x, y)
        np.testing.assert_allclose(mine, yours, atol=1e-4, err_msg=f"step {step}")
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("style", ["functional", "subclassed"])
@pytest.mark.parametrize("name", STACKS)
def test_twenty_steps_of_adam_in_each_api(name: str, style: str) -> None:
    ours, theirs = pair(name, style)
    compile_both(ours, theirs, "adam")
    for step in range(20):
        x, y = batch(name, seed=step)
        np.testing.assert_allclose(
            ours.train_on_batch(x, y), theirs.train_on_batch(x, y), atol=1e-4
        )
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


# It has a layer that looks across rows; the others only with --slow, rows of mlp are fitted below.
@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[] if n == "batch_norm" else [pytest.mark.slow]) for n in STACKS]
)
def test_fit_with_a_ragged_last_batch(name: str) -> None:
    """fit's history has Keras's keys, in Keras's order, with Keras's numbers."""
    ours, theirs = pair(name, "functional")
    compile_both(ours, theirs, "momentum")
    x, y = batch(name, rows=83)
    arguments: dict[str, Any] = {"batch_size": 16, "epochs": 3, "shuffle": False, "verbose": 0}
    mine = ours.fit(x, y, validation_split=0.2, **arguments).history
    yours = theirs.fit(x, y, validation_split=0.2, **arguments).history
    assert list(mine) == list(yours)
    for key in mine:
        np.testing.assert_allclose(mine[key], yours[key], atol=1e-4, err_msg=key)


def test_same_seed_same_run() -> None:
    """set_random_seed gives Keras's own weights, dropout and shuffling: the same history."""

    def run(library: Any) -> tuple[dict[str, list[float]], list[np.ndarray]]:
        library.utils.clear_session()
        library.utils.set_random_seed(42)
        model = library.Sequential(
            [
                library.Input((12, 12, 1)),
                library.layers.Conv2D(6, 3, activation="relu"),
                library.layers.MaxPooling2D(2),
                library.layers.Flatten(),
                library.layers.Dropout(0.3),
                library.layers.Dense(3, activation="softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        x, y = batch("cnn", rows=100)
        history = model.fit(x, y, epochs=3, batch_size=16, verbose=0).history
        return history, model.get_weights()

    (mine, my_weights), (yours, your_weights) = run(lamella), run(keras)
    for a, b in zip(my_weights, your_weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)
    for key in yours:
        np.testing.assert_allclose(mine[key], yours[key], atol=1e-4)


@pytest.mark.parametrize("shape", ["list", "dict"])
def test_several_outputs(shape: str) -> None:
    def build(library: Any) -> Any:
        a, b = library.Input((4,), name="a"), library.Input((3,), name="b")
        joined = library.layers.Concatenate()([library.layers.Dense(6, activation="relu")(a), b])
        u = library.layers.Dense(1, name="u")(joined)
        v = library.layers.Dense(3, activation="softmax", name="v")(joined)
        outputs = {"u": u, "v": v} if shape == "dict" else [u, v]
        model = library.Model([a, b], outputs)
        model.compile(
            library.optimizers.SGD(0.1),
            loss={"u": "mse", "v": "sparse_categorical_crossentropy"},
            loss_weights={"u": 0.5, "v": 2.0},
            metrics={"u": ["mae"], "v": ["accuracy"]},
        )
        return model

    ours, theirs = build(lamella), build(keras)
    ours.set_weights(theirs.get_weights())
    random = np.random.default_rng(0)
    x = [random.normal(size=(40, n)).astype("float32") for n in (4, 3)]
    y = {"u": random.normal(size=(40, 1)).astype("float32"), "v": random.integers(0, 3, (40, 1))}
    mine = ours.fit(x, y, epochs=2, shuffle=False, verbose=0, validation_split=0.25).history
    yours = theirs.fit(x, y, epochs=2, shuffle=False, verbose=0, validation_split=0.25).history
    assert list(mine) == list(yours)
    for key in mine:
        np.testing.assert_allclose(mine[key], yours[key], atol=1e-4, err_msg=key)
    np.testing.assert_allclose(
        ours.evaluate(x, y, verbose=0), theirs.evaluate(x, y, verbose=0), atol=1e-4
    )


@pytest.mark.parametrize("weights", ["class_weight", "sample_weight"])
def test_weights_of_rows(weights: str) -> None:
    ours, theirs = pair("mlp", "sequential")
    compile_both(ours, theirs, "sgd")
    x, y = batch("mlp", rows=40)
    given: dict[str, Any] = {
        "class_weight": {"class_weight": {0: 1.0, 1: 3.0}},
        "sample_weight": {"sample_weight": np.linspace(0, 2, 40).astype("float32")},
    }[weights]
    mine = ours.fit(x, y, epochs=2, shuffle=False, verbose=0, **given).history
    yours = theirs.fit(x, y, epochs=2, shuffle=False, verbose=0, **given).history
    np.testing.assert_allclose(mine["loss"], yours["loss"], atol=1e-5)
    np.testing.assert_allclose(mine["accuracy"], yours["accuracy"], atol=1e-5)
