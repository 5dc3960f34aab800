"""compile_report, profile and lr_find: what they say, and that they change nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lamella
from lamella import layers
from lamella.callbacks import LambdaCallback

X = np.random.default_rng(0).normal(size=(96, 6)).astype("float32")
Y = X[:, :1] * 2


def model() -> Any:
    lamella.utils.set_random_seed(0)
    made = lamella.Sequential(
        [
            layers.Input((6,)),
            layers.Dense(8, "relu", name="wide"),
            layers.Dropout(0.5, name="drop"),
            layers.BatchNormalization(name="norm"),
            layers.Dense(1, name="head"),
        ]
    )
    made.compile("adam", "mse")
    return made


def test_every_compile_is_listed_with_its_reason() -> None:
    made = model()
    assert made.compile_report().entries == []
    made.fit(X[:80], Y[:80], batch_size=16, epochs=2, verbose=0)
    made.fit(X[:80], Y[:80], batch_size=16, verbose=0)  # nothing new
    made.predict(X[:16], verbose=0)
    made.predict(X[:24], verbose=0)
    made.layers[0].trainable = False
    made.fit(X[:80], Y[:80], batch_size=16, verbose=0)
    made.train_on_batch(X[:16], Y[:16])
    found = [(entry.kind, entry.form, entry.why) for entry in made.compile_report().entries]
    assert found == [
        ("train", "steps", "the first"),
        ("predict", "step", "the first"),
        ("predict", "step", "other shapes than (16, 6)"),
        ("train", "steps", "compile() was called, or layers were frozen, unfrozen or added"),
        ("train", "step", "a step alone"),
    ]
    text = str(made.compile_report())
    assert text.startswith("5 compiles, ") and len(text.splitlines()) == 6
    assert made.compile_report().seconds > 0


def test_a_batch_callback_needs_no_other_compile() -> None:
    made = model()
    made.fit(X[:80], Y[:80], batch_size=16, verbose=0)
    each = LambdaCallback(on_train_batch_end=lambda batch, logs=None: None)
    made.fit(X[:80], Y[:80], batch_size=16, verbose=0, callbacks=[each])
    assert len(made.compile_report().entries) == 1


def test_a_profile_names_every_layer_and_changes_nothing() -> None:
    made, other = model(), model()
    state = np.random.get_state()[1].copy()
    found = made.profile(X, Y, batch_size=16)
    assert [name for name, _, _ in found.layers] == ["wide", "drop", "norm", "head"]
    assert all(forward > 0 for _, forward, _ in found.layers)
    assert found.compile_seconds > found.step_seconds > 0 and found.data_seconds > 0
    assert "wide" in str(found) and "ms a step" in str(found)
    for one, two in zip(made.get_weights(), other.get_weights()):
        np.testing.assert_array_equal(one, two)
    assert all(
        np.array_equal(one.numpy(), two.numpy())
        for one, two in zip(made.variables, other.variables)
    )
    np.testing.assert_array_equal(state, np.random.get_state()[1])
    with pytest.raises(ValueError, match="needs arrays"):
        made.profile(iter([(X, Y)]))


def test_lr_find_changes_nothing() -> None:
    made, other = model(), model()
    for one in (made, other):
        np.random.seed(0)
        one.fit(X, Y, verbose=0)
    curve = made.lr_find(X, Y, steps=30)
    assert len(curve.rates) == len(curve.losses) <= 30
    assert curve.plot().svg.startswith("<svg")
    for one in (made, other):
        np.random.seed(1)
        one.fit(X, Y, verbose=0)
    for one, two in zip(made.get_weights(), other.get_weights()):
        np.testing.assert_array_equal(one, two)
