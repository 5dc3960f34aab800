"""fit: epochs over the data, with what is told, kept and taken up again on the way."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

import jax
import numpy as np

from lamella._base import InvalidData, warn_person
from lamella._base.serialize import serialize
from lamella._state.seeds import random_states, set_random_states
from lamella._training.loop import as_logs, interrupt_at_the_edge
from lamella._training.nan_search import NotFinite, Watch
from lamella._training.run_folder import RunFolder
from lamella._training.suspicions import AfterEpochs
from lamella.callbacks import BackupAndRestore, CallbackList, TerminateOnNaN
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
        streams: where streams of data were then.
    """

    epoch: int
    step: int = 0
    order: np.ndarray | None = None
    logs: dict[str, Any] = field(default_factory=dict)
    randomness: Any = None
    streams: Any = None


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
        debug_nans: whether to look for the first number that is not finite.
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
    debug_nans: bool = False
    records: list[dict[str, Any]] = field(default_factory=list)
    suspicious: AfterEpochs = field(default_factory=AfterEpochs)

    def run(self, first: int, epochs: int, kept: dict[str, Any] | None) -> None:
        """Trains from one epoch up to another, or from a checkpoint."""
        if self.folder is not None:
            self._compare(kept, self.folder)
        self.model.stop_training = False
        logs: dict[str, Any] = {}
        with contextlib.ExitStack() as stack:
            stack.callback(self.told.close)
            for stream in self._streams():
                if stream is not None:
                    stack.callback(stream.close)
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
            for one in self.model._optimizers():
                one.apply_remainder(self.model.trainable_variables)
            optimizer = self.model.optimizer
            if optimizer is not None:
                optimizer.finalize_variable_values([one for one, _ in optimizer.averages])
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
            randomness = None if self.folder is None else random_states()
            place = Place(epoch, randomness=randomness, streams=self._stream_states())
            if self.shuffle and isinstance(self.data, ArrayData):
                place.order = np.random.permutation(self.data.rows)

        place.logs = logs = self._train(place, pressed)
        if self.validation is not None and self.validates(epoch):
            how = self.validation, self.validation_batch_size, self.validation_steps, self.told
            found = self.model._tested(*how, lambda: pressed() and self._stop(place))
            logs = {**logs, **{f"val_{name}": value for name, value in found.items()}}
            logs = dict(sorted(logs.items()))  # Keras's order, which histories show
        self.told.on_epoch_end(epoch, logs)
        self.records.append({"epoch": epoch, **logs})
        for said in self.suspicious.suspicions(self.model, self.data, self.records):
            warn_person(said)
        if self.folder is not None:
            now = random_states(), self._stream_states()
            self._keep(Place(epoch + 1, 0, None, logs, *now))
        return logs

    def _train(self, place: Place, pressed: Callable[[], bool]) -> dict[str, Any]:
        def report(done: int, logs: dict[str, Any]) -> bool:
            place.step, place.logs = done, logs
            self.told.progress("train", done, logs)
            if pressed():
                self._stop(place)
            if self.folder is not None and self.folder.due(done):
                self._keep(place)
            return self.model.stop_training

        ending = [one for one in self.told.callbacks if isinstance(one, TerminateOnNaN)]
        try:
            watch = Watch(self.model, place.epoch) if self.debug_nans or ending else None
            how: dict[str, Any] = {"told": self.told, "report": report, "order": place.order}
            how |= {"done": (place.step, place.logs), "folder": self.folder, "watch": watch}
            return self.model._one_pass("train", self.data, self.batch_size, self.steps, **how)
        except NotFinite as error:
            if self.debug_nans or any(one.raise_error for one in ending):
                raise
            print(f"{error.message} Training ends.")
            self.model.stop_training = True
            return as_logs(error.logs)

    def _stop(self, place: Place) -> NoReturn:
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
            "origin": place.randomness,
            "callbacks": self.told.get_state(),
            "trainable": [layer._trainable for layer in self.model._walk()],
            "stopped": self.model.stop_training,
            "rows": self._rows(),
            "records": self.records,
            "streams": place.streams,
        }
        self.folder.save(self.model._state_of("train"), state, wait)

    def _rows(self) -> list[Any]:
        rows = self.data.rows if isinstance(self.data, ArrayData) else None
        return [rows, self.batch_size]

    def _compare(self, kept: dict[str, Any] | None, folder: RunFolder) -> None:
        """Refuses a checkpoint of another model or of other data."""
        folder.describe(_config_of(self))
        if kept is None:
            return
        folder.require_same(kept["variables"], self.model._state_of("train"))
        if kept["step"] and kept["rows"] != self._rows():
            raise InvalidData(
                f"The run in '{folder.folder}' stopped within an epoch of {kept['rows'][0]} "
                f"rows in batches of {kept['rows'][1]}. Received: {self._rows()[0]} rows in "
                f"batches of {self._rows()[1]}.",
                help="Go on with the same data and batch_size, or pass another folder.",
            )
        if self.verbose:
            within = f", step {kept['step'] + 1}" if kept["step"] else ""
            print(f"Going on from '{folder.folder}': epoch {kept['epoch'] + 1}{within}.")

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
        for index, (data, step) in enumerate(zip(self._streams(), (kept["step"], 0))):
            state = kept["streams"][index]
            if data is not None and (state or step):
                set_random_states(origin_of(kept, index))
                data.go_on(state, step)
        set_random_states(kept["randomness"])
        of_place = ("epoch", "step", "order", "logs", "origin", "streams")
        return Place(*(kept[name] for name in of_place))

    def _stream_states(self) -> list[Any]:
        return [None if one is None else one.state() for one in self._streams()]

    def _streams(self) -> list[StreamData | None]:
        return [
            one if isinstance(one, StreamData) else None for one in (self.data, self.validation)
        ]


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


def origin_of(kept: dict[str, Any], stream: int = 0) -> Any:
    """The random states when the pass over a stream began, in which a checkpoint was taken.

    Args:
        kept: the checkpoint.
        stream: 0 for the data, 1 for those of the validation.
    """
    state = kept["streams"][stream]
    randomness = None if state is None else state["randomness"]
    return kept["origin"] if randomness is None else randomness


def folder_of(resume: Any, told: CallbackList) -> RunFolder | None:
    """The folder for checkpoints, from fit's argument or a BackupAndRestore among the callbacks."""
    if resume is not None:
        return RunFolder(resume)
    for callback in told.callbacks:
        if isinstance(callback, BackupAndRestore):
            keep, freq = 2 if callback.double_checkpoint else 1, callback.save_freq
            every = None if freq == "epoch" else int(freq)
            temporary = callback.delete_checkpoint
            return RunFolder(callback.backup_dir, keep=keep, every=every, temporary=temporary)
    return None


def first_batches(data: Any, count: int, batch_size: int) -> ArrayData:
    """The first batches of the data, as arrays."""
    if isinstance(data, ArrayData):
        return data.take(np.arange(min(data.rows, count * batch_size)))
    found = list(data.batches(count))
    parts = zip(*((one.x, one.y, one.sample_weight) for one in found))
    return ArrayData(*(jax.tree.map(lambda *a: np.concatenate(a), *part) for part in parts))
