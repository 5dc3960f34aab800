"""The loop. fit, evaluate and predict are settings of it."""

from __future__ import annotations

import contextlib
import itertools
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from lamella._base.errors import WrongType
from lamella._state.pure import pure, values_of, write_back
from lamella._training.program import Program
from lamella.data import ArrayData, StreamData

Kind = Literal["train", "test", "predict"]
Report = Callable[[int, dict[str, Any]], None]

# A bar that moves ten times a second is live to the eye, and each look at it costs a dispatch.
_SECONDS_PER_CHUNK = 0.1
_MOST_STEPS = 1 << 16


class Loop:
    """Runs the steps of one pass over the data.

    Args:
        program: the compiled step.
        kind: what the pass is for.
        callbacks: told of every batch if they ask for it.
        before: called at the start of the pass on the loop's own state: metrics start again.
        live: whether variables get their new values after every dispatch (training) or only what
            the pass leaves behind at its end.
    """

    def __init__(
        self,
        program: Program,
        kind: Kind,
        callbacks: Any = None,
        before: Callable[[], None] | None = None,
        live: bool = False,
    ) -> None:
        self.program = program
        self.kind = kind
        self.callbacks = callbacks
        self.live = live
        self.values = values_of(program.variables)
        self._written: set[int] = set()
        if before is not None:
            _, after = pure(before, program.variables)(self.values)
            pairs = enumerate(zip(self.values, after))
            self._take({index: new for index, (old, new) in pairs if new is not old})

    @property
    def _every_batch(self) -> bool:
        return self.callbacks is not None and self.callbacks.wants_batches(self.kind)

    def _take(self, written: dict[int, Any]) -> None:
        """Makes new values the current ones; the handles follow at once while training."""
        for index, array in written.items():
            self.values[index] = array
        self._written.update(written)
        if self.live:
            variables = self.program.variables
            write_back([variables[index] for index in written], list(written.values()))

    def finish(self) -> None:
        """Points the handles of what the pass wrote at their last values."""
        variables = [self.program.variables[index] for index in sorted(self._written)]
        write_back(variables, [self.values[index] for index in sorted(self._written)])

    def over_arrays(
        self,
        data: ArrayData,
        batch_size: int,
        order: np.ndarray | None,
        steps: int | None,
        report: Report | None,
    ) -> dict[str, Any]:
        """One pass over arrays that lie on the device."""
        placed = data.on_device()
        device_order = None if order is None else jnp.asarray(order, "int32")
        full, rest = divmod(data.rows, batch_size)
        full = full if steps is None else min(full, steps)
        rest = rest if steps is None or full < steps else 0
        logs: dict[str, Any] = {}
        done, size = 0, 1
        while done < full:
            stop = min(done + (1 if self._every_batch else size), full)
            started = time.perf_counter()
            logs = self._dispatch_chunk(placed, device_order, batch_size, done, stop)
            elapsed = time.perf_counter() - started
            if done:  # the first dispatch may have compiled
                size = _next_size(stop - done, elapsed)
            done = stop
            if report is not None:
                report(done, logs)
        if rest:
            index = np.arange(full * batch_size, data.rows) if order is None else order[-rest:]
            batch = _rows(placed, index)
            logs = self._dispatch_step(batch, full)
            if report is not None:
                report(full + 1, logs)
        return logs

    def _dispatch_chunk(
        self, placed: Any, order: Any, batch_size: int, start: int, stop: int
    ) -> dict[str, Any]:
        if not self.program.compiled:
            for step in range(start, stop):
                rows = slice(step * batch_size, (step + 1) * batch_size)
                index = np.arange(rows.start, rows.stop) if order is None else order[rows]
                batch = _rows(placed, index)
                logs = self._dispatch_step(batch, step)
            return logs
        with self._told_of_batch(start) as told:
            run = self.program.chunk(batch_size, order is not None)
            result, written = run(self.values, placed, order, start, stop)
            self._take(written)
            return told(as_logs(result))

    def _dispatch_step(self, batch: Any, index: int) -> dict[str, Any]:
        with self._told_of_batch(index) as told:
            result, written = self.program.step(self.values, batch)
            self._take(written)
            return told(as_logs(result))

    @contextlib.contextmanager
    def _told_of_batch(self, index: int) -> Iterator[Callable[[dict[str, Any]], dict[str, Any]]]:
        every = self._every_batch
        if every:
            self.callbacks.on_batch_begin(self.kind, index)

        def told(logs: dict[str, Any]) -> dict[str, Any]:
            if every:
                self.callbacks.on_batch_end(self.kind, index, logs)
            return logs

        yield told

    def over_stream(
        self, stream: Iterator[ArrayData], report: Report | None
    ) -> tuple[dict[str, Any], int]:
        """One pass over batches as they come. Gives the logs and the number of batches."""
        logs: dict[str, Any] = {}
        count = 0
        for count, batch in enumerate(stream, start=1):
            logs = self._dispatch_step(batch.on_device(), count - 1)
            if report is not None:
                report(count, logs)
        return logs, count

    def outputs(self, batches: Iterator[Any], report: Callable[[int], None] | None) -> list[Any]:
        """The outputs of each batch, as NumPy arrays."""
        found = []
        for index, batch in enumerate(batches):
            if self._every_batch:
                self.callbacks.on_batch_begin("predict", index)
            result, written = self.program.step(self.values, batch)
            self._take(written)
            found.append(result)
            if self._every_batch:
                self.callbacks.on_batch_end("predict", index, {"outputs": result})
            if report is not None:
                report(index + 1)
        return [jax.tree.map(np.asarray, result) for result in found]


def _rows(placed: Any, index: np.ndarray) -> Any:
    return jax.tree.map(lambda a: jnp.take(a, jnp.asarray(index), axis=0), placed)


def _next_size(steps: int, seconds: float) -> int:
    """How many steps fit into the time between two looks at the progress."""
    wanted = int(_SECONDS_PER_CHUNK * steps / max(seconds, 1e-6))
    return max(1, min(wanted, steps * 8, _MOST_STEPS))


def as_logs(result: Any) -> dict[str, Any]:
    """Logs as Python numbers, by name in alphabetical order as Keras has them."""
    if not isinstance(result, dict):
        raise WrongType(
            f"A step must give its logs as a dictionary. Received: {type(result).__name__}.",
            help="End train_step and test_step with `return {'loss': loss}`.",
        )
    logs: dict[str, Any] = {}
    for name in sorted(result):
        value = np.asarray(result[name])
        logs[name] = float(value) if value.ndim == 0 else value
    return logs


def first_and_all(stream: Iterator[ArrayData]) -> tuple[ArrayData | None, Iterator[ArrayData]]:
    """A look at the first batch, and all batches with that one."""
    first = next(stream, None)
    return first, itertools.chain([] if first is None else [first], stream)


def batches_of(data: ArrayData | StreamData, batch_size: int, steps: int | None) -> Iterator[Any]:
    """Batches of inputs for prediction."""
    if isinstance(data, StreamData):
        for batch in data.batches(steps):
            yield batch.on_device()
        return
    placed = data.on_device()
    last = data.rows if steps is None else min(data.rows, steps * batch_size)
    for start in range(0, last, batch_size):
        stop = min(start + batch_size, last)
        yield jax.tree.map(lambda a, rows=slice(start, stop): a[rows], placed)


@contextlib.contextmanager
def interrupt_at_the_edge() -> Iterator[Callable[[], None]]:
    """Holds Ctrl-C back until a step has been finished; a second one acts at once.

    Gives a function to call at the edge of a step.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    pressed: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:
        yield lambda: None
        return

    def remember(number: int, frame: Any) -> None:
        if pressed:
            signal.default_int_handler(number, frame)
        pressed.append(number)

    def edge() -> None:
        if pressed:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, remember)
    try:
        yield edge
    finally:
        signal.signal(signal.SIGINT, before)
