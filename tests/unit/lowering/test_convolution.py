"""Convolution against the plain `lax` form, NumPy and Keras: values and gradients."""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export, lax

from lamella._lowering import convolution as room
from lamella._lowering.convolution import convolution

LETTERS = {1: "W", 2: "HW", 3: "DHW"}


def plain(x, kernel, *, strides, padding, dilation, groups, channels_last):
    letters = LETTERS[x.ndim - 2]
    layout = f"N{letters}C" if channels_last else f"NC{letters}"
    pads = padding.upper()
    if padding == "causal":
        pads = [(dilation[0] * (kernel.shape[0] - 1), 0)]
    return lax.conv_general_dilated(
        x,
        kernel,
        strides,
        pads,
        rhs_dilation=dilation,
        dimension_numbers=(layout, f"{letters}IO", layout),
        feature_group_count=groups,
    )


def draw(spatial, c_in, c_out, window, groups=1, channels_last=True, batch=2, dtype="float32"):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(batch, *spatial, c_in))
    kernel = rng.normal(size=(*window, c_in // groups, c_out))
    x = x if channels_last else np.moveaxis(x, -1, 1)
    return jnp.asarray(x, dtype), jnp.asarray(kernel, dtype)


def settings(rank, strides=None, padding="valid", dilation=None, groups=1, channels_last=True):
    return {
        "strides": strides or (1,) * rank,
        "padding": padding,
        "dilation": dilation or (1,) * rank,
        "groups": groups,
        "channels_last": channels_last,
    }


def compare(x, kernel, options, tolerance=2e-5):
    shape = jax.eval_shape(lambda *a: plain(*a, **options), x, kernel)
    dy = jnp.asarray(np.random.default_rng(1).normal(size=shape.shape), shape.dtype)

    @jax.jit
    def both(x, kernel, dy):
        y, pull = jax.vjp(lambda *a: convolution(*a, **options), x, kernel)
        wanted, wanted_pull = jax.vjp(lambda *a: plain(*a, **options), x, kernel)
        return (y, *pull(dy)), (wanted, *wanted_pull(dy))

    with jax.numpy_rank_promotion("raise"):
        pairs = zip(*both(x, kernel, dy), strict=True)
    for name, (ours, theirs) in zip(("y", "dx", "dkernel"), pairs, strict=True):
        assert ours.dtype == theirs.dtype
        ours, theirs = np.asarray(ours, "float32"), np.asarray(theirs, "float32")
        scale = max(1.0, float(np.abs(theirs).max()))
        np.testing.assert_allclose(ours, theirs, atol=tolerance * scale, err_msg=name)


@pytest.mark.parametrize("channels", [(3, 1), (32, 1), (4, 2), (4, 4)])
@pytest.mark.parametrize(
    ("strides", "dilation", "padding"),
    [
        ((1, 1), (1, 1), "same"),
        ((2, 3), (1, 1), "valid"),
        ((2, 3), (1, 1), "same"),
        ((1, 1), (2, 1), "same"),
        ((2, 1), (1, 3), "valid"),
    ],
)
def test_rank_two_equals_the_plain_form(channels, padding, strides, dilation):
    c_in, groups = channels
    x, kernel = draw((9, 8), c_in, 8, (3, 2), groups)
    compare(x, kernel, settings(2, strides, padding, dilation, groups))


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [(1, 1), (2, 2)])
@pytest.mark.parametrize("c_in", [3, 16])
def test_above_the_memory_limit_equals_the_plain_form(monkeypatch, padding, strides, c_in):
    monkeypatch.setattr(room, "COLUMNS_LIMIT", 0)
    x, kernel = draw((9, 8), c_in, 8, (3, 3))
    compare(x, kernel, settings(2, strides, padding))


@pytest.mark.parametrize("strides", [(1, 1), (2, 2)])
def test_kernel_gradient_by_transposes_equals_the_plain_form(strides):
    x, kernel = draw((7, 7), 32, 16, (3, 3))
    out = -(-7 // strides[0])
    assert 8 < out * out < 10 * 9, "this shape no longer takes the branch it is here for"
    compare(x, kernel, settings(2, strides, "same"))


@pytest.mark.parametrize(
    ("c_in", "strides", "padding", "dilation"),
    list(itertools.product([2, 32], [(1,), (2,)], ["causal", "same"], [(1,), (2,)])),
)
def test_rank_one_equals_the_plain_form(c_in, strides, padding, dilation):
    x, kernel = draw((11,), c_in, 6, (3,))
    compare(x, kernel, settings(1, strides, padding, dilation))


@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("strides", [(1, 1, 1), (1, 2, 1)])
def test_rank_three_equals_the_plain_form(channels_last, strides):
    x, kernel = draw((5, 6, 4), 8, 8, (2, 3, 2), channels_last=channels_last)
    compare(x, kernel, settings(3, strides, "same", channels_last=channels_last))


@pytest.mark.parametrize("groups", [1, 2, 6])
def test_channels_first_equals_the_plain_form(groups):
    x, kernel = draw((7, 8), 6, 12, (3, 3), groups, channels_last=False)
    compare(x, kernel, settings(2, (2, 1), "same", None, groups, channels_last=False))


@pytest.mark.parametrize(
    ("spatial", "window", "strides", "padding"),
    [
        ((3, 3), (5, 5), (1, 1), "same"),
        ((3, 3), (1, 1), (2, 2), "same"),
        ((8, 8), (1, 1), (3, 3), "valid"),
        ((8, 8), (2, 2), (5, 4), "valid"),
        ((4, 4), (4, 4), (1, 1), "valid"),
    ],
)
@pytest.mark.parametrize("c_in", [2, 32])
def test_odd_places_equal_the_plain_form(spatial, window, strides, padding, c_in):
    x, kernel = draw(spatial, c_in, 8, window)
    compare(x, kernel, settings(2, strides, padding))


def test_many_groups_equal_the_plain_form():
    groups = room.MAX_GROUPS_UNROLLED + 1
    x, kernel = draw((5, 5), 2 * groups, 2 * groups, (3, 3), groups)
    compare(x, kernel, settings(2, groups=groups))


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("c_in", [1, 16])
def test_half_types_are_kept_and_close(dtype, c_in):
    x, kernel = draw((8, 8), c_in, 8, (3, 3), dtype=dtype)
    compare(x, kernel, settings(2, None, "same"), tolerance=2e-2)


def test_equals_a_sum_written_in_numpy():
    x, kernel = draw((5, 6), 3, 4, (2, 3))
    wanted = np.zeros((2, 4, 4, 4))
    for i, j in itertools.product(range(4), range(4)):
        patch = np.asarray(x)[:, i : i + 2, j : j + 3]
        wanted[:, i, j] = np.einsum("nhwi,hwio->no", patch, np.asarray(kernel))
    np.testing.assert_allclose(convolution(x, kernel, **settings(2)), wanted, atol=1e-5)


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_unknown_sizes_pass_shape_inference(padding):
    batch, height = export.symbolic_shape("batch, height")
    x = jax.ShapeDtypeStruct((batch, height, 28, 3), jnp.float32)
    kernel = jax.ShapeDtypeStruct((3, 3, 3, 8), jnp.float32)
    options = settings(2, (2, 2), padding)
    y = jax.eval_shape(lambda *a: convolution(*a, **options), x, kernel)
    assert y.shape[0] == batch
    assert y.shape[2:] == (13 if padding == "valid" else 14, 8)
    # JAX itself has no gradient where a spatial size is unknown.
    x = jax.ShapeDtypeStruct((batch, 28, 28, 3), jnp.float32)
    gradient = jax.eval_shape(
        jax.grad(lambda *a: convolution(*a, **options).sum(), (0, 1)), x, kernel
    )
    assert [part.shape for part in gradient] == [x.shape, kernel.shape]


def test_vmap_and_second_derivatives_equal_the_plain_form():
    x, kernel = draw((6, 6), 8, 4, (3, 3), batch=3)
    options = settings(2, None, "same")

    def penalty(function):
        def loss(k):
            return jnp.sum(jax.grad(lambda x: jnp.sum(jnp.sin(function(x, k, **options))))(x) ** 2)

        return jax.jit(jax.grad(loss))(kernel)

    np.testing.assert_allclose(penalty(convolution), penalty(plain), rtol=2e-4, atol=2e-3)
    stacked = jnp.stack([kernel, 2 * kernel])
    ours = jax.vmap(lambda k: convolution(x, k, **options))(stacked)
    np.testing.assert_allclose(ours[1], plain(x, 2 * kernel, **options), atol=1e-4)


def test_unwanted_input_gradient_is_not_computed():
    x, kernel = draw((8, 8), 32, 32, (3, 3))
    loss = lambda x, k: jnp.sum(jnp.sin(convolution(x, k, **settings(2, None, "same"))))  # noqa: E731
    flops = [
        jax.jit(jax.grad(loss, wanted)).lower(x, kernel).compile().cost_analysis()["flops"]
        for wanted in (1, (0, 1))
    ]
    assert flops[0] < 0.75 * flops[1]
