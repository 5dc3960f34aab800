from __future__ import annotations

import inspect

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from rnn_oracle import FEATURES, MASK, ROWS, STEPS, X, agree, pair, same, strictly

from lamella import layers as rnn
from lamella._base.errors import InvalidArgument, InvalidShape, WrongType
from lamella._graph.symbolic import KerasTensor
from lamella._state.pure import pure

NAMES = ("LSTM", "GRU", "SimpleRNN")


def both(kind, units=3, shape=X.shape, **arguments):
    ours, theirs = getattr(rnn, kind), getattr(keras.layers, kind)
    return pair(lambda: ours(units, **arguments), lambda: theirs(units, **arguments), shape)


def states_of(layer, rows=ROWS):
    generator = np.random.default_rng(3)
    count = 2 if type(layer).__name__ == "LSTM" else 1
    return [generator.normal(size=(rows, layer.units)).astype("float32") for _ in range(count)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "arguments",
    [
        {"return_sequences": True, "return_state": True, "activation": "relu"},
        {"return_sequences": True, "go_backwards": True, "use_bias": False},
        {"return_state": True, "unroll": True, "bias_initializer": "random_normal"},
    ],
    ids=str,
)
def test_outputs_and_gradients_are_those_of_keras(name, arguments):
    agree(*both(name, **arguments))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "arguments",
    [
        {"return_sequences": True, "return_state": True, "go_backwards": True},
        {"return_sequences": True, "zero_output_for_mask": True},
        {"zero_output_for_mask": True, "return_state": True},
    ],
    ids=str,
)
def test_masked_steps_are_those_of_keras(name, arguments):
    ours, theirs = both(name, **arguments)
    agree(ours, theirs, initial_state=states_of(ours), mask=MASK)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("LSTM", {"recurrent_activation": "hard_sigmoid", "unit_forget_bias": False}),
        ("LSTM", {"activation": None, "bias_initializer": "ones"}),
        ("GRU", {"reset_after": False, "bias_initializer": "random_normal"}),
        ("GRU", {"reset_after": True, "recurrent_activation": "relu", "use_bias": False}),
    ],
    ids=str,
)
def test_arguments_of_one_kind(name, arguments):
    ours, theirs = both(name, return_sequences=True, **arguments)
    agree(ours, theirs, mask=MASK)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "arguments", [{"dropout": 0.3, "seed": 5}, {"dropout": 0.3, "recurrent_dropout": 0.4}], ids=str
)
def test_dropout_draws_the_same_entries_as_keras(name, arguments):
    ours, theirs = both(name, return_sequences=True, **arguments)
    agree(ours, theirs, training=True)
    # The seeds move on without training too.
    same(strictly(ours, X), theirs(X))
    same([v.value for v in ours.variables], [v.value for v in theirs.variables], 1e-6)
    assert not np.allclose(ours(X, training=True), ours(X, training=True))


@pytest.mark.parametrize("name", ("LSTM", "GRU"))
def test_implementation_1_draws_for_every_gate(name):
    # With use_cudnn="auto" Keras cannot use one multiplier a gate.
    ours, theirs = both(name, dropout=0.3, implementation=1, use_cudnn=False)
    same(strictly(ours, X, training=True), theirs(X, training=True))


@pytest.mark.parametrize("name", NAMES)
def test_dropout_of_everything_leaves_only_the_bias(name):
    ours, _ = both(name, dropout=1.0, recurrent_dropout=1.0)
    same(ours(X, training=True), ours(np.zeros_like(X), training=True))
    assert not np.allclose(ours(X), ours(np.zeros_like(X)))


@pytest.mark.parametrize("name", NAMES)
def test_stateful_layers_go_on_where_the_last_batch_ended(name):
    ours, theirs = both(name, stateful=True, return_sequences=True)
    for _ in range(3):
        same(strictly(ours, X), theirs(X))
    assert ours.mixes_rows
    assert [v.path.rsplit("/", 1)[1] for v in ours.states] == ["rnn_state"] * len(ours.states)
    assert len(ours.weights) == len(theirs.weights) == 3
    ours.reset_state()
    theirs.reset_state()
    same(ours(X), theirs(X))
    ours.reset_states()
    same([v.value for v in ours.states], [np.zeros((ROWS, 3), "float32")] * len(ours.states))


@pytest.mark.parametrize("name", NAMES)
def test_stateful_layers_keep_their_states_in_compiled_code(name):
    ours, _ = both(name, stateful=True)
    eager = [ours(X), ours(X)]
    ours.reset_state()
    step = jax.jit(pure(ours, ours.variables))
    values = [v.value for v in ours.variables]
    for expected in eager:
        outputs, values = strictly(step, values, X)
        same(outputs, expected)


def test_stateful_needs_one_batch_size():
    with pytest.raises(InvalidShape, match="stateful=True, which needs a fixed batch size"):
        rnn.LSTM(2, stateful=True)(KerasTensor((None, STEPS, FEATURES)))
    layer = rnn.LSTM(2, stateful=True)
    layer(X)
    with pytest.raises(InvalidShape, match=r"built for batches of 3\. Received: 2 rows"):
        layer(X[:2])


@pytest.mark.parametrize("name", NAMES)
def test_compiled_is_eager(name):
    ours, _ = both(name, dropout=0.2, return_sequences=True, return_state=True)
    values = [v.value for v in ours.variables]
    compiled, after = jax.jit(pure(lambda x: ours(x, mask=MASK, training=True), ours.variables))(
        values, X
    )
    same(compiled, ours(X, mask=MASK, training=True))
    same(after, [v.value for v in ours.variables])


@pytest.mark.parametrize(
    ("name", "sizes"), [("LSTM", (None, None)), ("GRU", (None, STEPS)), ("SimpleRNN", (ROWS, None))]
)
def test_unknown_sizes(name, sizes):
    layer = getattr(rnn, name)(3, return_sequences=True, return_state=True, dropout=0.1)
    outputs, *states = strictly(layer, KerasTensor((*sizes, FEATURES)), training=True)
    assert outputs.shape == (*sizes, 3)
    assert all(state.shape == (sizes[0], 3) for state in states)
    known = [y.shape for y in layer(X)]
    assert known == [(ROWS, STEPS, 3)] + [(ROWS, 3)] * len(states)
    assert layer.compute_output_shape((*sizes, FEATURES))[0] == (*sizes, 3)


@pytest.mark.parametrize(("name", "policy"), [("LSTM", "mixed_bfloat16"), ("GRU", "bfloat16")])
def test_half_precision(name, policy):
    start = {"recurrent_initializer": "glorot_uniform"}  # Keras has no orthogonal one in bfloat16
    ours, theirs = both(name, return_sequences=True, dtype=policy, **start)
    same(strictly(ours, X), theirs(X), 5e-2)
    assert ours(X).dtype == jnp.bfloat16
    assert ours.cell.kernel._dtype == ("bfloat16" if policy == "bfloat16" else "float32")


@pytest.mark.parametrize("name", NAMES)
def test_config_and_signature_are_those_of_keras(name):
    arguments = {"name": "r", "dropout": 0.2, "kernel_regularizer": "l2", "go_backwards": True}
    ours, theirs = getattr(rnn, name), getattr(keras.layers, name)
    config = ours(3, **arguments).get_config()
    assert config == theirs(3, **arguments).get_config()
    assert ours.from_config(config).get_config() == config
    assert ours.from_config(theirs(3, stateful=True).get_config()).stateful
    cell, other = getattr(rnn, name + "Cell"), getattr(keras.layers, name + "Cell")
    assert cell(3, name="c", seed=4).get_config() == other(3, name="c", seed=4).get_config()
    for mine, theirs_ in ((ours, theirs), (cell, other)):
        wanted = inspect.signature(theirs_.__init__).parameters
        found = inspect.signature(mine.__init__).parameters
        assert [(p.name, p.default) for p in wanted.values()] == [
            (p.name, p.default) for p in found.values()
        ]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_weights_are_those_of_keras(name):
    ours, theirs = both(name, name="r", seed=2)
    assert [v.path for v in ours.weights] == [v.path for v in theirs.weights]
    assert [v.name for v in ours.variables] == [v.name for v in theirs.variables]
    assert ours.get_build_config() == theirs.get_build_config()


@pytest.mark.parametrize("name", NAMES)
def test_the_mask_goes_on_with_sequences_only(name):
    layer = getattr(rnn, name)
    assert layer(2, return_sequences=True).compute_mask(None, MASK) is MASK
    assert layer(2).compute_mask(None, MASK) is None
    several = layer(2, return_sequences=True, return_state=True).compute_mask(None, MASK)
    assert several[0] is MASK and set(several[1:]) == {None}


def test_regularizers_constraints_and_activity():
    arguments = {"kernel_regularizer": "l2", "activity_regularizer": "l2"}
    ours, theirs = both("LSTM", **arguments, recurrent_constraint="non_neg")
    ours(X), theirs(X)
    np.testing.assert_allclose(sum(ours.losses), sum(theirs.losses), rtol=1e-5)
    assert ours.cell.recurrent_kernel.constraint is not None
    simple = rnn.SimpleRNN(3, activity_regularizer="l2")
    simple(X)
    assert len(simple.losses) == 1


@pytest.mark.parametrize("name", NAMES)
def test_cells_compute_what_keras_cells_compute(name):
    arguments = {"dropout": 0.3, "recurrent_dropout": 0.2, "bias_initializer": "random_normal"}
    ours, theirs = pair(
        lambda: getattr(rnn, name + "Cell")(3, **arguments),
        lambda: getattr(keras.layers, name + "Cell")(3, **arguments),
        (ROWS, FEATURES),
    )
    states = states_of(type(name, (), {"units": 3})())
    same(strictly(ours, X[:, 0], states), theirs(X[:, 0], states))
    same(strictly(ours, X[:, 0], states, training=True), theirs(X[:, 0], states, training=True))
    assert [len(ours.get_initial_state(2)), ours.output_size] == [len(states), 3]


@pytest.mark.parametrize("name", NAMES)
def test_a_cell_of_ones_own_is_not_bypassed(name):
    class Doubled(getattr(rnn, name + "Cell")):
        def call(self, inputs, states, training=False):
            output, states = super().call(inputs, states, training=training)
            return 2 * output, states

    plain = getattr(rnn, name)(3, return_sequences=True, seed=1)
    plain.build(X.shape)
    doubled = getattr(rnn, name)(3, return_sequences=True, seed=1)
    doubled.cell = Doubled(3)
    doubled.build(X.shape)
    doubled.set_weights(plain.get_weights())
    same(doubled(X), 2 * plain(X))


def test_mistakes_are_explained():
    with pytest.raises(InvalidArgument, match="units"):
        rnn.LSTM(0)
    with pytest.raises(InvalidArgument, match="recurrent_dropout"):
        rnn.GRU(2, recurrent_dropout=1.5)
    with pytest.raises(InvalidArgument, match="use_cudnn"):
        rnn.GRU(2, use_cudnn="yes")
    with pytest.raises(WrongType, match="implementation"):
        rnn.SimpleRNN(2, implementation=1)
    with pytest.raises(InvalidShape, match="3 axes"):
        rnn.LSTM(2)(X[0])
    with pytest.raises(InvalidShape, match="unroll=True, which needs a known number of steps"):
        rnn.LSTM(2, unroll=True)(KerasTensor((None, None, FEATURES)))
    with pytest.raises(InvalidArgument, match=r"has 2 state\(s\)\. Received: 1 array"):
        rnn.LSTM(2)(X, initial_state=np.zeros((ROWS, 2), "float32"))
    with pytest.raises(InvalidShape, match="known size of the last axis"):
        rnn.LSTM(2)(KerasTensor((None, 5, None)))
