"""Pooling against `lax.reduce_window` and real Keras: values, gradients, ties."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export, lax

from lamella._lowering import pooling as room
from lamella._lowering.pooling import average_pool, max_pool

keras = pytest.importorskip("keras")


def draw(spatial, channels=3, ties=False, channels_last=True):
    x = np.random.default_rng(0).normal(size=(2, *spatial, channels)).astype("float32")
    x = np.round(x) if ties else x
    return jnp.asarray(x if channels_last else np.moveaxis(x, -1, 1))


def settings(window, strides, padding="valid", channels_last=True):
    return {
        "window": window,
        "strides": strides,
        "padding": padding,
        "channels_last": channels_last,
    }


def by_keras(function, options):
    names = {True: "channels_last", False: "channels_first"}

    def call(x):
        return function(
            x,
            pool_size=options["window"],
            strides=options["strides"],
            padding=options["padding"],
            data_format=names[options["channels_last"]],
        )

    return call


def compare(ours, theirs, x, tolerance=1e-5):
    shape = jax.eval_shape(theirs, x).shape
    # Whole numbers: equal gradients must then be equal to the bit.
    dy = jnp.round(jnp.asarray(np.random.default_rng(1).normal(size=shape) * 4, x.dtype))

    @jax.jit
    def both(x, dy):
        with jax.numpy_rank_promotion("raise"):
            y, pull = jax.vjp(ours, x)
            dx = pull(dy)
        wanted, wanted_pull = jax.vjp(theirs, x)
        return (y, *dx), (wanted, *wanted_pull(dy))

    for name, mine, wished in zip(("y", "dx"), *both(x, dy), strict=True):
        np.testing.assert_allclose(mine, wished, atol=tolerance, err_msg=name)


PLACES = [((2, 2), (2, 2)), ((3, 2), (1, 1)), ((3, 2), (2, 3)), ((1, 3), (4, 3))]


@pytest.mark.parametrize(("window", "strides"), PLACES)
@pytest.mark.parametrize(
    ("padding", "channels_last"), [("valid", True), ("same", True), ("same", False)]
)
def test_max_routes_ties_exactly_as_keras(window, strides, padding, channels_last):
    options = settings(window, strides, padding, channels_last)
    x = draw((9, 8), ties=True, channels_last=channels_last)
    theirs = by_keras(keras.ops.max_pool, options)
    compare(lambda x: max_pool(x, **options), theirs, x, tolerance=0)


@pytest.mark.parametrize(("window", "strides"), PLACES)
@pytest.mark.parametrize(
    ("padding", "channels_last"), [("valid", True), ("same", True), ("same", False)]
)
def test_average_equals_keras(window, strides, padding, channels_last):
    options = settings(window, strides, padding, channels_last)
    x = draw((9, 8), channels_last=channels_last)
    theirs = by_keras(keras.ops.average_pool, options)
    compare(lambda x: average_pool(x, **options), theirs, x)


@pytest.mark.parametrize(("spatial", "window"), [((9,), (3,)), ((5, 4, 6), (2, 2, 3))])
@pytest.mark.parametrize("ours", [max_pool, average_pool])
def test_other_ranks_equal_keras(spatial, window, ours):
    options = settings(window, (2,) * len(window), "same")
    theirs = by_keras(getattr(keras.ops, ours.__name__), options)
    compare(lambda x: ours(x, **options), theirs, draw(spatial))


@pytest.mark.parametrize("ours", [max_pool, average_pool])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_windows_above_the_slice_limit_equal_keras(ours, padding):
    options = settings((7, 6), (3, 2), padding)
    assert room.MAX_SLICES < 7 * 6
    theirs = by_keras(getattr(keras.ops, ours.__name__), options)
    compare(lambda x: ours(x, **options), theirs, draw((9, 8), ties=True))


def test_all_entries_equal_gives_the_first_one_everything():
    x = jnp.zeros((1, 4, 4, 1))
    options = settings((2, 2), (2, 2))
    dx = jax.grad(lambda x: max_pool(x, **options).sum())(x)
    assert np.argwhere(np.asarray(dx)).tolist() == [[0, i, j, 0] for i in (0, 2) for j in (0, 2)]


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("strides", [(2, 2), (1, 1)])
def test_half_types_are_kept(dtype, strides):
    x = draw((6, 6)).astype(dtype)
    options = settings((2, 2), strides)
    wanted = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, *strides, 1), "VALID")
    y = max_pool(x, **options)
    assert y.dtype == x.dtype == average_pool(x, **options).dtype
    assert jnp.array_equal(y, wanted)
    assert jax.grad(lambda x: max_pool(x, **options).astype("float32").sum())(x).dtype == x.dtype


def test_whole_numbers_are_pooled():
    x = jnp.arange(-8, 8).reshape(1, 4, 4, 1)
    y = max_pool(x, **settings((3, 3), (2, 2), "same"))
    assert y.dtype == x.dtype
    assert y[0, :, :, 0].tolist() == [[2, 3], [6, 7]]


@pytest.mark.parametrize("ours", [max_pool, average_pool])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_unknown_sizes_pass_shape_inference(ours, padding):
    batch, height = export.symbolic_shape("batch, height")
    options = settings((2, 2), (2, 2), padding)
    known = jax.eval_shape(
        lambda x: ours(x, **options), jax.ShapeDtypeStruct((batch, 9, 8, 3), jnp.float32)
    )
    assert known.shape == (batch, 4 if padding == "valid" else 5, 4, 3)
    unknown = jax.eval_shape(
        lambda x: ours(x, **options), jax.ShapeDtypeStruct((batch, height, 8, 3), jnp.float32)
    )
    assert unknown.shape[2:] == (4, 3)


def test_jit_vmap_and_second_derivatives_agree():
    options = settings((2, 2), (2, 2))
    x = draw((4, 4))
    theirs = by_keras(keras.ops.max_pool, options)

    def second(function):
        def loss(x):
            return jnp.sum(jax.grad(lambda x: jnp.sum(function(x) ** 3))(x) ** 2)

        return jax.jit(jax.grad(loss))(x)

    np.testing.assert_allclose(
        second(lambda x: max_pool(x, **options)), second(theirs), rtol=1e-5, atol=1e-5
    )
    mapped = jax.vmap(lambda x: max_pool(x[None], **options)[0])(x)
    np.testing.assert_array_equal(mapped, max_pool(x, **options))
