"""The search for a learning rate trains as training does, and leaves nothing behind."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import lamella
from lamella import layers, optimizers
from lamella._base.errors import InvalidArgument, InvalidData, NotReady
from lamella._training.learning_rate import find_learning_rate

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(64, 4)).astype("float32")
Y = (X[:, 0] > 0).astype("int32")


@pytest.fixture(autouse=True)
def _the_same_weights() -> None:
    lamella.utils.set_random_seed(0)


def made(optimizer: Any = "adam") -> Any:
    model = lamella.Sequential(
        [
            layers.Input((4,)),
            layers.Dense(8, "relu"),
            layers.BatchNormalization(),
            layers.Dense(1, "sigmoid"),
        ]
    )
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    return model


def snapshot(model: Any) -> Any:
    kind, keys, *rest = np.random.get_state()
    variables = [np.asarray(item.value).tobytes() for item in model._state_of("train")]
    return variables, random.getstate(), (kind, keys.tobytes(), *rest)


def test_nothing_is_changed_by_a_bit() -> None:
    model = made()
    model.fit(X, Y, batch_size=16, verbose=0)
    before = snapshot(model)
    curve = find_learning_rate(model, X, Y, batch_size=16, steps=40)
    assert len(set(curve.losses)) > 20
    assert snapshot(model) == before


@pytest.mark.filterwarnings("ignore:The loss did not fall")
def test_the_losses_are_those_of_training_with_these_rates() -> None:
    model = made(optimizers.SGD(0.1, momentum=0.5))
    curve = find_learning_rate(model, X, Y, batch_size=16, start_lr=1e-3, end_lr=1.0, steps=6)
    np.testing.assert_allclose(curve.rates, np.geomspace(1e-3, 1.0, 6))
    order = np.random.default_rng(0)
    rows = np.concatenate([order.permutation(64), order.permutation(64)])
    for index, rate in enumerate(curve.rates):
        model.optimizer.learning_rate = rate
        batch = rows[index * 16 : (index + 1) * 16]
        logs = model.train_on_batch(X[batch], Y[batch], return_dict=True)
        assert curve.losses[index] == pytest.approx(logs["loss"], rel=1e-5)


def test_the_suggestion_lies_where_the_loss_falls_before_it_explodes() -> None:
    model = lamella.Sequential([layers.Input((4,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    curve = find_learning_rate(model, X, X @ np.ones((4, 1), "float32"), batch_size=64)
    # Gradient descent on this quadratic diverges above 1 / (largest curvature / 2).
    edge = 2 / (2 * np.linalg.eigvalsh(X.T @ X / 64).max())
    assert curve.suggestion is not None
    assert edge / 300 < curve.suggestion < edge
    assert curve.rates[-1] < 10
    assert "suggestion" in repr(curve)
    assert curve.plot().svg.count("<polyline") == 1


def test_what_cannot_work_is_told_of() -> None:
    schedule = optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    with pytest.raises(InvalidArgument, match="not one number"):
        find_learning_rate(made(optimizers.SGD(schedule)), X, Y)
    with pytest.raises(InvalidArgument, match="above start_lr"):
        find_learning_rate(made(), X, Y, end_lr=1e-8)
    model = lamella.Sequential([layers.Input((4,)), layers.Dense(1)])
    with pytest.raises(NotReady, match="compile"):
        find_learning_rate(model, X, Y)
    with pytest.raises(InvalidData, match="ended after 2 of 5"):
        find_learning_rate(made(), ((X[:8], Y[:8]) for _ in range(2)), steps=5)
    with pytest.warns(UserWarning, match="did not fall"):
        find_learning_rate(made(), X, Y, start_lr=1e4, end_lr=1e5, steps=3)
