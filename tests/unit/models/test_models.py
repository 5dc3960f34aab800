"""Sequential, Functional and subclassed models: building, calling, taking apart, copying."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lamella as keras
from lamella import LamellaError, layers, ops

X = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")


def test_add_and_pop() -> None:
    model = keras.Sequential()
    model.add(layers.Input((4,)))
    model.add(layers.Dense(5))
    model.add(layers.Dense(3, name="head"))
    assert model.output_shape == (None, 3)
    assert model.count_params() == 4 * 5 + 5 + 5 * 3 + 3
    popped = model.pop()
    assert popped.name == "head"
    assert model.output_shape == (None, 5)
    assert model(X).shape == (6, 5)
    assert len(model.weights) == 2


def test_without_input_the_first_data_builds() -> None:
    model = keras.Sequential([layers.Dense(5), layers.Dense(3)])
    assert not model.built
    assert [layer.name for layer in model.layers]
    assert model(X).shape == (6, 3)
    assert model.built
    assert model.input_shape == (None, 4)


def test_old_spellings_of_the_input_shape() -> None:
    for first in (
        layers.Dense(2, input_dim=4),
        layers.Dense(2, input_shape=(4,)),
        layers.Dense(2, batch_input_shape=(None, 4)),
    ):
        assert keras.Sequential([first]).input_shape == (None, 4)
    assert keras.Sequential([layers.LSTM(3, input_dim=1, input_length=5)]).input_shape == (
        None,
        5,
        1,
    )


def test_whole_numbers_stay_whole_on_their_way_to_an_embedding() -> None:
    model = keras.Sequential([layers.Embedding(300, 2)], name="words")
    assert model(np.array([[257, 259]])).shape == (1, 2, 2)
    assert model.inputs[0].dtype == "int32"


def test_a_shared_layer_has_its_weights_once() -> None:
    a, b = keras.Input((4,)), keras.Input((4,))
    shared = layers.Dense(3)
    model = keras.Model([a, b], layers.Add()([shared(a), shared(b)]))
    assert len(model.weights) == 2
    np.testing.assert_allclose(model([X, X]), 2 * shared(X), rtol=1e-6)


def test_inputs_by_position_and_by_name() -> None:
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    model = keras.Model([a, b], layers.Subtract()([a, b]))
    by_list = model([X, 2 * X])
    np.testing.assert_array_equal(by_list, model({"b": 2 * X, "a": X}))
    np.testing.assert_array_equal(by_list, model.predict({"a": X, "b": 2 * X}, verbose=0))
    with pytest.raises(LamellaError, match="input named 'b'"):
        model({"a": X, "bb": X})
    with pytest.raises(LamellaError, match="expects 2 input"):
        model([X])


def test_outputs_by_name() -> None:
    x = keras.Input((4,))
    model = keras.Model(x, {"double": x * 2.0, "half": x / 2.0})
    found = model.predict(X, verbose=0)
    np.testing.assert_allclose(found["double"], X * 2)
    np.testing.assert_allclose(found["half"], X / 2)


def test_ops_and_operators_in_a_graph() -> None:
    x = keras.Input((4,))
    y = ops.relu(x @ ops.ones((4, 2)) + 1.0)[:, :1] - ops.sum(x, axis=-1, keepdims=True)
    model = keras.Model(x, y)
    expected = np.maximum(X @ np.ones((4, 2)) + 1, 0)[:, :1] - X.sum(-1, keepdims=True)
    np.testing.assert_allclose(model(X), expected, atol=1e-5)
    copy = keras.Model.from_config(model.get_config())
    np.testing.assert_allclose(copy(X), expected, atol=1e-5)


def test_a_model_inside_a_model() -> None:
    inner = keras.Sequential([layers.Input((4,)), layers.Dense(3)], name="inner")
    x = keras.Input((4,))
    outer = keras.Model(x, layers.Dense(2)(inner(x)), name="outer")
    assert [layer.name for layer in outer.layers][1] == "inner"
    copy = keras.Model.from_config(outer.get_config())
    copy.set_weights(outer.get_weights())
    np.testing.assert_array_equal(copy(X), outer(X))


def test_features_from_the_middle() -> None:
    model = keras.Sequential([layers.Input((4,)), layers.Dense(5, name="hidden"), layers.Dense(2)])
    features = keras.Model(model.inputs, model.get_layer("hidden").output)
    np.testing.assert_array_equal(features(X), model.get_layer(index=0)(X))


def test_clones_have_fresh_weights() -> None:
    x = keras.Input((4,))
    model = keras.Model(x, layers.Dense(2, name="d")(x))
    copy = keras.models.clone_model(model)
    assert copy.get_layer("d") is not model.get_layer("d")
    assert not np.array_equal(copy.get_weights()[0], model.get_weights()[0])

    def wider(layer: Any) -> Any:
        config = layer.get_config()
        return type(layer).from_config({**config, "units": 7} if "units" in config else config)

    assert keras.models.clone_model(model, clone_function=wider).output_shape == (None, 7)


def test_json() -> None:
    model = keras.Sequential([layers.Input((4,)), layers.Dense(2, activation="relu")])
    copy = keras.models.model_from_json(model.to_json())
    assert copy.get_config() == model.get_config()


class Net(keras.Model):
    def __init__(self, width: int = 5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.blocks = [layers.Dense(width) for _ in range(2)]
        self.heads = {"main": layers.Dense(3)}

    def call(self, inputs: Any, training: bool = False) -> Any:
        x = inputs
        for block in self.blocks:
            x = block(x)
        return self.heads["main"](x)


def test_a_subclass_finds_layers_in_lists_and_dictionaries() -> None:
    model = Net()
    assert model(X).shape == (6, 3)
    assert len(model.weights) == 6
    assert len(model.layers) == 3
    model.blocks.append(layers.Dense(1))
    assert len(model.layers) == 4


def test_a_subclass_is_built_from_a_shape() -> None:
    model = Net()
    model.build((None, 4))
    assert model.count_params() == 25 + 30 + 18
    assert Net(7).get_config()["width"] == 7


def test_a_subclass_may_be_functional() -> None:
    class Wrapped(keras.Model):
        def __init__(self, units: int) -> None:
            x = keras.Input((4,))
            super().__init__(inputs=x, outputs=layers.Dense(units)(x))

    assert Wrapped(2)(X).shape == (6, 2)


def test_forgetting_super_init_is_told() -> None:
    class Forgot(layers.Layer):
        def __init__(self) -> None:
            self.dense = layers.Dense(2)

        def call(self, inputs: Any) -> Any:
            return self.dense(inputs)

    with pytest.raises(LamellaError, match="super"):
        Forgot()(X)


def test_training_travels_inward() -> None:
    model = keras.Sequential([layers.Input((4,)), layers.Dropout(0.5, seed=1)])
    assert not np.any(np.asarray(model(X)) == 0)
    assert np.any(np.asarray(model(X, training=True)) == 0)


def test_masks_travel() -> None:
    x = np.array([[1, 2, 0], [3, 0, 0]])
    embedding = layers.Embedding(5, 3, mask_zero=True)
    lstm = layers.LSTM(4)
    eager = lstm(embedding(x))
    model = keras.Sequential([layers.Input((3,), dtype="int32"), embedding, lstm])
    np.testing.assert_allclose(model(x), eager, atol=1e-6)
    np.testing.assert_allclose(jax.jit(model)(x), eager, atol=1e-6)
    shorter = lstm(embedding(x[:1, :2]))
    np.testing.assert_allclose(eager[:1], shorter, atol=1e-6)


def test_stateless_call_goes_through_jax() -> None:
    model = Net()
    model.build((None, 4))
    values = [variable.value for variable in model.trainable_variables]

    def loss(values: Any) -> Any:
        outputs, _ = model.stateless_call(values, [], X)
        return jnp.sum(outputs**2)

    gradients = jax.jit(jax.grad(loss))(values)
    assert [g.shape for g in gradients] == [v.shape for v in values]
    rows = jax.vmap(lambda row: model.stateless_call(values, [], row[None])[0][0])(X)
    np.testing.assert_allclose(rows, model(X), atol=1e-5)


def test_freezing() -> None:
    model = Net()
    model.build((None, 4))
    model.blocks[0].trainable = False
    assert len(model.trainable_weights) == 4
    assert len(model.non_trainable_weights) == 2
    model.trainable = False
    assert model.trainable_weights == []


WRONG: dict[str, tuple[Any, str]] = {
    "not_symbolic": (lambda: keras.Model(X, X), "symbolic"),
    "missing_input": (
        lambda: keras.Model(keras.Input((2,)), layers.Dense(1)(keras.Input((2,), name="lost"))),
        "lost",
    ),
    "two_of_one_name": (
        lambda: keras.Sequential([layers.Dense(1, name="d"), layers.Dense(1, name="d")]),
        "named 'd'",
    ),
    "not_a_layer": (lambda: keras.Sequential([print]), "Only layers"),
    "function_shape": (lambda: keras.Input(28), "comma"),
    "both_shapes": (lambda: keras.Input(shape=(2,), batch_shape=(None, 2)), "exactly one"),
    "no_value": (lambda: bool(keras.Input((2,))), "no value"),
    "numpy_of_symbolic": (lambda: np.asarray(keras.Input((2,))), "no value"),
    "slash": (lambda: layers.Dense(1, name="a/b"), "'/'"),
    "weights_count": (lambda: keras.Sequential([layers.Dense(1)]).set_weights([X]), "weights"),
}


@pytest.mark.parametrize("name", WRONG)
def test_mistakes_are_told(name: str) -> None:
    act, words = WRONG[name]
    with pytest.raises(LamellaError, match=words) as caught:
        act()
    assert len(str(caught.value).splitlines()) <= 3


def test_an_undecidable_size_is_found_by_trying() -> None:
    class Halves(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(3)

        def call(self, inputs: Any) -> Any:
            # Python's if on a size: JAX cannot decide it for an unknown batch.
            x = inputs[: inputs.shape[0] // 2] if inputs.shape[0] > 1 else inputs
            return self.dense(x)

    layer = Halves()
    assert layer(keras.Input((4,))).shape == (None, 3)
    assert layer.dense._build_shapes is not None
    assert layer(X).shape == (3, 3)


def test_a_thousand_layers() -> None:
    x = inputs = keras.Input((2,))
    for _ in range(1000):
        x = layers.Activation("relu")(x)
    assert len(keras.Model(inputs, x).layers) == 1001
