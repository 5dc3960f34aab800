"""What is measured: data and models. lamella and Keras run the same lines, as `keras`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Workload(NamedTuple):
    """One model with its data.

    Args:
        name: for the table.
        model: makes the model from a module with the Keras API.
        data: gives x and y for a number of rows.
        losses: by output, Keras's names.
        optimizer: "adam" or "sgd", with Keras's defaults.
        steps: of one epoch, with one batch each.
        gflop: of one training step, None where nobody counts.
        tolerance: how far the loss of the first epoch may be from lamella's, as a share.
        batch: rows of a step.
    """

    name: str
    model: Callable[[Any], Any]
    data: Callable[[int], tuple[Any, Any]]
    losses: tuple[str, ...]
    optimizer: str
    steps: int
    gflop: float | None = None
    tolerance: float = 0.01
    batch: int = 32


CLASSES = 10
VOCABULARY = 50_000
_SPARSE = ("sparse_categorical_crossentropy",)


def _features(*shape: int) -> Callable[[int], tuple[Any, Any]]:
    """Normal numbers in classes that can be learnt: each class has a centre of its own."""

    def data(rows: int) -> tuple[Any, Any]:
        random = np.random.default_rng(1)
        y = random.integers(0, CLASSES, rows).astype("int32")
        centres = random.normal(size=(CLASSES, *shape)).astype("float32")
        return centres[y] * 0.3 + random.normal(size=(rows, *shape)).astype("float32"), y

    return data


def _line(rows: int) -> tuple[Any, Any]:
    x = np.linspace(-1, 1, rows, dtype="float32")[:, None]
    noise = np.random.default_rng(1).normal(size=x.shape).astype("float32")
    return x, 3 * x + 1 + 0.1 * noise


def _two(rows: int) -> tuple[Any, Any]:
    x, y = _features(64)(rows)
    more, _ = _features(32)(rows)
    return [x, more], [y, more.sum(-1, keepdims=True) * 0.1]


def _words(vocabulary: int, length: int, classes: int) -> Callable[[int], tuple[Any, Any]]:
    def data(rows: int) -> tuple[Any, Any]:
        random = np.random.default_rng(1)
        x = random.integers(0, vocabulary, (rows, length)).astype("int32")
        y = (x < vocabulary // 2).mean(-1) if classes == 1 else x[:, 0] * classes // vocabulary
        return x, (y[:, None] > 0.5).astype("float32") if classes == 1 else y.astype("int32")

    return data


def linear(keras: Any) -> Any:
    """The line of the notes."""
    return keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])


def mlp(keras: Any) -> Any:
    """784-300-100-10."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((784,)),
            layers.Dense(300, activation="relu"),
            layers.Dense(100, activation="relu"),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )


def cnn(keras: Any) -> Any:
    """The CNN of the notes."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(100, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )


def batchnorm(keras: Any) -> Any:
    """An MLP of 256-256 with BatchNormalization."""
    layers = keras.layers
    model = keras.Sequential([keras.Input((64,))])
    for _ in range(2):
        model.add(layers.Dense(256))
        model.add(layers.BatchNormalization())
        model.add(layers.Activation("relu"))
    model.add(layers.Dense(CLASSES, activation="softmax"))
    return model


def lstm(keras: Any) -> Any:
    """LSTM of 128 over 50 steps."""
    layers = keras.layers
    return keras.Sequential(
        [keras.Input((50, 32)), layers.LSTM(128), layers.Dense(CLASSES, activation="softmax")]
    )


def gru(keras: Any) -> Any:
    """GRU of 128 over 50 steps."""
    layers = keras.layers
    return keras.Sequential(
        [keras.Input((50, 32)), layers.GRU(128), layers.Dense(CLASSES, activation="softmax")]
    )


def resnet20(keras: Any) -> Any:
    """ResNet-20 for 32x32x3 (He et al. 2015), shortcuts by convolutions of window 1."""
    layers = keras.layers

    def convolved(x: Any, filters: int, window: int, strides: int) -> Any:
        x = layers.Conv2D(filters, window, strides, padding="same", use_bias=False)(x)
        return layers.BatchNormalization()(x)

    inputs = keras.Input((32, 32, 3))
    x = layers.Activation("relu")(convolved(inputs, 16, 3, 1))
    for filters in (16, 32, 64):
        for block in range(3):
            strides = 2 if filters > 16 and block == 0 else 1
            y = layers.Activation("relu")(convolved(x, filters, 3, strides))
            y = convolved(y, filters, 3, 1)
            if strides > 1:
                x = convolved(x, filters, 1, strides)
            x = layers.Activation("relu")(layers.Add()([y, x]))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(CLASSES, activation="softmax")(x))


def transformer(keras: Any) -> Any:
    """Two encoder blocks of width 64 with 4 heads over 64 words."""
    layers = keras.layers
    inputs = keras.Input((64,), dtype="int32")
    x = layers.Embedding(1000, 64)(inputs)
    for _ in range(2):
        seen = layers.MultiHeadAttention(4, 16)(x, x)
        x = layers.LayerNormalization()(layers.Add()([x, seen]))
        y = layers.Dense(64)(layers.Dense(256, activation="relu")(x))
        x = layers.LayerNormalization()(layers.Add()([x, y]))
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, layers.Dense(CLASSES, activation="softmax")(x))


def two_by_two(keras: Any) -> Any:
    """Two inputs, two outputs."""
    layers = keras.layers
    one, other = keras.Input((64,), name="one"), keras.Input((32,), name="other")
    a = layers.Dense(128, activation="relu")(one)
    b = layers.Dense(128, activation="relu")(other)
    both = layers.Dense(128, activation="relu")(layers.Concatenate()([a, b]))
    kind = layers.Dense(CLASSES, activation="softmax", name="kind")(both)
    size = layers.Dense(1, name="size")(both)
    return keras.Model([one, other], [kind, size])


def bag_of_words(keras: Any) -> Any:
    """The mean of 100 embedded words out of 50,000."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((100,), dtype="int32"),
            layers.Embedding(VOCABULARY, 64),
            layers.GlobalAveragePooling1D(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


# Multiplications and additions of a step of the CNN, forward, and backward without the gradient of
# the pictures.
_CNN = 2 * 32 * (2 * 784 * 9 * 32 + 3 * (196 * 9 * 32 * 64 + 3136 * 100 + 100 * 10)) / 1e9

WORKLOADS = {
    one.name: one
    for one in (
        Workload("linear", linear, _line, ("mse",), "sgd", 5),
        Workload("mlp", mlp, _features(784), _SPARSE, "adam", 100),
        Workload("cnn", cnn, _features(28, 28, 1), _SPARSE, "adam", 40, _CNN, 0.1),
        Workload("batchnorm", batchnorm, _features(64), _SPARSE, "adam", 100),
        Workload("lstm", lstm, _features(50, 32), _SPARSE, "adam", 20),
        Workload("gru", gru, _features(50, 32), _SPARSE, "adam", 20),
        Workload("resnet20", resnet20, _features(32, 32, 3), _SPARSE, "adam", 5, None, 0.03),
        Workload("transformer", transformer, _words(1000, 64, CLASSES), _SPARSE, "adam", 20),
        Workload("two_by_two", two_by_two, _two, (*_SPARSE, "mse"), "adam", 100),
        Workload("bag", bag_of_words, _words(VOCABULARY, 100, 1), ("bce",), "adam", 20),
    )
}


def _deep(blocks: int) -> Callable[[Any], Any]:
    def model(keras: Any) -> Any:
        """Equal blocks, one after the other."""
        layers = keras.layers
        x = inputs = keras.Input((64,))
        for _ in range(blocks):
            inside = layers.Dense(64, activation="relu")(layers.LayerNormalization()(x))
            x = layers.Add()([x, inside])
        return keras.Model(inputs, layers.Dense(CLASSES, activation="softmax")(x))

    return model


def _wide(units: int) -> Callable[[Any], Any]:
    def model(keras: Any) -> Any:
        """Two hidden layers of some width."""
        layers = keras.layers
        hidden = [layers.Dense(units, activation="relu") for _ in range(2)]
        head = layers.Dense(CLASSES, activation="softmax")
        return keras.Sequential([keras.Input((64,)), *hidden, head])

    return model


# Cost against depth, width and batch, and where rows alone move: asked for by name, for peers with
# the API of Keras.
SCALING = {
    one.name: one
    for one in (
        *(
            Workload(f"deep_{blocks}", _deep(blocks), _features(64), _SPARSE, "adam", 5)
            for blocks in (10, 100, 1000)
        ),
        *(
            Workload(f"wide_{units}", _wide(units), _features(64), _SPARSE, "adam", 50)
            for units in (64, 256, 1024)
        ),
        *(
            Workload(f"batch_{rows}", mlp, _features(784), _SPARSE, "adam", 20, batch=rows)
            for rows in (1, 32, 512)
        ),
        Workload("bag_sgd", bag_of_words, _words(VOCABULARY, 100, 1), ("bce",), "sgd", 20),
    )
}
ALL = {**WORKLOADS, **SCALING}


def whole_data(workload: Workload) -> tuple[Any, Any]:
    """The training data, in lists by input and by output."""
    x, y = workload.data(workload.steps * workload.batch)
    return (x if isinstance(x, list) else [x]), (y if isinstance(y, list) else [y])
