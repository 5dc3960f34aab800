"""Whatever fails, and wherever: the weights are those of the last finished step, and all works."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lamella
from lamella import layers
from lamella.callbacks import Callback

SIZE, BATCHES = 8, 5
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(SIZE * BATCHES, 4)).astype("float32")
Y = RANDOM.normal(size=(SIZE * BATCHES, 2)).astype("float32")
BAD = 3  # the number of the batch that fails


class Failing(lamella.metrics.Metric):
    """Raises while steps are compiled, if told to."""

    def __init__(self) -> None:
        super().__init__(name="failing")
        self.total = self.add_variable((), "zeros", name="total")
        self.error: BaseException | None = None

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        if self.error is not None and isinstance(y_pred, jax.core.Tracer):
            raise self.error
        self.total.assign_add(jnp.sum(y_pred))

    def result(self) -> Any:
        return self.total.value


class Doing(Callback):
    """Does something after a batch of any phase."""

    def __init__(self, what: Callable[[], None]) -> None:
        super().__init__()
        self.what = what

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._maybe(batch)

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self._maybe(batch)

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self._maybe(batch)

    def _maybe(self, batch: int) -> None:
        if batch == BAD - 1:
            self.what()


def model() -> Any:
    lamella.utils.set_random_seed(0)
    made = lamella.Sequential(
        [layers.Input((4,)), layers.Dense(6, "relu"), layers.BatchNormalization(), layers.Dense(2)]
    )
    made.compile(lamella.optimizers.Adam(0.01), "mse", metrics=["mae", Failing()])
    return made


def batches(fails: str, targets: bool) -> Iterator[Any]:
    for number in range(BATCHES):
        part = slice(number * SIZE, (number + 1) * SIZE)
        x = X[part]
        if number == BAD and fails == "data":
            raise OSError("the disk is gone")
        if number == BAD and fails == "shape":
            x = x[:, :3]
        yield (x, Y[part]) if targets else x


def act(method: str, made: Any, fails: str) -> None:
    """Does something with a model that fails at the third step, or at once for a metric."""
    told: list[Callback] = []
    if fails == "interrupt":
        told = [Doing(lambda: signal.raise_signal(signal.SIGINT))]
    elif fails == "callback":
        told = [Doing(lambda: (_ for _ in ()).throw(RuntimeError("a callback failed")))]
    if method == "train_on_batch":
        for number, batch in enumerate(batches(fails, targets=True)):
            for callback in told:
                callback.set_model(made)
                callback.on_train_batch_end(number - 1)
            made.train_on_batch(*batch)
        return
    data = batches(fails, targets=method != "predict")
    getattr(made, method)(data, verbose=0, callbacks=told)


ERRORS = {
    "data": OSError,
    "interrupt": KeyboardInterrupt,
    "callback": RuntimeError,
    "metric": ArithmeticError,
    "shape": ValueError,
}


@pytest.mark.parametrize("fails", ERRORS)
@pytest.mark.parametrize("method", ["fit", "evaluate", "predict", "train_on_batch"])
def test_the_weights_are_those_of_the_last_finished_step(
    method: str, fails: str, tmp_path: Path
) -> None:
    if (method, fails) == ("predict", "metric"):
        fails = "data"  # metrics have no part in a prediction
    made, reference = model(), model()
    first = X[:SIZE], Y[:SIZE]
    for one in (made, reference):
        one.train_on_batch(*first)
    if fails == "metric":
        made.metrics[-1].error = ArithmeticError("a metric failed")
        made.compile(made.optimizer, "mse", metrics=["mae", made.metrics[-1]])
    with pytest.raises(ERRORS[fails]):
        act(method, made, fails)
    finished = 0 if fails == "metric" or method in ("evaluate", "predict") else BAD
    for number in range(finished):
        part = slice(number * SIZE, (number + 1) * SIZE)
        reference.train_on_batch(X[part], Y[part])
    for one, other in zip(made.get_weights(), reference.get_weights()):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(made.optimizer.variables, reference.optimizer.variables):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    made.metrics[-1].error = None
    before = made.predict(X, verbose=0)
    np.testing.assert_allclose(before, reference.predict(X, verbose=0), rtol=1e-6)
    made.save(tmp_path / "model.keras")
    again = lamella.models.load_model(tmp_path / "model.keras", custom_objects={"Failing": Failing})
    np.testing.assert_allclose(again.predict(X, verbose=0), before, rtol=1e-6)
    made.fit(X, Y, batch_size=SIZE, verbose=0)
    assert np.isfinite(made.evaluate(X, Y, verbose=0)).all()


@pytest.mark.parametrize("hook", ["on_train_begin", "on_epoch_begin", "on_epoch_end"])
def test_a_callback_that_fails_outside_of_steps(hook: str) -> None:
    made = model()

    class Broken(Callback):
        pass

    def fail(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError

    broken = Broken()
    setattr(broken, hook, fail)
    with pytest.raises(ZeroDivisionError):
        made.fit(X, Y, batch_size=SIZE, verbose=0, callbacks=[broken])
    steps = BATCHES if hook == "on_epoch_end" else 0
    assert int(made.optimizer.iterations.value) == steps
    made.fit(X, Y, batch_size=SIZE, verbose=0)


def test_ctrl_c_is_as_before_afterwards() -> None:
    made = model()
    with pytest.raises(KeyboardInterrupt):
        act("fit", made, "interrupt")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_layer_that_fails_keeps_the_weights() -> None:
    class Moody(layers.Layer):
        def call(self, inputs: Any) -> Any:
            if inputs.shape[0] == 3:
                raise LookupError("not three")
            return inputs

    made = lamella.Sequential([layers.Input((4,)), layers.Dense(2), Moody()])
    made.compile("sgd", "mse")
    made.fit(X[:8], Y[:8], batch_size=8, verbose=0)
    before = made.get_weights()
    with pytest.raises(LookupError):
        made.evaluate(X[:3], Y[:3], verbose=0)
    with pytest.raises(LookupError):
        made.predict(X[:3], verbose=0)
    with pytest.raises(LookupError):
        made(X[:3])
    for one, other in zip(made.get_weights(), before):
        np.testing.assert_array_equal(one, other)
    made.fit(X[:8], Y[:8], batch_size=8, verbose=0)
