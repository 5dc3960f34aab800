"""Trial runs, overfitting on purpose, and ending a pass early."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lamella
from lamella import layers
from lamella.callbacks import Callback, CSVLogger, ModelCheckpoint

X = np.random.default_rng(0).normal(size=(80, 4)).astype("float32")
Y = X[:, :1] * 2


def model() -> Any:
    lamella.utils.set_random_seed(0)
    made = lamella.Sequential([layers.Input((4,)), layers.Dense(8, "relu"), layers.Dense(1)])
    made.compile(lamella.optimizers.Adam(0.03), "mse")
    return made


class Count(Callback):
    def __init__(self) -> None:
        super().__init__()
        self.train: list[int] = []
        self.test: list[int] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.train.append(batch)

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self.test.append(batch)


@pytest.mark.parametrize("count", [True, 3])
def test_a_trial_run_is_short_and_writes_nothing(count: Any, tmp_path: Path) -> None:
    seen = Count()
    told = [seen, CSVLogger(tmp_path / "log.csv"), ModelCheckpoint(tmp_path / "best.keras")]
    history = model().fit(
        X,
        Y,
        batch_size=8,
        epochs=50,
        validation_split=0.5,
        callbacks=told,
        resume=tmp_path / "run",
        fast_dev_run=count,
        verbose=0,
    )
    assert seen.train == seen.test == list(range(int(count)))
    assert len(history.history["val_loss"]) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("streamed", [False, True])
def test_the_first_batches_are_learnt_by_heart(streamed: bool) -> None:
    def batches() -> Any:
        for at in range(0, 80, 8):
            yield X[at : at + 8], Y[at : at + 8]

    data: tuple[Any, ...] = (batches(),) if streamed else (X, Y)
    made = model()
    found = made.fit(*data, batch_size=8, epochs=150, overfit_batches=2, verbose=0).history
    assert found["loss"][-1] < 0.05 * found["loss"][0]
    np.testing.assert_allclose(
        found["val_loss"][-1], made.evaluate(X[:16], Y[:16], verbose=0), rtol=1e-5
    )


def test_training_ends_within_an_epoch() -> None:
    class Stop(Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if batch == 3:
                self.model.stop_training = True

    made = model()
    history = made.fit(X, Y, batch_size=8, epochs=5, callbacks=[Stop()], verbose=0)
    assert int(made.optimizer.iterations.value) == 4
    assert history.epoch == [0]


@pytest.mark.parametrize("method", ["evaluate", "predict", "fit"])
def test_evaluation_and_prediction_end_early(method: str) -> None:
    class Stop(Callback):
        def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
            self.model.stop_evaluating = batch == 1

        def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
            self.model.stop_predicting = batch == 1

    made = model()
    if method == "predict":
        assert made.predict(X, batch_size=8, callbacks=[Stop()], verbose=0).shape == (16, 1)
    elif method == "fit":
        options = {"batch_size": 8, "callbacks": [Stop()], "verbose": 0}
        found = made.fit(X, Y, validation_data=(X, Y), **options).history["val_loss"]
        loss = made.evaluate(X[:16], Y[:16], verbose=0, return_dict=True)["loss"]
        np.testing.assert_allclose(found, loss, rtol=1e-6)
    else:
        found = made.evaluate(X, Y, batch_size=8, callbacks=[Stop()], verbose=0)
        np.testing.assert_allclose(found, made.evaluate(X[:16], Y[:16], verbose=0), rtol=1e-6)
