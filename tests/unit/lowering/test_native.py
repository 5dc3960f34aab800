"""Kernels in C against XLA's forms: values, gradients, second gradients."""

from __future__ import annotations

import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lamella
from lamella._lowering import native
from lamella._lowering.attention import attention
from lamella._lowering.convolution import convolution
from lamella._lowering.lookups import mean_over_steps, rows_of_table
from lamella._lowering.products import summed_over_rows
from lamella._lowering.recurrent import gru, lstm
from lamella._state import frame as frames

pytestmark = pytest.mark.skipif(native.library() is None, reason="no C compiler")


def both(function, *arrays):
    """What a function gives with kernels, and without."""
    jitted = jax.jit(lambda *a: function(*a))
    with frames.changed(native=True):
        ours = jitted(*arrays)
        assert "lamella_" in jitted.lower(*arrays).as_text(), "no kernel was called"
    return ours, jax.jit(lambda *a: function(*a))(*arrays)


def same(ours, theirs, tolerance=2e-5):
    for one, other in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        one, other = np.asarray(one), np.asarray(other)
        np.testing.assert_allclose(one, other, atol=tolerance * max(1.0, np.abs(other).max()))


def draw(*shape, seed=0):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), "float32")


CASES = {
    "same": ((3, 9, 8, 16), (3, 2), 32, (1, 1), "same", (1, 1)),
    "valid": ((3, 9, 8, 16), (3, 2), 32, (1, 1), "valid", (1, 1)),
    "one channel": ((2, 28, 28, 1), (3, 3), 32, (1, 1), "same", (1, 1)),
    "five channels": ((2, 7, 6, 5), (3, 3), 48, (1, 1), "same", (1, 1)),
    "steps": ((2, 9, 8, 16), (3, 3), 16, (2, 3), "same", (1, 1)),
    "steps, valid": ((2, 9, 8, 16), (3, 3), 16, (2, 1), "valid", (1, 1)),
    "steps wider than the window": ((2, 8, 8, 16), (1, 1), 32, (2, 2), "same", (1, 1)),
    "steps and a large window": ((2, 11, 10, 16), (5, 4), 16, (2, 2), "same", (1, 1)),
    "spread": ((2, 9, 8, 16), (3, 3), 16, (1, 1), "same", (2, 3)),
    "window of one": ((2, 5, 5, 32), (1, 1), 16, (1, 1), "valid", (1, 1)),
    "one large picture": ((1, 70, 90, 16), (3, 3), 16, (1, 1), "same", (1, 1)),
    "tiles": ((3, 8, 10, 32), (3, 3), 32, (1, 1), "same", (1, 1)),
    "tiles, odd sizes": ((2, 9, 7, 32), (3, 3), 64, (1, 1), "valid", (1, 1)),
    "tiles of one large picture": ((1, 60, 71, 32), (3, 3), 32, (1, 1), "same", (1, 1)),
    "causal": ((3, 11, 16), (3,), 32, (1,), "causal", (2,)),
    "one axis, steps": ((3, 11, 16), (3,), 32, (2,), "same", (1,)),
}


def convolved(case, **more):
    *_, strides, padding, dilation = CASES[case]
    options = {"strides": strides, "padding": padding, "dilation": dilation}
    return lambda x, kernel: convolution(x, kernel, **options, groups=1, channels_last=True, **more)


@pytest.mark.parametrize("case", CASES)
def test_convolutions_and_their_gradients(case):
    shape, window, filters, *_ = CASES[case]
    x, kernel = draw(*shape), draw(*window, shape[-1], filters, seed=1)
    run = convolved(case)
    dy = draw(*jax.eval_shape(run, x, kernel).shape, seed=2)

    def all_of_it(x, kernel, dy):
        y, pull = jax.vjp(run, x, kernel)
        return y, pull(dy)

    same(*both(all_of_it, x, kernel, dy))


@pytest.mark.parametrize("case", ["same", "steps", "tiles", "causal"])
def test_gradients_of_gradients(case):
    shape, window, filters, *_ = CASES[case]
    x, kernel = draw(*shape), draw(*window, shape[-1], filters, seed=1)
    run = convolved(case)

    def steepness(x, kernel):
        slopes = jax.grad(lambda *a: jnp.sum(jnp.sin(run(*a))), argnums=(0, 1))(x, kernel)
        return sum(jnp.sum(jnp.square(one)) for one in slopes)

    same(*both(jax.grad(steepness, argnums=(0, 1)), x, kernel))


def sequences_of(layer, features=5, units=32, n=18, time=7):
    gates = 4 if layer is lstm else 3
    x, h, c = draw(n, time, features), draw(n, units, seed=1), draw(n, units, seed=2)
    kernel = draw(features, gates * units, seed=3) * 0.3
    recurrent_kernel = draw(units, gates * units, seed=4) * 0.3
    bias = draw(*((gates * units,) if layer is lstm else (2, gates * units)), seed=5)
    states = (h, c) if layer is lstm else (h,)
    return (x, *states, kernel, recurrent_kernel, bias)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("all_steps", [False, True])
@pytest.mark.parametrize("layer", [lstm, gru])
def test_sequences_and_their_gradients(layer, all_steps, backwards):
    arrays = sequences_of(layer)

    def all_of_it(*arrays):
        def run(*arrays):
            return layer(*arrays, return_sequences=all_steps, go_backwards=backwards)

        outputs, pull = jax.vjp(run, *arrays)
        return outputs, pull(jax.tree.map(jnp.cos, outputs))

    same(*both(all_of_it, *arrays))


@pytest.mark.parametrize("layer", [lstm, gru])
def test_sequences_without_bias_and_gradients_of_gradients(layer):
    *arrays, _ = sequences_of(layer, n=3)

    def steepness(*arrays):
        def value(*arrays):
            return jnp.sum(jnp.sin(layer(*arrays, None)[0]))

        slopes = jax.grad(value, argnums=tuple(range(len(arrays))))(*arrays)
        return sum(jnp.sum(jnp.square(one)) for one in slopes)

    same(*both(jax.grad(steepness, argnums=tuple(range(len(arrays)))), *arrays), 1e-4)


class Table:
    def __init__(self, value):
        self.value = value


def test_rows_of_tables_and_their_means():
    table, numbers = draw(50, 24), jnp.array([[3, 3, 49], [0, 7, 12]], "int32")

    def all_of_it(table):
        def run(table):
            rows = rows_of_table(Table(table), numbers)
            return rows * 1, mean_over_steps(rows)

        outputs, pull = jax.vjp(run, table)
        return outputs, pull(jax.tree.map(jnp.cos, outputs))

    same(*both(all_of_it, table))


def test_numbers_outside_of_a_table_give_nan():
    table, numbers = draw(5, 16), jnp.array([[1, -1], [5, 4], [2, 2]], "int32")

    def run(table):
        rows = rows_of_table(Table(table), numbers)
        return rows * 1, mean_over_steps(rows)

    (rows, means), plain = both(run, table)
    assert np.isnan(rows).any(-1).tolist() == [[False, True], [True, False], [False, False]]
    assert np.isnan(means).all(-1).tolist() == [True, True, False]
    same((rows, means), plain)


def test_products_summed_over_many_rows():
    x, y = draw(700, 30), draw(700, 70, seed=1)

    def all_of_it(x, y):
        found, pull = jax.vjp(summed_over_rows, x, y)
        return found, pull(jnp.sin(found))

    jitted = jax.jit(all_of_it)
    wanted = jax.jit(lambda x, y: jax.vjp(lambda x, y: x.T @ y, x, y)[1](jnp.sin(x.T @ y)))
    same(jitted(x, y), (x.T @ y, wanted(x, y)))


def state_in(tmp_path, **environment):
    """What a new process says of the kernels."""
    code = "from lamella._lowering import native; print(native.said())"
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "LAMELLA_HOME": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.strip(), run.stderr


def test_why_there_are_no_kernels_is_said(tmp_path):
    assert state_in(tmp_path, LAMELLA_NATIVE="0")[0].endswith("LAMELLA_NATIVE=0 turns them off")
    assert "there is no compiler 'nowhere'" in state_in(tmp_path, CC="nowhere")[0]
    said, warned = state_in(tmp_path, CC="false")  # a compiler that always fails
    assert said.endswith("did not compile them")
    assert "help: XLA's own are used" in warned


ATTENTION = {
    "whole vectors": ((2, 33, 4, 16), (2, 64, 4, 16), 16, {}),
    "odd sizes, grouped heads": ((2, 19, 6, 5), (2, 37, 2, 5), 21, {"scale": 0.7}),
    "causal": ((1, 150, 2, 8), (1, 150, 1, 8), 8, {"is_causal": True}),
    "mask": ((2, 9, 3, 8), (2, 18, 3, 8), 16, {"mask": (2, 1, 9, 18), "is_causal": True}),
    "mask of sources": ((2, 9, 2, 8), (2, 18, 2, 8), 8, {"mask": (2, 1, 1, 18)}),
}


def attended(case):
    query, key, width, options = ATTENTION[case]
    arrays = draw(*query), draw(*key, seed=1), draw(*key[:-1], width, seed=2)
    if "mask" in options:
        # The first row sees nothing: it is the mean of all values.
        mask = (draw(*options["mask"], seed=3) > 0).at[0, 0, 0].set(False)
        options = {**options, "mask": mask}
    return lambda *three: attention(*three, **options), arrays


@pytest.mark.parametrize("case", ATTENTION)
def test_attention_and_its_gradients(case):
    run, arrays = attended(case)

    def all_of_it(*arrays):
        y, pull = jax.vjp(run, *arrays)
        return y, pull(jnp.cos(y))

    same(*both(all_of_it, *arrays))


def test_attention_and_gradients_of_gradients():
    run, arrays = attended("mask")

    def steepness(*arrays):
        slopes = jax.grad(lambda *a: jnp.sum(jnp.sin(run(*a))), argnums=(0, 1, 2))(*arrays)
        return sum(jnp.sum(jnp.square(one)) for one in slopes)

    same(*both(jax.grad(steepness, argnums=(0, 1, 2)), *arrays), 1e-4)


def test_attention_to_nan_is_nan():
    run, (query, key, value) = attended("whole vectors")
    ours, theirs = both(
        run, query.at[0, 3, 1, 2].set(jnp.nan), key.at[1, 5, 2, 0].set(jnp.nan), value
    )
    np.testing.assert_array_equal(jnp.isnan(ours), jnp.isnan(theirs))
    assert jnp.isnan(ours[0, 3, 1]).all() and jnp.isnan(ours[1, :, 2]).all()


def test_attention_layers_reach_the_kernels(monkeypatch):
    inputs = lamella.Input((6, 8))
    hidden = lamella.layers.MultiHeadAttention(2, 4)(inputs, inputs, use_causal_mask=True)
    dropping = lamella.layers.MultiHeadAttention(3, 4, dropout=0.5)
    model = lamella.Model(inputs, dropping(hidden, hidden))
    model.compile("sgd", "mse")
    called, call = set(), native.call

    def noted(target, shapes, *arrays, **more):
        heads = arrays[0].shape[2]
        called.add((target.removeprefix("lamella_"), heads))
        return call(target, shapes, *arrays, **more)

    monkeypatch.setattr(native, "call", noted)
    x = np.ones((4, 6, 8), "float32")
    model.fit(x, x, verbose=0)
    assert called == {("attention", 2), ("attention_gradient", 2)}
    called.clear()
    model.predict(x, verbose=0)
    assert called == {("attention", 2), ("attention", 3)}


def pictures():
    layers = lamella.layers
    return [
        layers.Input((8, 8, 3)),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.Conv2D(32, 3, padding="same", strides=2, use_bias=False),
        layers.BatchNormalization(),
        layers.Flatten(),
        layers.Dense(4, activation="softmax"),
    ]


def words():
    layers = lamella.layers
    return [
        layers.Input((6,), dtype="int32"),
        layers.Embedding(40, 16),
        layers.LSTM(16, return_sequences=True),
        layers.GRU(16),
        layers.Dense(4, activation="softmax"),
    ]


@pytest.mark.parametrize("made_of", [pictures, words])
def test_a_run_of_training_is_the_same_without_kernels(monkeypatch, made_of):
    """Adam's kernels too: all rows of a table move, also those that a step does not read."""
    random = np.random.default_rng(0)
    x = (
        random.normal(size=(40, 8, 8, 3))
        if made_of is pictures
        else random.integers(0, 30, (40, 6))
    )
    x, y = x.astype("float32" if made_of is pictures else "int32"), random.integers(0, 4, 40)

    def trained():
        lamella.utils.set_random_seed(0)
        model = lamella.Sequential(made_of())
        model.compile(lamella.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
        model.fit(x, y, batch_size=16, epochs=2, verbose=0)
        return model.get_weights(), model.predict(x, verbose=0), model.compile_report()

    weights, outputs, report = trained()
    assert "with kernels in C" in str(report)
    monkeypatch.setattr(native, "library", lambda: None)
    same((weights, outputs), trained()[:2], 2e-4)
