"""Models made twice, by lamella and by real Keras on JAX, with the same weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

import lamella

Builder = Callable[[Any, str], Any]


def _stack(
    library: Any, style: str, shape: tuple, make: Callable[[Any], list[Any]], dtype: str
) -> Any:
    """The same row of layers in one of the three model APIs."""
    stack = make(library.layers)
    inputs = library.Input(shape, dtype=dtype)
    if style == "sequential":
        return library.Sequential([inputs, *stack])
    if style == "functional":
        x = inputs
        for layer in stack:
            x = layer(x)
        return library.Model(inputs, x)

    class Subclassed(library.Model):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.stack = stack

        def call(self, x: Any, training: bool = False) -> Any:
            for layer in self.stack:
                # Keras on JAX does not pass `training` on by itself here; lamella does.
                told = type(layer).__name__ in ("Dropout", "BatchNormalization")
                x = layer(x, training=training) if told else layer(x)
            return x

    model = Subclassed()
    model(np.zeros((1, *shape), dtype))
    return model


def mlp(layers: Any) -> list[Any]:
    return [
        layers.Dense(16, activation="relu"),
        layers.Dense(8, activation="tanh"),
        layers.Dense(3, activation="softmax"),
    ]


def cnn(layers: Any) -> list[Any]:
    return [
        layers.Conv2D(8, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(12, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(10, activation="relu"),
        layers.Dropout(0.4, seed=7),
        layers.Dense(3, activation="softmax"),
    ]


def batch_norm(layers: Any) -> list[Any]:
    return [
        layers.BatchNormalization(),
        layers.Dense(16, activation="relu"),
        layers.BatchNormalization(momentum=0.9),
        layers.Dropout(0.3, seed=3),
        layers.Dense(3, activation="softmax"),
    ]


def lstm(layers: Any) -> list[Any]:
    return [
        layers.LSTM(8, return_sequences=True),
        layers.LSTM(6),
        layers.Dense(3, activation="softmax"),
    ]


SHAPES: dict[str, tuple] = {"mlp": (5,), "cnn": (12, 12, 1), "batch_norm": (6,), "lstm": (7, 4)}
STACKS = {"mlp": mlp, "cnn": cnn, "batch_norm": batch_norm, "lstm": lstm}
STYLES = ["sequential", "functional", "subclassed"]


def pair(name: str, style: str) -> tuple[Any, Any]:
    """lamella's model and Keras's, with Keras's weights in both, the same in each run.

    Other weights may put an entry so near to a step of relu or pooling that rounding decides.
    """
    keras.utils.set_random_seed(0)
    theirs = _stack(keras, style, SHAPES[name], STACKS[name], "float32")
    ours = _stack(lamella, style, SHAPES[name], STACKS[name], "float32")
    ours.set_weights(theirs.get_weights())
    return ours, theirs


def batch(name: str, rows: int = 32, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and class numbers for a model of that name."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, *SHAPES[name])).astype("float32")
    return x, random.integers(0, 3, rows).astype("int32")
