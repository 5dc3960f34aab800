"""Old arguments of layers, optimizers, callbacks and models."""

from __future__ import annotations

import inspect
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from lamella import callbacks, constraints, initializers, layers, models, optimizers, regularizers
from lamella._base.errors import InvalidArgument, LamellaError, WrongType
from lamella._base.old_spellings import OldSpellingWarning, forget


@pytest.fixture(autouse=True)
def _nothing_is_told_yet() -> None:
    forget()


def made(name: str, *args: Any, **kwargs: Any) -> tuple[Any, str]:
    """A layer of that name, and the one warning of making it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        layer = getattr(layers, name)(*args, **kwargs)
    assert [warning.category for warning in caught] == [OldSpellingWarning]
    assert caught[0].filename == __file__
    return layer, str(caught[0].message)


def config(layer: Any) -> dict[str, Any]:
    return {key: value for key, value in layer.get_config().items() if key != "name"}


OLD = {
    "units of Dense": (
        ("Dense", (), {"output_dim": 4}),
        lambda: layers.Dense(units=4),
        "Write Dense(units=4).",
    ),
    "weights of Dense": (
        ("Dense", (4,), {"init": "uniform", "W_regularizer": "l2", "bias": False}),
        lambda: layers.Dense(
            4, kernel_initializer="uniform", kernel_regularizer="l2", use_bias=False
        ),
        "Write Dense(4, kernel_initializer='uniform', kernel_regularizer='l2', use_bias=False).",
    ),
    "constraints of Dense": (
        ("Dense", (4,), {"W_constraint": "max_norm", "b_constraint": "non_neg"}),
        lambda: layers.Dense(4, kernel_constraint="max_norm", bias_constraint="non_neg"),
        "kernel_constraint='max_norm', bias_constraint='non_neg'",
    ),
    "Conv2D by name": (
        ("Convolution2D", (), {"nb_filter": 8, "nb_row": 3, "nb_col": 5, "subsample": (2, 2)}),
        lambda: layers.Conv2D(8, (3, 5), strides=(2, 2)),
        "Write Conv2D(filters=8, kernel_size=(3, 5), strides=(2, 2)).",
    ),
    "Conv2D, columns first": (
        ("Conv2D", (8,), {"nb_col": 5, "nb_row": 3}),
        lambda: layers.Conv2D(8, (3, 5)),
        "Write Conv2D(8, kernel_size=(3, 5)).",
    ),
    "Conv2D of Keras 1": (
        ("Convolution2D", (8, 3, 3), {"border_mode": "same", "dim_ordering": "tf"}),
        lambda: layers.Conv2D(8, (3, 3), padding="same", data_format="channels_last"),
        "Write Conv2D(8, (3, 3), padding='same', data_format='channels_last').",
    ),
    "Conv3D of Keras 1": (
        ("Conv3D", (8, 3, 3, 2), {}),
        lambda: layers.Conv3D(8, (3, 3, 2)),
        "Write Conv3D(8, (3, 3, 2)).",
    ),
    "Conv1D": (
        ("Convolution1D", (), {"nb_filter": 8, "filter_length": 3, "subsample_length": 2}),
        lambda: layers.Conv1D(8, 3, strides=2),
        "Write Conv1D(filters=8, kernel_size=3, strides=2).",
    ),
    "dim_ordering": (
        ("ZeroPadding2D", (1,), {"dim_ordering": "th"}),
        lambda: layers.ZeroPadding2D(1, data_format="channels_first"),
        "Write ZeroPadding2D(1, data_format='channels_first').",
    ),
    "pooling": (
        ("MaxPooling1D", (), {"pool_length": 3, "stride": 2}),
        lambda: layers.MaxPooling1D(3, 2),
        "Write MaxPooling1D(pool_size=3, strides=2).",
    ),
    "border_mode of pooling": (
        ("MaxPooling2D", ((2, 2),), {"border_mode": "same"}),
        lambda: layers.MaxPooling2D((2, 2), padding="same"),
        "Write MaxPooling2D((2, 2), padding='same').",
    ),
    "LSTM": (
        (
            "LSTM",
            (),
            {
                "output_dim": 5,
                "init": "he_normal",
                "inner_init": "glorot_uniform",
                "inner_activation": "hard_sigmoid",
                "forget_bias_init": "zero",
                "dropout_W": 0.2,
                "dropout_U": 0.1,
                "U_regularizer": "l2",
                "consume_less": "gpu",
            },
        ),
        lambda: layers.LSTM(
            5,
            kernel_initializer="he_normal",
            recurrent_initializer="glorot_uniform",
            recurrent_activation="hard_sigmoid",
            unit_forget_bias=False,
            dropout=0.2,
            recurrent_dropout=0.1,
            recurrent_regularizer="l2",
        ),
        "recurrent_regularizer='l2'). The loop is chosen",
    ),
    "Dropout": (("Dropout", (), {"p": 0.3}), lambda: layers.Dropout(0.3), "Dropout(rate=0.3)"),
    "GaussianNoise": (
        ("GaussianNoise", (), {"sigma": 0.3}),
        lambda: layers.GaussianNoise(0.3),
        "GaussianNoise(stddev=0.3)",
    ),
    "BatchNormalization": (
        ("BatchNormalization", (), {"mode": 0, "gamma_init": "zero"}),
        lambda: layers.BatchNormalization(gamma_initializer="zeros"),
        "Write BatchNormalization(gamma_initializer='zero').",
    ),
    "Embedding": (
        ("Embedding", (9, 2), {"init": "normal", "W_regularizer": "l2"}),
        lambda: layers.Embedding(
            9, 2, embeddings_initializer="normal", embeddings_regularizer="l2"
        ),
        "embeddings_initializer='normal'",
    ),
    "LeakyReLU": (
        ("LeakyReLU", (), {"alpha": 0.1}),
        lambda: layers.LeakyReLU(0.1),
        "Write LeakyReLU(negative_slope=0.1).",
    ),
    "UpSampling1D": (
        ("UpSampling1D", (), {"length": 3}),
        lambda: layers.UpSampling1D(3),
        "Write UpSampling1D(size=3).",
    ),
}


@pytest.mark.parametrize("case", OLD)
def test_an_old_layer_is_the_one_of_today(case: str) -> None:
    (name, args, kwargs), today, line = OLD[case]
    old, message = made(name, *args, **kwargs)
    assert config(old) == config(today())
    assert line in message


def test_an_old_spelling_is_told_of_once() -> None:
    with pytest.warns(OldSpellingWarning):
        layers.Dense(output_dim=3)
    assert layers.Dense(output_dim=4).units == 4  # a warning would be an error here


def test_conv2d_with_two_numbers_means_strides_and_says_so() -> None:
    layer, message = made("Conv2D", 8, 3, 3)
    assert (layer.kernel_size, layer.strides) == ((3, 3), (3, 3))
    theirs = keras.layers.Conv2D(8, 3, 3)
    assert (theirs.kernel_size, theirs.strides) == (layer.kernel_size, layer.strides)
    assert "Conv2D(8, (3, 3))" in message and "Conv2D(8, 3, strides=3)" in message


def test_conv2d_with_a_smaller_stride_is_left_alone() -> None:
    assert layers.Conv2D(8, 3, 2).strides == (2, 2)
    assert layers.Conv2D(8, 1, 2).strides == (2, 2)
    assert layers.Conv2D(8, 3, 1, "same").padding == "same"


def test_constructors_show_their_true_signatures() -> None:
    for name in ("Dense", "Conv2D", "LSTM", "BatchNormalization", "MaxPooling2D"):
        ours = inspect.signature(getattr(layers, name)).parameters
        theirs = inspect.signature(getattr(keras.layers, name)).parameters
        assert list(ours) == list(theirs)


def test_a_parameter_of_today_keeps_its_meaning() -> None:
    assert layers.ELU(alpha=0.5).alpha == 0.5
    assert layers.Embedding(5, output_dim=3).output_dim == 3

    class Own(layers.Layer):
        def __init__(self, p: float, init: str, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.given = (p, init)

    assert Own(p=0.1, init="mine").given == (0.1, "mine")


def test_a_subclass_may_pass_old_arguments_on() -> None:
    class Own(layers.Dense):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(3, **kwargs)

    with pytest.warns(OldSpellingWarning, match="use_bias=False"):
        assert Own(bias=False).use_bias is False


REFUSED = {
    "both": (lambda: layers.Dense(3, init="one", kernel_initializer="one"), "`kernel_initializer`"),
    "BatchNormalization mode": (lambda: layers.BatchNormalization(mode=1), "LayerNormalization"),
    "Embedding dropout": (lambda: layers.Embedding(3, 3, dropout=0.2), "SpatialDropout1D"),
    "unknown": (lambda: layers.Dense(3, iniit="one"), "iniit"),
    "a word of other layers": (lambda: layers.Dense(3, border_mode="same"), "border_mode"),
    "decay and a schedule": (
        lambda: optimizers.SGD(optimizers.schedules.CosineDecay(0.1, 5), decay=0.1),
        "the schedule only",
    ),
    "h5 of a whole model": (lambda: callbacks.ModelCheckpoint("best.hdf5"), "'best.keras'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_refused_with_a_replacement(case: str) -> None:
    make, words = REFUSED[case]
    with pytest.raises(LamellaError) as caught:
        make()
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3
    assert isinstance(caught.value, (InvalidArgument, WrongType))


def test_input_length_gives_the_shape() -> None:
    lstm = models.Sequential([layers.LSTM(3, input_dim=1, input_length=5)])
    assert lstm.input_shape == (None, 5, 1)
    model = models.Sequential([layers.Embedding(10, 4, input_length=5), layers.Flatten()])
    assert model.output_shape == (None, 20)
    assert model.predict(np.array([[0, 1, 2, 3, 9]]), verbose=0).shape == (1, 20)


def test_batch_input_shape() -> None:
    model = models.Sequential([layers.Dense(3, batch_input_shape=(2, 4))])
    assert model.input_shape == (2, 4)


def test_weights_are_set_when_the_layer_is_built() -> None:
    kernel, bias = np.arange(8.0).reshape(4, 2), np.array([1.0, -1.0])
    layer, message = made("Dense", 2, weights=[kernel, bias])
    assert "set_weights" in message
    x = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")

    class Around(models.Model):
        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner = inner

        def call(self, x: Any) -> Any:
            return self.inner(x)

    # Built inside of another one's shape inference.
    np.testing.assert_allclose(Around(layer).predict(x, verbose=0), x @ kernel + bias, rtol=1e-5)
    lstm_weights = [w * 0 + 1 for w in layers.LSTM(2).get_weights()]
    source = layers.LSTM(2)
    source.build((None, 3, 4))
    lstm_weights = source.get_weights()
    lstm, _ = made("LSTM", 2, weights=lstm_weights)
    lstm.build((None, 3, 4))
    for one, other in zip(lstm.get_weights(), lstm_weights):
        np.testing.assert_array_equal(one, other)


def test_lr_is_learning_rate() -> None:
    with pytest.warns(OldSpellingWarning, match=r"Write SGD\(learning_rate=0\.5, momentum=0\.9\)"):
        made = optimizers.SGD(lr=0.5, momentum=0.9)
    with pytest.warns(OldSpellingWarning, match="learning_rate"):
        assert float(made.lr) == 0.5
    made.lr = 0.25
    assert float(made.learning_rate) == 0.25
    made.lr.assign(0.125)
    assert float(made.learning_rate) == 0.125


def test_decay_is_the_one_of_old_keras() -> None:
    # w <- w - lr / (1 + decay * iterations) * g, as Keras 2 had it.
    with pytest.warns(OldSpellingWarning, match=r"InverseTimeDecay\(0\.5, decay_steps=1") as told:
        made = optimizers.SGD(lr=0.5, decay=0.1)
    assert len(told) == 1
    model = models.Sequential([layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    model.compile(made, "mse")
    x, y = np.ones((1, 1), "float32"), np.zeros((1, 1), "float32")
    weight = 1.0
    for step in range(4):
        model.train_on_batch(x, y)
        weight -= 0.5 / (1 + 0.1 * step) * 2 * weight
        np.testing.assert_allclose(model.get_weights()[0].item(), weight, rtol=1e-5, atol=1e-6)


def test_the_defaults_that_keras_2_wrote_out() -> None:
    with pytest.warns(OldSpellingWarning) as told:
        made = optimizers.Adam(
            lr=0.001, beta_1=0.9, beta_2=0.999, epsilon=None, decay=0.0, amsgrad=False
        )
    assert len(told) == 1
    assert made.get_config() == {**optimizers.Adam().get_config(), "name": made.name}


def test_period_of_a_checkpoint(tmp_path: Path) -> None:
    with pytest.warns(OldSpellingWarning, match=r"save_freq=2 \* steps_per_epoch"):
        kept = callbacks.ModelCheckpoint(str(tmp_path / "{epoch}.keras"), period=2)
    model = models.Sequential([layers.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=5, verbose=0, callbacks=[kept])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2.keras", "4.keras"]


def test_old_names_of_files_and_logs(tmp_path: Path) -> None:
    kept = callbacks.ModelCheckpoint(
        str(tmp_path / "w-{val_acc:.1f}.hdf5"), save_weights_only=True, monitor="val_acc"
    )
    model = models.Sequential([layers.Input((2,)), layers.Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    data = np.ones((4, 2), "float32"), np.zeros((4,), "int32")
    with pytest.warns(UserWarning):
        model.fit(*data, validation_data=data, verbose=0, callbacks=[kept])
    (path,) = tmp_path.iterdir()
    assert path.name in ("w-0.0.hdf5", "w-1.0.hdf5")
    model.load_weights(path)


def test_plateau_epsilon() -> None:
    with pytest.warns(OldSpellingWarning, match=r"min_delta=0\.01"):
        assert callbacks.ReduceLROnPlateau(epsilon=0.01).min_delta == 0.01


def test_model_input_and_output() -> None:
    x = layers.Input((4,))
    y = layers.Dense(3)(x)
    with pytest.warns(OldSpellingWarning, match="inputs=..., outputs=..."):
        model = models.Model(input=x, output=y)
    assert type(model) is models.Functional and model.output_shape == (None, 3)
    assert models.Model(x, output=y).output_shape == (None, 3)


def test_second_names_of_today_are_silent() -> None:
    pairs = [
        (regularizers, ("l1", "l2", "l1_l2", "orthogonal_regularizer")),
        (constraints, ("max_norm", "min_max_norm", "non_neg", "unit_norm")),
        (initializers, ("glorot_normal", "he_uniform", "random_normal", "zeros", "ones")),
    ]
    for room, names in pairs:
        for name in names:
            theirs = getattr(getattr(keras, room.__name__.split(".")[-1]), name)
            assert getattr(room, name).__name__ == theirs.__name__
