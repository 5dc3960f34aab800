"""The main job from end to end: a CNN on real images."""

import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from lamella import layers, visualization
from lamella._base import check
from lamella._state.seeds import set_random_seed
from lamella.datasets import digits, fashion_mnist
from lamella.models import Model, Sequential, load_model


class DataSet(NamedTuple):
    """What the demo needs to know of a data set.

    Args:
        load: gives (x_train, y_train), (x_test, y_test) from a path or None.
        labels: the names of the classes.
        highest: the value of a full pixel.
        epochs: enough passes for the promised accuracy.
    """

    load: Callable[[str | None], Any]
    labels: list[str]
    highest: float
    epochs: int


DATA_SETS = {
    "digits": DataSet(lambda path: digits.load_data(), [*"0123456789"], 16.0, 40),
    "fashion-mnist": DataSet(fashion_mnist.load_data, [*fashion_mnist.CLASS_NAMES], 255.0, 8),
}


def build_model(image_shape: tuple[int, ...], classes: int) -> Model:
    """Two blocks of convolution and pooling, a dense layer, dropout, and a softmax."""
    return Sequential(
        [
            layers.Input(shape=image_shape, name="image"),
            layers.Conv2D(32, kernel_size=3, activation="relu", padding="same"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, kernel_size=(3, 3), activation="relu", padding="same"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(100, activation="relu"),
            layers.Dropout(0.4),
            layers.Dense(classes, activation="softmax"),
        ],
        name="cnn",
    )


def run_demo(
    name: str, out: Path, epochs: int | None = None, seed: int = 0, path: str | None = None
) -> int:
    """Trains, evaluates, saves, reloads and draws; gives 0 if the reloaded model agrees."""
    data = DATA_SETS[name]
    epochs = data.epochs if epochs is None else check.positive_int(epochs, "epochs")
    (x_train, y_train), (x_test, y_test) = data.load(path)
    x_train, x_test = (images[..., None] / np.float32(data.highest) for images in (x_train, x_test))
    set_random_seed(seed)
    model = build_model(x_train.shape[1:], len(data.labels))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.summary()
    started = time.perf_counter()
    history = model.fit(x_train, y_train, epochs=epochs, validation_data=(x_test, y_test))
    seconds = time.perf_counter() - started
    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"held-out images: {len(x_test)}  loss: {loss:.4f}  accuracy: {accuracy:.2%}")
    out.mkdir(parents=True, exist_ok=True)
    probabilities = model.predict(x_test, batch_size=256, verbose=0)
    model.save(out / "model.keras")
    visualization.plot_model(model, out / "model.svg", show_shapes=True)
    reloaded = load_model(out / "model.keras").predict(x_test, batch_size=256, verbose=0)
    agrees = np.array_equal(reloaded, probabilities)
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    visualization.training_report(
        out / "report.html",
        title=f"A CNN on {name}",
        history=history.history,
        labels=data.labels,
        y_true=y_test,
        y_pred_probabilities=probabilities,
        images=x_test[..., 0],
        summary_text="\n".join(lines),
        diagram_svg=(out / "model.svg").read_text(encoding="utf-8"),
        facts={
            "held-out loss": f"{loss:.4f}",
            "training images": f"{len(x_train):,}",
            "epochs": str(epochs),
            "training time": f"{seconds:.1f} s",
            "seed": str(seed),
            "device": jax.devices()[0].device_kind,
            "versions": f"jax {jax.__version__}, Python {platform.python_version()}",
        },
    )
    print(f"wrote model.keras, model.svg and report.html into {out}")
    print(f"the reloaded model predicts the same: {'yes' if agrees else 'NO'}")
    return 0 if agrees else 1
