"""evaluate and predict take several batches at once where nobody can tell, and only there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras as oracle
import numpy as np
import pytest

import lamella as keras

ROWS = 1203
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(ROWS, 6)).astype("float32")
WORDS = RANDOM.integers(0, 9, (ROWS, 6))
Y = RANDOM.integers(0, 3, ROWS)
WEIGHTS = RANDOM.uniform(0.5, 2, ROWS).astype("float32")


def dense(of: Any) -> list[Any]:
    return [of.layers.Input((6,)), of.layers.Dense(8, activation="relu"), of.layers.Dropout(0.5)]


def masked(of: Any) -> list[Any]:
    return [of.layers.Input((6,)), of.layers.Embedding(9, 4, mask_zero=True)]


def made(of: Any, start: Callable[[Any], list[Any]], reduction: str = "mean") -> Any:
    head = of.layers.Dense(3, activation="softmax", kernel_regularizer="l2")
    model = of.Sequential([*start(of), head])
    model.compile(
        "sgd",
        of.losses.SparseCategoricalCrossentropy(reduction=reduction),
        metrics=["accuracy", of.metrics.SparseTopKCategoricalAccuracy(2)],
        weighted_metrics=["accuracy"],
    )
    return model


def sizes(model: keras.Model) -> list[str]:
    """The shapes that evaluation was compiled for."""
    return [entry.shapes for entry in model.compile_report().entries if entry.kind == "test"]


ONE_BY_ONE = [f"({ROWS}, 6), ({ROWS},)"]  # many steps in one dispatch, over the whole arrays
JOINED = ["(410, 6), (410,)"]  # 121 batches in three parts

CASES = {
    "plain": (dense, "mean", X, Y, None, True),
    "weights": (dense, "sum_over_batch_size", X, Y, WEIGHTS, True),
    "sum": (dense, "sum", X, Y, None, False),
    "by weight": (dense, "mean_with_sample_weight", X, Y, WEIGHTS, False),
    "masks": (masked, "mean", WORDS, np.repeat(Y[:, None], 6, axis=1), None, False),
}


@pytest.mark.parametrize("case", CASES)
def test_numbers_are_those_of_keras(case: str) -> None:
    start, reduction, x, y, weight, joined = CASES[case]
    ours, theirs = made(keras, start, reduction), made(oracle, start, reduction)
    theirs.set_weights(ours.get_weights())
    found, wanted = (
        one.evaluate(x, y, batch_size=10, sample_weight=weight, verbose=0, return_dict=True)
        for one in (ours, theirs)
    )
    assert found.keys() == wanted.keys()
    for name in wanted:
        assert found[name] == pytest.approx(wanted[name], rel=2e-6), name
    shapes = [one.split("), ")[0] for one in sizes(ours)]
    assert shapes == [(JOINED if joined else ONE_BY_ONE)[0].split("), ")[0]]


class Counting(keras.callbacks.Callback):
    count = 0

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self.count += 1


def test_a_callback_sees_every_batch() -> None:
    counting = Counting()
    model = made(keras, dense)
    model.evaluate(X, Y, batch_size=10, verbose=0, callbacks=[counting])
    assert counting.count == 121
    assert sizes(model) == ONE_BY_ONE


def test_what_a_person_wrote_sees_every_batch() -> None:
    made_here, theirs = made(keras, dense), made(oracle, dense)
    theirs.set_weights(made_here.get_weights())

    def largest(y_true: Any, y_pred: Any) -> Any:
        return (y_pred * 1.0).max()

    found = []
    for model in (made_here, theirs):
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=[largest])
        found.append(model.evaluate(X, Y, batch_size=10, verbose=0))
    assert found[0] == pytest.approx(found[1], rel=2e-6)
    assert sizes(made_here)[0] == ONE_BY_ONE[0]


def test_validation_of_a_fit_is_joined_and_training_is_not() -> None:
    model = made(keras, dense)
    model.fit(X, Y, batch_size=10, validation_data=(X, Y), verbose=0)
    assert sizes(model) == JOINED
    assert model.predict(X, batch_size=10, verbose=0).shape == (ROWS, 3)
