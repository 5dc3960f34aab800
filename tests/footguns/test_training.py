"""Training that goes on where it should, reaches all that it should, and says when it does not."""

from __future__ import annotations

import itertools
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import keras as oracle
import numpy as np
import pytest

import lamella as keras
from lamella import LamellaError, layers
from lamella.layers import Dense

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 4)).astype("float32")
Y = X[:, :3] @ RANDOM.normal(size=(3, 2)).astype("float32")
OPTIMIZERS: dict[str, Callable[[], Any]] = {
    name: (lambda name=name: keras.optimizers.get(name))
    for name in ("adam", "sgd", "rmsprop", "nadam", "adafactor", "ftrl", "adamw", "lion")
}
OPTIMIZERS["momentum"] = lambda: keras.optimizers.SGD(0.01, momentum=0.9)
OPTIMIZERS["averages"] = lambda: keras.optimizers.Adam(use_ema=True)
OPTIMIZERS["accumulating"] = lambda: keras.optimizers.Adam(gradient_accumulation_steps=2)
OPTIMIZERS["scaled"] = lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam())


def model(optimizer: Any = "adam", library: Any = keras) -> Any:
    made = library.Sequential(
        [
            library.layers.Input((4,)),
            library.layers.Dense(4, activation="tanh", name="first"),
            library.layers.Dense(4, activation="tanh", name="body"),
            library.layers.Dense(2, name="head"),
        ]
    )
    made.compile(optimizer, "mse")
    return made


def weights(made: Any, name: str) -> np.ndarray:
    return np.array(made.get_layer(name).get_weights()[0])


def test_trainable_false_after_fit_trains_on() -> None:
    made = model()
    made.fit(X, Y, verbose=0)
    made.get_layer("first").trainable = False
    first, head = weights(made, "first"), weights(made, "head")
    made.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(weights(made, "first"), first)
    assert not np.array_equal(weights(made, "head"), head)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name in ("rmsprop", "adamw", "lion") else [])
        for name in OPTIMIZERS
    ],
)
def test_a_layer_that_thaws_is_trained_and_the_others_go_on(name: str) -> None:
    made = model(OPTIMIZERS[name]())
    made.get_layer("first").trainable = False
    made.fit(X, Y, verbose=0)
    optimizer = made.optimizer
    first, body = weights(made, "first"), weights(made, "body")
    steps = int(np.asarray(optimizer.iterations))
    made.get_layer("first").trainable = True
    made.fit(X, Y, verbose=0)
    assert made.optimizer is optimizer
    assert int(np.asarray(optimizer.iterations)) == 2 * steps
    assert not np.array_equal(weights(made, "first"), first)
    assert not np.array_equal(weights(made, "body"), body)
    # The state is in the order of files: that of a model that was never frozen.
    fresh = model(OPTIMIZERS[name]())
    fresh.fit(X, Y, verbose=0)
    shapes = [variable.shape for variable in fresh.optimizer.variables]
    assert [variable.shape for variable in optimizer.variables] == shapes


def test_a_thawed_layer_leaves_the_momentum_of_the_others() -> None:
    """By hand: what was frozen has a momentum of 0, what was not keeps its own."""
    made = model(keras.optimizers.SGD(0.0, momentum=0.5))
    made.get_layer("first").trainable = False
    optimizer = made.optimizer
    optimizer.build(made.trainable_variables)
    for number, slot in enumerate(optimizer.momentums):
        slot.assign(jnp.full(slot.shape, number + 1.0))
    made.get_layer("first").trainable = True
    optimizer.build(made.trainable_variables)
    found = [float(np.mean(slot.value)) for slot in optimizer.momentums]
    assert found == [0.0, 0.0, 1.0, 2.0, 3.0, 4.0]
    made.get_layer("body").trainable = False
    optimizer.build(made.trainable_variables)  # nothing is missing: nothing changes
    assert [float(np.mean(slot.value)) for slot in optimizer.momentums] == found


def test_layers_freeze_and_thaw_while_fit_runs() -> None:
    class Thaw(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            seen.append(weights(self.model, "first"))
            self.model.get_layer("first").trainable = epoch == 1

    seen: list[np.ndarray] = []
    made = model()
    made.get_layer("first").trainable = False
    made.fit(X, Y, epochs=4, callbacks=[Thaw()], verbose=0)
    assert [not np.array_equal(a, b) for a, b in itertools.pairwise(seen)] == [False, True, False]


def test_the_remainder_of_accumulated_gradients_is_applied() -> None:
    """6 batches, 4 of which make an update: the other two make one at the end of fit."""

    def line(library: Any) -> Any:
        made = library.Sequential([library.layers.Input((4,)), library.layers.Dense(2)])
        rate = library.optimizers.SGD(0.1, gradient_accumulation_steps=4)
        made.compile(rate, "mse")
        made.set_weights([np.ones((4, 2)), np.zeros(2)])
        return made

    settings: dict[str, Any] = {"batch_size": 10, "shuffle": False, "verbose": 0}
    made, theirs = line(keras), line(oracle)
    theirs.fit(X, Y, **settings)  # two are never applied there
    kernel, bias = theirs.get_weights()
    last = X[40:]
    gap = last @ np.asarray(kernel) + bias - Y[40:]
    made.fit(X, Y, **settings)
    np.testing.assert_allclose(
        made.get_weights()[0], kernel - 0.1 * last.T @ gap * 2 / gap.size, rtol=1e-5, atol=1e-6
    )
    # 12 batches: nothing is left over, and all is as in Keras.
    made, theirs = line(keras), line(oracle)
    for one in (made, theirs):
        one.fit(X, Y, epochs=2, **settings)
    np.testing.assert_allclose(made.get_weights()[0], theirs.get_weights()[0], rtol=1e-5)
    assert not any(np.any(store.value) for store in made.optimizer._accumulators)


def two_heads(loss: Any = "mse", **more: Any) -> Any:
    x = layers.Input((4,), name="x")
    made = keras.Model(x, [Dense(1, name="price")(x), Dense(2, name="place")(x)])
    made.compile("sgd", loss, **more)
    return made


TARGETS = {"price": Y[:, :1], "place": Y}


def test_a_loss_dict_that_misses_an_output_is_refused() -> None:
    with pytest.raises(LamellaError, match=r"nothing for the output\(s\) \['place'\]"):
        two_heads({"price": "mse"}).fit(X, TARGETS, verbose=0)
    made = two_heads({"price": "mse", "place": None})  # on purpose
    made.fit(X, {"price": Y[:, :1]}, verbose=0)


NAMES: dict[str, Callable[[], Any]] = {
    "loss": lambda: two_heads({"price": "mse", "plase": "mse"}).fit(X, TARGETS),
    "loss_weights": lambda: two_heads(loss_weights={"plase": 1.0}).fit(X, TARGETS),
    "metrics": lambda: two_heads(metrics={"plase": ["mae"]}).fit(X, TARGETS),
    "weighted_metrics": lambda: two_heads(weighted_metrics={"plase": ["mae"]}).fit(X, TARGETS),
    "y": lambda: two_heads().fit(X, {"price": Y[:, :1], "plase": Y}),
    "sample_weight": lambda: two_heads().fit(X, TARGETS, sample_weight={"plase": np.ones(60)}),
    "class_weight": lambda: two_heads().fit(X, TARGETS, class_weight={"plase": {0: 1.0}}),
    "validation": lambda: two_heads().fit(
        X, TARGETS, validation_data=(X, {"price": Y[:, :1], "plase": Y})
    ),
    "validation_weights": lambda: two_heads().fit(
        X, TARGETS, validation_data=(X, TARGETS, {"plase": np.ones(60)})
    ),
}


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_output_is_named_with_the_nearest(name: str) -> None:
    with pytest.raises(LamellaError, match=r"'plase'[\s\S]*'place'") as caught:
        NAMES[name]()
    assert len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize("y", [{"price": Y[:, :1]}, Y, [Y, Y[:, :1]], [Y], {}])
def test_targets_that_miss_an_output_or_stand_in_a_wrong_order(y: Any) -> None:
    with pytest.raises(LamellaError, match="help"):
        two_heads().fit(X, y, verbose=0)
    with pytest.raises(LamellaError):
        two_heads().fit(X, TARGETS, validation_data=(X, y), verbose=0)


def test_metrics_go_to_their_own_head() -> None:
    made = two_heads(metrics={"place": ["mae"], "price": ["mse"]})
    made.fit(X, TARGETS, epochs=1, verbose=0)
    found = made.evaluate(X, TARGETS, return_dict=True, verbose=0)
    price, place = (np.asarray(one) for one in made.predict(X, verbose=0))
    np.testing.assert_allclose(found["place_mae"], np.abs(place - Y).mean(), rtol=1e-5)
    np.testing.assert_allclose(found["price_mse"], ((price - Y[:, :1]) ** 2).mean(), rtol=1e-5)


def test_class_weights_of_several_outputs() -> None:
    x = layers.Input((4,))
    ends = [Dense(2, activation="softmax", name=name)(x) for name in ("left", "right")]
    made = keras.Model(x, ends)
    made.compile("sgd", "sparse_categorical_crossentropy")
    y = np.arange(60) % 2
    zero = {"left": {0: 0.0, 1: 0.0}, "right": {0: 1.0, 1: 1.0}}
    made.fit(X, {"left": y, "right": y}, class_weight=zero, verbose=0)
    logs = made.history.history
    assert logs["left_loss"] == [0.0] and logs["right_loss"][0] > 0


def test_a_shape_error_in_a_nested_block_keeps_its_line() -> None:
    class Block(layers.Layer):
        def call(self, inputs: Any) -> Any:
            return inputs + jnp.ones(5)  # the line to be shown

    class Whole(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.block = Block(name="block")

        def call(self, inputs: Any) -> Any:
            return self.block(inputs)

    made = Whole()
    made.compile("sgd", "mse")
    with pytest.raises(ValueError, match="shapes") as caught:
        made.fit(X, Y, verbose=0)
    shown = "".join(traceback.format_exception(caught.value))
    assert "the line to be shown" in shown and "Block" in shown
    assert "Unable to automatically build" not in shown


def test_a_metric_that_is_watched_and_does_not_exist_is_named() -> None:
    early = keras.callbacks.EarlyStopping(monitor="val_los")
    with pytest.raises(LamellaError, match=r"val_los[\s\S]*Did you mean 'val_loss'"):
        model().fit(X, Y, validation_data=(X, Y), callbacks=[early], verbose=0)


def warned(act: Callable[[], Any]) -> list[str]:
    with warnings.catch_warnings(record=True, action="always") as caught:
        act()
    assert all(warning.filename == __file__ for warning in caught)
    return [str(warning.message) for warning in caught]


def dying(share: float, rate: float) -> Any:
    """A model a share of whose relus can never fire."""
    bias = np.where(np.arange(20) < round(20 * share), -1e3, 0.5)
    made = keras.Sequential([layers.Input((4,)), Dense(20, activation="relu", name="dead")])
    made.add(layers.Dense(2))
    made.get_layer("dead").set_weights([np.ones((4, 20)) * 0.1, bias])
    made.compile(keras.optimizers.SGD(rate), "mse")
    return made


@pytest.mark.parametrize(
    ("share", "rate", "words"), [(1.0, 0.1, "100%"), (1.0, 0.5, "100%"), (0.95, 0.0, "95%")]
)
def test_dead_relus_are_told_of_once_with_their_layer(
    share: float, rate: float, words: str
) -> None:
    said = warned(lambda: dying(share, rate).fit(X, Y, epochs=40, verbose=0))
    assert len(said) == 1 and "'dead'" in said[0] and words in said[0]


def test_a_loss_that_stays_the_same_is_told_of_once() -> None:
    rate = model(keras.optimizers.SGD(0.0))
    said = warned(lambda: rate.fit(X, Y, epochs=4, verbose=0))
    assert len(said) == 1 and "The learning rate is 0" in said[0]

    class Step(layers.Layer):
        def call(self, inputs: Any) -> Any:
            return jnp.sign(inputs)

    made = keras.Sequential([layers.Input((4,)), Dense(3), Step()])
    made.compile("sgd", "mse")
    said = warned(lambda: made.fit(X, X[:, :3], epochs=4, verbose=0))
    assert len(said) == 1 and "no gradient" in said[0]


def test_healthy_training_is_met_with_silence() -> None:
    made = keras.Sequential([layers.Input((4,)), Dense(8, activation="relu"), Dense(2)])
    made.compile(keras.optimizers.SGD(0.3), "mse")
    assert not warned(lambda: made.fit(X, Y, epochs=300, batch_size=60, verbose=0))
    frozen = model()
    frozen.trainable = False
    assert not warned(lambda: frozen.fit(X, Y, epochs=3, verbose=0))


def test_metrics_made_or_updated_in_call() -> None:
    class Counted(layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.seen = keras.metrics.Sum(name="seen")

        def call(self, inputs: Any) -> Any:
            self.seen.update_state(jnp.ones(inputs.shape[0]))
            return inputs

    made = keras.Sequential([layers.Input((4,)), Counted(), Dense(2)])
    made.compile("sgd", "mse")
    assert made.fit(X, Y, epochs=2, verbose=0).history["seen"] == [60.0, 60.0]


class Gan(keras.Model):
    """Two optimizers in one step, without a state tuple."""

    def __init__(self) -> None:
        super().__init__()
        self.maker, self.critic = Dense(4), Dense(1)
        self.rates = [keras.optimizers.Adam(0.01), keras.optimizers.SGD(0.01)]

    def train_step(self, data: Any) -> dict[str, Any]:
        def cost(sign: float) -> Callable[[], Any]:
            return lambda: sign * jnp.mean(self.critic(self.maker(data)))

        first = self.rates[0].minimize(cost(1.0), self.maker.trainable_variables)
        self.rates[1].minimize(cost(-1.0), self.critic.trainable_variables)
        return {"cost": first}


def test_a_gan_step_with_two_optimizers() -> None:
    made = Gan()
    made.compile()
    assert len(made.fit(X, epochs=2, verbose=0).history["cost"]) == 2
    assert [int(rate.iterations.value) for rate in made.rates] == [4, 4]


def test_time_series_and_picture_folders_need_no_tensorflow(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("""
import os, sys
from PIL import Image
import numpy as np
import lamella as keras

windows = keras.utils.timeseries_dataset_from_array(np.arange(9.0), np.arange(9.0), 3)
assert next(iter(windows))[0].shape == (7, 3)
os.makedirs("top/cat")
Image.new("RGB", (4, 4)).save("top/cat/1.png")
pictures = keras.utils.image_dataset_from_directory("top", image_size=(2, 2))
assert next(iter(pictures))[0].shape == (1, 2, 2, 3)
assert "tensorflow" not in sys.modules and "grain" not in sys.modules
""")
    subprocess.run([sys.executable, str(script)], cwd=tmp_path, check=True)
