"""Class numbers as one-hot rows, rows of unit length, lists padded to one length."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from lamella._base import InvalidData, check


def to_categorical(x: Any, num_classes: int | None = None) -> np.ndarray:
    """Class numbers as one-hot rows.

    Args:
        x: whole numbers from 0; a last axis of size 1 is dropped.
        num_classes: how many classes there are, by default the highest number and one.

    Shapes: (...) -> (..., num_classes)

    Raises: InvalidData, if a number is below 0 or not below num_classes.

    Example:
        >>> to_categorical([0, 2]).tolist()
        [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    labels = np.asarray(x)
    if labels.size == 0 or labels.dtype.kind in "OSU":
        raise InvalidData(
            f"Class numbers must be whole numbers. Received: {labels!r}.",
            help="Number the classes from 0, for example with np.unique(x, return_inverse=True).",
        )
    labels = labels.astype("int64")
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    classes = int(labels.max()) + 1 if num_classes is None else num_classes
    if labels.min() < 0 or labels.max() >= classes:
        raise InvalidData(
            f"Class numbers from {labels.min()} to {labels.max()} do not fit {classes} classes.",
            help="They must be 0 or more and below num_classes.",
        )
    return np.eye(classes, dtype="float32")[labels]


def normalize(x: Any, axis: int = -1, order: int = 2) -> np.ndarray:
    """Scales rows to length 1; rows of zeros stay.

    Example:
        >>> normalize([[3.0, 4.0]]).tolist()
        [[0.6, 0.8]]
    """
    array = np.asarray(x)
    length = np.atleast_1d(np.linalg.norm(array, order, axis))
    length[length == 0] = 1
    return array / np.expand_dims(length, axis)


def pad_sequences(
    sequences: Sequence[Sequence[Any]],
    maxlen: int | None = None,
    dtype: str = "int32",
    padding: Literal["pre", "post"] = "pre",
    truncating: Literal["pre", "post"] = "pre",
    value: float = 0.0,
) -> np.ndarray:
    """Lists of unlike length as one array.

    Args:
        sequences: one list for each row.
        maxlen: the length of all rows, by default that of the longest.
        dtype: the array's number type.
        padding: where short rows are filled up.
        truncating: where long rows are cut.
        value: what fills short rows.

    Shapes: n lists -> (n, maxlen)

    Example:
        >>> pad_sequences([[1], [2, 3, 4]], maxlen=2).tolist()
        [[0, 1], [3, 4]]
    """
    check.one_of(padding, ("pre", "post"), "padding")
    check.one_of(truncating, ("pre", "post"), "truncating")
    length = max((len(row) for row in sequences), default=0) if maxlen is None else maxlen
    first = next((np.asarray(row) for row in sequences if len(row)), np.zeros((0,)))
    padded = np.full((len(sequences), length, *first.shape[1:]), value, dtype=dtype)
    for index, row in enumerate(sequences):
        first_kept = max(len(row) - length, 0) if truncating == "pre" else 0
        kept = np.asarray(row[first_kept:][:length])
        if not len(kept):
            continue
        place = slice(length - len(kept), None) if padding == "pre" else slice(0, len(kept))
        padded[index, place] = kept
    return padded
