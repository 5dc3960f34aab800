"""Activations: values, gradients, names and graphs as in Keras on JAX."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

from lamella import activations, ops  # noqa: F401  (recording needs the ops)
from lamella._base import registry
from lamella._base.errors import UnknownName
from lamella._graph.symbolic import KerasTensor
from lamella._state.variable import Variable

CASES = [(function.__name__, {}) for function in registry.members("activation")]
CASES = [case for case in CASES if case[0] not in ("threshold", "sparsemax")] + [
    ("threshold", {"threshold": 0.3, "default_value": -2.0}),
    ("relu", {"negative_slope": 0.1}),
    ("relu", {"max_value": 6}),
    ("relu", {"max_value": 1.5}),
    ("relu", {"threshold": 0.7}),
    ("relu", {"negative_slope": 0.1, "max_value": 1.5, "threshold": 0.7}),
    ("relu", {"negative_slope": 0.1, "max_value": 1.5}),
    ("leaky_relu", {"negative_slope": 0.4}),
    ("elu", {"alpha": 0.4}),
    ("celu", {"alpha": 0.4}),
    ("gelu", {"approximate": True}),
    ("glu", {"axis": 0}),
    ("softmax", {"axis": 0}),
    ("softmax", {"axis": (0, 1)}),
    ("log_softmax", {"axis": 0}),
    ("squareplus", {"b": 1}),
    ("soft_shrink", {"threshold": 0.1}),
    ("hard_shrink", {"threshold": 0.1}),
]


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_values_and_gradients_as_in_keras(name, settings):
    x = jnp.asarray(np.random.default_rng(0).normal(size=(4, 6)) * 3, "float32")
    ours, theirs = getattr(activations, name), getattr(keras.activations, name)

    def measured(function):
        def run(x):
            slope = jax.grad(lambda x: jnp.sum(jnp.sin(function(x, **settings))))(x)
            return function(x, **settings), slope

        return jax.jit(run)(x)

    with jax.numpy_rank_promotion("raise"):
        got, slope = measured(ours)
    expected, wanted = measured(theirs)
    assert got.dtype == expected.dtype
    assert np.allclose(got, expected, atol=1e-6)
    assert np.allclose(slope, wanted, atol=1e-6)


def test_variables_are_taken():
    assert activations.relu(Variable(jnp.array([-1.0, 2.0]))).tolist() == [0.0, 2.0]
    assert activations.softmax(Variable(jnp.array([1.0, 1.0]))).tolist() == [0.5, 0.5]


def _onto_simplex(vector):
    """The level by bisection: independent of the sorted form."""
    low, high = vector.min() - 1.0, vector.max()
    for _ in range(100):
        level = (low + high) / 2
        low, high = (level, high) if np.maximum(vector - level, 0).sum() > 1 else (low, level)
    return np.maximum(vector - low, 0)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_sparsemax_is_the_projection_onto_the_simplex(axis):
    # Keras 3.15 sums the partial sums, so that its shares do not sum to 1 with wide support.
    x = np.random.default_rng(0).normal(size=(4, 6))
    expected = np.apply_along_axis(_onto_simplex, axis, x)
    with jax.numpy_rank_promotion("raise"):
        got = activations.sparsemax(jnp.asarray(x, "float32"), axis)
    assert np.allclose(got, expected, atol=1e-6)


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_symbolic(name, settings):
    tensor = KerasTensor((None, 6))
    if settings.get("axis") == 0 and name == "glu":
        tensor = KerasTensor((4, 6))
    out = getattr(activations, name)(tensor, **settings)
    assert isinstance(out, KerasTensor)
    if name == "glu":
        assert out.shape == ((2, 6) if settings else (None, 3))
        return
    assert out.shape == (None, 6)
    if name == "linear":
        return
    x = jnp.asarray(np.random.default_rng(0).normal(size=(4, 6)) * 3, "float32")
    replayed = jax.jit(out.producer.operation)(x)
    direct = jax.jit(lambda x: getattr(activations, name)(x, **settings))(x)
    assert np.allclose(replayed, direct, atol=1e-6)


@pytest.mark.parametrize("name", registry.names("activation"))
def test_names_and_configs(name):
    ours, theirs = activations.get(name), keras.activations.get(name)
    assert ours.__name__ == theirs.__name__
    assert activations.serialize(ours) == keras.activations.serialize(theirs)
    assert activations.deserialize(keras.activations.serialize(theirs)) is ours


def test_every_activation_of_keras_is_here():
    public = {name for name in dir(keras.activations) if name[0].islower()}
    assert public <= set(dir(activations))


def test_lookup():
    def mine(x):
        return x

    assert activations.get(mine) is mine
    assert activations.get(None) is activations.linear
    assert activations.deserialize("mine", {"mine": mine}) is mine
    with pytest.raises(UnknownName, match="relu"):
        activations.get("rellu")
