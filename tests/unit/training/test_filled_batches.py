"""A last batch that is too short: filled up to one size where that changes no number."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

import lamella
from lamella import layers, losses, metrics, ops
from lamella._base import registry
from lamella._training.program import Program

ROWS, SIZE = 1000, 32


@contextmanager
def steps_compiled(name: str) -> Iterator[list[str]]:
    """Collects the compiles of a pass: `run` is the chunk of steps, `call` a single step."""
    found: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            message = record.getMessage()
            if "Finished XLA compilation of jit(" in message:
                found.append(message.split("jit(")[1].split(")")[0])

    logger, listener = logging.getLogger("jax"), Listener()
    level, propagate = logger.level, logger.propagate
    logger.addHandler(listener)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    jax.config.update("jax_log_compiles", True)
    kept: list[str] = []
    try:
        yield kept
    finally:
        jax.config.update("jax_log_compiles", False)
        logger.removeHandler(listener)
        logger.setLevel(level)
        logger.propagate = propagate
        kept += [one for one in found if one in ("run", "call")]


def data() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    x = random.normal(size=(ROWS, 12)).astype("float32")
    return x, random.integers(0, 3, ROWS)


def model(kit: Any, *middle: str, metric: Any = "accuracy") -> Any:
    made = {
        "dropout": lambda: kit.layers.Dropout(0.3, seed=7),
        "batch": lambda: kit.layers.BatchNormalization(),
        "noise": lambda: kit.layers.GaussianNoise(0.1, seed=3),
        "layer": lambda: kit.layers.LayerNormalization(),
        "activity": lambda: kit.layers.Dense(8, activity_regularizer="l2"),
    }
    one = kit.Sequential(
        [
            kit.layers.Input((12,)),
            kit.layers.Dense(16, activation="relu"),
            *[made[name]() for name in middle],
            kit.layers.Dense(3, activation="softmax"),
        ]
    )
    one.compile("adam", "sparse_categorical_crossentropy", metrics=[metric])
    return one


@pytest.mark.parametrize(
    ("middle", "compiles"),
    [
        (("dropout",), ["run"]),
        (("noise", "layer"), ["run"]),
        (("dropout", "batch"), ["run", "call"]),
        (("activity",), ["run", "call"]),
    ],
)
def test_a_short_last_batch_as_in_keras(middle: tuple[str, ...], compiles: list[str]) -> None:
    x, y = data()
    theirs, ours = model(keras, *middle), model(lamella, *middle)
    ours.set_weights(theirs.get_weights())
    np.random.seed(3)
    wanted = theirs.fit(x, y, batch_size=SIZE, epochs=2, verbose=0).history
    np.random.seed(3)
    with steps_compiled("train") as found:
        got = ours.fit(x, y, batch_size=SIZE, epochs=2, verbose=0).history
    assert found == compiles
    for name, values in wanted.items():
        np.testing.assert_allclose(got[name], values, rtol=1e-6, atol=1e-6)
    for one, other in zip(ours.get_weights(), theirs.get_weights()):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("weighted", [False, True])
def test_weights_and_evaluation_of_a_short_last_batch(weighted: bool) -> None:
    x, y = data()
    weight = np.random.default_rng(1).random(ROWS).astype("float32") if weighted else None
    theirs, ours = model(keras), model(lamella)
    ours.set_weights(theirs.get_weights())
    for one in (theirs, ours):
        one.compile(
            "sgd",
            "sparse_categorical_crossentropy",
            metrics=["accuracy"],
            weighted_metrics=["sparse_categorical_crossentropy"],
        )
    with steps_compiled("test") as found:
        got = ours.evaluate(x, y, batch_size=48, sample_weight=weight, verbose=0, return_dict=True)
    assert found == ["call"]
    wanted = theirs.evaluate(x, y, batch_size=48, sample_weight=weight, verbose=0, return_dict=True)
    for name, value in wanted.items():
        np.testing.assert_allclose(got[name], value, rtol=1e-6)


def test_sequences_with_masks() -> None:
    random = np.random.default_rng(0)
    x = random.integers(0, 9, (70, 6))
    y = random.integers(0, 4, (70, 6))

    def build(kit: Any) -> Any:
        one = kit.Sequential(
            [
                kit.layers.Input((6,)),
                kit.layers.Embedding(9, 5, mask_zero=True),
                kit.layers.LSTM(4, return_sequences=True),
                kit.layers.Dense(4, activation="softmax"),
            ]
        )
        one.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return one

    theirs, ours = build(keras), build(lamella)
    ours.set_weights(theirs.get_weights())
    for name, value in theirs.evaluate(x, y, batch_size=16, verbose=0, return_dict=True).items():
        got = ours.evaluate(x, y, batch_size=16, verbose=0, return_dict=True)[name]
        np.testing.assert_allclose(got, value, rtol=1e-6)


class Batches:
    """Starts again for every epoch."""

    def __iter__(self) -> Iterator[Any]:
        x, y = data()
        return iter([(x[at : at + SIZE], y[at : at + SIZE]) for at in range(0, ROWS, SIZE)])


def test_a_stream_with_a_short_last_batch_compiles_once() -> None:
    x, y = data()
    streamed, whole = model(lamella, "dropout"), model(lamella, "dropout")
    whole.set_weights(streamed.get_weights())
    with steps_compiled("train") as found:
        first = streamed.fit(Batches(), epochs=2, verbose=0).history
    assert found == ["call"]
    second = whole.fit(x, y, batch_size=SIZE, epochs=2, shuffle=False, verbose=0).history
    np.testing.assert_allclose(first["loss"], second["loss"], rtol=1e-6)


def test_predict_compiles_once_and_gives_every_row() -> None:
    x, _ = data()
    one = model(lamella, "batch")
    with steps_compiled("predict") as found:
        got = one.predict(x, batch_size=48, verbose=0)
    assert found == ["call"]
    np.testing.assert_allclose(got, np.asarray(one(x)), rtol=1e-5, atol=1e-6)


class Centre(lamella.layers.Layer):
    """Looks across rows."""

    def call(self, inputs: Any) -> Any:
        return inputs - jnp.mean(inputs, axis=0)


def across_rows(y_true: Any, y_pred: Any) -> Any:
    return jnp.max(jnp.abs(y_true - y_pred)) + 0 * y_pred[:, 0]


def functional(*, op: bool = False) -> Any:
    inputs = layers.Input((12,))
    x = layers.Dense(3)(inputs)
    return lamella.Model(inputs, x - ops.mean(x, axis=0) if op else x)


CROSSING: dict[str, Any] = {
    "layer of one's own": lambda: lamella.Sequential([Centre(), layers.Dense(3)]),
    "lambda": lambda: lamella.Sequential([layers.Lambda(lambda x: x - jnp.mean(x, axis=0))]),
    "activation": lambda: lamella.Sequential(
        [layers.Dense(3, activation=lambda x: x - jnp.mean(x, axis=0))]
    ),
    "op": lambda: functional(op=True),
    "softmax over rows": lambda: lamella.Sequential([layers.Dense(3), layers.Softmax(axis=0)]),
}


@pytest.mark.parametrize("case", CROSSING)
def test_what_looks_across_rows_runs_at_its_true_size(case: str) -> None:
    x, _ = data()
    one = CROSSING[case]()
    got = one.predict(x[:70], batch_size=32, verbose=0)
    wanted = np.concatenate([one(x[at : min(at + 32, 70)]) for at in (0, 32, 64)])
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("how", ["loss", "metric", "loss class", "train_step", "compute_loss"])
def test_losses_and_steps_of_ones_own_run_at_their_true_size(how: str) -> None:
    x, y = data()
    target = np.eye(3, dtype="float32")[y]

    class Own(losses.Loss):
        def call(self, y_true: Any, y_pred: Any) -> Any:
            return across_rows(y_true, y_pred)

    class Stepping(lamella.Sequential):
        def test_step(self, data: Any) -> Any:
            return {"size": jnp.float32(data[0].shape[0])}

    class Losing(lamella.Sequential):
        def compute_loss(self, x: Any = None, **kwargs: Any) -> Any:  # type: ignore[override]
            return jnp.float32(x.shape[0])

    kind = {"train_step": Stepping, "compute_loss": Losing}.get(how, lamella.Sequential)
    one = kind([layers.Input((12,)), layers.Dense(3)])
    loss: Any = {"loss": across_rows, "loss class": Own()}.get(how, "mse")
    one.compile("sgd", loss, metrics=[across_rows] if how == "metric" else None)
    found = one.evaluate(x[:70], target[:70], batch_size=32, verbose=0, return_dict=True)
    parts = [slice(0, 32), slice(32, 64), slice(64, 70)]
    sizes = np.array([32, 32, 6])
    if how == "train_step":
        assert found["size"] == 6
    elif how == "compute_loss":
        np.testing.assert_allclose(found["loss"], (sizes * sizes).sum() / 70)
    else:
        each = [float(across_rows(target[p], one(x[p]))[0]) for p in parts]
        name = "across_rows" if how == "metric" else "loss"
        np.testing.assert_allclose(found[name], (each * sizes).sum() / 70, rtol=1e-5)


SPECIAL = {"MeanMetricWrapper", "Metric", "Mean", "Sum", "LossFunctionWrapper"}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "IoU": {"num_classes": 2, "target_class_ids": [0]},
    "OneHotIoU": {"num_classes": 3, "target_class_ids": [0]},
    "BinaryIoU": {},
    "MeanIoU": {"num_classes": 2},
    "OneHotMeanIoU": {"num_classes": 3},
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
    "MeanRelativeError": {"normalizer": [1.0, 2.0, 3.0]},
}


def cases() -> list[type]:
    found = {
        one
        for one in registry.members("metric")
        if isinstance(one, type) and one.__name__ not in SPECIAL
    }
    return sorted(found, key=lambda one: one.__name__)


@pytest.mark.parametrize("kind", cases(), ids=lambda kind: kind.__name__)
def test_rows_of_weight_zero_change_no_metric(kind: type) -> None:
    random = np.random.default_rng(0)
    truth = np.eye(3, dtype="float32")[random.integers(0, 3, 8)]
    guess = random.dirichlet(np.ones(3), 8).astype("float32")
    if "Sparse" in kind.__name__:
        truth = truth.argmax(-1)
    elif kind.__name__ in ("IoU", "MeanIoU"):
        truth, guess = truth[:, 0], guess[:, 0].round()
    weight = np.array([1, 1, 1, 1, 1, 0, 0, 0], "int32")
    made: Any = kind(**ARGUMENTS.get(kind.__name__, {}))
    made.update_state(truth, guess, sample_weight=weight)
    wanted: Any = kind(**ARGUMENTS.get(kind.__name__, {}))
    wanted.update_state(truth[:5], guess[:5])
    np.testing.assert_allclose(made.result(), wanted.result(), rtol=1e-6, atol=1e-7)


def test_a_metric_made_of_a_loss_object_is_not_filled() -> None:
    x, y = data()
    one = model(lamella, metric=metrics.MeanMetricWrapper(losses.SparseCategoricalCrossentropy()))
    with steps_compiled("test") as found:
        one.evaluate(x, y, batch_size=48, verbose=0)
    assert found == ["run", "call"]


def test_a_program_says_whether_it_can_be_filled() -> None:
    program = Program(lambda batch: batch, [])
    assert not program.can_be_filled([], jnp.ones(3))
