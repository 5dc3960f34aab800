"""Weights by class, for one output and for several."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from lamella import LamellaError
from lamella.data import ArrayData

X = np.ones((4, 1))
Y = np.array([0, 1, 1, 2])
HOT = np.eye(2)[[0, 1, 1, 0]]


def weights(y: Any, class_weight: Any, names: list[str] | None = None) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = ArrayData.read(X, y).with_class_weight(class_weight, names).sample_weight
    if isinstance(found, dict):
        return {name: part.tolist() for name, part in found.items()}
    return [part.tolist() for part in found] if isinstance(found, list) else found.tolist()


def test_one_output() -> None:
    expected = [1.0, 5.0, 5.0, 0.5]
    for y in (Y, Y[:, None], np.eye(3)[Y], [Y], {"a": Y}):
        found = weights(y, {1: 5.0, 2: 0.5})
        assert found == ([expected] if isinstance(y, list) else expected) or found == {
            "a": expected
        }
    assert weights(Y, {"out": {1: 2.0}}, ["out"]) == [1.0, 2.0, 2.0, 1.0]


def test_several_outputs() -> None:
    first, second, ones = [1.0, 5.0, 5.0, 1.0], [1.0, 3.0, 3.0, 1.0], [1.0] * 4
    names = ["a", "b"]
    assert weights({"a": Y, "b": HOT}, {"a": {1: 5.0}, "b": {1: 3.0}}) == {"a": first, "b": second}
    assert weights([Y, HOT], {"b": {1: 3.0}}, names) == [ones, second]
    assert weights([Y, HOT], [{1: 5.0}, None], names) == [first, ones]
    # A list follows the model's order, not that of the dictionary of targets.
    assert weights({"b": HOT, "a": Y}, [{1: 5.0}, {1: 3.0}], names) == {"a": first, "b": second}


@pytest.mark.parametrize(
    ("y", "class_weight", "message"),
    [
        ([Y, HOT], {0: 1.0}, r"2 outputs.*class_weight=\{.a.: \{1: 5.0"),
        ([Y, HOT], {"bb": {0: 1.0}}, "the output 'bb'.*Did you mean 'b'"),
        ([Y, HOT], [{0: 1.0}], "1 items; there are 2"),
        (Y, {"zero": 1.0}, "must be a dictionary of class numbers"),
        (None, {0: 1.0}, "without targets"),
    ],
)
def test_refusals(y: Any, class_weight: Any, message: str) -> None:
    with pytest.raises(LamellaError, match=f"(?s){message}"):
        weights(y, class_weight, ["a", "b"])


def test_classes_that_never_occur() -> None:
    data = ArrayData.read(X, Y)
    with pytest.warns(UserWarning, match=r"\[7\], which never occur in y: it has classes 0 to 2"):
        data.with_class_weight({0: 2.0, 7: 1.0})
    with pytest.warns(UserWarning, match="y of output 'a'"):
        ArrayData.read(X, [Y, Y]).with_class_weight({"a": {7: 1.0}}, ["a", "b"])
    data.with_class_weight({7: 1.0}, warn=False)
    with pytest.raises(LamellaError, match="only one can be used"):
        ArrayData.read(X, Y, Y).with_class_weight({0: 1.0})
