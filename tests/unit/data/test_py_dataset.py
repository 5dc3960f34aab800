"""Batches by number: fetched ahead in order, errors and ends reach the person."""

from __future__ import annotations

import itertools
import os
import threading
import time
from typing import Any

import numpy as np
import pytest

import lamella as keras
from lamella import LamellaError
from lamella.data import PyDataset, StreamData
from lamella.data.py_dataset import Fetcher, numbers_of


class Batches(PyDataset):
    """Batches that say who made them; later ones are faster."""

    def __init__(self, count: int | None = 6, bad: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.count = count
        self.bad = bad
        self.threads: set[str] = set()
        self.asked: list[int] = []

    @property
    def num_batches(self) -> int | None:
        return self.count

    def __getitem__(self, index: int) -> tuple:
        self.asked.append(index)
        self.threads.add(threading.current_thread().name)
        if index == self.bad:
            raise ZeroDivisionError("in the data set")
        time.sleep(0.002 * (3 - index % 3))
        return np.full((2, 1), index, "float32"), np.full(2, index)


def seen(stream: StreamData, most: int | None = None) -> list[int]:
    return [int(data.y[0]) for data in stream.batches(most)]


def workers() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name.startswith("lamella-batches")]


def gone() -> bool:
    """Whether all threads ended, at once or after the batch they were at."""
    for _ in range(100):
        if not workers():
            return True
        time.sleep(0.02)
    return False


def test_threads_deliver_in_order_and_end() -> None:
    source = Batches(20, workers=3, max_queue_size=4)
    stream = StreamData(source)
    assert [seen(stream), seen(stream)] == [list(range(20))] * 2
    assert gone()
    assert len(source.threads) > 1


def test_no_more_than_max_queue_size_are_ahead() -> None:
    source = Batches(50, workers=2, max_queue_size=3)
    epoch = StreamData(source).batches(None)
    next(epoch)
    time.sleep(0.1)
    assert len(source.asked) == 3
    epoch.close()
    assert gone()


@pytest.mark.parametrize("count", [1, 3])
def test_an_error_reaches_fit_with_its_place(count: int) -> None:
    stream = StreamData(Batches(6, bad=4, workers=count))
    with pytest.raises(ZeroDivisionError) as caught:
        seen(stream)
    assert "while making batch 4, by Batches.__getitem__(4)" in caught.value.__notes__[0]
    assert caught.traceback[-1].name == "__getitem__"
    assert gone()


@pytest.mark.parametrize("count", [1, 2])
def test_an_end_in_the_middle_is_no_end_of_the_data(count: int) -> None:
    class Stops(Batches):
        def __getitem__(self, index: int) -> tuple:
            return next(iter([]))

    with pytest.raises(RuntimeError, match="StopIteration"):
        seen(StreamData(Stops(workers=count)))


def test_interrupted_epochs_leave_no_threads() -> None:
    stream = StreamData(Batches(None, workers=2))
    with pytest.raises(KeyboardInterrupt):
        for _ in stream.batches(5):
            raise KeyboardInterrupt
    del _
    assert gone()
    seen(stream, 2)  # goes on in the next epoch
    assert workers()
    stream.close()
    assert gone()


def test_one_that_never_ends() -> None:
    stream = StreamData(Batches(None))
    assert (stream.steps, stream.endless) == (None, True)
    with pytest.raises(LamellaError, match=r"never ends \(Batches\).*steps_per_epoch"):
        stream.batches(None)
    assert [seen(stream, 2), seen(stream, 3)] == [[0, 1], [2, 3, 4]]


def test_skipping_leaves_out_what_is_on_its_way() -> None:
    for count in (1, 2):
        source = Batches(30, workers=count, max_queue_size=3)
        fetcher = Fetcher(source, numbers_of(30))
        next(fetcher)
        fetcher.drop(20)
        assert [int(y[0]) for _, y in fetcher] == list(range(21, 30))
        assert not set(source.asked) & set(range(5, 21))


class Numbers(PyDataset):
    """At the top of a file, where new processes find it."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> tuple:
        if len(self) == index + 1:
            raise ZeroDivisionError("in a process")
        return np.full((1, 1), index), np.array([os.getpid()])


def test_processes_of_their_own() -> None:
    fetcher = Fetcher(Numbers(use_multiprocessing=True), numbers_of(3))
    assert [next(fetcher)[0].item() for _ in range(2)] == [0, 1]
    with pytest.raises(ZeroDivisionError, match="in a process") as caught:
        next(fetcher)
    assert "while making batch 2" in caught.value.__notes__[-1]
    assert "test_py_dataset.py" in str(caught.value.__cause__)


def test_what_cannot_be_copied_into_a_process() -> None:
    class Local(Numbers):
        pass

    fetcher = Fetcher(Local(use_multiprocessing=True), numbers_of(3))
    with pytest.raises(LamellaError, match=r"(?s)Local cannot be used by processes.*__main__"):
        next(fetcher)


def test_the_base_class() -> None:
    class Nothing(keras.utils.PyDataset):
        pass

    with pytest.raises(LamellaError, match=r"(?s)does not say how many.*__len__"):
        StreamData(Nothing())
    with pytest.raises(NotImplementedError, match="Nothing needs a method __getitem__"):
        Nothing()[0]

    class Forgetful(keras.utils.Sequence):
        def __init__(self) -> None:
            self.told: list[str] = []

        def __len__(self) -> int:
            return 2

        def __getitem__(self, index: int) -> np.ndarray:
            return np.full((1, 1), index)

        def on_epoch_end(self) -> None:
            self.told.append("end")

    source = Forgetful()
    assert (source.workers, source.use_multiprocessing, source.max_queue_size) == (1, False, 10)
    stream = StreamData(source)
    assert [data.x.item() for data in stream.batches(None)] == [0, 1]
    assert source.told == ["end"]
    assert [batch.item() for batch in source] == [0, 1]
    assert list(itertools.islice(iter(Batches(None)), 2))[1][1][0] == 1
