"""fit, evaluate and predict: streams, callbacks, freezing, own steps, interruption, threads."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import jax.numpy as jnp
import keras as oracle
import numpy as np
import pytest

import lamella as keras
from lamella import layers
from lamella._training.loop import Loop

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(50, 4)).astype("float32")
Y = (X @ np.array([[1.0], [2.0], [-1.0], [0.5]])).astype("float32")


def line(library: Any = keras, **arguments: Any) -> Any:
    model = library.Sequential(
        [library.layers.Input((4,)), library.layers.Dense(3, activation="tanh", **arguments)]
    )
    model.add(library.layers.Dense(1))
    model.compile(library.optimizers.SGD(0.1), "mse", metrics=["mae"])
    return model


def batches(size: int = 10) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for start in range(0, 50, size):
        yield X[start : start + size], Y[start : start + size]


class Again:
    """An iterable that starts again for each pass."""

    def __iter__(self) -> Iterator[Any]:
        return batches()

    def __len__(self) -> int:
        return 5


def test_a_stream_gives_what_arrays_give() -> None:
    a, b = line(), line()
    b.set_weights(a.get_weights())
    from_arrays = a.fit(X, Y, batch_size=10, epochs=3, shuffle=False, verbose=0).history
    from_stream = b.fit(Again(), epochs=3, verbose=0, validation_data=Again()).history
    np.testing.assert_allclose(from_arrays["loss"], from_stream["loss"], rtol=1e-6)
    np.testing.assert_allclose(a.get_weights()[0], b.get_weights()[0], atol=1e-7)
    assert "val_loss" in from_stream
    np.testing.assert_allclose(b.predict(Again(), verbose=0), b.predict(X, verbose=0), atol=1e-6)


def test_a_generator_goes_on_where_it_stopped() -> None:
    seen: list[int] = []

    def endless() -> Iterator[Any]:
        number = 0
        while True:
            seen.append(number)
            yield X[:5], Y[:5]
            number += 1

    line().fit(endless(), steps_per_epoch=3, epochs=2, verbose=0)
    assert seen == [0, 1, 2, 3, 4, 5]


def test_a_batch_hook_is_told_of_every_batch_with_the_same_result() -> None:
    class Watch(keras.callbacks.Callback):
        def __init__(self) -> None:
            super().__init__()
            self.losses: list[float] = []

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.losses.append(logs["loss"])

    a, b = line(), line()
    b.set_weights(a.get_weights())
    watch = Watch()
    a.fit(X, Y, batch_size=8, shuffle=False, verbose=0, callbacks=[watch])
    b.fit(X, Y, batch_size=8, shuffle=False, verbose=0)
    assert len(watch.losses) == 7
    for mine, yours in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, yours)


def test_weights_are_fresh_in_callbacks() -> None:
    kept: list[np.ndarray] = []

    class Keep(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            kept.append(self.model.get_weights()[0])

    line().fit(X, Y, epochs=3, verbose=0, callbacks=[Keep()])
    assert not np.array_equal(kept[0], kept[1])
    assert not np.array_equal(kept[1], kept[2])


def test_freezing_between_fits() -> None:
    model = line()
    model.fit(X, Y, verbose=0)
    model.layers[0].trainable = False
    before = model.get_weights()
    model.fit(X, Y, verbose=0)
    after = model.get_weights()
    np.testing.assert_array_equal(before[0], after[0])
    assert not np.array_equal(before[2], after[2])
    model.layers[0].trainable = True
    model.fit(X, Y, verbose=0)
    assert not np.array_equal(after[0], model.get_weights()[0])


@pytest.mark.parametrize(
    "arguments",
    [
        {"kernel_regularizer": "l2"},
        {"activity_regularizer": "l1"},
        {"kernel_constraint": "non_neg"},
        {"bias_initializer": "ones", "use_bias": True},
    ],
    ids=lambda a: next(iter(a)),
)
def test_costs_and_constraints_equal_keras(arguments: dict[str, Any]) -> None:
    ours, theirs = line(keras, **arguments), line(oracle, **arguments)
    ours.set_weights(theirs.get_weights())
    for model in (ours, theirs):
        model.fit(X[:48], Y[:48], batch_size=16, epochs=2, shuffle=False, verbose=0)
    for mine, yours in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, yours, atol=1e-5)
    np.testing.assert_allclose(
        ours.evaluate(X, Y, verbose=0), theirs.evaluate(X, Y, verbose=0), atol=1e-5
    )


def test_eager_steps_give_the_same() -> None:
    a, b = line(), line()
    b.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mae"], run_eagerly=True)
    b.set_weights(a.get_weights())
    mine = a.fit(X, Y, shuffle=False, verbose=0).history
    yours = b.fit(X, Y, shuffle=False, verbose=0).history
    np.testing.assert_allclose(mine["loss"], yours["loss"], rtol=1e-5)


class Gan(keras.Model):
    """Two optimizers in one step, in eager style; nothing is built by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.generator = keras.Sequential([layers.Dense(4)])
        self.critic = keras.Sequential([layers.Dense(1)])
        self.critic_loss = keras.metrics.Mean(name="critic_loss")

    def compile(self, g: Any, c: Any) -> None:
        super().compile(loss=None)
        self.g_optimizer, self.c_optimizer = g, c

    def train_step(self, data: Any) -> dict[str, Any]:
        noise = jnp.ones((data.shape[0], 2))

        def critic_cost() -> Any:
            fake = self.critic(self.generator(noise))
            return jnp.mean(fake**2) + jnp.mean((self.critic(data) - 1) ** 2)

        def generator_cost() -> Any:
            return jnp.mean((self.critic(self.generator(noise)) - 1) ** 2)

        cost = self.c_optimizer.minimize(critic_cost, self.critic.trainable_variables)
        g_weights = self.generator.trainable_variables
        _, slopes = keras.value_and_grad(generator_cost, g_weights)
        self.g_optimizer.apply([jnp.clip(slope, -1, 1) for slope in slopes], g_weights)
        self.critic_loss.update_state(cost)
        return {"critic_loss": self.critic_loss.result()}


def test_a_step_of_ones_own_is_compiled() -> None:
    model = Gan()
    g, c = keras.optimizers.Adam(0.01), keras.optimizers.SGD(0.1)
    model.compile(g, c)
    history = model.fit(X, epochs=5, verbose=0).history
    before = model.get_weights()
    assert history["critic_loss"][-1] < history["critic_loss"][0]
    assert int(g.iterations.value) == int(c.iterations.value) == 10
    assert len(g.variables) == 2 + 4 and len(before) == 4
    model.train_on_batch(X[:8])
    assert all(not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_minimize_says_what_it_wants() -> None:
    optimizer = keras.optimizers.SGD()
    with pytest.raises(TypeError, match="as a function"):
        optimizer.minimize(jnp.ones(()), [keras.Variable(1.0)])
    with pytest.raises(ValueError, match="no variables"):
        optimizer.minimize(lambda: 1.0, layers.Dense(1).trainable_variables)
    with pytest.raises(ValueError, match=r"one number.*shape"):
        weight = keras.Variable([1.0, 2.0])
        optimizer.minimize(lambda: weight * 2, [weight])


def test_a_metric_updated_in_call() -> None:
    class Counted(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(1)
            self.seen = keras.metrics.Sum(name="seen")

        def call(self, inputs: Any) -> Any:
            self.seen.update_state(inputs.shape[0])
            return self.dense(inputs)

    model = Counted()
    model.compile("sgd", "mse")
    assert model.fit(X, Y, epochs=2, verbose=0).history["seen"] == [50.0, 50.0]


def test_add_loss_counts() -> None:
    class Penalized(layers.Layer):
        def call(self, inputs: Any) -> Any:
            self.add_loss(jnp.sum(jnp.abs(inputs)) * 0.5)
            return inputs

    model = keras.Sequential([layers.Input((4,)), Penalized(), layers.Dense(1)])
    model.compile("sgd", "mse")
    plain = float(np.mean((np.asarray(model(X)) - Y) ** 2))
    loss = model.evaluate(X, Y, batch_size=50, verbose=0)
    assert loss == pytest.approx(plain + 0.5 * np.abs(X).sum(), rel=1e-5)


def test_ctrl_c_stops_at_the_edge_of_a_step() -> None:
    class Press(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if epoch == 1:
                os.kill(os.getpid(), signal.SIGINT)

    model = line()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, epochs=50, verbose=0, callbacks=[Press()])
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    model.fit(X, Y, verbose=0)


def test_predictions_in_threads_while_training() -> None:
    model = line()
    model.predict(X, verbose=0)
    problems: list[BaseException] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            try:
                assert model.predict(X[:8], verbose=0).shape == (8, 1)
            except BaseException as error:
                problems.append(error)
            time.sleep(0.001)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    history = model.fit(X, Y, epochs=20, shuffle=False, verbose=0).history["loss"]
    done.set()
    for thread in threads:
        thread.join()
    assert problems == []
    assert history[-1] < history[0]


def test_early_stopping_and_checkpoints(tmp_path: Any) -> None:
    model = line()
    path = tmp_path / "best.keras"
    told = [
        keras.callbacks.EarlyStopping("val_loss", patience=1, min_delta=10.0),
        keras.callbacks.ModelCheckpoint(path, save_best_only=True),
    ]
    history = model.fit(X, Y, epochs=20, validation_split=0.2, callbacks=told, verbose=0)
    assert len(history.epoch) == 2
    assert keras.models.load_model(path).predict(X, verbose=0).shape == (50, 1)


def test_the_log_has_one_plain_line_for_each_pass(capsys: Any) -> None:
    line().fit(X, Y, epochs=3, verbose=1)
    printed = capsys.readouterr().out
    assert "\b" not in printed and "\x1b" not in printed and "\r" not in printed
    assert [row.split(" - ")[0] for row in printed.splitlines()] == [
        f"Epoch {number}/3" for number in (1, 2, 3)
    ]


def test_predict_warns_of_nan() -> None:
    x = X.copy()
    x[3, 0] = np.nan
    with pytest.warns(UserWarning, match="row 3"):
        assert np.isnan(line().predict(x, verbose=0)[3]).all()


def test_mixed_bfloat16_trains() -> None:
    model = keras.Sequential(
        [layers.Input((4,)), layers.Dense(8, activation="relu", dtype="mixed_bfloat16")]
    )
    model.add(layers.Dense(1, dtype="float32"))
    model.compile(keras.optimizers.SGD(0.05), "mse")
    history = model.fit(X, Y, epochs=10, verbose=0).history["loss"]
    assert history[-1] < history[0]
    assert {weight.dtype for weight in model.weights} == {"float32"}


def test_the_live_bar_is_closed_when_a_callback_raises(monkeypatch: Any, capsys: Any) -> None:
    class Broken(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            raise RuntimeError("disk full")

    closed: list[int] = []
    bar = keras.callbacks.ProgressBar
    monkeypatch.setattr(bar, "close", lambda self: closed.append(1))
    with pytest.raises(RuntimeError, match="disk full"):
        line().fit(X, Y, callbacks=[Broken()], verbose=1)
    assert closed


@pytest.mark.parametrize(
    ("megabytes", "seconds_a_step", "steps"),
    [
        (0, 0.001, 100),  # a tenth of a second
        (0, 0.06, 5),  # some steps at least, for half a second
        (0, 0.3, 1),
        (45, 0.01, 40),  # longer where new weights have to be written beside the old ones
        (900, 0.01, 100),  # but not longer than a second
    ],
)
def test_how_many_steps_go_into_a_dispatch(
    megabytes: int, seconds_a_step: float, steps: int
) -> None:
    loop = Loop(line()._program("train"), "train")
    loop.values[0] = SimpleNamespace(nbytes=megabytes * 10**6)
    loop._written = {0}
    assert abs(loop._next_size(50, 50 * seconds_a_step) - steps) <= 1
    assert loop._next_size(1, seconds_a_step) <= 8
