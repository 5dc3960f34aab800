"""tf.data.Dataset by itself and in fit, evaluate and predict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest


def numbers(dataset: Any) -> list[Any]:
    return [np.asarray(item).tolist() for item in dataset]


def test_elements_and_batches(tf: Any) -> None:
    Dataset = tf.data.Dataset
    assert numbers(Dataset.range(5).batch(2)) == [[0, 1], [2, 3], [4]]
    assert numbers(Dataset.range(5).batch(2, drop_remainder=True)) == [[0, 1], [2, 3]]
    assert len(Dataset.range(5).batch(2)) == 3
    assert numbers(Dataset.range(2).repeat(2).skip(1).take(2)) == [1, 0]
    assert numbers(Dataset.range(4).filter(lambda x: x % 2 == 0)) == [0, 2]
    assert numbers(Dataset.range(2).concatenate(Dataset.range(1))) == [0, 1, 0]
    assert numbers(Dataset.range(4).batch(2).unbatch()) == [0, 1, 2, 3]
    flat = Dataset.range(3).flat_map(lambda n: Dataset.range(int(n)))
    assert numbers(flat) == [0, 0, 1]
    assert [int(n) for n, _ in Dataset.range(2).enumerate(5)] == [5, 6]
    assert next(iter(Dataset.range(2))).numpy() == 0


def test_structures(tf: Any) -> None:
    rows = tf.data.Dataset.from_tensor_slices(({"a": [1.0, 2.0], "b": np.eye(2)}, ["x", "y"]))
    first, text = next(iter(rows))
    assert first["b"].tolist() == [1.0, 0.0] and str(text) == "x"
    assert first["a"].dtype == tf.float32
    both = tf.data.Dataset.zip((tf.data.Dataset.range(3), tf.data.Dataset.range(5, 7)))
    assert [(int(a), int(b)) for a, b in both] == [(0, 5), (1, 6)] and len(both) == 2
    changed = rows.map(lambda features, label: (features["a"] * 2, label))
    assert [float(a) for a, _ in changed.as_numpy_iterator()] == [2.0, 4.0]
    spec = both.batch(2).element_spec
    assert repr(spec[0]) == "TensorSpec(shape=(None,), dtype=tf.int32)"


def test_generators_start_again(tf: Any) -> None:
    def rows() -> Iterator[tuple[list[float], int]]:
        for n in range(3):
            yield [n, n], n

    signature = (tf.TensorSpec((2,), tf.float32), tf.TensorSpec((), tf.int32))
    dataset = tf.data.Dataset.from_generator(rows, output_signature=signature).batch(2)
    for _ in range(2):
        x, y = next(iter(dataset))
        assert x.dtype == tf.float32 and y.tolist() == [0, 1]
    assert int(dataset.cardinality()) == -2
    with pytest.raises(TypeError, match="unknown length"):
        len(dataset)
    with pytest.raises(TypeError, match="without calling it"):
        tf.data.Dataset.from_generator(rows(), tf.int32)


def test_shuffling(tf: Any) -> None:
    mixed = tf.data.Dataset.range(50).shuffle(50, seed=1)
    first, second = numbers(mixed), numbers(mixed)
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second and first != sorted(first)
    again = numbers(tf.data.Dataset.range(50).shuffle(50, seed=1))
    assert again == first
    same = tf.data.Dataset.range(50).shuffle(50, seed=1, reshuffle_each_iteration=False)
    assert numbers(same) == numbers(same)
    near = numbers(tf.data.Dataset.range(50).shuffle(2, seed=0))
    assert all(value <= place + 1 for place, value in enumerate(near))
    tf.random.set_seed(5)
    one = numbers(tf.data.Dataset.range(9).shuffle(9))
    tf.random.set_seed(5)
    assert numbers(tf.data.Dataset.range(9).shuffle(9)) == one


def test_map_runs_once_in_front_of_cache(tf: Any) -> None:
    calls = []
    dataset = tf.data.Dataset.range(3).map(lambda x: calls.append(1) or x + 1).cache()
    assert numbers(dataset) == numbers(dataset) == [1, 2, 3]
    assert len(calls) == 3


def test_no_end(tf: Any) -> None:
    dataset = tf.data.Dataset.range(2).repeat().prefetch(tf.data.AUTOTUNE)
    assert numbers(dataset.take(5)) == [0, 1, 0, 1, 0]
    assert int(dataset.cardinality()) == -1 and len(dataset.take(5)) == 5
    with pytest.raises(TypeError, match="infinite"):
        len(dataset)
    assert numbers(tf.data.Dataset.range(0).repeat()) == []


def test_errors_say_what_to_do(tf: Any) -> None:
    with pytest.raises(ValueError, match=r"\[2, 3\]"):
        tf.data.Dataset.from_tensor_slices(([1, 2], [1, 2, 3]))
    ragged = tf.data.Dataset.range(1, 4).map(lambda n: np.ones(int(n)))
    with pytest.raises(ValueError, match="padded_batch"):
        numbers(ragged.batch(3))
    assert numbers(ragged.padded_batch(3)) == [[[1, 0, 0], [1, 1, 0], [1, 1, 1]]]


def test_fit_evaluate_predict(tf: Any) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 3))
    y = x @ np.array([[1.0], [-2.0], [0.5]])
    dataset = (
        tf.data.Dataset.from_tensor_slices((x, y))
        .map(lambda a, b: (tf.cast(a, tf.float32), b), num_parallel_calls=tf.data.AUTOTUNE)
        .shuffle(64, seed=0)
        .batch(16)
        .prefetch(tf.data.AUTOTUNE)
    )
    model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.optimizer.learning_rate = 0.1
    history = model.fit(dataset, epochs=30, validation_data=dataset, verbose=0).history
    assert history["val_loss"][-1] < 0.01 * history["loss"][0]
    assert model.evaluate(dataset, verbose=0) < 0.05
    plain = tf.data.Dataset.from_tensor_slices((x, y)).batch(16)
    assert model.predict(plain, verbose=0).shape == (64, 1)
    features = tf.data.Dataset.from_tensor_slices(x).batch(10)
    np.testing.assert_allclose(
        model.predict(features, verbose=0), model.predict(x, verbose=0), rtol=1e-5
    )
