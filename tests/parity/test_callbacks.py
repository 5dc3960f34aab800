"""Which files callbacks write and when, against Keras on JAX."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import itertools
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from lamella import callbacks, optimizers

# Keras's own variables have not met NumPy 2's `copy` argument.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")

LENGTHS = [3, 5, 1, 4, 5, 2, 6]


class Model:
    """What callbacks need of a model; what is saved is only noted."""

    def __init__(self, optimizer: Any) -> None:
        self.optimizer = optimizer
        self.stop_training = False
        self.metrics: list[Any] = []
        self.noted: list[Any] = []

    def save(self, path: str, overwrite: bool = True) -> None:
        self.noted.append(("model", Path(path).name))

    def save_weights(self, path: str, overwrite: bool = True) -> None:
        self.noted.append(("weights", Path(path).name))


def drive(library: Any, optimizer: Any, made: list[Any], logs: list[dict[str, float]]) -> Model:
    """One run of `fit`, its epochs of unlike length."""
    model = Model(optimizer)
    told = library.CallbackList(made, model=model, epochs=len(logs), verbose=0)
    told.on_train_begin()
    for epoch, (length, values) in enumerate(zip(LENGTHS, logs)):
        told.on_epoch_begin(epoch)
        for batch in range(length):
            told.on_train_batch_begin(batch)
            told.on_train_batch_end(batch, {"loss": values["loss"] + batch / 8})
        told.on_epoch_end(epoch, dict(values))
    told.on_train_end({})
    return model


def both(name: str, options: dict[str, Any], logs: list[dict[str, float]]) -> tuple[Any, Any]:
    runs = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for library, optimizer in (
            (callbacks, optimizers.SGD(0.5)),
            (keras.callbacks, keras.optimizers.SGD(0.5)),
        ):
            made = getattr(library, name)(**options)
            runs.append((made, drive(library, optimizer, [made], logs)))
    return runs[0], runs[1]


def random_logs(seed: int) -> list[dict[str, float]]:
    random = np.random.default_rng(seed)
    return [
        {"loss": float(round(random.random(), 2)), "val_loss": float(round(random.random(), 1))}
        for _ in LENGTHS
    ]


MATRIX = list(
    itertools.product(
        ["m.keras", "m-{epoch:02d}-{loss:.2f}.keras"],
        ["val_loss", "loss"],
        [False, True],
        [False, True],
        ["auto", "min", "max"],
        ["epoch", 1, 4, 7],
        [None, 0.4],
    )
)


@pytest.mark.parametrize("seed", range(2))
def test_checkpoints_are_written_when_keras_writes_them(seed: int, tmp_path: Path) -> None:
    compared = 0
    for path, monitor, best_only, weights, mode, freq, threshold in MATRIX:
        if best_only and freq != "epoch":
            continue  # Keras 3.15 fails: it learns the direction at the end of the first epoch
        options = {
            "filepath": str(
                tmp_path / (path.replace(".keras", ".weights.h5") if weights else path)
            ),
            "monitor": monitor,
            "save_best_only": best_only,
            "save_weights_only": weights,
            "mode": mode,
            "save_freq": freq,
            "initial_value_threshold": threshold,
        }
        (ours, model), (theirs, wanted) = both("ModelCheckpoint", options, random_logs(seed))
        assert model.noted == wanted.noted, options
        assert ours.best == theirs.best, options
        compared += len(model.noted)
    assert compared > 500


def test_the_best_file_is_not_overwritten_by_an_epoch_without_the_value(tmp_path: Path) -> None:
    logs: list[dict[str, float]] = [{"loss": 1.0}, {"loss": 1.0, "val_loss": 0.5}, {"loss": 1.0}]
    options = {"filepath": str(tmp_path / "{epoch}.keras"), "save_best_only": True}
    (_, model), (_, wanted) = both("ModelCheckpoint", options, logs)
    assert [name for _, name in wanted.noted] == ["1.keras", "2.keras", "3.keras"]
    assert [name for _, name in model.noted] == ["1.keras", "2.keras"]


PLATEAUS = list(
    itertools.product(["min", "max", "auto"], [0.3, 0.9], [1, 2], [0, 1], [0.0, 0.1], [0.0, 0.25])
)


@pytest.mark.parametrize("seed", range(2))
def test_plateaus_change_the_rate_in_the_epochs_that_keras_does(seed: int) -> None:
    names = ("mode", "factor", "patience", "cooldown", "min_delta", "min_lr")
    for options in PLATEAUS:
        kept = []
        for library, optimizer in (
            (callbacks, optimizers.SGD(0.5)),
            (keras.callbacks, keras.optimizers.SGD(0.5)),
        ):
            history = library.History()
            made = library.ReduceLROnPlateau(**dict(zip(names, options)))
            drive(library, optimizer, [made, history], random_logs(seed))
            kept.append(history.history["learning_rate"])
        assert kept[0] == pytest.approx(kept[1]), options


def test_arrays_in_csv_files_stand_as_in_keras(tmp_path: Path) -> None:
    texts = []
    for library, optimizer in (
        (callbacks, optimizers.SGD()),
        (keras.callbacks, keras.optimizers.SGD()),
    ):
        path = tmp_path / library.__name__ / "log.csv"
        path.parent.mkdir()
        logs = [{"loss": 0.5, "each": np.array([1.5, 2.0])}, {"loss": 0.25, "late": 1.0}]
        drive(library, optimizer, [library.CSVLogger(str(path), separator=";")], logs)
        texts.append(path.read_text().splitlines())
    assert texts[0] == texts[1]
