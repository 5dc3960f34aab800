"""Old names of rooms, old methods, and names given as text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import lamella
from lamella import layers, losses, metrics, models, ops, optimizers, regularizers
from lamella._base.errors import LamellaError, MissingName, UnknownName
from lamella._base.old_spellings import OldSpellingWarning, forget
from lamella._base.old_words import NAMES, Gone


@pytest.fixture(autouse=True)
def _nothing_is_told_yet() -> None:
    forget()


X = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
Y = (X[:, :1] > 0).astype("int32")


def classifier(units: int = 1) -> models.Model:
    activation = "sigmoid" if units == 1 else "softmax"
    model = models.Sequential([layers.Input((4,)), layers.Dense(units, activation=activation)])
    loss = "binary_crossentropy" if units == 1 else "sparse_categorical_crossentropy"
    model.compile("sgd", loss, metrics=["accuracy"])
    return model


def batches() -> Iterator[list[Any]]:
    while True:
        yield [X[:8], Y[:8]]


ROOM_NAMES = [
    (room, name) for room, words in NAMES.items() for name in words if room != "optimizers"
]


@pytest.mark.parametrize(("room", "name"), ROOM_NAMES)
def test_every_old_name_of_a_room_is_served_or_refused(room: str, name: str) -> None:
    module = getattr(lamella, room)
    if isinstance(NAMES[room][name], Gone):
        with pytest.raises(MissingName, match="help: ") as caught:
            getattr(module, name)
        assert len(str(caught.value).splitlines()) <= 3
        with pytest.raises(ImportError, match=name):
            exec(f"from lamella.{room} import {name}")
        return
    with pytest.warns(OldSpellingWarning, match=name) as told:
        assert getattr(module, name) is not None
    assert told[0].filename == __file__
    assert name not in dir(module)


def test_an_unknown_name_of_a_room_is_an_attribute_error() -> None:
    assert not hasattr(layers, "Dens")
    with pytest.raises(AttributeError, match="Dens"):
        layers.Dens  # noqa: B018


def test_cudnn_layers_are_the_layers_of_today() -> None:
    with pytest.warns(OldSpellingWarning):
        assert layers.CuDNNLSTM is layers.LSTM
    with pytest.warns(OldSpellingWarning):
        assert layers.CuDNNGRU is layers.GRU


def test_thresholded_relu() -> None:
    with pytest.warns(OldSpellingWarning):
        layer = layers.ThresholdedReLU(theta=1.5)
    assert layer(jnp.array([-1.0, 1.0, 2.0])).tolist() == [0.0, 0.0, 2.0]
    assert layers.ThresholdedReLU()(jnp.array([0.5, 2.0])).tolist() == [0.0, 2.0]


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [
        ("sum", lambda a, b: a + b),
        ("mul", lambda a, b: a * b),
        ("ave", lambda a, b: (a + b) / 2),
        ("max", np.maximum),
        ("concat", lambda a, b: np.concatenate([a, b], 1)),
        ("dot", lambda a, b: (a * b).sum(1, keepdims=True)),
    ],
)
def test_merge(mode: str, wanted: Any) -> None:
    with pytest.warns(OldSpellingWarning):
        found = layers.merge([X, X[::-1]], mode=mode)
    np.testing.assert_allclose(found, wanted(X, X[::-1]), rtol=1e-5, atol=1e-6)


def test_l1l2_has_the_factors_of_keras_1() -> None:
    with pytest.warns(OldSpellingWarning):
        assert regularizers.l1l2(l1=0.5).get_config() == {"l1": 0.5, "l2": 0.01}
    with pytest.warns(OldSpellingWarning):
        assert regularizers.activity_l2(0.5).get_config() == {"l2": 0.5}


def test_legacy_optimizers_and_reduction() -> None:
    with pytest.warns(OldSpellingWarning):
        assert optimizers.legacy.Adam is optimizers.Adam
    with pytest.warns(OldSpellingWarning):
        reduction = losses.Reduction.SUM
    assert float(losses.MeanSquaredError(reduction=reduction)([[1.0], [1.0]], [[0.0], [0.0]])) == 2


def test_names_given_as_text() -> None:
    with pytest.warns(OldSpellingWarning, match="'kl_divergence'"):
        assert losses.get("kullback_leibler_divergence") is losses.kl_divergence
    with pytest.warns(OldSpellingWarning, match="'log_cosh'"):
        assert losses.get("logcosh") is losses.log_cosh
    with pytest.warns(OldSpellingWarning, match="'accuracy'"):
        assert isinstance(metrics.get("acc"), metrics.Accuracy)
    for name in ("normal", "uniform", "one", "zero"):
        assert lamella.initializers.get(name) is not None
    with pytest.raises(UnknownName):
        losses.get("kullback")


def test_fit_with_old_arguments() -> None:
    model = classifier()
    with pytest.warns(OldSpellingWarning, match=r"fit\(..., epochs=2, verbose=0\)") as told:
        history = model.fit(X, Y, nb_epoch=2, verbose=0, workers=4, use_multiprocessing=True)
    assert len(told) == 1 and told[0].filename == __file__
    assert history.epoch == [0, 1]


def test_acc_and_accuracy_find_each_other() -> None:
    model = classifier()
    stop = lamella.callbacks.EarlyStopping(monitor="val_acc", patience=1)
    with pytest.warns(OldSpellingWarning, match="val_accuracy") as told:
        history = model.fit(X, Y, epochs=2, verbose=0, validation_split=0.5, callbacks=[stop])
    assert len(told) == 1
    with pytest.warns(OldSpellingWarning, match="'accuracy'"):
        assert history.history["acc"] == history.history["accuracy"]
    assert "acc" not in history.history
    with pytest.raises(KeyError, match="accuracy"):
        history.history["acuracy"]
    model.compile("sgd", "binary_crossentropy", metrics=["acc"])
    stop = lamella.callbacks.EarlyStopping(monitor="val_accuracy", patience=1)
    with pytest.warns(OldSpellingWarning, match="val_acc"):
        history = model.fit(X, Y, verbose=0, validation_split=0.5, callbacks=[stop])
    assert set(history.history) == {"loss", "acc", "val_loss", "val_acc"}


def test_generators() -> None:
    model, other = classifier(), classifier()
    other.set_weights(model.get_weights())
    with pytest.warns(OldSpellingWarning, match="model.fit") as told:
        model.fit_generator(batches(), steps_per_epoch=3, nb_epoch=2, verbose=0, max_q_size=4)
    assert len(told) == 1
    other.fit(batches(), steps_per_epoch=3, epochs=2, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], other.get_weights()[0])
    with pytest.warns(OldSpellingWarning, match="model.evaluate"):
        found = model.evaluate_generator(batches(), 2, verbose=0)
    assert found == model.evaluate(X[:8], Y[:8], verbose=0)
    with pytest.warns(OldSpellingWarning, match="model.predict"):
        assert model.predict_generator(batches(), 2, verbose=0).shape == (16, 1)


def test_classes_and_probabilities() -> None:
    model = classifier()
    with pytest.warns(OldSpellingWarning, match="argmax"):
        found = model.predict_classes(X)
    np.testing.assert_array_equal(found, (model.predict(X, verbose=0) > 0.5).astype("int32"))
    several = classifier(3)
    wanted = several.predict(X, verbose=0)
    np.testing.assert_array_equal(several.predict_classes(X), wanted.argmax(-1))
    with pytest.warns(OldSpellingWarning, match="predict"):
        np.testing.assert_array_equal(several.predict_proba(X), wanted)


def test_reset_states_of_a_model() -> None:
    model = models.Sequential(
        [layers.Input((3, 2), batch_size=2), layers.LSTM(2, stateful=True, name="memory")]
    )
    model.predict(np.ones((2, 3, 2)), verbose=0)
    states = model.get_layer("memory").states
    assert any(np.any(state.numpy()) for state in states)
    with pytest.warns(OldSpellingWarning, match="reset_state"):
        model.reset_states()
    assert not any(np.any(state.numpy()) for state in states)


REFUSED = {
    "to_yaml": (lambda model: model.to_yaml(), "to_json"),
    "validation_data": (lambda model: model.validation_data, "MyCallback"),
    "samples_per_epoch": (
        lambda model: model.fit_generator(batches(), samples_per_epoch=100, nb_epoch=2),
        "steps_per_epoch=samples_per_epoch // batch_size",
    ),
    "nb_val_samples": (lambda model: model.fit(X, Y, nb_val_samples=3), "validation_steps"),
    "show_accuracy": (lambda model: model.evaluate(X, Y, show_accuracy=True), '["accuracy"]'),
    "metrics as text": (lambda model: model.compile("sgd", "mse", metrics="acc"), "['acc']"),
    "target_tensors": (lambda model: model.compile("sgd", "mse", target_tensors=[1]), "fit(x, y)"),
    "save_format tf": (lambda model: model.save_weights("a.h5", save_format="tf"), ".weights.h5"),
    "save_format h5": (lambda model: model.save("a.h5", save_format="h5"), ".keras"),
    "add_metric": (lambda model: model.layers[0].add_metric(1.0, name="a"), "metrics.Mean"),
    "add_update": (lambda model: model.layers[0].add_update([]), "assign"),
    "a shape before the first call": (lambda model: layers.Dense(2).output_shape, "compute_output"),
    "a second call": (lambda model: model.layers[0].get_output_at(5), "5"),
}


@pytest.mark.filterwarnings("ignore::lamella._base.old_spellings.OldSpellingWarning")
@pytest.mark.parametrize("case", REFUSED)
def test_what_is_gone_is_refused_with_a_replacement(case: str) -> None:
    ask, words = REFUSED[case]
    with pytest.raises(LamellaError) as caught:
        ask(classifier())
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3


def test_save_format_of_weights(tmp_path: Path) -> None:
    model = classifier()
    path = tmp_path / "a.weights.h5"
    with pytest.warns(OldSpellingWarning, match="save_weights"):
        model.save_weights(path, save_format="h5")
    model.load_weights(path)


def test_shapes_of_layers() -> None:
    x = layers.Input((4,))
    dense = layers.Dense(3)
    y = dense(x)
    assert (dense.input_shape, dense.output_shape) == ((None, 4), (None, 3))
    assert dense.get_output_at(0) is y and dense.get_input_shape_at(0) == (None, 4)

    class Own(layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.input_shape = "mine"

        def call(self, inputs: Any) -> Any:
            return inputs

    own = Own()
    own(X)
    assert own.input_shape == "mine"
    assert own.output_shape == (None, 4) or own.output_shape == X.shape


def test_add_weight_with_the_name_first() -> None:
    class Own(layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.kernel = self.add_weight("mine", (input_shape[-1], 2), initializer="ones")

        def call(self, inputs: Any) -> Any:
            return ops.matmul(inputs, self.kernel.value)

    layer = Own()
    with pytest.warns(OldSpellingWarning, match="name='mine'"):
        found = layer(X)
    np.testing.assert_allclose(found, np.repeat(X.sum(1, keepdims=True), 2, 1), rtol=1e-5)
    assert layer.kernel.name == "mine" and layer.kernel.dtype == "float32"


def test_a_symbolic_loss_is_trained_on(tmp_path: Path) -> None:
    x = layers.Input((4,))
    denses = [layers.Dense(2), layers.Dense(2), layers.Dense(4)]
    mean, log_variance = denses[0](x), denses[1](x)
    y = denses[2](mean + ops.exp(log_variance / 2))
    model = models.Model(x, y)
    divergence = -0.5 * ops.mean(
        1 + log_variance - ops.square(mean) - ops.exp(log_variance), axis=-1
    )
    model.add_loss(ops.mean(ops.square(x - y)) + ops.mean(divergence))
    model.compile(optimizers.SGD(0.0))

    w = [one.numpy() for layer in denses for one in layer.weights]
    m, v = X @ w[0] + w[1], X @ w[2] + w[3]
    out = (m + np.exp(v / 2)) @ w[4] + w[5]
    wanted = np.mean((X - out) ** 2) - 0.5 * np.mean(1 + v - m**2 - np.exp(v))
    np.testing.assert_allclose(model.evaluate(X, verbose=0), wanted, rtol=1e-5)
    np.testing.assert_allclose(model.predict(X, verbose=0), out, rtol=1e-4, atol=1e-5)

    model.compile(optimizers.SGD(0.05))
    history = model.fit(X, epochs=5, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]
    with pytest.warns(UserWarning, match="add_loss"):
        model.save(tmp_path / "vae.keras")
    again = models.load_model(tmp_path / "vae.keras")
    np.testing.assert_allclose(again.predict(X, verbose=0), model.predict(X, verbose=0))
