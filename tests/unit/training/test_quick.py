"""Predictions of few rows: few compiles, little Python, and nothing that is known goes stale."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lamella as keras
from lamella import layers
from lamella._base.errors import LamellaError

X = np.random.default_rng(0).normal(size=(300, 6)).astype("float32")


def stack(*more: Any) -> Any:
    return keras.Sequential([keras.Input((6,)), layers.Dense(8, "relu"), layers.Dense(3), *more])


def long_way(model: Any, x: Any) -> Any:
    return np.asarray(model(x, training=False))


def test_all_sizes_to_64_take_seven_compiles() -> None:
    model = stack()
    wanted = long_way(model, X[:64])
    for rows in range(1, 65):
        np.testing.assert_allclose(model.predict(X[:rows], verbose=0), wanted[:rows], atol=1e-6)
    assert len(model.compile_report().entries) <= 7


@pytest.mark.parametrize("rows", [65, 100, 299])
def test_sizes_above_are_filled_by_an_eighth_at_most(rows: int) -> None:
    model = stack()
    found = model.predict(X[:rows], batch_size=512, verbose=0)
    np.testing.assert_allclose(found, long_way(model, X[:rows]), atol=1e-6)
    (entry,) = model.compile_report().entries
    filled = int(entry.shapes.strip("()").split(",")[0])
    assert rows <= filled <= rows * 1.125 + 1


def test_what_changes_is_seen() -> None:
    model = stack()
    for _ in range(2):
        model.predict(X[:3], verbose=0)
    assert model._prepared
    model.set_weights([2 * one for one in model.get_weights()])
    np.testing.assert_allclose(model.predict(X[:3], verbose=0), long_way(model, X[:3]), atol=1e-6)
    model.add(layers.Activation("softplus"))
    np.testing.assert_allclose(model.predict(X[:3], verbose=0), long_way(model, X[:3]), atol=1e-5)
    model.pop()
    model.layers[0].kernel = model.layers[0].add_weight((6, 8), "zeros")
    np.testing.assert_allclose(model.predict(X[:3], verbose=0), long_way(model, X[:3]), atol=1e-6)
    model.compile("sgd", "mse", run_eagerly=True)
    assert model.predict(X[:3], verbose=0).shape == (3, 3)
    assert not model._prepared


def test_checks_stay() -> None:
    words = keras.Sequential([keras.Input((4,), dtype="int32"), layers.Embedding(5, 2)])
    good = np.array([[0, 1, 2, 4]], "int32")
    for _ in range(2):
        words.predict(good, verbose=0)
    with pytest.raises(LamellaError, match="5"):
        words.predict(good + 1, verbose=0)
    model = stack()
    for _ in range(2):
        model.predict(X[:2], verbose=0)
    bad = X[:2].copy()
    bad[1, 0] = np.nan
    with pytest.warns(UserWarning, match="NaN"):
        model.predict(bad, verbose=0)
    with pytest.raises(LamellaError):
        model.predict(X[:2, :5], verbose=0)


def test_several_inputs_and_outputs() -> None:
    a, b = keras.Input((6,), name="a"), keras.Input((2,), name="b")
    both = layers.Concatenate()([a, b])
    model = keras.Model([a, b], {"u": layers.Dense(2)(both), "v": both})
    given = [X[:3], X[:3, :2]]
    for _ in range(3):
        found = model.predict(given, verbose=0)
        wanted = model(given)
        for name in ("u", "v"):
            np.testing.assert_allclose(found[name], wanted[name], atol=1e-6)


def test_layers_of_a_persons_own_are_looked_at_each_time() -> None:
    class Stacked(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = [layers.Dense(6)]

        def call(self, x: Any) -> Any:
            for block in self.blocks:
                x = block(x)
            return x

    own = Stacked()
    model = keras.Sequential([keras.Input((6,)), own])
    for _ in range(2):
        model.predict(X[:2], verbose=0)
    own.blocks.append(layers.Dense(6, kernel_initializer="zeros"))
    own.blocks[-1].build((None, 6))
    assert not model.predict(X[:2], verbose=0).any()


def test_rows_go_through_in_larger_parts_only_if_nobody_asks() -> None:
    model = stack()
    told: list[int] = []
    watching = keras.callbacks.LambdaCallback()
    watching.on_predict_batch_end = lambda batch, logs=None: told.append(batch)
    found = model.predict(X, batch_size=10, verbose=0)
    seen = model.predict(X, batch_size=10, verbose=0, callbacks=[watching])
    np.testing.assert_allclose(found, seen, atol=1e-6)
    np.testing.assert_allclose(found, long_way(model, X), atol=1e-6)
    assert told[-1] == 29
    normed = stack(layers.BatchNormalization())
    np.testing.assert_allclose(normed.predict(X, verbose=0), long_way(normed, X), atol=1e-5)
