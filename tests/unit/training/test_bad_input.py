"""Mistakes end in one of our errors, in at most three lines, before any step; weights stay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lamella as keras
from lamella import LamellaError, layers

X = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
Y = np.arange(40) % 3


def with_nan() -> np.ndarray:
    x = X.copy()
    x[7, 2] = np.nan
    return x


def classifier(loss: Any = "sparse_categorical_crossentropy") -> Any:
    model = keras.Sequential(
        [layers.Input((4,)), layers.Dense(5, name="body"), layers.Dense(3, activation="softmax")],
        name="classifier",
    )
    model.compile("sgd", loss, metrics=["accuracy"])
    return model


FITS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "wrong_width": (lambda m: m.fit(X[:, :3], Y), "expected shape"),
    "wrong_rank": (lambda m: m.fit(X[..., None, None], Y), "expected shape"),
    "unlike_lengths": (lambda m: m.fit(X, Y[:30]), "same number of rows"),
    "weights_of_unlike_length": (lambda m: m.fit(X, Y, sample_weight=np.ones(3)), "same number"),
    "objects": (lambda m: m.fit(X.astype(object), Y), "numbers are wanted"),
    "text": (lambda m: m.fit(X.astype(str), Y), "numbers are wanted"),
    "text_labels": (lambda m: m.fit(X, np.array(["cat"] * 40)), "numbers are wanted"),
    "nan": (lambda m: m.fit(with_nan(), Y), "row 7"),
    "empty": (lambda m: m.fit(X[:0], Y[:0]), "empty"),
    "label_too_large": (lambda m: m.fit(X, Y + 5), "3 classes"),
    "label_negative": (lambda m: m.fit(X, Y - 1), "3 classes"),
    "one_hot_for_sparse": (lambda m: m.fit(X, np.eye(3)[Y]), "class numbers"),
    "no_targets": (lambda m: m.fit(X), "`y` is None"),
    "nothing": (lambda m: m.fit(), "`x` is None"),
    "ragged_list": (lambda m: m.fit([[1.0, 2.0], [3.0]], [0, 1]), "unlike length"),
    "validation_nan": (lambda m: m.fit(X, Y, validation_data=(with_nan(), Y)), "validation"),
    "validation_labels": (lambda m: m.fit(X, Y, validation_data=(X, Y + 9)), "3 classes"),
    "validation_split": (lambda m: m.fit(X, Y, validation_split=1.5), "validation_split"),
    "epochs": (lambda m: m.fit(X, Y, epochs=0), "epochs"),
    "batch_size": (lambda m: m.fit(X, Y, batch_size=-1), "batch_size"),
    "callback_class": (
        lambda m: m.fit(X, Y, callbacks=[keras.callbacks.EarlyStopping]),
        "EarlyStopping(",
    ),
    "class_and_sample_weight": (
        lambda m: m.fit(X, Y, class_weight={0: 1.0}, sample_weight=np.ones(40)),
        "only one",
    ),
    "batch_wrong_width": (lambda m: m.train_on_batch(X[:, :2], Y), "expected shape"),
    "batch_labels": (lambda m: m.train_on_batch(X, Y + 5), "3 classes"),
    "evaluate_lengths": (lambda m: m.evaluate(X, Y[:3]), "same number of rows"),
    "predict_width": (lambda m: m.predict(X[:, :1]), "expected shape"),
    "predict_text": (lambda m: m.predict(X.astype(str)), "numbers are wanted"),
    "call_text": (lambda m: m("cat"), "expects an array"),
    "call_width": (lambda m: m(X[:, :1]), "expected shape"),
}


@pytest.mark.parametrize("name", FITS)
def test_data_is_refused_before_any_step(name: str) -> None:
    act, words = FITS[name]
    model = classifier()
    before = model.get_weights()
    with pytest.raises(LamellaError) as caught:
        act(model)
    message = str(caught.value)
    assert words in message
    assert len(message.splitlines()) <= 3
    assert "help:" in message
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    # Still usable.
    model.fit(X, Y, verbose=0)


UNKNOWN: dict[str, tuple[Callable[[], Any], str]] = {
    "activation": (lambda: layers.Dense(3, activation="reul"), "relu"),
    "initializer": (lambda: layers.Dense(3, kernel_initializer="glorot_uniforn"), "glorot_uniform"),
    "loss": (lambda: classifier("categorical_crossentopy"), "categorical_crossentropy"),
    "optimizer": (lambda: classifier().compile("adamm", "mse"), "adam"),
    "metric": (lambda: classifier().compile("adam", "mse", metrics=["accurcy"]), "accuracy"),
    "regularizer": (lambda: layers.Dense(3, kernel_regularizer="l3"), "l1"),
    "layer": (lambda: classifier().get_layer("bodi"), "body"),
    "argument": (lambda: layers.Dense(3, activatoin="relu"), "activation"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_names_are_told_with_the_nearest(name: str) -> None:
    act, nearest = UNKNOWN[name]
    with pytest.raises(LamellaError, match=nearest) as caught:
        act()
    assert len(str(caught.value).splitlines()) <= 3


def test_fit_before_compile() -> None:
    model = keras.Sequential([layers.Input((4,)), layers.Dense(1)])
    with pytest.raises(ValueError, match="compiled before `fit`"):
        model.fit(X, X[:, :1])


def test_counting_an_unbuilt_model() -> None:
    with pytest.raises(ValueError, match="not built"):
        keras.Sequential([layers.Dense(1)]).count_params()


def test_targets_that_would_broadcast() -> None:
    model = keras.Sequential([layers.Input((4,)), layers.Dense(3)])
    model.compile("sgd", "mse")
    with pytest.raises(LamellaError, match="entry by entry"):
        model.fit(X, X[:, :1])


def test_class_numbers_for_categorical_crossentropy() -> None:
    with pytest.raises(LamellaError, match="sparse_categorical_crossentropy"):
        classifier("categorical_crossentropy").fit(X, Y)


def test_the_traceback_has_only_the_persons_lines() -> None:
    try:
        classifier().fit(X, Y[:3])
    except LamellaError as error:
        files = []
        trace = error.__traceback__
        while trace is not None:
            files.append(trace.tb_frame.f_code.co_filename)
            trace = trace.tb_next
        # The last one is the door that the error came out of.
        assert files[0] == __file__ and len(files) == 2


def test_an_error_in_a_callback_costs_no_weights() -> None:
    class Broken(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if epoch == 1:
                raise RuntimeError("disk full")

    model = classifier()
    with pytest.raises(RuntimeError, match="disk full"):
        model.fit(X, Y, epochs=5, callbacks=[Broken()], verbose=0)
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    model.evaluate(X, Y, verbose=0)


def test_a_variable_that_nobody_owns_is_an_error_and_not_a_constant() -> None:
    stray = keras.Variable(np.ones(4, "float32"), name="stray")

    class Scaled(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.head = layers.Dense(3, activation="softmax")

        def call(self, inputs: Any) -> Any:
            return self.head(inputs * stray.value)

    model = Scaled()
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(LamellaError, match="stray"):
        model.fit(X, Y, verbose=0)


def test_a_mistake_in_a_nested_call_keeps_its_line_and_names_its_layer() -> None:
    class Clash(layers.Layer):
        def call(self, inputs: Any) -> Any:
            return inputs + np.ones(3)  # the line to be shown

    model = keras.Sequential([layers.Input((4,), name="in"), layers.Dense(3)])
    model.add(layers.Dense(4))
    with pytest.raises(ValueError, match=r"\(batch, 4\), \(3,\)") as caught:
        model.add(Clash(name="clash"))
    lines = [entry for entry in caught.traceback if entry.path.name == "test_bad_input.py"]
    assert any("clash" in note for note in caught.value.__notes__)
    assert len(lines) == 2


def test_metrics_in_the_place_of_loss_weights_are_refused() -> None:
    model = keras.Sequential([layers.Input((2,)), layers.Dense(1)])
    with pytest.raises(LamellaError, match=r"loss_weights.*\['accuracy'\]"):
        model.compile("adam", "mse", ["accuracy"])
