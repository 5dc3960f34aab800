"""Batch statistics and normalization against NumPy and real Keras."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lamella._lowering.normalization import batch_moments, moments, normalize

keras = pytest.importorskip("keras")


@pytest.fixture(autouse=True)
def strict_ranks():
    with jax.numpy_rank_promotion("raise"):
        yield


@pytest.mark.parametrize(
    ("shape", "axes"), [((8, 5), (0,)), ((4, 6, 5), (0, 1)), ((4, 5, 6), (0, 2))]
)
def test_moments_equal_numpy(shape, axes):
    x = np.random.default_rng(0).normal(3, 2, size=shape)
    mean, variance = batch_moments(jnp.asarray(x, "float32"), axes)
    np.testing.assert_allclose(mean, x.mean(axes), rtol=1e-5)
    np.testing.assert_allclose(variance, x.var(axes), rtol=1e-5)


def test_derivatives_of_moments_equal_those_of_their_formulas():
    x, change = np.random.default_rng(0).normal(3, 2, size=(2, 4, 5)).astype("float32")

    def ours(x):
        mean, variance = moments(x, (0,))
        return jnp.sum(jnp.sin(mean) + jnp.sqrt(variance))

    def plain(x):
        return jnp.sum(jnp.sin(jnp.mean(x, 0)) + jnp.std(x, 0))

    for derivative in (jax.grad, jax.hessian, jax.jacfwd):
        np.testing.assert_allclose(derivative(ours)(x), derivative(plain)(x), atol=1e-6)
    forward = [jax.jvp(function, (x,), (change,))[1] for function in (ours, plain)]
    np.testing.assert_allclose(*forward, rtol=1e-5)


def test_variance_survives_a_large_mean():
    x = np.random.default_rng(0).normal(size=(64, 3)) + 3000
    _, variance = batch_moments(jnp.asarray(x, "float32"), (0,))
    np.testing.assert_allclose(variance, x.astype("float32").astype("float64").var(0), rtol=1e-3)


def test_half_types_are_summed_in_float32():
    x = jnp.full((5000, 2), 300.0, jnp.float16)
    mean, variance = batch_moments(x, (0,))
    assert mean.dtype == variance.dtype == jnp.float32
    assert mean.tolist() == [300.0, 300.0]
    assert variance.tolist() == [0.0, 0.0]


def test_masked_moments_equal_keras_and_forget_what_is_masked():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 6, 5)).astype("float32")
    mask = rng.random((4, 6)) < 0.6
    layer = keras.layers.BatchNormalization(momentum=0.0)
    with jax.numpy_rank_promotion("allow"):
        layer(x, training=True, mask=mask)
    wanted = [np.asarray(v.value) for v in (layer.moving_mean, layer.moving_variance)]
    spoiled = np.where(mask[..., None], x, np.nan)
    for ours, theirs in zip(batch_moments(jnp.asarray(spoiled), (0, 1), mask), wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    gradient = jax.grad(lambda x: batch_moments(x, (0, 1), mask)[1].sum())(jnp.asarray(spoiled))
    assert np.isfinite(gradient).all()
    assert not np.asarray(gradient)[~mask].any()


def test_a_batch_without_valid_entries_gives_zeros():
    mean, variance = batch_moments(jnp.ones((2, 3, 4)), (0, 1), jnp.zeros((2, 3), bool))
    assert not mean.any()
    assert not variance.any()


@pytest.mark.parametrize("axis", [-1, 1])
@pytest.mark.parametrize("affine", [True, False])
def test_normalize_equals_keras_with_gradients(axis, affine):
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.normal(2, 3, size=(4, 6, 6)), "float32")
    mean, variance, gamma, beta = (jnp.asarray(rng.random(6), "float32") for _ in range(4))
    gamma, beta = (gamma, beta) if affine else (None, None)
    arrays = (x, mean, variance, gamma, beta)

    def theirs(x, mean, variance, gamma, beta):
        return keras.ops.batch_normalization(x, mean, variance, axis, beta, gamma, 1e-3)

    y, pull = jax.vjp(lambda *a: normalize(*a, axis, 1e-3), *arrays)
    with jax.numpy_rank_promotion("allow"):
        wanted, wanted_pull = jax.vjp(theirs, *arrays)
    np.testing.assert_allclose(y, wanted, atol=1e-6, rtol=1e-6)
    for ours, wished in zip(pull(y), wanted_pull(y), strict=True):
        if ours is not None:
            np.testing.assert_allclose(ours, wished, rtol=1e-4, atol=1e-4)


def test_normalize_keeps_half_types():
    one = jnp.ones(3)
    y = normalize(jnp.ones((2, 3), jnp.bfloat16), one, one, one, one, -1, 1e-3)
    assert y.dtype == jnp.bfloat16
    assert y.tolist() == [[1.0] * 3] * 2
