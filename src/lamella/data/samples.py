"""Batches made of single samples when they are asked for: what windows and pictures are."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np

from lamella._base import check


class Samples:
    """Batches of numbered samples; each pass over them starts anew, with `shuffle` in a new order.

    Args:
        make: gives x or (x, y) of the samples of some numbers.
        count: the number of samples.
        batch_size: samples in a batch, 1 or more; None gives single samples without that axis.
        shuffle: whether each full pass has an order of its own.
        seed: of these orders: the same seed, the same orders. By default Python's `random` draws.
        named: attributes that the data set has besides.

    A pass counts when its end is reached: to look at one batch changes no later order.

    Example:
        >>> squares = Samples(lambda rows: (rows, rows**2), 3, batch_size=2)
        >>> len(squares), [y.tolist() for _, y in squares]
        (2, [[0, 1], [4]])
    """

    def __init__(
        self,
        make: Callable[[np.ndarray], Any],
        count: int,
        batch_size: int | None = 32,
        shuffle: bool = False,
        seed: int | None = None,
        **named: Any,
    ) -> None:
        self._make, self._count, self._shuffle, self._seed = make, count, shuffle, seed
        self._size = None if batch_size is None else check.positive_int(batch_size, "batch_size")
        self._passes = 0
        vars(self).update(named)

    def __len__(self) -> int:
        """The number of batches in a pass."""
        return -(-self._count // (self._size or 1))

    def __iter__(self) -> Iterator[Any]:
        """The batches of a new pass."""
        number, size, order = self._passes, self._size or 1, np.arange(self._count)
        if self._shuffle:
            seed = random.getrandbits(32) if self._seed is None else self._seed & 0xFFFFFFFF
            order = np.random.default_rng([seed, number]).permutation(order)
        for first in range(0, self._count, size):
            batch = self._make(order[first : first + size])
            yield batch if self._size else jax.tree_util.tree_map(lambda leaf: leaf[0], batch)
        self._passes = number + 1

    def get_state(self) -> int:
        """The number of full passes: what a run that goes on has to know."""
        return self._passes

    def set_state(self, state: int) -> None:
        """Goes on from what `get_state` gave."""
        self._passes = state
