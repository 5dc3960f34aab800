"""Models are used from many threads at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lamella
from lamella import layers

X = np.random.default_rng(0).normal(size=(40, 5)).astype("float32")
Y = X[:, :3] ** 2


def model(seed: int = 0) -> Any:
    lamella.utils.set_random_seed(seed)
    made = lamella.Sequential(
        [
            layers.Dense(16, "relu"),
            layers.Dropout(0.5),
            layers.BatchNormalization(),
            layers.Dense(3, activity_regularizer="l2"),
        ]
    )
    made.compile("adam", "mse", metrics=["mae"])
    return made


def in_threads(*work: Callable[[], Any]) -> list[Any]:
    """What each function gave; an error of any is raised."""
    found: list[Any] = [None] * len(work)
    errors: list[BaseException] = []
    together = threading.Barrier(len(work))

    def run(index: int) -> None:
        try:
            together.wait()
            found[index] = work[index]()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return found


def test_eight_threads_of_a_thousand_predictions() -> None:
    """The model is not even built when they begin."""
    made = model()

    def predict() -> np.ndarray:
        first = made.predict(X[:8], verbose=0)
        for _ in range(999):
            assert np.array_equal(made.predict(X[:8], verbose=0), first)
        return first

    found = in_threads(*[predict] * 8)
    assert all(np.array_equal(one, found[0]) for one in found)
    assert len(made.weights) == 8
    assert np.array_equal(made.predict(X[:8], verbose=0), found[0])


@pytest.mark.parametrize("method", ["call", "evaluate"])
def test_a_fresh_model_in_eight_threads(method: str) -> None:
    made = model()

    def use() -> Any:
        if method == "call":
            return [np.asarray(made(X)) for _ in range(20)]
        return [made.evaluate(X, Y, verbose=0) for _ in range(20)]

    found = in_threads(*[use] * 8)
    for one in found:
        np.testing.assert_array_equal(one, [found[0][0]] * 20)


def test_one_model_trains_while_another_predicts() -> None:
    other = model(1)
    wanted = other.predict(X, verbose=0)

    def train() -> list[np.ndarray]:
        made = model(2)
        made.fit(X, Y, batch_size=8, epochs=20, verbose=0)
        return made.get_weights()

    serial = train()
    trained, found = in_threads(train, lambda: [other.predict(X, verbose=0) for _ in range(200)])
    for one, two in zip(serial, trained):
        np.testing.assert_array_equal(one, two)
    assert all(np.array_equal(one, wanted) for one in found)


def test_a_model_trains_and_predicts_at_once() -> None:
    """What is predicted is always that of a finished step, never a mixture of two."""
    made = lamella.Sequential([layers.Input((1,)), layers.Dense(1), layers.Dense(1)])
    for layer in made.layers:
        layer.set_weights([np.zeros((1, 1)), np.zeros(1)])
    made.compile("sgd", "mse")
    stop = threading.Event()

    def train() -> None:
        made.fit(np.ones((64, 1)), np.ones((64, 1)), batch_size=1, epochs=60, verbose=0)
        stop.set()

    def predict() -> list[float]:
        found = []
        while not stop.is_set():
            found.append(float(made.predict(np.ones((1, 1)), verbose=0)[0, 0]))
        return found

    _, found = in_threads(train, predict)
    assert found == sorted(found)  # towards 1, step by step
    assert np.isfinite(found).all()
