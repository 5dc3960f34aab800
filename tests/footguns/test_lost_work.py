"""Weights, runs and files that a failure takes with it elsewhere, and not here."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import lamella as keras
from lamella import LamellaError, distribution, layers
from lamella.callbacks import Callback

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(40, 4)).astype("float32")
Y = RANDOM.normal(size=(40, 2)).astype("float32")


def model(*, dropout: float = 0.0) -> Any:
    keras.utils.set_random_seed(3)
    made = keras.Sequential(
        [layers.Input((4,)), layers.Dense(6, "tanh"), layers.Dropout(dropout), layers.Dense(2)]
    )
    made.compile("adam", "mse")
    return made


class Failing(Callback):
    """Raises an error, or presses Ctrl-C, at the second batch of any pass."""

    def __init__(self, press: bool, epoch: int = 0) -> None:
        super().__init__()
        self.press, self.epoch, self.now = press, epoch, 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.now = epoch

    def _fail(self, batch: int) -> None:
        if batch == 1 and self.now == self.epoch:
            if self.press:
                signal.raise_signal(signal.SIGINT)
            else:
                raise OSError("the disk is gone")

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._fail(batch)

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self._fail(batch)

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self._fail(batch)


@pytest.mark.parametrize("press", [False, True], ids=["error", "ctrl_c"])
@pytest.mark.parametrize("method", ["predict", "evaluate", "fit"])
def test_an_exception_in_predict_or_evaluate_keeps_the_weights(method: str, press: bool) -> None:
    made = model()
    before = made.get_weights()
    data = (X,) if method == "predict" else (X, Y)
    with pytest.raises(KeyboardInterrupt if press else OSError):
        getattr(made, method)(*data, batch_size=10, callbacks=[Failing(press)], verbose=0)
    if method != "fit":
        for old, new in zip(before, made.get_weights(), strict=True):
            np.testing.assert_array_equal(old, new)
    made.fit(X, Y, verbose=0)
    assert np.isfinite(made.predict(X, verbose=0)).all()


def test_two_threads_predict_at_once() -> None:
    made = model()
    wanted, found = made.predict(X, verbose=0), []

    def ask() -> None:
        found.extend(np.array_equal(made.predict(X, verbose=0), wanted) for _ in range(10))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 20


def test_a_run_that_stopped_within_an_epoch_goes_on_to_the_bit(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"batch_size": 10, "epochs": 4, "verbose": 0}
    whole = model(dropout=0.5)
    history = whole.fit(X, Y, **settings).history
    with pytest.raises(KeyboardInterrupt):
        stopped = Failing(press=True, epoch=2)
        model(dropout=0.5).fit(X, Y, **settings, callbacks=[stopped], resume=tmp_path)
    again = model(dropout=0.5)
    with pytest.warns(UserWarning, match="callbacks that this one has not"):
        assert again.fit(X, Y, **settings, resume=tmp_path).history == history
    assert int(again.optimizer.iterations.value) == 16  # no step is done twice
    for one, other in zip(whole.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


SAVING = """
import sys
import numpy as np
import lamella as keras
from lamella import distribution, layers
model = keras.Sequential([layers.Input((300,)), layers.Dense(300)])
while True:
    model.save(sys.argv[1])
    print("saved", flush=True)
"""


def test_a_kill_while_saving_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    program = subprocess.Popen([sys.executable, "-c", SAVING, path], stdout=subprocess.PIPE)
    assert program.stdout is not None and program.stdout.readline()
    for wait in (0.013, 0.021):
        time.sleep(wait)
        os.kill(program.pid, signal.SIGSTOP)  # as it stands at a moment that nobody chose
        assert keras.models.load_model(path).predict(np.ones((1, 300)), verbose=0).shape == (1, 300)
        os.kill(program.pid, signal.SIGCONT)
    program.kill()
    program.communicate()
    keras.models.load_model(path)


def two(units: int, more: bool) -> Any:
    made = [layers.Input((4,)), layers.Dense(units, name="body")]
    return keras.Sequential([*made, layers.Dense(2, name="head")] if more else made)


def test_extra_layers_in_a_weights_file_are_told_of(tmp_path: Path) -> None:
    two(8, more=True).save_weights(path := tmp_path / "w.weights.h5")
    with pytest.raises(LamellaError, match=r"Only in the file: .*head"):
        two(8, more=False).load_weights(path)
    with pytest.raises(LamellaError, match=r"only in the model: .*head"):
        two(8, more=False).save_weights(path)
        two(8, more=True).load_weights(path)


def test_a_weight_of_another_shape_is_named_and_no_matrix_is_printed(tmp_path: Path) -> None:
    two(8, more=True).save_weights(path := tmp_path / "w.weights.h5")
    with pytest.raises(LamellaError) as caught:
        two(7, more=True).load_weights(path)
    message = str(caught.value)
    assert "body" in message and "(4, 7)" in message and "(4, 8)" in message
    assert len(message) < 600 and len(message.splitlines()) <= 3


def test_a_stream_that_ends_early_is_told_of() -> None:
    made = model()
    batches = itertools.islice(itertools.repeat((X, Y)), 3)
    with pytest.warns(UserWarning, match="ran out"):
        made.fit(batches, steps_per_epoch=5, verbose=0)


def test_uneven_batches_where_there_are_several_devices() -> None:
    """Keras on JAX: IndivisibleError with several devices, and then a broken model."""
    assert jax.device_count() == 4
    x = np.random.default_rng(0).normal(size=(83, 4)).astype("float32")
    with distribution.DataParallel().scope():
        made = keras.Sequential([layers.Input((4,)), layers.Dense(3), layers.Dense(1)])
        made.compile("adam", "mse")
        history = made.fit(x, x[:, :1], batch_size=16, epochs=2, verbose=0, validation_split=0.1)
        assert np.isfinite(history.history["val_loss"]).all()
        assert made.predict(x, batch_size=16, verbose=0).shape == (83, 1)
        assert np.isfinite(made.evaluate(x[:7], x[:7, :1], verbose=0))
    for variable in made.variables:
        assert len(variable.value.sharding.device_set) == 4


def test_sharding_rules_that_match_nothing_are_refused() -> None:
    """Keras ignores them: the model that was to be split lies whole on every device."""
    rules = distribution.LayoutMap(distribution.DeviceMesh((4,), ("model",)))
    rules[".*/hiden/kernel"] = (None, "model")
    with distribution.ModelParallel(layout_map=rules).scope():
        made = keras.Sequential([layers.Input((4,)), layers.Dense(8, name="hidden")])
        with pytest.raises(LamellaError, match=r"hiden/kernel.* matches no weight") as caught:
            made.predict(np.ones((2, 4)), verbose=0)
    assert "hidden/kernel" in str(caught.value)
    assert made.predict(np.ones((2, 4)), verbose=0).shape == (2, 8)
