"""The loop. fit, evaluate and predict are settings of it."""

import contextlib
import math
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import InitVar, dataclass
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from lamella._base import check
from lamella._graph.function import Graph
from lamella._state.pure import values_of, write_back
from lamella._training.nan_search import Watch
from lamella._training.program import Program
from lamella._training.quick import with_rows
from lamella.data import ArrayData, StreamData, rows_of

Kind = Literal["train", "test", "predict"]
Report = Callable[[int, dict[str, Any]], bool]

# A bar that moves ten times a second is live to the eye, and each look at it costs a dispatch. That
# fetches its memory anew, for a sixth of a large step: so some steps at least. And it writes new
# weights and slots beside the old ones: where they are large, it lasts up to ten times as long.
_SECONDS_PER_CHUNK, _MOST_SECONDS, _BYTES_PER_SECOND = 0.1, 1.0, 150e6
_FEW_STEPS, _SECONDS_FOR_FEW = 5, 0.5
_MOST_STEPS = 1 << 16
_MOST_BYTES_AT_ONCE = 1 << 20
_MOST_ROWS_AT_ONCE = 512


@dataclass(eq=False, repr=False)
class Loop:
    """Runs the steps of one pass over the data.

    Args:
        program: the compiled step.
        kind: what the pass is for.
        callbacks: told of every batch if they ask for it.
        before: called at the start of the pass on the loop's own state: metrics start again.
        live: whether variables get their new values after every dispatch (training) or only what
            the pass leaves behind at its end.
        watch: looks at every step before its new values are taken, None if nobody does.

    Where a pass takes `report`, that is told of the number of steps done and of the logs; it ends
    the pass by giving True.
    """

    program: Program
    kind: Kind
    callbacks: Any = None
    before: InitVar[Callable[[], None] | None] = None
    live: bool = False
    watch: Watch | None = None

    def __post_init__(self, before: Callable[[], None] | None) -> None:
        self.values = values_of(self.program.variables)
        self._written: set[int] = set()
        self.most = 0  # rows of a filled batch
        if before is not None:
            self._take(self.program.reset(before, self.values))

    @property
    def _one_by_one(self) -> bool:
        return self.watch is not None or self._every_batch

    @property
    def _every_batch(self) -> bool:
        return self.callbacks is not None and self.callbacks.wants_batches(self.kind)

    @property
    def has_written(self) -> bool:
        """Whether any variable changed."""
        return bool(self._written)

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
        done: tuple[int, dict[str, Any]] = (0, {}),
        every: int | None = None,
    ) -> dict[str, Any]:
        """One pass over arrays that lie on the device.

        Args:
            data: the arrays.
            batch_size: rows of one step.
            order: the order of the rows, None for that in which they lie.
            steps: how many to do, None for all.
            report: told some times a second.
            done: how many steps are done already, and the logs after them.
            every: `report` is told at all multiples of it too.
        """
        placed = data.on_device()
        full, rest = divmod(data.rows, batch_size)
        full = full if steps is None else min(full, steps)
        rest = rest if steps is None or full < steps else 0
        if full:
            self.program.tell_if_uneven(batch_size)
        filled = bool(full and rest) and self._can_be_filled(placed, batch_size)
        if filled:
            order = _filled_up(data.rows, batch_size, order)
            full, rest = full + 1, 0
        device_order = None if order is None else np.asarray(order, "int32")
        (step, logs), size = done, self.program.steps_at_once
        while step < full:
            stop = min(step + (1 if self._one_by_one else max(size, 1)), full)
            if every is not None:
                stop = min(stop, step - step % every + every)
            started = time.perf_counter()
            logs = self._dispatch_chunk(
                placed, device_order, batch_size, step, stop, data.rows if filled else None
            )
            elapsed = time.perf_counter() - started
            # The first dispatch may have compiled.
            size = self._next_size(stop - step, elapsed) if size else 1
            self.program.steps_at_once = size
            step = stop
            if report is not None and report(step, logs):
                return logs
        if rest and step == full:
            index = np.arange(full * batch_size, data.rows) if order is None else order[-rest:]
            logs = self.dispatch_step(_rows(placed, index), full, index)
            if report is not None:
                report(full + 1, logs)
        return logs

    def _next_size(self, steps: int, seconds: float) -> int:
        """How many steps fit into the time between two looks at the progress."""
        rate = steps / max(seconds, 1e-6)
        written = sum(self.values[index].nbytes for index in self._written)
        longer = min(_SECONDS_PER_CHUNK + written / _BYTES_PER_SECOND, _MOST_SECONDS)
        wanted = max(int(longer * rate), min(_FEW_STEPS, int(_SECONDS_FOR_FEW * rate)))
        return max(1, min(wanted, steps * 8, _MOST_STEPS))

    def _can_be_filled(self, placed: Any, batch_size: int) -> bool:
        batch = jax.tree.map(
            lambda a: jax.ShapeDtypeStruct((batch_size, *a.shape[1:]), a.dtype), placed
        )
        return self.program.can_be_filled(self.values, batch)

    def _dispatch_chunk(
        self, placed: Any, order: Any, batch_size: int, start: int, stop: int, rows: int | None
    ) -> dict[str, Any]:
        if not self.program.compiled:
            for step in range(start, stop):
                first, last = step * batch_size, (step + 1) * batch_size
                index = np.arange(first, last) if order is None else order[first:last]
                logs = self.dispatch_step(_rows(placed, index), step, index)
            return logs
        with self._told_of_batch(start) as told:
            run = self.program.chunk(batch_size, order is not None, rows is not None)
            result, written = run(self.values, placed, order, start, stop, rows)
            if self.watch is not None:
                last = min(start * batch_size + batch_size, rows or stop * batch_size)
                index = np.arange(start * batch_size, last)
                index = index if order is None else np.asarray(order)[index]
                self._look(result, written, lambda: _rows(placed, index), start, index)
            self._take(written)
            return told(as_logs(result))

    def dispatch_step(self, batch: Any, index: int = 0, rows: Any = None) -> dict[str, Any]:
        """One step on one batch of its own size."""
        with self._told_of_batch(index) as told:
            result, written = self.program.step(self.values, batch)
            self._look(result, written, lambda: batch, index, rows)
            self._take(written)
            return told(as_logs(result))

    def _look(
        self, result: Any, written: dict[int, Any], batch: Any, step: int, rows: Any = None
    ) -> None:
        if self.watch is not None:
            self.watch.look(self.program, self.values, (result, written), batch, (step, rows))

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
        self,
        stream: Iterator[ArrayData],
        report: Report | None,
        done: tuple[int, dict[str, Any]] = (0, {}),
        ahead: bool = True,
        lying: bool = False,
    ) -> dict[str, Any]:
        """One pass over batches as they come.

        Args:
            stream: the batches that are left to do.
            report: told after each.
            done: how many steps are done already, and the logs after them.
            ahead: whether the next batch is fetched while the device computes.
            lying: whether nobody changes the arrays meanwhile, as a generator may that fills the
                same one again: then they need no copy.
        """
        count, logs = done
        place = ArrayData.packed if lying else ArrayData.on_device
        batch = next(stream, None)
        most = 0 if batch is None else batch.rows
        self.program.tell_if_uneven(most)
        fills = batch is not None and self._can_be_filled(batch.packed(), most)
        while batch is not None:
            if fills and batch.rows <= most:
                whole = batch.map(lambda a: with_rows(a, most))
                given: tuple[Any, ...] = (place(whole), np.int32(batch.rows))
            else:
                given = (place(batch),)
            with self._told_of_batch(count) as told:
                result, written = self.program.step(self.values, *given)
                self._look(result, written, batch.on_device, count)
                self._take(written)
                if ahead:
                    batch = next(stream, None)
                logs = told(as_logs(result))
            count += 1
            if report is not None and report(count, logs):
                break
            if not ahead:
                batch = next(stream, None)
        return logs

    def batches_at_once(
        self, data: ArrayData | StreamData, batch_size: int, graph: Graph | None
    ) -> int:
        """How many batches may go through the model as one, since rows do not see each other.

        Nobody may ask for the batches themselves, and what a layer gives must stay in the caches.
        """
        if isinstance(data, StreamData) or data.stays_on_host or self._one_by_one or graph is None:
            return 1
        if self.program.placement is not None:  # a batch is shared out as it was asked for
            return 1
        tensors = jax.tree.leaves([node.outputs for node in graph.nodes])
        if any(None in tensor.shape[1:] for tensor in tensors):
            return 1
        widest = max(4 * math.prod(tensor.shape[1:]) for tensor in tensors)
        most = min(_MOST_BYTES_AT_ONCE // widest, _MOST_ROWS_AT_ONCE) // batch_size
        batches = -(-data.rows // batch_size)
        if min(most, batches) <= 1 or not self._can_be_filled(data.packed(), batch_size):
            return 1
        parts = -(-batches // most)  # of like size: the last one is filled up
        return 1 if self.program.batchwise else -(-batches // parts)

    def outputs(self, batches: Iterator[Any], report: Callable[[int], bool] | None) -> list[Any]:
        """The outputs of each batch, as NumPy arrays."""
        found = []
        for index, batch in enumerate(batches):
            rows = rows_of(batch)
            if not index:
                fills = self.program.can_be_filled(self.values, batch)
                self.most = size_for(rows) if fills else rows
            if fills and rows < self.most:
                batch = jax.tree.map(lambda a: with_rows(a, self.most), batch)
            if self._every_batch:
                self.callbacks.on_batch_begin("predict", index)
            result, written = self.program.step(self.values, batch)
            self._take(written)
            if rows_of(batch) > rows:
                result = jax.tree.map(lambda a, rows=rows: a[:rows], result)
            found.append(result)
            if self._every_batch:
                self.callbacks.on_batch_end("predict", index, {"outputs": result})
            if report is not None and report(index + 1):
                break
        return [jax.tree.map(np.asarray, result) for result in found]


def size_for(rows: int) -> int:
    """A number of rows from a short list, not less: one compile serves many sizes.

    Powers of two up to 64, then eight steps to the next one.
    """
    power = 1 << (rows - 1).bit_length()
    grain = power if power <= 64 else power // 16
    return -(-rows // grain) * grain


def _filled_up(rows: int, batch_size: int, order: np.ndarray | None) -> np.ndarray:
    """An order whose last batch is whole; its first row stands for those that are missing."""
    order = np.arange(rows) if order is None else order
    missing = -rows % batch_size
    return np.concatenate([order, np.repeat(order[rows + missing - batch_size], missing)])


def _rows(placed: Any, index: np.ndarray) -> Any:
    return jax.tree.map(lambda a: jnp.take(a, jnp.asarray(index), axis=0), placed)


def as_logs(result: Any) -> dict[str, Any]:
    """Logs as Python numbers, by name in alphabetical order as Keras has them."""
    example = "End train_step and test_step with `return {'loss': loss}`."
    check.of_kind(result, dict, "What a step gives", example)
    logs: dict[str, Any] = {}
    for name in sorted(result):
        value = np.asarray(result[name])
        logs[name] = float(value) if value.ndim == 0 else value
    return logs


def host_batches(
    data: ArrayData, batch_size: int, order: np.ndarray | None, steps: int | None, first: int = 0
) -> Generator[ArrayData]:
    """Batches of arrays that are too large for the device.

    Args:
        data: the arrays.
        batch_size: rows of a batch.
        order: the order of the rows, None for that in which they lie.
        steps: how many batches there are, None for all.
        first: how many of them are done already.
    """
    order = np.arange(data.rows) if order is None else order
    count = -(-data.rows // batch_size)
    for step in range(first, count if steps is None else min(count, steps)):
        yield data.take(order[step * batch_size : (step + 1) * batch_size])


def slices_of(data: ArrayData, rows: int) -> Generator[ArrayData]:
    """Rows that follow each other, where they lie."""
    for start in range(0, data.rows, rows):
        part = slice(start, start + rows)
        yield data.map(lambda a, part=part: a[part])  # type: ignore[misc]


def batches_of(data: ArrayData | StreamData, batch_size: int, steps: int | None) -> Iterator[Any]:
    """Batches of inputs for prediction."""
    if isinstance(data, StreamData):
        yield from (batch.on_device() for batch in data.batches(steps))
        return
    if data.stays_on_host:
        yield from (batch.on_device() for batch in host_batches(data, batch_size, None, steps))
        return
    # A processor reads the rows where they lie.
    placed = data.packed() if jax.default_backend() == "cpu" else data.on_device()
    last = data.rows if steps is None else min(data.rows, steps * batch_size)
    for start in range(0, last, batch_size):
        stop = min(start + batch_size, last)
        yield jax.tree.map(lambda a, rows=slice(start, stop): a[rows], placed)


@contextlib.contextmanager
def interrupt_at_the_edge() -> Iterator[Callable[[], bool]]:
    """Holds Ctrl-C back until a step has been finished; a second one acts at once.

    Gives a function that tells whether it was pressed.
    """
    pressed: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    main = threading.current_thread() is threading.main_thread()
    if not main or before is not signal.default_int_handler:
        yield lambda: False
        return

    def remember(number: int, frame: Any) -> None:
        if pressed:
            signal.default_int_handler(number, frame)
        pressed.append(number)

    signal.signal(signal.SIGINT, remember)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:  # after the last edge
        raise KeyboardInterrupt
