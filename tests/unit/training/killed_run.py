"""The program that test_resume.py kills: python killed_run.py FOLDER RESULT [backup]."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import lamella
from lamella import layers
from lamella._training import run_folder
from lamella.callbacks import BackupAndRestore, Callback, EarlyStopping, ReduceLROnPlateau

EPOCHS = 12


class Rows(Callback):
    """Draws from NumPy's generator as augmentation would; a callback of a person's own."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn: list[float] = []

    def on_train_begin(self, logs: Any = None) -> None:
        print("ready", flush=True)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        time.sleep(0.002)  # so that there are moments within an epoch to be killed in

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.drawn.append(float(np.random.random()))


def main(folder: str, result: str, how: str = "resume") -> None:
    run_folder._SECONDS_BETWEEN = 0.02
    run_folder._SHARE_OF_WRITING = 1.0
    lamella.utils.set_random_seed(1)
    x = np.random.normal(size=(700, 24)).astype("float32")
    y = (x[:, :3] + np.random.normal(size=(700, 3))).argmax(1)
    model = lamella.Sequential(
        [
            layers.Input((24,)),
            layers.Dense(32, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    rows = Rows()
    told: list[Any] = [
        rows,
        ReduceLROnPlateau(patience=1, factor=0.5),
        EarlyStopping(patience=6, restore_best_weights=True),
    ]
    settings: dict[str, Any] = {"resume": folder}
    if how == "backup":
        told.append(BackupAndRestore(folder, save_freq=3, delete_checkpoint=False))
        settings = {}
    history = model.fit(
        x,
        y,
        batch_size=16,
        epochs=EPOCHS,
        validation_split=0.2,
        callbacks=told,
        verbose=0,
        **settings,
    )
    arrays = [*model.get_weights(), *(one.numpy() for one in model.optimizer.variables)]
    named = {f"array.{index}": array for index, array in enumerate(arrays)}
    named.update({f"history.{name}": np.array(v) for name, v in history.history.items()})
    named["epochs"] = np.array(history.epoch)
    named["drawn"] = np.array(rows.drawn)
    with Path(result).open("wb") as file:
        np.savez(file, **named)  # type: ignore[arg-type]


if __name__ == "__main__":
    main(*sys.argv[1:])
