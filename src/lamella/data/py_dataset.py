"""Batches by their number, some of them fetched ahead by threads or processes."""

import itertools
import multiprocessing
import random
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any

from lamella._base import InvalidData, WrongType


class PyDataset:
    """Base of data sets that give a whole batch for its number.

    A class of this kind has `__getitem__(index)`, which gives x, (x, y) or (x, y, sample_weight),
    and `__len__()`, the number of batches. `on_epoch_begin()` and `on_epoch_end()` are called
    around each epoch. One that never ends has a property `num_batches` that is None.

    Args:
        workers: batches that are made at the same time, 1 or more; 1 makes them in between steps.
        use_multiprocessing: whether workers are processes of their own instead of threads. Each
            gets a copy by pickle, in each epoch.
        max_queue_size: batches that are made or wait at a time, 1 or more.

    Example:
        >>> class Squares(PyDataset):
        ...     def __len__(self):
        ...         return 3
        ...     def __getitem__(self, index):
        ...         return [float(index)], [float(index) ** 2]
        >>> [batch for batch in Squares(workers=2)]
        [([0.0], [0.0]), ([1.0], [1.0]), ([2.0], [4.0])]
    """

    # Values of the class: a constructor that forgets super().__init__() works all the same.
    workers = 1
    use_multiprocessing = False
    max_queue_size = 10

    def __init__(
        self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10
    ) -> None:
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    def __getitem__(self, index: int) -> Any:
        """The batch of that number."""
        raise NotImplementedError(f"{type(self).__name__} needs a method __getitem__(self, index).")

    def __iter__(self) -> Iterator[Any]:
        """All batches in order, one after another."""
        for index in numbers_of(self.num_batches):
            yield self[index]

    @property
    def num_batches(self) -> int | None:
        """The number of batches, None for a data set that never ends."""
        size = getattr(self, "__len__", None)
        if size is None:
            raise WrongType(
                f"{type(self).__name__} does not say how many batches it has.",
                help="Give it a method __len__, or a property num_batches (None: it never ends).",
            )
        return int(size())

    def on_epoch_begin(self) -> None:
        """Called before each epoch."""

    def on_epoch_end(self) -> None:
        """Called after each epoch."""


Sequence = PyDataset  # its name before Keras 3


def numbers_of(count: int | None, shuffle: bool = False) -> Iterator[int]:
    """The numbers of batches in their order, or in a random one.

    Args:
        count: how many there are, None for no end.
        shuffle: whether the order is drawn, from Python's `random`: Keras's draw.

    Example:
        >>> list(numbers_of(3)), next(numbers_of(None))
        ([0, 1, 2], 0)
    """
    if count is None:
        return itertools.count()
    order = list(range(count))
    if shuffle:
        random.shuffle(order)
    return iter(order)


class Fetcher:
    """An iterator over batches of a source with `__getitem__`.

    Args:
        source: gives a batch for its number; its `workers`, `use_multiprocessing` and
            `max_queue_size` say how.
        order: the numbers, in the order in which batches are given.
    """

    def __init__(self, source: Any, order: Iterator[int]) -> None:
        self.source = source
        self._order = order
        workers = int(getattr(source, "workers", 1))
        self._processes = bool(getattr(source, "use_multiprocessing", False)) and workers > 0
        self._workers = workers if workers > 1 or self._processes else 0
        self._most = max(1, int(getattr(source, "max_queue_size", 10)))
        self._pool: Executor | None = None
        self._ahead: deque[tuple[int, Future]] = deque()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        job = self._job()
        if job is None:
            self.close()
            raise StopIteration
        index, result = job
        try:
            return result()
        except BrokenProcessPool as cause:
            raise self._no_processes(cause) from cause
        except StopIteration as cause:  # would end the epoch in silence
            raise RuntimeError(f"Making batch {index} raised StopIteration.") from cause
        except Exception as error:
            self.close()
            name = type(self.source).__name__
            error.add_note(f"raised while making batch {index}, by {name}.__getitem__({index})")
            raise

    def _job(self) -> tuple[int, Callable[[], Any]] | None:
        """The number of the next batch, and what makes it or waits for it."""
        if not self._workers:
            index = next(self._order, None)
            return None if index is None else (index, partial(self.source.__getitem__, index))
        for index in itertools.islice(self._order, self._most - len(self._ahead)):
            self._ahead.append((index, self._submit(index)))
        if not self._ahead:
            return None
        index, future = self._ahead.popleft()
        return index, future.result

    def drop(self, count: int) -> None:
        """Leaves out the next batches without making them."""
        for _ in range(min(count, len(self._ahead))):
            self._ahead.popleft()[1].cancel()
            count -= 1
        deque(itertools.islice(self._order, count), maxlen=0)

    def close(self) -> None:
        """Ends the workers; what they are in the middle of is finished and thrown away."""
        self._ahead.clear()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = None

    def _submit(self, index: int) -> Future:
        if not self._processes:
            self._pool = self._pool or ThreadPoolExecutor(self._workers, "lamella-batches")
            return self._pool.submit(self.source.__getitem__, index)
        try:
            if self._pool is None:
                # A forked copy of a process with JAX in it may hang.
                context = multiprocessing.get_context("spawn")
                self._pool = ProcessPoolExecutor(self._workers, context, _receive, (self.source,))
            return self._pool.submit(_fetch, index)
        except Exception as cause:  # whatever pickle raises
            raise self._no_processes(cause) from cause

    def _no_processes(self, cause: Exception) -> InvalidData:
        self.close()
        return InvalidData(
            f"{type(self.source).__name__} cannot be used by processes of their own: {cause}",
            help="Define it at the top of a file, put the script's body under "
            "`if __name__ == '__main__':`, or pass use_multiprocessing=False.",
        )


_received: list[Any] = []


def _receive(source: Any) -> None:
    """Keeps the copy of the data set that a worker process got."""
    _received[:] = [source]


def _fetch(index: int) -> Any:
    return _received[0][index]
