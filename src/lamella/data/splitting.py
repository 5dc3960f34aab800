"""One data set as two."""

import random
from typing import Any

import numpy as np

from lamella._base import InvalidArgument, WrongType, check
from lamella.data.arrays import ArrayData
from lamella.data.streams import is_stream


def split_dataset(
    dataset: Any,
    left_size: float | int | None = None,
    right_size: float | int | None = None,
    shuffle: bool = False,
    seed: int | None = None,
) -> tuple[Any, Any]:
    """The first rows of arrays, and the last ones.

    Args:
        dataset: an array, a table, or a list, tuple or dictionary of arrays of one length.
        left_size: the rows of the first part: a share between 0 and 1, or a number of rows. By
            default what the second part leaves.
        right_size: the same of the second part.
        shuffle: whether rows are put into a random order before.
        seed: of that order; by default another one each time.

    Returns two data sets in the structure of the given one, as arrays.

    Raises: InvalidArgument for sizes that leave a part empty or do not fit; WrongType for streams.

    Example:
        >>> left, right = split_dataset(np.arange(5), right_size=0.4)
        >>> left.tolist(), right.tolist()
        ([0, 1, 2], [3, 4])
    """
    if is_stream(dataset):
        raise WrongType(
            f"split_dataset needs arrays. Received: {type(dataset).__name__}.",
            help="Split the arrays or files that the batches are made of.",
        )
    data = ArrayData.read(dataset)
    left, right = _sizes(left_size, right_size, data.rows)
    order = list(range(data.rows))
    if shuffle:
        # Keras's draw, without touching the numbers that come after it.
        random.Random(random.randint(0, int(1e6)) if seed is None else seed).shuffle(order)
    rows = np.asarray(order)
    parts = data.take(rows[:left]).x, data.take(rows[data.rows - right :]).x
    if isinstance(dataset, tuple):
        return tuple(parts[0]), tuple(parts[1])
    return parts


def _sizes(left: float | int | None, right: float | int | None, rows: int) -> tuple[int, int]:
    first, second = (_size(left, rows, "left_size"), _size(right, rows, "right_size"))
    if first is None and second is None:
        raise InvalidArgument(
            "split_dataset needs left_size or right_size.", help="Pass for example left_size=0.8."
        )
    first = rows - (second or 0) if first is None else first
    second = rows - first if second is None else second
    if first + second > rows or not first or not second:
        raise InvalidArgument(
            f"left_size={left} and right_size={right} are {first} and {second} of {rows} rows.",
            help="Both parts need a row, and together they must fit.",
        )
    return first, second


def _size(value: float | int | None, rows: int, name: str) -> int | None:
    if isinstance(value, float):
        return round(check.fraction(value, name) * rows)
    return None if value is None else check.positive_int(value, name)
