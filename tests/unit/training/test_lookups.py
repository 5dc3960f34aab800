"""Plain gradient descent moves only those rows of a table of words that a step reads."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import jax
import keras as oracle
import numpy as np
import pytest

import lamella as keras

WORDS = 50
RANDOM = np.random.default_rng(0)
X = RANDOM.integers(0, 12, (27, 6))  # words come again, in a row and across rows
Y = RANDOM.integers(0, 2, (27, 1))


def bag(of: Any, x: Any, **options: Any) -> Any:
    return of.layers.GlobalAveragePooling1D()(of.layers.Embedding(WORDS, 4, **options)(x))


def masked(of: Any, x: Any) -> Any:
    return of.layers.LSTM(3)(of.layers.Embedding(WORDS, 4, mask_zero=True)(x))


def read_twice(of: Any, x: Any) -> Any:
    table = of.layers.Embedding(WORDS, 4)
    return of.layers.Concatenate()(
        [of.layers.Flatten()(table(x)), of.layers.Flatten()(table(x // 2))]
    )


def regularized(of: Any, x: Any) -> Any:
    return bag(of, x, embeddings_regularizer="l2")


def constrained(of: Any, x: Any) -> Any:
    return bag(of, x, embeddings_constraint="unit_norm")


def apart(of: Any, x: Any) -> Any:
    steps = of.layers.Reshape((3, 2))(x)
    return of.layers.Flatten()(of.layers.TimeDistributed(of.layers.Embedding(WORDS, 4))(steps))


def made(of: Any, start: Callable[..., Any] = bag, **options: Any) -> Any:
    of.utils.set_random_seed(3)
    x = of.Input((6,), dtype="int32")
    model = of.Model(x, of.layers.Dense(1, activation="sigmoid")(start(of, x)))
    model.compile(of.optimizers.SGD(**{"learning_rate": 0.5, **options}), "binary_crossentropy")
    return model


def whole_tables(model: Any) -> set[str]:
    """The operations of a step that give an array as large as the table."""
    program = model._program("train")
    values = [variable._array for variable in program.variables]
    text = str(jax.make_jaxpr(program.traced)(values, (X, Y)))
    return set(re.findall(rf"f32\[{WORDS},4\] = ([\w-]+)", text)) - {"pjit", "jit"}


@pytest.mark.parametrize(
    ("start", "rows_alone"),
    [
        (bag, True),
        (read_twice, True),
        (regularized, False),
        pytest.param(masked, True, marks=pytest.mark.slow),
        pytest.param(constrained, False, marks=pytest.mark.slow),
        pytest.param(apart, False, marks=pytest.mark.slow),
    ],
    ids=lambda case: getattr(case, "__name__", ""),
)
def test_numbers_are_those_of_keras(start: Callable[..., Any], rows_alone: bool) -> None:
    model, other = made(keras, start), made(oracle, start)
    for one in (model, other):
        one.history_of = one.fit(X, Y, batch_size=8, epochs=2, shuffle=False, verbose=0).history
    np.testing.assert_allclose(model.history_of["loss"], other.history_of["loss"], rtol=1e-5)
    for weight, same in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(weight, same, rtol=1e-4, atol=1e-6)
    assert (whole_tables(model) == {"scatter-add"}) is rows_alone
    assert int(model.optimizer.iterations) == int(other.optimizer.iterations) == 8


@pytest.mark.parametrize("name", ["momentum", "clipvalue", "global_clipnorm", "weight_decay"])
def test_other_steps_take_whole_gradients(name: str) -> None:
    model, other = (made(of, **{name: 0.1}) for of in (keras, oracle))
    found = [one.fit(X, Y, shuffle=False, verbose=0).history["loss"] for one in (model, other)]
    np.testing.assert_allclose(*found, rtol=1e-5)
    for weight, same in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(weight, same, rtol=1e-4, atol=1e-6)
    assert whole_tables(model) != {"scatter-add"}


def test_a_learning_rate_that_falls() -> None:
    def falling(of: Any) -> Any:
        return made(of, learning_rate=of.optimizers.schedules.ExponentialDecay(0.5, 1, 0.5))

    model, other = falling(keras), falling(oracle)
    for one in (model, other):
        one.fit(X, Y, batch_size=8, shuffle=False, verbose=0)
    for weight, same in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(weight, same, rtol=1e-5, atol=1e-7)


class Tied(keras.layers.Layer):
    """Scores words by the table that they come from."""

    def __init__(self, table: Any) -> None:
        super().__init__()
        self.table = table

    def call(self, x: Any) -> Any:
        return x @ self.table.embeddings.value.T


def test_a_table_that_is_read_as_a_whole_too_gets_all_of_its_gradient() -> None:
    keras.utils.set_random_seed(3)
    x = keras.Input((6,), dtype="int32")
    table = keras.layers.Embedding(WORDS, 4)
    vectors = keras.layers.Dense(4)(keras.layers.GlobalAveragePooling1D()(table(x)))
    model = keras.Model(x, Tied(table)(vectors))
    model.compile(
        keras.optimizers.SGD(0.5), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    before = table.get_weights()[0]
    model.fit(X, Y, batch_size=27, verbose=0)
    assert np.all(np.any(table.get_weights()[0] != before, axis=1))
    assert whole_tables(model) != {"scatter-add"}
