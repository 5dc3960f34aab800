"""split_dataset gives rows as Keras's sizes say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lamella as keras
from lamella import LamellaError

X, Y = np.arange(20).reshape(10, 2), np.arange(10)


@pytest.mark.parametrize(
    ("sizes", "rows"),
    [
        ({"left_size": 0.8}, (8, 2)),
        ({"right_size": 0.25}, (8, 2)),
        ({"left_size": 3}, (3, 7)),
        ({"left_size": 0.3, "right_size": 2}, (3, 2)),
    ],
)
def test_sizes(sizes: dict[str, Any], rows: tuple[int, int]) -> None:
    left, right = keras.utils.split_dataset((X, Y), **sizes)
    assert isinstance(left, tuple)
    assert (len(left[0]), len(right[0])) == rows
    np.testing.assert_array_equal(left[0], X[: rows[0]])
    np.testing.assert_array_equal(right[1], Y[-rows[1] :])


def test_shuffled_rows_stay_together() -> None:
    runs = [keras.utils.split_dataset([X, Y], 0.5, shuffle=True, seed=3) for _ in range(2)]
    for left, right in runs:
        np.testing.assert_array_equal(
            np.concatenate([left[0], right[0]])[:, 0] // 2, np.concatenate([left[1], right[1]])
        )
        assert sorted([*left[1], *right[1]]) == list(range(10))
        assert list(left[1]) != list(range(5))
        np.testing.assert_array_equal(left[1], runs[0][0][1])


@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"left_size": 10},
        {"left_size": 0.01},
        {"left_size": 6, "right_size": 6},
        {"left_size": 1.5},
        {"left_size": -1},
    ],
)
def test_refusals(sizes: dict[str, Any]) -> None:
    with pytest.raises(LamellaError):
        keras.utils.split_dataset(X, **sizes)
    with pytest.raises(LamellaError, match="needs arrays"):
        keras.utils.split_dataset(iter([X]), left_size=0.5)
