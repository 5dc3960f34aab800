"""Data that comes batch by batch: generators, iterables, datasets with a length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jax
import numpy as np

from lamella._base.errors import InvalidData
from lamella.data.arrays import ArrayData


def is_stream(x: Any) -> bool:
    """Whether data gives batches one after another and is not an array, list or dictionary."""
    if isinstance(x, (np.ndarray, jax.Array, list, tuple, Mapping, str)) or x is None:
        return False
    if callable(getattr(x, "__array__", None)):
        return False
    return hasattr(x, "__iter__") or (hasattr(x, "__getitem__") and hasattr(x, "__len__"))


class StreamData:
    """Batches from a generator, an iterable, or an object with `__len__` and `__getitem__`.

    Args:
        source: gives x, (x, y) or (x, y, sample_weight) for each batch.
    """

    def __init__(self, source: Any) -> None:
        self.source = source
        self._running: Iterator[Any] | None = None
        self.endless = iter(source) is source if hasattr(source, "__iter__") else False

    @property
    def steps(self) -> int | None:
        try:
            return len(self.source)
        except TypeError:
            return None

    def batches(self, most: int | None) -> Iterator[ArrayData]:
        """The batches of one epoch, `most` at most; a generator goes on where it stopped."""
        if not self.endless or self._running is None:
            self._running = self._items()
        count = 0
        while most is None or count < most:
            try:
                item = next(self._running)
            except StopIteration:
                self._running = None if not self.endless else self._running
                return
            count += 1
            x, y, sample_weight = unpack_x_y_sample_weight(item)
            yield ArrayData.read(x, y, sample_weight, role=f"x of batch {count - 1}")

    def _items(self) -> Iterator[Any]:
        if hasattr(self.source, "__iter__"):
            yield from self.source
            return
        for index in range(len(self.source)):
            yield self.source[index]
        ended = getattr(self.source, "on_epoch_end", None)
        if ended is not None:
            ended()


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
