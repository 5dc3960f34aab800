"""LSTM, GRU and SimpleRNN against real Keras layers: outputs, states and every gradient."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export

from lamella._lowering.recurrent import gru, lstm, simple_rnn

keras = pytest.importorskip("keras")

N, TIME, FEATURES, UNITS = 3, 6, 4, 5
OURS = {
    "lstm": (lstm, keras.layers.LSTM, {}),
    "gru": (gru, keras.layers.GRU, {"reset_after": True}),
    "gru_before": (gru, keras.layers.GRU, {"reset_after": False}),
    "simple": (simple_rnn, keras.layers.SimpleRNN, {}),
}
GATES = {"lstm": 4, "gru": 3, "gru_before": 3, "simple": 1}
KINDS = list(OURS)


def draw(*shape, seed=0, dtype="float32"):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape) * 0.7, dtype)


def weights_of(kind, bias=True, dtype="float32"):
    wide = GATES[kind] * UNITS
    bias_shape = (2, wide) if kind == "gru" else (wide,)
    arrays = [draw(FEATURES, wide, seed=1, dtype=dtype), draw(UNITS, wide, seed=2, dtype=dtype)]
    return [*arrays, draw(*bias_shape, seed=3, dtype=dtype) if bias else None]


def states_of(kind, dtype="float32"):
    return [draw(N, UNITS, seed=4 + i, dtype=dtype) for i in range(2 if kind == "lstm" else 1)]


def the_mask():
    mask = np.random.default_rng(9).random((N, TIME)) < 0.6
    mask[0, :2] = False
    mask[1, -2:] = False
    mask[2, 1:3] = False
    return jnp.asarray(mask)


def scalar(results):
    """A weighted sum, so that each entry of each output has a gradient of its own."""
    parts = [
        jnp.sum(r.astype("float32") * draw(*r.shape, seed=20 + i)) for i, r in enumerate(results)
    ]
    return functools.reduce(jnp.add, parts)


def both(ours, theirs, *arrays):
    """Outputs and gradients of the two functions, compiled once."""

    def one(function):
        def loss(*arrays):
            results = function(*arrays)
            return scalar(results), results

        (_, results), gradients = jax.value_and_grad(
            loss, argnums=tuple(range(len(arrays))), has_aux=True
        )(*arrays)
        return jax.tree.leaves((results, gradients))

    return jax.jit(lambda *arrays: (one(ours), one(theirs)))(*arrays)


def agree(pairs, tolerance=2e-5):
    mine, wished = pairs
    assert len(mine) == len(wished)
    for i, (a, b) in enumerate(zip(mine, wished, strict=True)):
        assert a.shape == b.shape
        a, b = np.asarray(a, "float32"), np.asarray(b, "float32")
        scale = max(1.0, float(np.abs(b).max()))
        np.testing.assert_allclose(a, b, atol=tolerance * scale, err_msg=f"leaf {i}")


def compare(kind, mask=None, bias=True, dtype="float32", tolerance=2e-5, **options):
    function, layer_class, fixed = OURS[kind]
    layer = layer_class(
        UNITS,
        use_bias=bias,
        return_state=True,
        dtype=dtype,
        recurrent_initializer="glorot_uniform",  # the default has no bfloat16
        **fixed,
        **options,
    )
    layer.build((N, TIME, FEATURES))

    def ours(x, weights, *states):
        with jax.numpy_rank_promotion("raise"):
            return function(x, *states, *weights, mask, **fixed, **options)

    def theirs(x, weights, *states):
        given = [w for w in weights if w is not None]
        state = list(states)
        results, _ = layer.stateless_call(
            given, layer.non_trainable_variables, x, mask=mask, initial_state=state
        )
        return tuple(results)

    x = draw(N, TIME, FEATURES, dtype=dtype)
    weights, states = weights_of(kind, bias, dtype), states_of(kind, dtype)
    agree(both(ours, theirs, x, weights, *states), tolerance)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("return_sequences", "go_backwards"),
    [(True, True), pytest.param(False, False, marks=pytest.mark.slow)],
)
def test_equals_keras(kind, return_sequences, go_backwards):
    compare(kind, return_sequences=return_sequences, go_backwards=go_backwards)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("return_sequences", "zero_output_for_mask", "go_backwards"),
    [(True, False, True), (False, True, False)],
)
def test_masked_equals_keras(kind, return_sequences, zero_output_for_mask, go_backwards):
    compare(
        kind,
        the_mask(),
        return_sequences=return_sequences,
        zero_output_for_mask=zero_output_for_mask,
        go_backwards=go_backwards,
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_without_bias_equals_keras(kind):
    compare(kind, bias=False, return_sequences=True)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_unrolled_equals_keras_unrolled(kind):
    compare(kind, unroll=True, return_sequences=True)


@pytest.mark.parametrize("kind", ["lstm", "gru_before", "simple"])
def test_other_activations_equal_keras(kind):
    options = {"activation": jax.nn.softplus}
    if kind != "simple":
        options["recurrent_activation"] = jax.nn.hard_sigmoid
    compare(kind, the_mask(), return_sequences=True, **options)


@pytest.mark.parametrize("kind", KINDS)
def test_bfloat16_is_kept_and_near_keras(kind):
    compare(kind, the_mask(), dtype="bfloat16", tolerance=6e-2, return_sequences=True)


@pytest.mark.parametrize("kind", KINDS)
def test_own_gradient_equals_autodiff_with_mask_and_unrolling(kind):
    """A function that is tanh, but not by name, takes the path of autodiff."""
    function, _, fixed = OURS[kind]
    names = {"activation": "tanh"}
    functions = {"activation": lambda z: jnp.tanh(z)}
    if kind != "simple":
        names["recurrent_activation"] = "sigmoid"
        functions["recurrent_activation"] = lambda z: jax.nn.sigmoid(z)
    fixed = {**fixed, "return_sequences": True}

    def run(chosen, unroll, x, weights, *states):
        return function(x, *states, *weights, the_mask(), unroll=unroll, **fixed, **chosen)

    ours = functools.partial(run, names, True)
    theirs = functools.partial(run, functions, False)
    x = draw(N, TIME, FEATURES)
    agree(both(ours, theirs, x, weights_of(kind), *states_of(kind)))


def lstm_by_hand(x, h, c, kernel, recurrent_kernel, bias, m, r):
    parts = [np.s_[g * UNITS : (g + 1) * UNITS] for g in range(4)]
    for t in range(TIME):
        z = [
            (x[:, t] * m[g]) @ kernel[:, p] + (h * r[g]) @ recurrent_kernel[:, p] + bias[p]
            for g, p in enumerate(parts)
        ]
        c = jax.nn.sigmoid(z[1]) * c + jax.nn.sigmoid(z[0]) * jnp.tanh(z[2])
        h = jax.nn.sigmoid(z[3]) * jnp.tanh(c)
    return h, h, c


def gru_by_hand(x, h, kernel, recurrent_kernel, bias, m, r, after):
    parts = [np.s_[g * UNITS : (g + 1) * UNITS] for g in range(3)]
    first, second = (bias[0], bias[1]) if after else (bias, 0 * bias)
    for t in range(TIME):
        a = [(x[:, t] * m[g]) @ kernel[:, p] + first[p] for g, p in enumerate(parts)]
        b = [(h * r[g]) @ recurrent_kernel[:, p] + second[p] for g, p in enumerate(parts)]
        update, reset = jax.nn.sigmoid(a[0] + b[0]), jax.nn.sigmoid(a[1] + b[1])
        inner = reset * b[2] if after else (reset * h * r[2]) @ recurrent_kernel[:, parts[2]]
        h = update * h + (1 - update) * jnp.tanh(a[2] + inner)
    return h, h


def simple_by_hand(x, h, kernel, recurrent_kernel, bias, m, r):
    for t in range(TIME):
        h = jnp.tanh((x[:, t] * m[0]) @ kernel + (h * r[0]) @ recurrent_kernel + bias)
    return h, h


BY_HAND = {
    "lstm": lstm_by_hand,
    "gru": functools.partial(gru_by_hand, after=True),
    "gru_before": functools.partial(gru_by_hand, after=False),
    "simple": simple_by_hand,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("per_gate", [True, False])
def test_dropout_multipliers_equal_a_loop_by_hand(kind, per_gate):
    function, _, fixed = OURS[kind]
    gates = (GATES[kind],) if per_gate else ()

    def ours(x, weights, m, r, *states):
        with jax.numpy_rank_promotion("raise"):
            return function(x, *states, *weights, input_dropout=m, recurrent_dropout=r, **fixed)

    def theirs(x, weights, m, r, *states):
        if not per_gate:
            m, r = [m] * 4, [r] * 4
        return BY_HAND[kind](x, *states, *weights, m, r)

    m = (draw(*gates, N, FEATURES, seed=30) > 0) * 2.0
    r = (draw(*gates, N, UNITS, seed=31) > 0) * 2.0
    x = draw(N, TIME, FEATURES)
    agree(both(ours, theirs, x, weights_of(kind), m, r, *states_of(kind)))


@pytest.mark.parametrize("kind", ["lstm", "gru_before"])
def test_second_derivative_equals_that_of_the_loop_by_hand(kind):
    function, _, fixed = OURS[kind]
    ones = [jnp.ones(())] * 4

    def penalty(run):
        def loss(x):
            gradient = jax.grad(lambda x: jnp.sum(run(x)[0] ** 2))(x)
            return jnp.sum(gradient**2)

        return jax.jit(jax.grad(loss))(draw(N, TIME, FEATURES))

    weights, states = weights_of(kind), states_of(kind)
    mine = penalty(lambda x: function(x, *states, *weights, **fixed))
    wished = penalty(lambda x: BY_HAND[kind](x, *states, *weights, ones, ones))
    np.testing.assert_allclose(mine, wished, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_batch_and_time_pass_shape_inference(kind):
    function, _, fixed = OURS[kind]
    batch, time = export.symbolic_shape("batch, time")
    x = jax.ShapeDtypeStruct((batch, time, FEATURES), jnp.float32)
    state = jax.ShapeDtypeStruct((batch, UNITS), jnp.float32)
    mask = jax.ShapeDtypeStruct((batch, time), bool)
    states = [state] * len(states_of(kind))
    weights = [jax.ShapeDtypeStruct(w.shape, w.dtype) for w in weights_of(kind)]
    results = jax.eval_shape(
        lambda *a: function(*a, return_sequences=True, **fixed), x, *states, *weights, mask
    )
    assert results[0].shape == (batch, time, UNITS)
    assert results[1].shape == (batch, UNITS)


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_vmap_over_weights(kind):
    function, _, fixed = OURS[kind]
    kernel, recurrent_kernel, bias = weights_of(kind)
    x, states = draw(N, TIME, FEATURES), states_of(kind)

    def last(kernel):
        return function(x, *states, kernel, recurrent_kernel, bias, **fixed)[0]

    gradient = jax.grad(lambda k: last(k).sum())
    mapped = jax.jit(jax.vmap(gradient))(jnp.stack([kernel, 2 * kernel]))
    np.testing.assert_allclose(mapped[1], jax.jit(gradient)(2 * kernel), atol=1e-4)
