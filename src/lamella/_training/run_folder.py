"""The folder of a run: checkpoints to go on from, its history, its config, its environment.

A checkpoint is everything that training depends on, so that a run which was killed goes on to the
same bits. It is taken at the edge of a step. JAX's arrays never change, so taking one is a list of
references; a thread of its own copies and writes them while training goes on.
"""

import json
import platform
import re
import shutil
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jax
import numpy as np

from lamella._base import FileProblem, InvalidData, warn_person, write_whole
from lamella._state.variable import Variable
from lamella.callbacks.state import flatten, unflatten
from lamella.saving.state_file import read_state, write_state

_FORMAT = 1
# Writing may take this share of the time, however short the epochs are.
_SHARE_OF_WRITING = 0.1
_SECONDS_BETWEEN = 30.0


class RunFolder:
    """Writes and reads the checkpoints of one run.

    Args:
        folder: where; it is made if it is not there.
        keep: how many checkpoints stay.
        every: take one after so many steps, besides those at the ends of epochs; None takes one
            every half a minute.
        temporary: whether the checkpoints go away when the run is finished.
    """

    def __init__(
        self, folder: Any, *, keep: int = 3, every: int | None = None, temporary: bool = False
    ) -> None:
        self.folder = Path(folder)
        self.keep = keep
        self.every = every
        self.temporary = temporary
        self._last = time.monotonic()
        self._writer = _Writer()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as cause:
            raise FileProblem(
                f"The folder '{folder}' of the run cannot be made: {cause}.",
                help="Pass the path of a folder that you may write to.",
            ) from cause
        for left in self.folder.glob(".checkpoint-*"):  # of a run that was killed while writing
            shutil.rmtree(left, ignore_errors=True)

    @property
    def checkpoints(self) -> list[Path]:
        """The files, oldest first."""
        return sorted(self.folder.glob("checkpoint-*.safetensors"))

    def load(self) -> dict[str, Any] | None:
        """The newest checkpoint that can be read, None if there is none."""
        for path in reversed(self.checkpoints):
            try:
                plain, arrays = read_state(path)
            except FileProblem as error:
                warn_person(f"{error.message} An older checkpoint is tried.")
                continue
            count = len(plain["variables"])
            rest = [arrays[f"state.{index}"] for index in range(len(arrays) - count)]
            state = unflatten(plain["state"], rest)
            state["variables"] = plain["variables"]
            state["values"] = [arrays[f"variable.{index}"] for index in range(count)]
            return state
        return None

    def require_same(self, kept: list[Any], variables: Sequence[Variable]) -> None:
        """Refuses a checkpoint of another model.

        Args:
            kept: the variables in it, as `load` gave them.
            variables: those of the model that is to go on.

        Raises: InvalidData.
        """
        own = _described(variables)
        if kept == own:
            return
        pairs = [(old, new) for old, new in zip(kept, own) if old != new]
        detail = f"{len(kept)} variables there, {len(own)} here"
        if pairs:
            (name, shape, _), (new_name, new_shape, _) = pairs[0]
            detail = f"'{name}' {tuple(shape)} there, '{new_name}' {tuple(new_shape)} here"
        raise InvalidData(
            f"The run in '{self.folder}' is of another model or optimizer: {detail}.",
            help="Go on with the script that began it, or pass another folder for a new run.",
        )

    def due(self, step: int) -> bool:
        """Whether a checkpoint is to be taken after this step of an epoch."""
        if self.every is not None:
            return step % self.every == 0
        return time.monotonic() - self._last >= _SECONDS_BETWEEN

    def save(
        self, variables: Sequence[Variable], state: dict[str, Any], wait: bool = False
    ) -> None:
        """Takes a checkpoint and has it written.

        Args:
            variables: what is kept with its values.
            state: everything else: "epoch", "step", "records" (a dictionary for each epoch) ...
            wait: whether to come back only when it lies on the disk.
        """
        self._last = time.monotonic()
        plain, rest = flatten({"format": _FORMAT, **state})
        values = enumerate(variable.value for variable in variables)
        arrays: dict[str, Any] = {f"variable.{index}": value for index, value in values}
        arrays.update({f"state.{index}": array for index, array in enumerate(rest)})
        said = {"state": plain, "variables": _described(variables)}
        name = f"checkpoint-{state['epoch']:05d}-{state['step']:08d}.safetensors"
        lines = "".join(f"{json.dumps(record, default=_as_list)}\n" for record in state["records"])

        def write() -> None:
            write_state(self.folder / name, said, arrays)
            write_whole(self.folder / "history.jsonl", lines.encode())
            for old in self.checkpoints[: -self.keep]:
                old.unlink(missing_ok=True)

        self._writer.submit(write, wait)

    def describe(self, config: dict[str, Any]) -> None:
        """Writes what the run is and where it runs.

        Args:
            config: plain values; what is not plain is written as text.
        """
        said = json.dumps(config, indent=1, default=repr)
        write_whole(self.folder / "config.json", said.encode())
        known = environment()
        path = self.folder / "environment.json"
        if path.is_file() and self.checkpoints:
            _warn_of_other_environment(json.loads(path.read_text()), known)
        write_whole(path, json.dumps(known, indent=1).encode())

    def finish(self) -> None:
        """Waits until everything is written; takes the checkpoints away if they are temporary."""
        self._writer.wait()
        if self.temporary:
            for path in self.checkpoints:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Ends the thread that writes; what was handed to it is written first."""
        self._writer.close()


class _Writer:
    """A thread that writes the newest of what it was given."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "checkpoints")
        self._newest: deque[Any] = deque(maxlen=1)
        self._urgent = threading.Event()
        self._seconds = 0.0

    def submit(self, write: Any, wait: bool) -> None:
        self._newest.append(write)
        self._pool.submit(self._run)
        if wait:
            self.wait()

    def wait(self) -> None:
        self._urgent.set()
        self._pool.submit(lambda: None).result()
        self._urgent.clear()

    def close(self) -> None:
        self._urgent.set()
        self._pool.shutdown()

    def _run(self) -> None:
        if not self._newest:  # it was written in the place of an older one
            return
        self._urgent.wait(self._seconds * (1 / _SHARE_OF_WRITING - 1))
        write = self._newest.pop()
        started = time.monotonic()
        try:
            write()
        except Exception as error:  # a full disk must not cost the training
            warn_person(f"A checkpoint could not be written: {error} Training goes on.")
        self._seconds = time.monotonic() - started


def environment() -> dict[str, Any]:
    """What the bits of a result depend on besides the script."""
    return {
        "python": platform.python_version(),
        "jax": jax.__version__,
        "numpy": np.__version__,
        "system": platform.system(),
        "machine": platform.machine(),
        "backend": jax.default_backend(),
        "devices": [device.device_kind for device in jax.devices()],
        "arguments": sys.argv[1:],
    }


def _warn_of_other_environment(before: dict[str, Any], now: dict[str, Any]) -> None:
    keys = ("python", "jax", "machine", "backend", "devices")
    changed = [
        f"{key} {before.get(key)} -> {now[key]}" for key in keys if before.get(key) != now[key]
    ]
    if changed:
        warn_person(
            f"The run goes on in another environment: {', '.join(changed)}. Its numbers may differ "
            "in the last bits from those of a run that was never stopped."
        )


def _described(variables: Sequence[Variable]) -> list[Any]:
    # Without the numbers that count the models of a process: a notebook makes them again.
    return [[re.sub(r"_\d+", "", one.name), list(one.shape), one.dtype] for one in variables]


def _as_list(value: Any) -> Any:
    return np.asarray(value).tolist()
