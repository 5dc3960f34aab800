"""ModelCheckpoint, and what it shares with other callbacks that save the model."""

import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from lamella._base import FileProblem, InvalidArgument, UnknownName, register
from lamella.callbacks.base import Phase, checked_frequency
from lamella.callbacks.logs import Logs
from lamella.callbacks.monitor import MonitorCallback

_WEIGHTS = (".weights.h5", ".h5", ".hdf5")
_MODELS = (".keras",)


class SavingCallback(MonitorCallback):
    """Saves something after epochs or batches, always or when a watched value got better.

    A subclass is a dataclass and has `save`.

    Args:
        monitor, mode, initial_value_threshold: what tells which model is best.
        verbose: 1 prints what is saved.
        save_best_only: whether to save only when that value got better.
        save_freq: "epoch", or a number of batches.
    """

    # The old argument `period`: epochs from one file to the next.
    _period = 1

    verbose: int
    save_best_only: bool
    save_freq: str | int
    initial_value_threshold: float | None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.best = self.initial_value_threshold
        self.save_freq = checked_frequency(self.save_freq)
        self._epoch = 0
        self._batches = 0
        self._last_batch: int | None = None
        self._epochs = 0

    def wants_batches(self, phase: Phase) -> bool:
        return phase == "train" and self.save_freq != "epoch"

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.save_freq == "epoch":
            return
        fresh = self._last_batch is None or batch <= self._last_batch
        self._batches += batch + 1 if fresh else batch - (self._last_batch or 0)
        self._last_batch = batch
        if self._batches >= int(self.save_freq):
            self._batches = 0
            self.save(self._epoch, batch, logs or {})

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._epochs += 1
        if self.save_freq == "epoch" and self._epochs >= self._period:
            self._epochs = 0
            self.save(epoch, None, logs or {})

    def save(self, epoch: int, batch: int | None, logs: dict[str, Any]) -> None:
        """Saves if `is_due` says so; `batch` is None after an epoch."""
        raise NotImplementedError(f"{type(self).__name__} has no `save` method.")

    def is_due(self, epoch: int, logs: dict[str, Any], path: str) -> bool:
        """Whether it is time to save; tells of it with verbose=1."""
        said = f"Epoch {epoch + 1}: saving the model to {path}"
        if self.save_best_only:
            current = self.watched(logs) if self.save_freq == "epoch" else self.find(logs)
            if current is None:
                if self.save_freq != "epoch":
                    self.missing(logs)
                # Nothing is lost either way: a first file is better than none, and a best one is
                # not overwritten by one of which nothing is known.
                return self.best is None
            if np.ndim(current):
                raise InvalidArgument(
                    f"{type(self).__name__} watches '{self.monitor}', which is not one number.",
                    help="Watch a loss or a metric that gives one number.",
                )
            before = "None" if self.best is None else f"{self.best:.5f}"
            if not self.is_improvement(current, self.best):
                if self.verbose > 0:
                    print(f"Epoch {epoch + 1}: {self.monitor} did not improve from {before}")
                return False
            self.best = current
            said = (
                f"Epoch {epoch + 1}: {self.monitor} improved from {before} to {current:.5f}, "
                f"saving the model to {path}"
            )
        if self.verbose > 0:
            print(said)
        return True


@register("callback", module="keras.callbacks")
@dataclass(eq=False, repr=False)
class ModelCheckpoint(SavingCallback):
    """Saves the model, or its weights, after epochs or batches.

    Args:
        filepath: where; "{epoch:02d}-{val_loss:.2f}.keras" is filled in from the logs.
        monitor: the value that tells which model is best.
        verbose: 1 prints what is saved.
        save_best_only: whether to save only when that value got better.
        save_weights_only: whether to save weights only; filepath ends in ".weights.h5" then.
        mode: "min", "max", or "auto" to tell by the metric.
        save_freq: "epoch", or a number of batches.
        initial_value_threshold: the value to beat first.

    Raises: InvalidArgument, if filepath or save_freq cannot be used; UnknownName after the first
        epoch, if save_best_only watches a name that no log has.

    Example:
        >>> ModelCheckpoint("best.keras", save_best_only=True).wants_batches("train")
        False
    """

    writes_files = True

    filepath: str | os.PathLike[str]
    monitor: str = "val_loss"
    verbose: int = 0
    save_best_only: bool = False
    save_weights_only: bool = False
    mode: str = "auto"
    save_freq: str | int = "epoch"
    initial_value_threshold: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.filepath = path = os.fspath(self.filepath)
        endings = _WEIGHTS if self.save_weights_only else _MODELS
        if not path.endswith(endings):
            raise InvalidArgument(
                f"Argument `filepath` of ModelCheckpoint must end in {endings[0]} "
                f"with save_weights_only={self.save_weights_only}. Received: '{path}'.",
                help=f"Write '{_stem(path)}{endings[0]}'.",
            )

    def save(self, epoch: int, batch: int | None, logs: dict[str, Any]) -> None:
        path = self._path(epoch, batch, logs)
        if not self.is_due(epoch, logs, path):
            return
        if os.path.isdir(path):
            raise FileProblem(
                f"ModelCheckpoint cannot write '{path}': a folder of that name is there.",
                help="Pass the name of a file.",
            )
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)

    def _path(self, epoch: int, batch: int | None, logs: dict[str, Any]) -> str:
        known = Logs({**logs, "epoch": epoch + 1})
        if batch is not None:
            known.setdefault("batch", batch + 1)
        try:
            return os.fspath(self.filepath).format_map(known)
        except UnknownName as cause:
            message = f"The filepath '{self.filepath}' of ModelCheckpoint: {cause.message}"
            raise UnknownName(message, help=cause.help) from None


def _stem(filepath: str) -> str:
    root, ending = os.path.splitext(filepath)
    return root if ending in (".h5", ".hdf5", ".keras", ".tf", ".ckpt") else filepath
