"""Bidirectional and TimeDistributed."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from rnn_oracle import FEATURES, MASK, ROWS, STEPS, X, agree, pair, same, strictly

from lamella import layers as rnn
from lamella._base.errors import InvalidArgument, InvalidShape
from lamella._graph.symbolic import KerasTensor
from lamella._layer.layer import Layer
from lamella._layer.masking import get_mask, set_mask
from lamella._state.frame import Frame, entered
from lamella._state.pure import pure
from lamella._state.seeds import SeedGenerator
from lamella.layers.core.dense import Dense


def both(kind, merge_mode="concat", **arguments):
    def make(library, wrapper):
        return wrapper(getattr(library, kind)(3, name="r", **arguments), merge_mode=merge_mode)

    return pair(
        lambda: make(rnn, rnn.Bidirectional), lambda: make(keras.layers, keras.layers.Bidirectional)
    )


@pytest.mark.parametrize(
    ("kind", "merge_mode", "arguments"),
    [
        ("LSTM", "concat", {"return_sequences": True, "return_state": True}),
        ("GRU", "sum", {"return_sequences": True, "go_backwards": False}),
        ("SimpleRNN", "mul", {}),
        ("GRU", "ave", {"return_state": True}),
        ("SimpleRNN", None, {"return_sequences": True, "return_state": True}),
    ],
    ids=str,
)
def test_bidirectional_is_that_of_keras(kind, merge_mode, arguments):
    ours, theirs = both(kind, merge_mode, **arguments)
    agree(ours, theirs)
    names = [v.path.split("/")[1:] for v in ours.weights]
    assert names == [v.path.split("/")[1:] for v in theirs.weights]


@pytest.mark.parametrize("merge_mode", ["concat", "sum"])
def test_bidirectional_passes_masks_states_and_dropout(merge_mode):
    ours, theirs = both("LSTM", merge_mode, return_sequences=True, dropout=0.3)
    state = [np.full((ROWS, 3), 0.1 * index, "float32") for index in range(4)]
    agree(ours, theirs, mask=MASK, initial_state=state, training=True)


def test_bidirectional_with_its_own_backward_layer():
    def make(library):
        back = library.LSTM(3, activation="relu", go_backwards=True, name="back")
        return library.Bidirectional(library.LSTM(3, name="go"), backward_layer=back, name="b")

    ours, theirs = pair(lambda: make(rnn), lambda: make(keras.layers))
    agree(ours, theirs)
    assert ours.get_config() == make(keras.layers).get_config() | {
        key: ours.get_config()[key] for key in ("layer", "backward_layer")
    }
    assert ours.backward_layer.name == "back"


def test_bidirectional_config_is_that_of_keras():
    ours = rnn.Bidirectional(rnn.LSTM(3, name="r", dropout=0.1), name="b", merge_mode="ave")
    theirs = keras.layers.Bidirectional(
        keras.layers.LSTM(3, name="r", dropout=0.1), name="b", merge_mode="ave"
    )
    assert ours.get_config() == theirs.get_config()
    again = rnn.Bidirectional.from_config(theirs.get_config())
    assert again.get_config() == ours.get_config()
    assert [again.forward_layer.name, again.backward_layer.name] == ["forward_r", "backward_r"]


def test_bidirectional_takes_objects_that_nobody_registered():
    class Halving(rnn.GRUCell):
        def call(self, inputs, states, training=False):
            return super().call(inputs / 2, states, training=training)

    def half(x):
        return x / 2

    assert rnn.Bidirectional(rnn.RNN(Halving(2)))(X).shape == (ROWS, 4)
    layer = rnn.Bidirectional(rnn.SimpleRNN(2, activation=half))
    assert layer.backward_layer.activation is half


def test_bidirectional_starts_from_given_weights():
    first = rnn.Bidirectional(rnn.GRU(2))
    first(X)
    same(rnn.Bidirectional(rnn.GRU(2), weights=first.get_weights())(X), first(X))


def test_stateful_bidirectional():
    ours, theirs = both("GRU", stateful=True)
    for _ in range(2):
        same(strictly(ours, X), theirs(X))
    assert len(ours.states) == 2
    assert ours.mixes_rows
    ours.reset_state()
    assert not any(np.any(state.numpy()) for state in ours.states)
    with pytest.raises(AttributeError, match="keeps no states"):
        rnn.Bidirectional(rnn.GRU(2)).reset_states()


@pytest.mark.parametrize("merge_mode", ["concat", None])
def test_masks_of_bidirectional_outputs(merge_mode):
    x = jnp.asarray(X)
    set_mask(x, jnp.asarray(MASK))
    outputs = rnn.Bidirectional(rnn.GRU(2, return_sequences=True), merge_mode=merge_mode)(x)
    for output in jax.tree.leaves(outputs):
        assert get_mask(output).tolist() == MASK.tolist()
    assert get_mask(rnn.Bidirectional(rnn.GRU(2))(x)) is None
    several = rnn.Bidirectional(rnn.GRU(2, return_state=True, return_sequences=True))(x)
    assert [get_mask(y) is None for y in several] == [False, True, True]


def test_bidirectional_on_unknown_sizes():
    layer = rnn.Bidirectional(rnn.LSTM(3, return_sequences=True, return_state=True))
    shapes = [y.shape for y in layer(KerasTensor((None, None, FEATURES)))]
    assert shapes == [(None, None, 6)] + [(None, 3)] * 4
    assert [y.shape for y in layer(X)] == [(ROWS, STEPS, 6)] + [(ROWS, 3)] * 4


def test_bidirectional_explains_mistakes():
    with pytest.raises(InvalidArgument, match="expects a layer"):
        rnn.Bidirectional("lstm")
    with pytest.raises(InvalidArgument, match="has no `go_backwards`"):
        rnn.Bidirectional(Dense(2))
    with pytest.raises(InvalidArgument, match="merge_mode"):
        rnn.Bidirectional(rnn.GRU(2), merge_mode="add")
    with pytest.raises(InvalidArgument, match="different go_backwards"):
        rnn.Bidirectional(rnn.GRU(2), backward_layer=rnn.GRU(2))
    with pytest.raises(InvalidArgument, match="same return_state"):
        back = rnn.GRU(2, go_backwards=True, return_state=True)
        rnn.Bidirectional(rnn.GRU(2), backward_layer=back)


def test_time_distributed_dense_is_that_of_keras():
    ours, theirs = pair(
        lambda: rnn.TimeDistributed(Dense(2, name="d"), name="t"),
        lambda: keras.layers.TimeDistributed(keras.layers.Dense(2, name="d"), name="t"),
    )
    agree(ours, theirs)
    assert [v.path for v in ours.weights] == [v.path for v in theirs.weights]
    assert sorted(ours.get_config()) == sorted(theirs.get_config())
    assert rnn.TimeDistributed.from_config(ours.get_config()).layer.units == 2


def test_time_distributed_passes_masks_and_training():
    x = np.random.default_rng(1).normal(size=(ROWS, 6, STEPS, FEATURES)).astype("float32")
    mask = np.random.default_rng(2).random((ROWS, 6, STEPS)) > 0.3
    ours, theirs = pair(
        lambda: rnn.TimeDistributed(rnn.GRU(2, dropout=0.3)),
        lambda: keras.layers.TimeDistributed(keras.layers.GRU(2, dropout=0.3)),
        x.shape,
    )
    same(strictly(ours, x, mask=mask), theirs(x, mask=mask))
    # Every step draws its own numbers, in the order of time.
    ours.layer.cell.seed_generator.state.assign([5, 0])
    theirs.layer.cell.seed_generator.state.assign(np.array([5, 0], "uint32"))
    same(strictly(ours, x, mask=mask, training=True), theirs(x, mask=mask, training=True))


class Counting(Layer):
    """Mixes rows, and writes a variable."""

    def build(self, input_shape):
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, inputs):
        self.calls.assign_add(1.0)
        return inputs - jnp.mean(inputs, axis=0, keepdims=True), self.calls.value + inputs[:, 0]


def test_time_distributed_steps_one_by_one_where_rows_mix():
    layer = rnn.TimeDistributed(Counting())
    centred, counts = strictly(layer, X)
    same(centred, jnp.asarray(X - X.mean(axis=0, keepdims=True)), 1e-6)
    same(counts, jnp.asarray(X[:, :, 0] + np.arange(1, STEPS + 1, dtype="float32")), 1e-6)
    assert float(layer.layer.calls) == STEPS
    values = [v.value for v in layer.variables]
    (compiled, _), after = jax.jit(pure(layer, layer.variables))(values, X)
    same(compiled, centred, 1e-6)
    assert float(after[0]) == 2 * STEPS


class Noisy(Layer):
    """Draws numbers while training, as dropout does."""

    mixes_rows = False

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seeds = SeedGenerator(1)

    def call(self, inputs, training=False):
        return inputs + jax.random.normal(self.seeds.next(), inputs.shape) if training else inputs


def test_time_distributed_draws_anew_at_every_step():
    layer = rnn.TimeDistributed(Noisy())
    same(layer(X), jnp.asarray(X))
    noise = np.asarray(layer(X, training=True)) - X
    assert len({tuple(step.round(3).ravel()) for step in noise.swapaxes(0, 1)}) == STEPS


def test_time_distributed_keeps_the_mask():
    with entered(Frame()):
        x = jnp.asarray(X)
        set_mask(x, jnp.asarray(MASK))
        assert get_mask(rnn.TimeDistributed(Dense(2))(x)).tolist() == MASK.tolist()


@pytest.mark.parametrize("sizes", [(None, None), (None, STEPS), (ROWS, None)])
@pytest.mark.parametrize("make", [lambda: Dense(2), lambda: rnn.TimeDistributed(Dense(2))])
def test_time_distributed_on_unknown_sizes(make, sizes):
    layer = rnn.TimeDistributed(make())
    tensor = KerasTensor((*sizes, 6, FEATURES))
    assert layer(tensor).shape == (*sizes, 6, 2)
    assert layer(np.ones((ROWS, STEPS, 6, FEATURES), "float32")).shape == (ROWS, STEPS, 6, 2)


def test_time_distributed_explains_mistakes():
    with pytest.raises(InvalidArgument, match="expects a layer"):
        rnn.TimeDistributed(jnp.tanh)
    with pytest.raises(InvalidShape, match="3 axes or more"):
        rnn.TimeDistributed(Dense(2))(X[:, 0])
    for mask in (MASK[:, 0], MASK[:2], MASK[:, :2]):
        with pytest.raises(InvalidShape, match=r"expects a mask of shape \(3, 5\)"):
            rnn.TimeDistributed(Dense(2))(X, mask=mask)
