"""Attention without heads, EinsumDense, SpectralNormalization and Wrapper beyond the contract."""

from __future__ import annotations

import warnings
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

import lamella
from lamella import layers
from lamella._base.errors import InvalidArgument, InvalidShape
from lamella._graph.symbolic import KerasTensor
from lamella._state.seeds import set_random_seed

RANDOM = np.random.default_rng(0)
QUERY, VALUE = (RANDOM.normal(size=(2, size, 3)).astype("float32") for size in (5, 4))
QUERY_MASK = np.arange(5)[None] < np.array([[3], [5]])
VALUE_MASK = np.arange(4)[None] < np.array([[0], [2]])  # nothing counts for the first


def with_mask(array: np.ndarray, mask: Any) -> jax.Array:
    carrier = jnp.asarray(array)
    carrier._keras_mask = jnp.asarray(mask)  # type: ignore[attr-defined]
    return carrier


@pytest.mark.parametrize("name", ["Attention", "AdditiveAttention"])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_masks_travel_as_in_keras(name: str, causal: bool, dtype: str) -> None:
    made = []
    for library, seed in ((layers, set_random_seed), (keras.layers, keras.utils.set_random_seed)):
        seed(1)
        layer = getattr(library, name)(use_scale=True, dtype=dtype)
        inputs = [with_mask(QUERY, QUERY_MASK), with_mask(VALUE, VALUE_MASK)]
        outputs, shares = layer(inputs, return_attention_scores=True, use_causal_mask=causal)
        made.append((outputs, shares, outputs._keras_mask))
    for one, other in zip(*made, strict=True):
        tolerance = 2e-5 if dtype == "float32" else 4e-3
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)
    assert np.asarray(made[0][0])[0, 3:].max() == 0


def test_given_masks_and_keys_count() -> None:
    key = VALUE[:, :, ::-1].copy()
    masks = [QUERY_MASK, None]
    ours = layers.Attention()([QUERY, VALUE, key], mask=masks)
    theirs = keras.layers.Attention()([QUERY, VALUE, key], mask=masks)
    np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-5)


def test_unknown_lengths_are_inferred() -> None:
    tensors = [KerasTensor((None, None, 3)), KerasTensor((None, 4, 3))]
    for layer in (layers.Attention(), layers.AdditiveAttention()):
        outputs, shares = layer(tensors, return_attention_scores=True, use_causal_mask=True)
        assert outputs.shape == (None, None, 3)
        assert shares.shape == (None, None, 4)


def test_attention_takes_a_list_of_two_or_three() -> None:
    with pytest.raises(InvalidArgument, match="two or three inputs"):
        layers.Attention()(QUERY)
    with pytest.raises(InvalidArgument, match="two or three inputs"):
        layers.AdditiveAttention()([QUERY])


@pytest.mark.parametrize(
    "equation, output_shape, bias_axes",
    [("ab->ac", 3, None), ("ab,bc->ad", 3, None), ("ab,bc->ac", 3, "b"), ("...ab,bc->ac", 3, None)],
)
def test_an_equation_that_cannot_be_is_refused(
    equation: str, output_shape: Any, bias_axes: str | None
) -> None:
    with pytest.raises(InvalidArgument, match="EinsumDense"):
        layers.EinsumDense(equation, output_shape, bias_axes=bias_axes)


def test_sizes_that_do_not_fit_an_equation_are_refused() -> None:
    with pytest.raises(InvalidShape, match="does not fit"):
        layers.EinsumDense("abc,cd->abd", 3).build((None, 4, 5))
    with pytest.raises(InvalidShape, match="does not fit"):
        layers.EinsumDense("abc,cd->abd", (None, 3)).build((None, 5))
    with pytest.raises(InvalidShape, match="axis 'b'"):
        layers.EinsumDense("abc,cd->abd", (7, 3)).build((None, 4, 5))
    with pytest.raises(InvalidShape, match="known sizes"):
        layers.EinsumDense("abc,cd->abd", (None, 3)).build((None, 4, None))


def test_spectral_normalization_holds_while_fit_trains() -> None:
    x = RANDOM.normal(size=(32, 6)).astype("float32")
    y = RANDOM.normal(size=(32, 1)).astype("float32")
    held = layers.SpectralNormalization(layers.Dense(5))
    model = lamella.Sequential([held, layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    model.fit(x, y, batch_size=8, epochs=20, verbose=0)
    # Keras on JAX normalizes for each step and forgets it: the norm is 1.8 there.
    assert np.linalg.norm(held.kernel.numpy(), 2) == pytest.approx(1, abs=0.05)


def test_spectral_normalization_sets_the_largest_singular_value_to_one() -> None:
    for inner, x in (
        (layers.Dense(5), np.ones((2, 7), "float32")),
        (layers.Embedding(9, 4), np.array([[1, 2]])),
    ):
        layer = layers.SpectralNormalization(inner, power_iterations=60)
        before = layer(x)
        after = layer(x, training=True)
        kernel = layer.kernel.numpy()
        assert np.linalg.norm(kernel.reshape(-1, kernel.shape[-1]), 2) == pytest.approx(1, abs=1e-3)
        assert (np.asarray(before) != np.asarray(after)).any()
        assert after.dtype == "float32"  # Keras rounds the vectors of an Embedding to whole numbers
    with pytest.raises(InvalidArgument, match="neither a kernel"):
        layers.SpectralNormalization(layers.ReLU())(np.ones((1, 2), "float32"))


def test_a_wrapper_holds_its_layer() -> None:
    class Twice(layers.Wrapper):
        def call(self, inputs: Any) -> Any:
            return self.layer(self.layer(inputs))

    wrapper = Twice(layers.Dense(3))
    assert wrapper(np.ones((2, 3), "float32")).shape == (2, 3)
    assert wrapper.weights == wrapper.layer.weights
    theirs = keras.layers.serialize(keras.layers.Wrapper(keras.layers.Dense(3, name="a"), name="w"))
    copy = layers.deserialize(theirs)
    assert (copy.name, copy.layer.name, copy.layer.units) == ("w", "a", 3)
    ours = layers.serialize(layers.Wrapper(layers.Dense(3, name="a"), name="w"))
    assert keras.layers.deserialize(ours).layer.units == 3
    with pytest.raises(InvalidArgument, match="Wrapper expects a layer"):
        layers.Wrapper(3)


@pytest.mark.parametrize(
    "shapes, more",
    [
        (((2, 5, 4, 3), (2, 6, 2, 3)), {}),
        (((2, 5, 4, 3), (2, 6, 4, 3)), {"bias": (1, 4, 5, 6), "mask": (2, 1, 1, 6)}),
        (((2, 5, 4, 3), (2, 6, 1, 3)), {"mask": (5, 6), "is_causal": True}),
    ],
)
def test_the_op_is_that_of_keras(shapes: Any, more: dict) -> None:
    query, key, value = (RANDOM.normal(size=s).astype("float32") for s in (*shapes, shapes[1]))
    call = dict(more)
    if "bias" in more:
        call["bias"] = RANDOM.normal(size=more["bias"]).astype("float32")
    if "mask" in more:
        call["mask"] = RANDOM.random(more["mask"]) > 0.3
    ours = lamella.ops.dot_product_attention(query, key, value, scale=0.4, **call)
    theirs = keras.ops.dot_product_attention(query, key, value, scale=0.4, **call)
    np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-5)


def test_a_fused_kernel_that_is_not_there_is_told_of() -> None:
    if jax.default_backend() == "gpu":
        pytest.skip("there is one here")
    x = np.ones((1, 2, 1, 4), "float32")
    with warnings.catch_warnings(), pytest.raises(InvalidArgument, match="no fused kernel"):
        lamella.ops.dot_product_attention(x, x, x, flash_attention=True)
