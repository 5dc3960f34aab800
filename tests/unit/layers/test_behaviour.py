"""What single layers do beyond the contract."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

from lamella import layers
from lamella._base.errors import FileProblem, WrongType
from lamella._base.registry import register_custom
from lamella._graph.symbolic import KerasTensor
from lamella._state.seeds import set_random_seed


@pytest.mark.parametrize(
    "shapes",
    [[(None, None, 3), (None, 4, 3)], [(None, 4, 3), (None, None, 3), (None, None, 3)]],
    ids=str,
)
def test_a_known_size_settles_an_unknown_one(shapes: list[tuple]) -> None:
    tensors = [KerasTensor(shape) for shape in shapes]
    assert layers.Add()(tensors).shape == (None, 4, 3)
    assert layers.Concatenate()(tensors).shape == (None, 4, 3 * len(shapes))
    assert layers.Concatenate(axis=1)(tensors).shape == (None, None, 3)


def test_reshape_of_unknown_sizes_believes_the_target() -> None:
    assert layers.Reshape((4, 4))(KerasTensor((None, None, None))).shape == (None, 4, 4)
    assert layers.Flatten()(KerasTensor((None, None, 3))).shape == (None, None)


def test_unknown_images_pass_through_a_network_of_windows() -> None:
    x = KerasTensor((None, None, None, 3))
    x = layers.Conv2D(4, 3, padding="same", strides=2)(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2DTranspose(2, 3, strides=2, padding="same")(x)
    assert x.shape == (None, None, None, 2)
    assert layers.GlobalAveragePooling2D()(x).shape == (None, 2)


def test_batch_normalization_follows_the_batch_only_while_training() -> None:
    layer = layers.BatchNormalization(momentum=0.5)
    x = np.array([[1.0], [3.0]], "float32")
    layer(x)
    assert layer.moving_mean.numpy() == [0.0]
    layer(x, training=True)
    assert layer.moving_mean.numpy() == [1.0]
    assert layer.moving_variance.numpy() == [1.0]
    layer.trainable = False
    layer(x, training=True)
    assert layer.moving_mean.numpy() == [1.0]


def test_embedding_takes_first_weights() -> None:
    start = np.arange(6.0, dtype="float32").reshape(3, 2)
    for given in (start, [start]):
        np.testing.assert_array_equal(
            layers.Embedding(3, 2, weights=given)(np.array([2])), [[4, 5]]
        )


def test_dropout_draws_anew_at_every_call() -> None:
    layer = layers.Dropout(0.5, seed=1)
    x = np.ones((4, 50), "float32")
    first, second = layer(x, training=True), layer(x, training=True)
    assert (np.asarray(first) != np.asarray(second)).any()
    theirs = keras.layers.Dropout(0.5, seed=1)
    np.testing.assert_array_equal(first, theirs(x, training=True))
    np.testing.assert_array_equal(second, theirs(x, training=True))


def test_layers_without_a_rate_draw_no_seed() -> None:
    def last_seed(library: Any) -> np.ndarray:
        library.layers.Dropout(0.0)
        library.layers.GaussianNoise(0.0)
        return np.asarray(library.layers.Dropout(0.5).seed_generator.state.value)

    class Ours:
        pass

    Ours.layers = layers
    set_random_seed(5)
    ours = last_seed(Ours)
    keras.utils.set_random_seed(5)
    np.testing.assert_array_equal(ours, last_seed(keras))


def double(x: jax.Array, factor: float = 2.0) -> jax.Array:
    return x * factor


def test_a_named_function_in_a_lambda_comes_back_and_a_nameless_does_not() -> None:
    register_custom(double, "tests")
    layer = layers.Lambda(double, output_shape=(3,), arguments={"factor": 3.0})
    copy = layers.deserialize(layers.serialize(layer))
    assert copy(jnp.ones((1, 3))).tolist() == [[3.0, 3.0, 3.0]]
    assert copy(KerasTensor((None, 3))).shape == (None, 3)
    with pytest.raises(WrongType, match="lambda"):
        layers.serialize(layers.Lambda(lambda x: x))
    node = layers.serialize(layer)
    node["config"]["function"] = {"class_name": "__lambda__", "config": {"code": "4wEAAAA="}}
    with pytest.raises(FileProblem):
        layers.deserialize(node)


def test_a_lambda_gets_mask_and_training_if_it_names_them() -> None:
    def see(x: jax.Array, mask: Any = None, training: Any = None) -> jax.Array:
        return x * (2.0 if training else 1.0) * jnp.expand_dims(mask, -1)

    layer = layers.Lambda(see, mask=lambda inputs, mask: mask)
    x = layers.Masking()(jnp.array([[[1.0], [0.0]]]))
    outputs = layer(x, training=True)
    assert outputs.tolist() == [[[2.0], [0.0]]]
    assert outputs._keras_mask.tolist() == [[True, False]]


def test_a_regularized_activity_is_a_loss() -> None:
    layer = layers.Conv1D(2, 1, activity_regularizer="l2")
    outputs = layer(np.ones((4, 3, 2), "float32"))
    assert float(layer.losses[0]) == pytest.approx(0.01 * float(jnp.sum(outputs**2)) / 4)


def test_whole_numbers_are_averaged_as_floats() -> None:
    x = np.array([1, 2, 3, 4]).reshape(1, 4, 1)
    assert layers.AveragePooling1D(2)(x).ravel().tolist() == [1.5, 3.5]
    assert layers.MaxPooling1D(2)(x).dtype == "int32"


def test_the_gradient_of_an_empty_unit_vector_is_finite() -> None:
    layer = layers.UnitNormalization()
    slope = jax.grad(lambda x: layer.call(x).sum())(jnp.zeros((1, 3)))
    assert np.isfinite(slope).all()


def test_old_spellings_are_understood() -> None:
    with pytest.warns(UserWarning, match="negative_slope"):
        assert layers.LeakyReLU(alpha=0.5).negative_slope == 0.5
    assert layers.MaxPool2D is layers.MaxPooling2D
    assert layers.Convolution2D is layers.Conv2D
    assert layers.GlobalAvgPool1D is layers.GlobalAveragePooling1D
    assert layers.BatchNormalization(axis=[3]).axis == 3
