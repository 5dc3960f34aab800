"""What optimizers take, say, write and read, against Keras on JAX."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import inspect
from typing import Any

import jax.numpy as jnp
import keras
import numpy as np
import pytest

from lamella import optimizers
from lamella._base.errors import InvalidArgument, InvalidData, NotReady, UnknownName, WrongType
from lamella._state.variable import Variable

# Keras's own variables have not met NumPy 2's `copy` argument.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")

NAMES = [
    "SGD",
    "Adagrad",
    "Adadelta",
    "RMSprop",
    "Adam",
    "AdamW",
    "Adamax",
    "Nadam",
    "Ftrl",
    "Lion",
    "Lamb",
    "Adafactor",
    "Muon",
    "ScheduleFreeAdamW",
]


@pytest.mark.parametrize("name", NAMES)
def test_configs_signatures_and_paths_are_those_of_keras(name: str) -> None:
    ours, theirs = getattr(optimizers, name), getattr(keras.optimizers, name)
    wanted = inspect.signature(theirs).parameters
    got = inspect.signature(ours).parameters
    assert [(p.name, p.default) for p in got.values()] == [
        (p.name, p.default) for p in wanted.values()
    ]
    a, b = ours(name="x"), theirs(name="x")
    assert a.get_config() == b.get_config()
    a.build([Variable(np.ones((2, 3)), name="k")])
    b.build([keras.Variable(np.ones((2, 3)), name="k")])
    assert [v.path for v in a.variables][:-1] == [v.path for v in b.variables][:-1]


@pytest.mark.parametrize("name", [*NAMES, "LossScaleOptimizer"])
def test_a_config_travels_to_keras_and_back(name: str) -> None:
    if name == "LossScaleOptimizer":
        ours = optimizers.LossScaleOptimizer(optimizers.Adam(0.25))
    else:
        schedule = optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
        ours = getattr(optimizers, name)(learning_rate=schedule, clipnorm=0.5)
    config = optimizers.serialize(ours)
    if name != "Lamb":  # Keras 3.15.1 cannot read its own config of it
        config = keras.optimizers.serialize(keras.optimizers.deserialize(config))
    again = optimizers.deserialize(config)
    assert type(again) is type(ours)
    assert again.get_config() == ours.get_config()


def test_names_are_read_in_any_case() -> None:
    for name in ("adam", "Adam", "ADAM"):
        assert isinstance(optimizers.get(name), optimizers.Adam)
    assert optimizers.get(None) is None
    own = optimizers.SGD()
    assert optimizers.get(own) is own
    with pytest.raises(UnknownName, match="adam"):
        optimizers.get("adma")
    with pytest.raises(InvalidArgument, match="optimizer"):
        optimizers.get(len)


def test_wrong_arguments_name_the_right_ones() -> None:
    with pytest.raises(WrongType, match="'clipnorm'"):
        optimizers.Adam(clip_norm=1.0)
    with pytest.raises(WrongType, match="learning_rate"):
        optimizers.Adam("0.1")
    with pytest.raises(InvalidArgument, match="Only one"):
        optimizers.Adam(clipnorm=1.0, clipvalue=1.0)


def test_a_config_of_keras_2_is_read() -> None:
    config = {"learning_rate": 0.5, "decay": 0.0, "jit_compile": True, "momentum": 0.5}
    assert optimizers.SGD.from_config(config).momentum == 0.5


def test_missing_gradients_are_never_silent() -> None:
    first, second = Variable(1.0, name="first"), Variable(1.0, name="second")
    with pytest.raises(InvalidData, match="first"):
        optimizers.SGD().apply([None, None], [first, second])
    with pytest.warns(UserWarning, match="second"):
        optimizers.SGD(1.0).apply([jnp.asarray(1.0), None], [first, second])
    assert (float(first), float(second)) == (0.0, 1.0)


def test_what_is_not_ready_or_unknown_is_refused() -> None:
    optimizer = optimizers.SGD()
    with pytest.raises(NotReady, match="build"):
        optimizer.apply([jnp.ones(2)])
    optimizer.build([Variable([1.0, 2.0])])
    with pytest.raises(InvalidArgument, match="not built for"):
        optimizer.apply([jnp.ones(2)], [Variable([1.0, 2.0], name="other")])
    with pytest.raises(InvalidArgument, match="2 gradients"):
        optimizer.apply([jnp.ones(2), jnp.ones(2)])


def test_the_state_goes_through_a_store() -> None:
    first, second = optimizers.Adam(), optimizers.Adam()
    variable = Variable([1.0, 2.0])
    first.apply([jnp.ones(2)], [variable])
    store: dict[str, np.ndarray] = {}
    first.save_own_variables(store)
    with pytest.warns(UserWarning, match="not loaded"):
        second.load_own_variables(store)
    second.build([variable])
    second.load_own_variables(store)
    for a, b in zip(first.get_weights(), second.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_the_learning_rate_can_be_set_unless_it_follows_a_schedule() -> None:
    optimizer = optimizers.SGD(0.5)
    optimizer.learning_rate = 0.25
    assert float(optimizer.learning_rate) == 0.25
    optimizer.learning_rate = optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    assert len(optimizer.variables) == 1
    with pytest.raises(WrongType, match="schedule"):
        optimizer.learning_rate = 0.1


def test_a_person_can_write_an_optimizer() -> None:
    class Damped(optimizers.Optimizer):
        def build(self, variables: list[Variable]) -> None:
            if self.built:
                return
            super().build(variables)
            self.memory = self.add_optimizer_variables(variables, "memory")
            self.total = Variable(0.0, name="total")

        def update_step(self, gradient, variable, learning_rate):
            memory = self.memory[self._get_variable_index(variable)]
            self.assign_add(memory, gradient)
            self.assign_sub(variable, learning_rate * memory.value)
            self.total.assign_add(1.0)

    variable = Variable(1.0, name="w")
    optimizer = Damped(learning_rate=0.5)
    optimizer.apply([jnp.asarray(1.0)], [variable])
    optimizer.apply([jnp.asarray(1.0)], [variable])
    assert float(variable) == -0.5
    assert [v.name for v in optimizer.variables] == [
        "iteration",
        "learning_rate",
        "w_memory",
        "total",
    ]


@pytest.mark.parametrize("engine", ["SGD", "Adam", "Lion", "Adafactor"])
def test_a_step_of_ones_own_takes_the_place_of_the_engines(engine: str) -> None:
    class Still(getattr(optimizers, engine)):  # type: ignore[misc]
        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            variable.assign_sub(2.0 * gradient)

    weight = Variable(np.ones((2, 2), "float32"))
    Still().apply([np.full((2, 2), 0.25, "float32")], [weight])
    np.testing.assert_array_equal(weight, np.full((2, 2), 0.5))
