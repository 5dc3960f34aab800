from __future__ import annotations

from importlib import resources

import numpy as np
import pytest
from sklearn.datasets import load_digits

from lamella._base.errors import InvalidArgument
from lamella.datasets import digits


def test_images_are_those_of_scikit_learn() -> None:
    (x, y), (x_rest, y_rest) = digits.load_data(test_share=0.0, seed=None)
    oracle = load_digits()
    np.testing.assert_array_equal(x, oracle.images)
    np.testing.assert_array_equal(y, oracle.target)
    assert x.dtype == y.dtype == np.uint8
    assert x_rest.shape == (0, 8, 8) and y_rest.shape == (0,)


def test_the_division_is_a_permutation_and_repeats() -> None:
    (a, a_y), (b, b_y) = digits.load_data(seed=3)
    (again, _), _ = digits.load_data(seed=3)
    (other, _), _ = digits.load_data(seed=4)
    np.testing.assert_array_equal(a, again)
    assert not np.array_equal(a, other)
    rows = np.concatenate([a, b]).reshape(-1, 64)
    with_labels = np.column_stack([rows, np.concatenate([a_y, b_y])])
    oracle = load_digits()
    wanted = np.column_stack([oracle.data, oracle.target])
    np.testing.assert_array_equal(np.unique(with_labels, axis=0), np.unique(wanted, axis=0))
    assert len(a) + len(b) == 1797


def test_the_default_division_does_not_change() -> None:
    # RandomState(0).permutation(1797)[:3], numpy 2, from the frozen MT19937 stream.
    (_, y), _ = digits.load_data()
    order = np.random.RandomState(0).permutation(1797)
    np.testing.assert_array_equal(y[:50], load_digits().target[order[:50]])
    assert order[:3].tolist() == [1081, 1707, 927]


def test_without_a_seed_the_end_of_the_file_is_the_test_part() -> None:
    _, (x_test, _) = digits.load_data(test_share=0.1, seed=None)
    np.testing.assert_array_equal(x_test, load_digits().images[-180:])


@pytest.mark.parametrize("share", [-0.1, 1.0, 20])
def test_a_share_outside_its_range_is_refused(share: float) -> None:
    with pytest.raises(InvalidArgument, match="test_share"):
        digits.load_data(test_share=share)


def test_the_licence_travels_with_the_data() -> None:
    text = resources.files("lamella.datasets").joinpath("_data/LICENSE-digits.txt").read_text()
    assert "CC BY 4.0" in text and "10.24432/C50P49" in text
