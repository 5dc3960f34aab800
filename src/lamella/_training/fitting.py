"""fit: epochs over the data, with what is told, kept and taken up again on the way."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lamella._base.errors import InvalidData
from lamella._base.serialize import serialize
from lamella._state.seeds import random_states, set_random_states
from lamella._training.loop import interrupt_at_the_edge
from lamella._training.run_folder import RunFolder
from lamella.callbacks import BackupAndRestore, CallbackList
from lamella.data import ArrayData, StreamData


@dataclass
class Place:
    """Where a run is.

    Args:
        epoch: the epoch that runs, or the next one between two epochs.
        step: how many of its steps are done.
        order: the order of its rows, None for the order in which they lie.
        logs: losses and metrics after that step.
        randomness: what random numbers depended on when the epoch began.
    """

    epoch: int
    step: int = 0
    order: np.ndarray | None = None
    logs: dict[str, Any] = field(default_factory=dict)
    randomness: Any = None


@dataclass
class Fitting:
    """One call of fit.

    Args:
        model: what is trained.
        data, validation: what to train on and what to look at after epochs, None for nothing.
        told: the callbacks.
        folder: where checkpoints go, None for nowhere.
        batch_size, steps, shuffle: how an epoch runs.
        validation_batch_size, validation_steps: how the validation runs.
        validates: whether an epoch is followed by the validation.
        verbose: whether to say that a run is taken up again.
    """

    model: Any
    data: Any
    validation: Any
    told: CallbackList
    folder: RunFolder | None
    batch_size: int
    steps: int | None
    shuffle: bool
    validation_batch_size: int
    validation_steps: int | None
    validates: Callable[[int], bool]
    verbose: bool = True
    records: list[dict[str, Any]] = field(default_factory=list)

    def run(self, first: int, epochs: int) -> None:
        """Trains from one epoch up to another."""
        kept = self._load()
        self.model.stop_training = False
        logs: dict[str, Any] = {}
        with contextlib.ExitStack() as stack:
            stack.callback(self.told.close)
            if self.folder is not None:
                stack.callback(self.folder.close)
            self.told.on_train_begin()
            if kept is not None:
                first = kept["epoch"]
                logs = kept["logs"]
                if not kept["step"]:
                    self._restore(kept)
                    kept = None
            pressed = stack.enter_context(interrupt_at_the_edge())
            for epoch in range(first, epochs):
                if self.model.stop_training:
                    break
                logs = self._epoch(epoch, kept, pressed)
                kept = None
            self.told.on_train_end(logs)
            if self.folder is not None:
                self.folder.finish()

    def _epoch(
        self, epoch: int, kept: dict[str, Any] | None, pressed: Callable[[], bool]
    ) -> dict[str, Any]:
        self.told.on_epoch_begin(epoch)
        if kept is not None:
            place = self._restore(kept)
        else:
            place = Place(epoch, randomness=random_states())
            if self.shuffle and isinstance(self.data, ArrayData):
                place.order = np.random.permutation(self.data.rows)

        def report(done: int, logs: dict[str, Any]) -> None:
            place.step, place.logs = done, logs
            self.told.progress("train", done, logs)
            if pressed():
                self._stop(place)
            if self.folder is not None and self.folder.due(done):
                self._keep(place)

        def report_test(done: int, logs: dict[str, Any]) -> None:
            self.told.progress("test", done, logs)
            if pressed():
                self._stop(place)

        logs = self.model._one_pass(
            "train",
            self.data,
            self.batch_size,
            self.steps,
            told=self.told,
            report=report,
            order=place.order,
            done=(place.step, place.logs),
            folder=self.folder,
        )
        place.logs = logs
        if self.validation is not None and self.validates(epoch):
            self.told.on_test_begin()
            found = self.model._one_pass(
                "test",
                self.validation,
                self.validation_batch_size,
                self.validation_steps,
                told=self.told,
                report=report_test,
            )
            logs = {**logs, **{f"val_{name}": value for name, value in found.items()}}
            logs = dict(sorted(logs.items()))  # Keras's order, which histories show
            self.told.on_test_end(found)
        self.told.on_epoch_end(epoch, logs)
        self.records.append({"epoch": epoch, **logs})
        if self.folder is not None:
            self._keep(Place(epoch + 1, logs=logs))
        return logs

    def _stop(self, place: Place) -> None:
        """Ends a run that was interrupted, at the edge of a step."""
        said = f"Stopped after step {place.step} of epoch {place.epoch + 1}; the model is whole."
        if self.folder is not None:
            self._keep(place, wait=True)
            said += f" The same call goes on from there, with what is in '{self.folder.folder}'."
        error = KeyboardInterrupt()
        error.add_note(said)
        raise error

    def _keep(self, place: Place, wait: bool = False) -> None:
        assert self.folder is not None
        state = {
            "epoch": place.epoch,
            "step": place.step,
            "order": place.order,
            "logs": place.logs,
            "randomness": random_states(),
            "randomness_before": place.randomness,
            "callbacks": self.told.get_state(),
            "trainable": [layer._trainable for layer in self.model._walk()],
            "stopped": self.model.stop_training,
            "rows": self._rows(),
            "records": self.records,
            "streams": [_stream_state(data) for data in (self.data, self.validation)],
        }
        self.folder.save(self.model._state_of("train"), state, wait)

    def _rows(self) -> list[Any]:
        rows = self.data.rows if isinstance(self.data, ArrayData) else None
        return [rows, self.batch_size]

    def _load(self) -> dict[str, Any] | None:
        if self.folder is None:
            return None
        self.folder.describe(_config_of(self))
        kept = self.folder.load(self.model._state_of("train"))
        if kept is None:
            return None
        if kept["step"] and kept["rows"] != self._rows():
            raise InvalidData(
                f"The run in '{self.folder.folder}' stopped within an epoch of {kept['rows'][0]} "
                f"rows in batches of {kept['rows'][1]}. Received: {self._rows()[0]} rows in "
                f"batches of {self._rows()[1]}.",
                help="Go on with the same data and batch_size, or pass another folder.",
            )
        if self.verbose:
            within = f", step {kept['step'] + 1}" if kept["step"] else ""
            print(f"Going on from '{self.folder.folder}': epoch {kept['epoch'] + 1}{within}.")
        return kept

    def _restore(self, kept: dict[str, Any]) -> Place:
        """Puts everything back to where a checkpoint was taken."""
        model = self.model
        for layer, trainable in zip(model._walk(), kept["trainable"]):
            layer._trainable = trainable
        for variable, value in zip(model._state_of("train"), kept["values"], strict=True):
            variable.assign(value)
        self.told.set_state(kept["callbacks"])
        self.records[:] = kept["records"]
        model.stop_training = kept["stopped"]
        for data, state in zip((self.data, self.validation), kept["streams"]):
            if isinstance(data, StreamData) and state is not None:
                data.go_on(state)
        set_random_states(kept["randomness"])
        return Place(
            kept["epoch"], kept["step"], kept["order"], kept["logs"], kept["randomness_before"]
        )


def _stream_state(data: Any) -> Any:
    return data.state() if isinstance(data, StreamData) else None


def _config_of(fitting: Fitting) -> dict[str, Any]:
    """What a run is, for people to read."""
    model = fitting.model
    found: dict[str, Any] = {"model": type(model).__name__}
    with contextlib.suppress(Exception):  # a model of one's own need not have a config
        found["model"] = serialize(model)
    with contextlib.suppress(Exception):
        found["compile"] = model.get_compile_config()
    found["fit"] = {
        "batch_size": fitting.batch_size,
        "epochs": (fitting.told.params or {}).get("epochs"),
        "steps": fitting.steps,
        "shuffle": fitting.shuffle,
        "rows": fitting._rows()[0],
        "callbacks": [repr(callback) for callback in fitting.told.callbacks],
    }
    return found


def folder_of(resume: Any, told: CallbackList) -> RunFolder | None:
    """The folder for checkpoints, from fit's argument or a BackupAndRestore among the callbacks."""
    if resume is not None:
        return RunFolder(resume)
    for callback in told.callbacks:
        if isinstance(callback, BackupAndRestore):
            freq = callback.save_freq
            return RunFolder(
                callback.backup_dir,
                keep=2 if callback.double_checkpoint else 1,
                every=None if freq == "epoch" else int(freq),
                temporary=callback.delete_checkpoint,
            )
    return None
