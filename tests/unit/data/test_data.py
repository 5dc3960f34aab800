"""Encodings equal Keras's; arrays and streams are read as meant."""

from __future__ import annotations

import keras as oracle
import numpy as np
import pytest

import lamella as keras
from lamella import LamellaError
from lamella.data import ArrayData, is_stream

SEQUENCES = [[1], [2, 3, 4, 5], [6, 7]]


@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("truncating", ["pre", "post"])
@pytest.mark.parametrize("maxlen", [None, 1, 3, 6])
def test_pad_sequences(padding: str, truncating: str, maxlen: int | None) -> None:
    arguments = {"maxlen": maxlen, "padding": padding, "truncating": truncating, "value": 9}
    np.testing.assert_array_equal(
        keras.utils.pad_sequences(SEQUENCES, **arguments),
        oracle.utils.pad_sequences(SEQUENCES, **arguments),
    )


@pytest.mark.parametrize("classes", [None, 7])
def test_to_categorical(classes: int | None) -> None:
    for labels in ([0, 2, 5], [[1], [3]], np.arange(6).reshape(2, 3)):
        mine = keras.utils.to_categorical(labels, classes)
        yours = oracle.utils.to_categorical(labels, classes)
        np.testing.assert_array_equal(mine, yours)


def test_normalize() -> None:
    x = np.random.default_rng(0).normal(size=(3, 4))
    for axis, order in ((-1, 2), (1, 1)):
        np.testing.assert_allclose(
            keras.utils.normalize(x, axis, order), oracle.utils.normalize(x, axis, order)
        )
    # Keras fails along axis 0.
    np.testing.assert_allclose(np.abs(keras.utils.normalize(x, 0, 1)).sum(0), np.ones(4))


@pytest.mark.parametrize("labels", [[-1, 2], ["cat"], []])
def test_to_categorical_refuses(labels: list) -> None:
    with pytest.raises(LamellaError):
        keras.utils.to_categorical(labels)


def test_number_types_of_arrays() -> None:
    data = ArrayData.read(np.ones((2, 3)), np.array([1, 2]))
    assert (data.x.dtype, data.y.dtype) == (np.float32, np.int32)
    with pytest.raises(LamellaError, match="32 bits"):
        ArrayData.read(np.array([2**40, 1]))


def test_a_list_of_arrays_is_several_inputs_and_a_list_of_numbers_one() -> None:
    assert len(ArrayData.read([np.ones((2, 1)), np.ones((2, 2))]).x) == 2
    assert ArrayData.read([[1.0, 2.0], [3.0, 4.0]]).x.shape == (2, 2)


def test_what_is_a_stream() -> None:
    assert is_stream(iter([1]))
    assert not is_stream(np.ones(2))
    assert not is_stream({"a": np.ones(2)})
    assert not is_stream([np.ones(2)])
