"""Dropout against real Keras, to the bit."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export

from lamella._lowering.dropout import dropout

keras = pytest.importorskip("keras")


@pytest.mark.parametrize("noise_shape", [None, (None, 1, None), (4, None, 1)])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("rate", [0.1, 0.5, 1.0, 0.0])
def test_bits_are_those_of_keras(noise_shape, dtype, rate):
    x = jnp.asarray(np.random.default_rng(0).normal(size=(4, 5, 6)), dtype)
    key = jnp.array([7, 9], jnp.uint32)
    with jax.numpy_rank_promotion("raise"):
        ours = dropout(x, rate, key, noise_shape)
    theirs = keras.random.dropout(x, rate, noise_shape=noise_shape, seed=key)
    assert ours.dtype == x.dtype
    assert jnp.array_equal(ours, theirs)


def test_gradient_passes_the_kept_entries_only():
    x, key = jnp.ones((100,)), jax.random.PRNGKey(3)
    y, pull = jax.vjp(lambda x: dropout(x, 0.25, key), x)
    (dx,) = pull(jnp.ones_like(x))
    assert 0 < int((y == 0).sum()) < 100
    np.testing.assert_array_equal(dx, y)


def test_noise_shape_is_shared_along_its_axis():
    y = dropout(jnp.ones((50, 7)), 0.5, jax.random.PRNGKey(0), (None, 1))
    assert set(np.asarray((y == 0).sum(axis=1)).tolist()) == {0, 7}


def test_unknown_batch_passes_shape_inference():
    (batch,) = export.symbolic_shape("batch")
    x = jax.ShapeDtypeStruct((batch, 5), jnp.float32)
    y = jax.eval_shape(lambda x, key: dropout(x, 0.5, key), x, jax.random.PRNGKey(0))
    assert y.shape == x.shape
