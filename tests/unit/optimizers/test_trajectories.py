"""Optimizers against Keras on JAX: the weights after 20 steps, and the state."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

from lamella import optimizers
from lamella._state.pure import values_of, write_back
from lamella._state.variable import Variable

# Keras's own variables have not met NumPy 2's `copy` argument.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")

STEPS = 20
SHAPES = {"kernel": (4, 3), "bias": (3,)}
MORE_SHAPES = {**SHAPES, "filter": (2, 3, 4), "tall": (5, 2), "wide": (2, 5)}
S, K = optimizers.schedules, keras.optimizers.schedules

CASES: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9, "weight_decay": 0.01}),
    ("SGD", {"momentum": 0.9, "nesterov": True, "clipnorm": 0.5}),
    ("SGD", {"learning_rate": 0.1, "global_clipnorm": 0.5}),
    ("SGD", {"learning_rate": 0.1, "clipvalue": 0.2}),
    ("SGD", {"learning_rate": 0.1, "loss_scale_factor": 8.0}),
    ("SGD", {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.9}),
    ("SGD", {"learning_rate": 0.1, "use_ema": True, "ema_overwrite_frequency": 3}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.5, "gradient_accumulation_steps": 3}),
    ("Adagrad", {"learning_rate": 0.1}),
    ("Adadelta", {"learning_rate": 1.0}),
    ("RMSprop", {"learning_rate": 0.01}),
    ("RMSprop", {"learning_rate": 0.01, "momentum": 0.5, "centered": True}),
    ("Adam", {"learning_rate": 0.01}),
    ("Adam", {"learning_rate": 0.01, "amsgrad": True, "weight_decay": 0.1}),
    ("Adam", {"gradient_accumulation_steps": 4, "use_ema": True, "ema_overwrite_frequency": 2}),
    ("AdamW", {"learning_rate": 0.01, "weight_decay": 0.1}),
    ("Adamax", {"learning_rate": 0.01}),
    ("Nadam", {"learning_rate": 0.01}),
    ("Ftrl", {"learning_rate": 0.1}),
    (
        "Ftrl",
        {
            "learning_rate": 0.1,
            "l1_regularization_strength": 0.05,
            "l2_regularization_strength": 0.01,
            "l2_shrinkage_regularization_strength": 0.01,
            "beta": 0.1,
        },
    ),
    ("Lion", {"learning_rate": 0.01, "weight_decay": 0.1}),
    ("Lamb", {"learning_rate": 0.01}),
    ("Adafactor", {"learning_rate": 0.05}),
    ("Adafactor", {"learning_rate": 0.05, "relative_step": False, "clip_threshold": 0.5}),
    ("Muon", {"learning_rate": 0.01, "nesterov": False}),
    ("Muon", {"learning_rate": 0.01, "exclude_layers": ["tall"], "rms_rate": None}),
    ("ScheduleFreeAdamW", {"learning_rate": 0.05, "warmup_steps": 5}),
]


def _shapes(name: str) -> dict[str, tuple[int, ...]]:
    """More shapes where the formula depends on them."""
    return MORE_SHAPES if name in ("Adafactor", "Muon") else SHAPES


def _start(optimizer: str = "") -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    shapes = _shapes(optimizer)
    return {name: random.normal(size=shape).astype("float32") for name, shape in shapes.items()}


def _gradients(step: int, optimizer: str = "") -> list[jax.Array]:
    random = np.random.default_rng(100 + step)
    shapes = _shapes(optimizer).values()
    return [jnp.asarray(random.normal(size=shape), "float32") for shape in shapes]


def _named(case: tuple[str, dict[str, Any]]) -> str:
    return f"{case[0]}-{'-'.join(case[1])}"


@pytest.mark.parametrize("case", CASES, ids=_named)
def test_same_weights_and_state_as_keras_after_20_compiled_steps(
    case: tuple[str, dict[str, Any]],
) -> None:
    name, options = case
    theirs = getattr(keras.optimizers, name)(**options)
    their_variables = [keras.Variable(value, name=key) for key, value in _start(name).items()]
    theirs.build(their_variables)
    ours = getattr(optimizers, name)(**options)
    variables = [Variable(value, name=key) for key, value in _start(name).items()]
    ours.build(variables)
    assert [v.shape for v in ours.variables] == [tuple(v.shape) for v in theirs.variables]
    assert [v.dtype for v in ours.variables] == [v.dtype for v in theirs.variables]

    our_step = jax.jit(ours.stateless_apply)
    their_step = jax.jit(theirs.stateless_apply)
    state, values = values_of(ours.variables), values_of(variables)
    their_state = [v.value for v in theirs.variables]
    their_values = [v.value for v in their_variables]
    for step in range(STEPS):
        gradients = _gradients(step, name)
        values, state = our_step(state, gradients, values)
        their_values, their_state = their_step(their_state, gradients, their_values)
    for mine, wanted in zip([*values, *state], [*their_values, *their_state]):
        np.testing.assert_allclose(mine, wanted, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("name", ["SGD", "Adam", "Nadam", "Adafactor"])
def test_eager_steps_give_what_compiled_steps_give(name: str) -> None:
    results = []
    for compiled in (False, True):
        optimizer = getattr(optimizers, name)(learning_rate=0.05)
        variables = [Variable(value, name=key) for key, value in _start(name).items()]
        optimizer.build(variables)
        step = jax.jit(optimizer.stateless_apply)
        for index in range(3):
            gradients = _gradients(index, name)
            if compiled:
                values, state = step(
                    values_of(optimizer.variables), gradients, values_of(variables)
                )
                write_back(variables, values)
                write_back(optimizer.variables, state)
            else:
                optimizer.apply(gradients, variables)
        assert int(optimizer.iterations) == 3
        results.append([variable.numpy() for variable in variables])
    for eager, compiled_value in zip(*results):
        np.testing.assert_allclose(eager, compiled_value, rtol=1e-5, atol=1e-6)


def test_finalize_puts_the_moving_average_into_the_weights() -> None:
    theirs = keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5)
    ours = optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5)
    their_variable, variable = keras.Variable([1.0, 2.0]), Variable([1.0, 2.0])
    for _ in range(4):
        theirs.apply([jnp.ones(2)], [their_variable])
        ours.apply([jnp.ones(2)], [variable])
    theirs.finalize_variable_values([their_variable])
    ours.finalize_variable_values([variable])
    np.testing.assert_allclose(variable.numpy(), their_variable.numpy(), rtol=1e-6)


def test_a_constraint_holds_after_every_step() -> None:
    variable = Variable([1.0, -1.0])
    variable.constraint = lambda value: jnp.maximum(value, 0.5)
    optimizers.SGD(1.0).apply([jnp.ones(2)], [variable])
    assert variable.numpy().tolist() == [0.5, 0.5]


def test_excluded_variables_do_not_decay() -> None:
    kernel, bias = Variable([1.0], name="kernel"), Variable([1.0], name="bias")
    optimizer = optimizers.AdamW(learning_rate=0.1, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer.apply([jnp.zeros(1), jnp.zeros(1)], [kernel, bias])
    assert (float(kernel[0]), float(bias[0])) == (pytest.approx(0.95), 1.0)


def test_loss_scale_follows_keras_through_an_overflow() -> None:
    theirs = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1, momentum=0.5), 16.0, 2)
    ours = optimizers.LossScaleOptimizer(optimizers.SGD(0.1, momentum=0.5), 16.0, 2)
    their_variable, variable = keras.Variable([1.0, 2.0]), Variable([1.0, 2.0])
    theirs.build([their_variable])
    ours.build([variable])
    step, their_step = jax.jit(ours.stateless_apply), jax.jit(theirs.stateless_apply)
    state, values = values_of(ours.variables), [variable.value]
    their_state, their_values = [v.value for v in theirs.variables], [their_variable.value]
    for gradient in (1.0, 2.0, float("inf"), 3.0, float("nan"), 1.0, 1.0):
        values, state = step(state, [jnp.full(2, gradient)], values)
        their_values, their_state = their_step(their_state, [jnp.full(2, gradient)], their_values)
        for mine, wanted in zip([*values, *state], [*their_values, *their_state]):
            np.testing.assert_allclose(mine, wanted, rtol=1e-6)


SCHEDULES: list[tuple[str, dict[str, Any]]] = [
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8}),
    (
        "ExponentialDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8, "staircase": True},
    ),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8}),
    (
        "InverseTimeDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8, "staircase": True},
    ),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 20, "power": 2.0}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 20, "cycle": True}),
    ("PiecewiseConstantDecay", {"boundaries": [5, 10, 30], "values": [1.0, 0.5, 0.25, 0.1]}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 20, "alpha": 0.1}),
    (
        "CosineDecay",
        {"initial_learning_rate": 0.0, "decay_steps": 20, "warmup_target": 0.1, "warmup_steps": 5},
    ),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 9}),
    (
        "CosineDecayRestarts",
        {"initial_learning_rate": 0.1, "first_decay_steps": 9, "t_mul": 1.0, "m_mul": 0.9},
    ),
]


@pytest.mark.parametrize("case", SCHEDULES, ids=_named)
def test_schedules_give_the_rates_of_keras(case: tuple[str, dict[str, Any]]) -> None:
    name, options = case
    ours, theirs = getattr(S, name)(**options), getattr(K, name)(**options)
    assert ours.get_config() == theirs.get_config()
    compiled = jax.jit(ours)
    for step in range(0, 60, 3):
        np.testing.assert_allclose(
            compiled(jnp.asarray(step)), theirs(jnp.asarray(step)), rtol=1e-5, atol=1e-7
        )


def test_a_schedule_counts_the_steps_of_the_optimizer() -> None:
    optimizer = optimizers.SGD(S.PiecewiseConstantDecay([1], [1.0, 0.5]))
    variable = Variable(0.0)
    for _ in range(3):
        optimizer.apply([jnp.asarray(1.0)], [variable])
    assert float(variable) == -2.5
    assert len(optimizer.variables) == 1
