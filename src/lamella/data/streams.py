"""Data that comes batch by batch: generators, iterables, data sets with a length."""

from __future__ import annotations

import copy
import itertools
import operator
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import jax
import numpy as np

from lamella._base import InvalidArgument, InvalidData, InvalidShape, WrongType, warn_person
from lamella._base.dtypes import is_float
from lamella._state.seeds import random_states
from lamella.data.arrays import ArrayData
from lamella.data.host import is_on_host
from lamella.data.py_dataset import Fetcher, PyDataset, numbers_of
from lamella.data.tables import is_column, is_from, is_table

_END = object()


def is_stream(x: Any) -> bool:
    """Whether data gives batches one after another and is not an array, table, list or dictionary.

    Example:
        >>> is_stream(iter([np.ones(2)])), is_stream(np.ones(2))
        (True, False)
    """
    if isinstance(x, (np.ndarray, jax.Array, list, tuple, Mapping, str, type)) or x is None:
        return False
    if callable(getattr(x, "__array__", None)) or is_table(x) or is_column(x) or is_on_host(x):
        return False
    return hasattr(x, "__iter__") or (hasattr(x, "__getitem__") and hasattr(x, "__len__"))


@dataclass(eq=False, repr=False)
class StreamData:
    """Batches from an iterable, or from an object with `__getitem__` and a length.

    Args:
        source: gives x, (x, y) or (x, y, sample_weight) for each batch.
        shuffle: whether batches that have numbers come in a random order.
        names: the model's inputs, y_names its outputs: see ArrayData.read.
        role: what x is called in errors; it ends in "x".
        steps_name: what the argument that limits an epoch is called.

    Raises: WrongType for a torch Dataset, whose items are no batches.
    """

    source: Any
    _: KW_ONLY
    shuffle: bool = False
    names: Sequence[str] | None = None
    y_names: Sequence[str] | None = None
    role: str = "x"
    steps_name: str = "steps_per_epoch"

    def __post_init__(self) -> None:
        source = self.source
        if is_from(source, "torch", "Dataset"):
            raise WrongType(
                f"{type(source).__name__} is a torch Dataset: it gives single samples.",
                help="Wrap it: torch.utils.data.DataLoader(dataset, batch_size=32, shuffle=True).",
            )
        self._numbered = _is_dataset(source) or not hasattr(source, "__iter__")
        self.once = hasattr(source, "__next__")
        self.endless = self.steps is None and _never_ends(source)
        self._running: Iterator[Any] | None = None
        self._first: ArrayData | None = None
        self._like: dict[str, Any] | None = None
        self._class_weight: Any = None
        self._within = False
        self._warned = False
        self._randomness: Any = None
        self._taken = 0
        self._dropped = 0

    @property
    def steps(self) -> int | None:
        """The number of batches, None if it is not known or there is no end."""
        if _is_dataset(self.source):
            return self.source.num_batches
        try:
            size = len(self.source)
        except (TypeError, NotImplementedError, OverflowError):
            return None
        return None if size >= sys.maxsize else size  # grain's repeat() has that length

    def with_class_weight(
        self, class_weight: Any, names: Sequence[str] | None = None
    ) -> StreamData:
        """The stream with weights by class for sample weights, batch by batch.

        Args: as of ArrayData.with_class_weight.
        """
        weighted = copy.copy(self)
        weighted._class_weight = (class_weight, names)
        return weighted

    def first(self) -> ArrayData | None:
        """The batch that comes next, None if there is none. It is kept: nothing is lost."""
        if self._first is None:
            self._first = self._next(0)
        return self._first

    def reset(self) -> None:
        """Starts anew at the next epoch, where the source can, with a new order of batches.

        Keras does so after it built a model from the first batch, and before each evaluation.
        """
        if not self.once:
            self.close()
            self._end()

    def close(self) -> None:
        """Ends workers and drops what was fetched ahead; a person's own iterator is left alone."""
        if not self.once:
            if callable(closing := getattr(self._running, "close", None)):
                closing()
            self._running = self._first = None

    def state(self) -> dict[str, Any] | None:
        """What has to be known to go on later at this batch; None if that is nothing.

        A source with `get_state` and `set_state` of its own is asked for what it knows.
        """
        own = getattr(self.source, "get_state", None)
        known = own() if callable(own) and not self.once else None
        if self._running is None and self._first is None:  # between two passes
            return None if known is None else {"randomness": None, "taken": 0, "source": known}
        return {"randomness": self._randomness, "taken": self._taken, "source": known}

    def go_on(self, state: dict[str, Any] | None, step: int) -> None:
        """Starts at a batch other than the first.

        Random numbers have to be where they were when the pass over the source began.

        Args:
            state: what `state` gave when the epoch began.
            step: how many batches of the epoch are done since.
        """
        self.close()
        if state is not None and state["source"] is not None:
            self.source.set_state(state["source"])
        self._within = False
        if not step and (state is None or state["randomness"] is None):
            return
        self._begin()
        self._taken = step + (state["taken"] if state else 0)
        self._drop(self._taken)
        self._dropped = step

    def batches(
        self,
        most: int | None,
        *,
        skip: int = 0,
        check: Callable[[ArrayData, int], None] | None = None,
    ) -> Generator[ArrayData]:
        """The batches of one epoch.

        Args:
            most: the number of batches, by default all. With it, an epoch goes on where the one
                before it stopped, and a new pass over the source begins after its end.
            skip: batches at the start that are left out; `most` counts them.
            check: called with each batch and its number in the epoch.

        Raises: InvalidArgument for data that never ends without `most`; InvalidData and
            InvalidShape for a batch that is not like the first one.
        """
        if most is None and self.endless:
            raise InvalidArgument(
                f"The data never ends ({type(self.source).__name__}), and {self.steps_name} was "
                "not given.",
                help=f"Say how many batches are one pass: {self.steps_name}=100.",
            )
        return self._epoch(most, skip, check)

    def _epoch(
        self, most: int | None, skip: int, check: Callable[[ArrayData, int], None] | None
    ) -> Generator[ArrayData]:
        if most is None and self._first is None and not self._dropped:
            self.close()
        ended = False
        try:
            self._begin()
            there = self._drop(skip - self._dropped)
            self._dropped = 0
            for count in itertools.count(skip) if most is None else range(skip, most):
                data = self._next(count) if there else None
                if data is None:
                    self._ran_out(count, most)
                    break
                if check is not None:
                    check(data, count)
                self._taken += 1
                yield data
            if self._running is not None and self._taken == self.steps:
                # The pass is over as well: a run that goes on begins with a new one.
                rest = self._pull(self._taken)
                self._first = None if rest is _END else self._read(rest, self._taken)
            ended = True
        finally:
            if ended:
                self._end()
            else:
                self._within = False
                self.close()

    def _begin(self) -> None:
        """Tells the source of an epoch's begin, once, and has an iterator ready."""
        if self._running is None:
            self._randomness, self._taken = random_states(), 0
        if not self._within:
            self._within = True
            self._tell("on_epoch_begin")
        if self._running is None:
            order = numbers_of(self.steps, self.shuffle) if self._numbered else None
            self._running = iter(self.source) if order is None else Fetcher(self.source, order)

    def _end(self) -> None:
        self._within = False
        self._tell("on_epoch_end")

    def _tell(self, hook: str) -> None:
        if self._numbered and callable(getattr(self.source, hook, None)):
            getattr(self.source, hook)()

    def _drop(self, count: int) -> bool:
        """Leaves out the next batches. Gives whether there were as many."""
        if count and self._first is not None:
            self._first = None
            count -= 1
        if isinstance(self._running, Fetcher):
            self._running.drop(count)
            return True
        return all(self._pull(index) is not _END for index in range(count))

    def _next(self, index: int) -> ArrayData | None:
        if self._first is not None:
            data, self._first = self._first, None
            return data
        goes_on = self._running is not None and not self.once
        self._begin()
        item = self._pull(index)
        if item is _END and index == 0 and goes_on:  # the epoch before had the last batch
            self._begin()
            item = self._pull(index)
        return None if item is _END else self._read(item, index)

    def _pull(self, index: int) -> Any:
        assert self._running is not None
        try:
            return next(self._running)
        except StopIteration:
            self._running = None
            return _END
        except Exception as error:
            if not isinstance(self._running, Fetcher):
                error.add_note(f"raised by the {type(self.source).__name__} at batch {index}.")
            raise

    def _ran_out(self, count: int, most: int | None) -> None:
        if most is not None and count and not self._warned:
            self._warned = True
            warn_person(
                f"The data ran out: it gave {count} batches, {self.steps_name} asks for {most}. "
                "Let it give more, repeat it, or leave the argument out."
            )

    def _read(self, item: Any, index: int) -> ArrayData:
        prefix = f"{self.role.removesuffix('x')}batch {index}: "
        x, y, sample_weight = unpack_x_y_sample_weight(item)
        if x is None:
            raise InvalidData(f"{prefix}it has no inputs.", help="Give (x, y) for each batch.")
        data = ArrayData.read(x, y, sample_weight, f"{prefix}x", self.names, self.y_names)
        if self._class_weight is not None:
            data = data.with_class_weight(*self._class_weight, warn=False)
        self._compare(data, index)
        return data

    def _compare(self, data: ArrayData, index: int) -> None:
        """Refuses a batch with other parts, ranks or kinds of numbers than the first one had.

        Sizes are left to the model: sequences may be of another length in each batch.
        """
        parts = {"x": data.x, "y": data.y, "sample_weight": data.sample_weight}
        found = {
            f"{name}{jax.tree_util.keystr(path)}": jax.ShapeDtypeStruct(leaf.shape, leaf.dtype)
            for name, part in parts.items()
            for path, leaf in jax.tree_util.tree_leaves_with_path(part)
        }
        if self._like is None:
            self._like = found
        if list(found) != list(self._like):
            raise InvalidData(
                f"Batch {index} has the parts {list(found)}; the first one had {list(self._like)}.",
                help="Give the same structure for every batch.",
            )
        for name, leaf in found.items():
            first, who = self._like[name], f"`{name}` of batch {index} has"
            if len(leaf.shape) != len(first.shape):
                raise InvalidShape(
                    f"{who} shape {leaf.shape}; that of the first batch had {first.shape}.",
                    help="Give every batch the same axes; one of a single row keeps its first.",
                )
            if is_float(leaf.dtype) != is_float(first.dtype):
                raise InvalidData(
                    f"{who} dtype {leaf.dtype}; that of the first batch had {first.dtype}.",
                    help=f"Convert every batch: .astype('{first.dtype}').",
                )


def _is_dataset(source: Any) -> bool:
    return isinstance(source, PyDataset) or is_from(source, "keras", "PyDataset")


def _never_ends(source: Any) -> bool:
    """Whether a source whose length is not known can be known to have no end."""
    if isinstance(source, (itertools.count, itertools.cycle)) or _is_dataset(source):
        return True
    if isinstance(source, itertools.repeat):
        return operator.length_hint(source, -1) < 0
    if is_from(source, "tensorflow", "DatasetV2"):
        return int(source.cardinality()) == -1
    return is_from(source, "grain", "MapDataset")  # only one that never ends has no length


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """Splits one batch into inputs, targets and weights; what is not there is None.

    Example:
        >>> unpack_x_y_sample_weight(([1.0], [2.0]))
        ([1.0], [2.0], None)
    """
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise InvalidData(
            f"A batch must be x, (x, y) or (x, y, sample_weight). Received: {len(data)} items.",
            help="Several inputs go into one item: ([x1, x2], y).",
        )
    x, y, sample_weight = (*data, None, None)[:3]
    return x, y, sample_weight
