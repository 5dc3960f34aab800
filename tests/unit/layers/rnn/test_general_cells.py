"""RNN over any cell, and stacks of cells."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from rnn_oracle import FEATURES, MASK, ROWS, STEPS, X, pair, same, strictly

from lamella import layers as rnn
from lamella._base.errors import InvalidArgument, InvalidShape
from lamella._base.registry import custom_objects
from lamella._graph.symbolic import KerasTensor
from lamella._layer.layer import Layer
from lamella._state.pure import pure
from lamella.layers.core.dense import Dense

CELLS = ("LSTMCell", "GRUCell", "SimpleRNNCell")


def both(cells, shape=X.shape, **arguments):
    def make(library, layer):
        made = [getattr(library, name)(units, **options) for name, units, options in cells]
        return layer(made if len(made) > 1 else made[0], **arguments)

    return pair(lambda: make(rnn, rnn.RNN), lambda: make(keras.layers, keras.layers.RNN), shape)


class Mean(Layer):
    """A cell without anything special: state' = (state + x w) / 2."""

    state_size = FEATURES

    def build(self, input_shape):
        self.factor = self.add_weight(shape=(), initializer="ones", name="factor")

    def call(self, inputs, states):
        mean = (states[0] + inputs * self.factor.value) / 2
        return mean, [mean]


class Counting(Layer):
    """A cell that writes a variable at every step."""

    state_size = 1

    def build(self, input_shape):
        self.steps = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, inputs, states):
        self.steps.assign_add(1.0)
        total = states[0] + self.steps.value
        return total, total


class Composed(Layer):
    """A cell that leaves the weights to a layer inside."""

    state_size = 2

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = Dense(2)

    def call(self, inputs, states, training=False):
        output = self.inner(inputs) + states[0]
        return output, [output]


class Plain:
    """A cell that is no layer."""

    state_size = FEATURES

    def call(self, inputs, states):
        return inputs + states[0], [inputs + states[0]]


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_gives_what_its_layer_gives(name):
    options = {"return_sequences": True, "return_state": True, "go_backwards": True, "seed": 3}
    layer = getattr(rnn, name.removesuffix("Cell"))(
        3, dropout=0.3, recurrent_dropout=0.2, zero_output_for_mask=True, **options
    )
    del options["seed"]
    general = rnn.RNN(
        getattr(rnn, name)(3, dropout=0.3, recurrent_dropout=0.2, seed=3),
        zero_output_for_mask=True,
        **options,
    )
    layer.build(X.shape)
    general.build(X.shape)
    general.set_weights(layer.get_weights())
    same(
        strictly(general, X, training=True, mask=MASK), strictly(layer, X, training=True, mask=MASK)
    )


def test_stacked_cells_are_those_of_keras():
    drop = {"dropout": 0.2, "recurrent_dropout": 0.3}
    cells = [("LSTMCell", 3, drop), ("GRUCell", 2, {"dropout": 0.3}), ("SimpleRNNCell", 4, {})]
    ours, theirs = both(cells, return_sequences=True, return_state=True, go_backwards=True)
    same(strictly(ours, X, training=True), theirs(X, training=True))
    same([v.value for v in ours.variables], [v.value for v in theirs.variables], 1e-6)
    assert [v.path.split("/")[-1] for v in ours.weights] == [
        v.path.split("/")[-1] for v in theirs.weights
    ]


def test_masks_of_stacked_cells_are_those_of_keras():
    ours, theirs = both([("LSTMCell", 3, {}), ("LSTMCell", 2, {})], return_sequences=True)
    same(strictly(ours, X, mask=MASK), theirs(X, mask=MASK))


def test_one_cell_in_a_list_works():
    layer = rnn.RNN([rnn.GRUCell(2)], return_state=True)
    output, (state,) = layer(X)
    same(output, state)


def test_stateful_stack_goes_on():
    cells = [("LSTMCell", 3, {}), ("GRUCell", 2, {})]
    ours, theirs = both(cells, stateful=True)
    for _ in range(2):
        same(strictly(ours, X), theirs(X))
    # Keras itself fails here: its reset takes the states for a flat list.
    ours.reset_state()
    assert not any(np.any(v.numpy()) for v in jax.tree.leaves(ours.states))


def test_initial_state_of_a_stack_may_be_flat():
    layer = rnn.RNN([rnn.LSTMCell(3), rnn.GRUCell(2)])
    parts = [np.full((ROWS, size), 0.5, "float32") for size in (3, 3, 2)]
    same(layer(X, initial_state=parts), layer(X, initial_state=[parts[:2], [parts[2]]]))


def test_a_cell_of_ones_own():
    layer = rnn.RNN(Mean(), return_sequences=True)
    state, wanted = np.zeros((ROWS, FEATURES), "float32"), []
    for step in range(STEPS):
        state = np.where(MASK[:, step, None], (state + X[:, step]) / 2, state)
        wanted.append(state)
    same(strictly(layer, X, mask=MASK), jnp.stack(wanted, axis=1), 1e-6)
    assert [v.path for v in layer.weights] == [f"{layer.name}/{layer.cell.name}/factor"]
    assert layer(KerasTensor((None, None, FEATURES))).shape == (None, None, FEATURES)


def test_a_cell_may_write_variables_at_every_step():
    layer = rnn.RNN(Counting())
    layer.build(X.shape)
    values = [v.value for v in layer.variables]
    outputs, (after,) = jax.jit(pure(layer, layer.variables))(values, X)
    assert float(after) == STEPS
    assert outputs.tolist() == [[15.0]] * ROWS
    layer(X)
    assert float(layer.cell.steps) == STEPS


def test_a_cell_may_leave_its_weights_to_layers_inside():
    layer = rnn.RNN([Composed(), Composed()])
    assert layer(X).shape == (ROWS, 2)
    assert len(layer.trainable_weights) == 4
    assert rnn.RNN(Composed())(KerasTensor((None, 7, FEATURES))).shape == (None, 2)


def test_a_cell_need_not_be_a_layer():
    same(rnn.RNN(Plain())(X), jnp.sum(X, axis=1), 1e-5)


@pytest.mark.parametrize("stacked", [False, True])
def test_config_is_that_of_keras(stacked):
    def make(library):
        cells = [library.LSTMCell(3, name="a", seed=1), library.GRUCell(2, name="b")]
        cell = library.StackedRNNCells(cells, name="s") if stacked else cells[0]
        return library.RNN(cell, name="r", return_state=True)

    config = make(rnn).get_config()
    assert config == make(keras.layers).get_config()
    assert rnn.RNN.from_config(config).get_config() == config


def test_config_of_a_cell_of_ones_own():
    with custom_objects({"Mean": Mean}):
        assert isinstance(rnn.RNN.from_config(rnn.RNN(Mean()).get_config()).cell, Mean)


def test_compiled_is_eager():
    layer = rnn.RNN([rnn.LSTMCell(3, dropout=0.2), rnn.GRUCell(2)], return_sequences=True)
    layer.build(X.shape)
    values = [v.value for v in layer.variables]
    step = jax.jit(pure(lambda x: layer(x, training=True, mask=MASK), layer.variables))
    same(step(values, X)[0], layer(X, training=True, mask=MASK))


def test_mistakes_are_explained():
    with pytest.raises(InvalidArgument, match="must have a `state_size`"):
        rnn.RNN(Dense(2))
    with pytest.raises(InvalidArgument, match="must have a `call`"):
        rnn.StackedRNNCells([3])

    class Forgetful(Mean):
        def call(self, inputs, states):
            return inputs, []

    with pytest.raises(InvalidArgument, match=r"must give 1 new state\(s\)\. Received: 0"):
        rnn.RNN(Forgetful())(X)

    class Short(Mean):
        def call(self, inputs, states):
            return inputs[:, :1], [states[0] + 1]

    with pytest.raises(InvalidShape, match="cannot repeat the output at masked steps"):
        rnn.RNN(Short())(X, mask=MASK)
    assert rnn.RNN(Short(), zero_output_for_mask=True)(X, mask=MASK).shape == (ROWS, 1)
