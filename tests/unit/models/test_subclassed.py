"""Subclassed models: built from shapes, shown whole, saved whole, steps of their own."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import lamella as keras
from lamella import layers, ops

X = np.random.default_rng(0).normal(size=(6, 8)).astype("float32")
X2 = X[:, :4]
registered = keras.saving.register_keras_serializable("subclassed")


@registered
class Block(layers.Layer):
    def __init__(self, units: int, activation: str = "relu", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units, self.activation = units, activation
        self.dense = layers.Dense(units, activation=activation)
        self.norm = layers.BatchNormalization()

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return self.norm(self.dense(inputs), training=training)


@registered
class Net(keras.Model):
    def __init__(self, units: tuple[int, ...] = (4, 3), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = list(units)
        self.blocks = [Block(count) for count in units]
        self.heads = {"a": layers.Dense(1), "b": layers.Dense(2)}

    def call(self, inputs: Any) -> Any:
        for block in self.blocks:
            inputs = block(inputs)
        return {name: head(inputs) for name, head in self.heads.items()}


@registered
class PairInOne(keras.Model):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.left, self.right = layers.Dense(2), layers.Dense(2)

    def call(self, inputs: Any) -> Any:
        left, right = inputs
        return self.left(left) + self.right(right)


@registered
class TwoArguments(keras.Model):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.left, self.right = layers.Dense(2), layers.Dense(2)

    def call(self, left: Any, right: Any = None) -> Any:
        return self.left(left) + self.right(right)


@registered
class LayersMadeInBuild(keras.Model):
    def build(self, input_shape: Any) -> None:
        self.dense = layers.Dense(input_shape[-1])
        self.scale = self.add_weight(shape=(input_shape[-1],), name="scale")

    def call(self, inputs: Any) -> Any:
        return self.dense(inputs) * self.scale


@registered
class Holder(keras.Model):
    def __init__(self, inner: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner = inner

    def call(self, inputs: Any) -> Any:
        return self.inner(inputs)


CASES: dict[str, tuple[Any, tuple]] = {
    "lists and dictionaries": (Net, (X,)),
    "a pair in one argument": (PairInOne, ([X, X2],)),
    "two arguments": (TwoArguments, (X, X2)),
    "layers made in build": (LayersMadeInBuild, (X,)),
    "a model as argument": (lambda: Holder(keras.Sequential([layers.Dense(3)])), (X,)),
    "inside of a functional model": (
        lambda: keras.Model(i := keras.Input((8,)), Net()(i)["a"]),
        (X,),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_saved_and_loaded_whole(name: str, tmp_path: Path) -> None:
    make, x = CASES[name]
    model = make()
    expected = model(*x)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert [w.shape for w in again.weights] == [w.shape for w in model.weights]
    jax.tree.map(np.testing.assert_array_equal, expected, again(*x))


def test_real_shapes_and_numbers_before_any_data(capsys: Any) -> None:
    class Outer(keras.Model):
        def __init__(self) -> None:
            super().__init__(name="outer")
            self.net = Net(name="net")
            self.head = layers.Dense(5, name="head")

        def call(self, inputs: Any) -> Any:
            return self.head(self.net(inputs)["b"])

    for make in (lambda m: m.build((None, 8)), lambda m: m(keras.Input((8,)))):
        model = Outer()
        make(model)
        model.summary(expand_nested=True)
        text = capsys.readouterr().out
        for shape in ("(None, 4)", "(None, 3)", "(None, 2)", "(None, 5)"):
            assert shape in text
        assert "?" not in text and "unbuilt" not in text
        assert f"Total params: {sum(w.size for w in model.weights)}" in text
        assert model.count_params() == 36 + 16 + 15 + 12 + 4 + 8 + 15


def test_weights_are_named_by_their_path() -> None:
    keras.utils.clear_session()
    model = Net(name="net")
    model.build((None, 8))
    assert [w.path for w in model.weights][:3] == [
        "net/block/dense/kernel",
        "net/block/dense/bias",
        "net/block/batch_normalization/gamma",
    ]


def test_training_reaches_layers_of_a_call_that_does_not_take_it() -> None:
    class Silent(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dropout = layers.Dropout(0.5)

        def call(self, inputs: Any) -> Any:
            return self.dropout(inputs)

    model = Silent()
    assert (np.asarray(model(X, training=True)) == 0).any()
    assert not (np.asarray(model(X, training=False)) == 0).any()


def test_steps_of_ones_own() -> None:
    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(1)
            self.seen = keras.metrics.Mean(name="seen")

        def call(self, inputs: Any) -> Any:
            return self.dense(inputs)

        def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, **_: Any) -> Any:
            loss = ops.mean((y - y_pred) ** 2)
            self.seen.update_state(loss)
            return loss

        def test_step(self, data: Any) -> Any:
            x, y = data
            return {"error": ops.mean(ops.abs(y - self(x, training=False)))}

        def predict_step(self, data: Any) -> Any:
            return self(data) * 0 + 7

    model = Own()
    model.compile("sgd")
    history = model.fit(X, X[:, :1], validation_data=(X, X[:, :1]), verbose=0).history
    assert set(history) == {"loss", "seen", "val_error"}
    assert history["loss"] == pytest.approx(history["seen"], rel=1e-6)
    error = np.abs(X[:, :1] - np.asarray(model(X))).mean()
    assert model.evaluate(X, X[:, :1], verbose=0) == pytest.approx(error, rel=1e-5)
    np.testing.assert_array_equal(model.predict(X, verbose=0), np.full((6, 1), 7.0))


def test_a_class_that_no_file_may_name(tmp_path: Path) -> None:
    class Unknown(keras.Model):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.dense = layers.Dense(1)

        def call(self, inputs: Any) -> Any:
            return self.dense(inputs)

    model = Unknown()
    expected = model(X)
    model.save(tmp_path / "m.keras")
    with pytest.raises(keras.LamellaError, match=r"'Unknown'.*not registered"):
        keras.saving.load_model(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras", custom_objects={"Unknown": Unknown})
    np.testing.assert_array_equal(expected, again(X))


def test_copies_are_apart() -> None:
    model = keras.Sequential([keras.Input((8,)), layers.Dense(3)])
    for again in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(model(X), again(X))
        again.weights[0].assign(again.weights[0].value * 0)
        assert not np.array_equal(model(X), again(X))
