"""Graphs of every form: equal to Keras's, and travelling both ways as files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import keras
import numpy as np
import pytest

import lamella

RNG = np.random.default_rng(0)


def normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype("float32")


X, X2 = normal(6, 8), normal(6, 4)


def one_model_twice(k: Any) -> Any:
    i = k.Input((8,))
    encoder = k.Model(i, k.layers.Dense(3)(i), name="encoder")
    a, b = k.Input((8,), name="a"), k.Input((8,), name="b")
    difference = k.layers.Subtract()([encoder(a), encoder(b)])
    return k.Model([a, b], k.layers.Dense(1)(difference)), [X, X * 2]


def three_floors(k: Any) -> Any:
    i, j, a = k.Input((8,)), k.Input((8,)), k.Input((8,))
    low = k.Model(i, k.layers.Dense(3)(i), name="low")
    row = k.Sequential([k.layers.Dense(4), k.layers.Dense(2)], name="row")
    return k.Model(a, k.Model(j, row(low(j)), name="middle")(a)), X


def dictionaries(k: Any) -> Any:
    a, b = k.Input((8,), name="a"), k.Input((4,), name="b")
    both = k.layers.Concatenate()([a, b])
    outputs = {"s": k.layers.Dense(1, name="s")(both), "t": k.layers.Dense(2, name="t")(a)}
    return k.Model({"a": a, "b": b}, outputs), {"a": X, "b": X2}


def keys_unlike_names(k: Any) -> Any:
    a, b = k.Input((8,), name="a"), k.Input((4,), name="b")
    return k.Model({"one": a, "two": b}, k.layers.Concatenate()([a, b])), {"one": X, "two": X2}


def tuples(k: Any) -> Any:
    a, b = k.Input((8,), name="a"), k.Input((4,), name="b")
    return k.Model((a, b), (k.layers.Dense(1)(a), k.layers.Dense(2)(b))), (X, X2)


def one_layer_twice(k: Any) -> Any:
    dense, a = k.layers.Dense(8), k.Input((8,))
    return k.Model(a, dense(k.layers.ReLU()(dense(a)))), X


def operators(k: Any) -> Any:
    a = k.Input((8,))
    y = k.ops.concatenate([k.ops.relu(a * 2.0 + 1.0), a], -1)[:, :3]
    return k.Model(a, k.ops.mean(y, axis=-1, keepdims=True) + 1 - k.ops.sum(a, -1)[:, None]), X


def cut_in_the_middle(k: Any) -> Any:
    a = k.Input((8,))
    h = k.layers.Dense(5, name="h")(a)
    o = k.layers.Dense(3, name="o")(h)
    return k.Model(h, o), normal(2, 5)


def states_passed_on(k: Any) -> Any:
    a, b = k.Input((5, 4)), k.Input((3, 4))
    _, h, c = k.layers.LSTM(6, return_state=True)(a)
    y = k.layers.LSTM(6, return_sequences=True)(b, initial_state=[h, c])
    return k.Model([a, b], k.layers.Dense(2)(y)), [normal(2, 5, 4), normal(2, 3, 4)]


def a_setting_in_the_call(k: Any) -> Any:
    a = k.Input((8,))
    return k.Model(a, k.layers.Dropout(0.5)(k.layers.Dense(3)(a), training=False)), X


def a_mask(k: Any) -> Any:
    a = k.Input((5,), dtype="int32")
    embedded = k.layers.Embedding(10, 4, mask_zero=True)(a)
    return k.Model(a, k.layers.GRU(3)(embedded)), np.array([[1, 2, 0, 0, 0], [3, 4, 5, 6, 7]])


def several_outputs_inside(k: Any) -> Any:
    i, a = k.Input((8,)), k.Input((8,))
    p, q = k.Model(i, [k.layers.Dense(3)(i), k.layers.Dense(3)(i)], name="two")(a)
    return k.Model(a, k.layers.Add()([p, q])), X


def dictionaries_inside(k: Any) -> Any:
    i, j = k.Input((8,), name="u"), k.Input((4,), name="v")
    joined = k.layers.Dense(3)(k.layers.Concatenate()([i, j]))
    inner = k.Model({"u": i, "v": j}, {"w": joined}, name="inner")
    a, b = k.Input((8,)), k.Input((4,))
    return k.Model([a, b], k.layers.Dense(2)(inner({"u": a, "v": b})["w"])), [X, X2]


def rows_in_rows(k: Any) -> Any:
    inner = k.Sequential([k.layers.Dense(4), k.layers.ReLU()])
    return k.Sequential([k.Input((8,)), inner, k.Sequential([k.layers.Dense(2)])]), X


def inputs_among_the_outputs(k: Any) -> Any:
    a = k.Input((8,), name="a")
    h = k.layers.Dense(3)(a)
    return k.Model(a, [a, h, h]), X


def wrapped(k: Any) -> Any:
    a = k.Input((5, 8))
    both = k.layers.Bidirectional(k.layers.LSTM(4, return_sequences=True))(a)
    return k.Model(a, k.layers.TimeDistributed(k.layers.Dense(3))(both)), normal(2, 5, 8)


GRAPHS: list[Callable[[Any], Any]] = [
    one_model_twice,
    three_floors,
    dictionaries,
    keys_unlike_names,
    tuples,
    one_layer_twice,
    operators,
    cut_in_the_middle,
    states_passed_on,
    a_setting_in_the_call,
    a_mask,
    several_outputs_inside,
    dictionaries_inside,
    rows_in_rows,
    inputs_among_the_outputs,
    wrapped,
]


def leaves(model: Any, x: Any) -> list[np.ndarray]:
    return [np.asarray(leaf) for leaf in jax.tree.leaves(model(x))]


def assert_same(ours: list[np.ndarray], theirs: list[np.ndarray]) -> None:
    for mine, yours in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, yours, atol=1e-5)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("make", GRAPHS, ids=lambda make: make.__name__)
def test_equal_to_keras_and_round_trips(make: Callable[[Any], Any], tmp_path: Path) -> None:
    lamella.utils.clear_session()
    keras.utils.clear_session()
    (ours, x), (theirs, _) = make(lamella), make(keras)
    theirs.set_weights(ours.get_weights())
    expected = leaves(ours, x)
    assert_same(expected, leaves(theirs, x))
    assert type(ours(x)) is type(theirs(x)) or not isinstance(theirs(x), (list, tuple, dict))
    # An Input made for a cut is named after a tensor, and tensors are numbered in another way.
    names = [[one.name for one in m.layers if "CLONE" not in one.name] for m in (ours, theirs)]
    assert names[0] == names[1]

    again = type(ours).from_config(ours.get_config())
    again.set_weights(ours.get_weights())
    assert_same(expected, leaves(again, x))
    clone = lamella.models.clone_model(ours)
    clone.set_weights(ours.get_weights())
    assert_same(expected, leaves(clone, x))

    ours.save(tmp_path / "ours.keras")
    theirs.save(tmp_path / "theirs.keras")
    for library in (lamella, keras):
        for name in ("ours.keras", "theirs.keras"):
            assert_same(expected, leaves(library.saving.load_model(tmp_path / name), x))


def test_a_layer_shared_with_an_inner_model_stays_one(tmp_path: Path) -> None:
    # Keras 3.15.1 cannot read its own file of such a model.
    shared, i, a = lamella.layers.Dense(8, name="shared"), lamella.Input((8,)), lamella.Input((8,))
    inner = lamella.Model(i, shared(i), name="inner")
    model = lamella.Model(a, shared(inner(a)))
    again = lamella.Model.from_config(model.get_config())
    assert len(model.weights) == len(again.weights) == 2
    assert again.get_layer("shared") is again.get_layer("inner").get_layer("shared")
    model.save(tmp_path / "m.keras")
    assert_same(leaves(model, X), leaves(lamella.saving.load_model(tmp_path / "m.keras"), X))


def test_two_subclassed_parents_of_one_layer(tmp_path: Path) -> None:
    @lamella.saving.register_keras_serializable("graphs")
    class Twice(lamella.Model):
        def __init__(self, first: Any, second: Any, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.first, self.second = first, second

        def call(self, inputs: Any) -> Any:
            return self.second(self.first(inputs))

    dense = lamella.layers.Dense(8)
    model = Twice(dense, dense)
    expected = leaves(model, X)
    model.save(tmp_path / "m.keras")
    again = lamella.saving.load_model(tmp_path / "m.keras")
    assert again.first is again.second
    assert len(again.weights) == 2
    assert_same(expected, leaves(again, X))
