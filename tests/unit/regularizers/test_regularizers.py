"""Regularizers: values, gradients and configs as in Keras on JAX."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

from lamella import regularizers
from lamella._base.errors import InvalidArgument, InvalidShape, UnknownName
from lamella._state.variable import Variable

CASES = [
    ("L1", {"l1": 0.25}),
    ("L1", {}),
    ("L2", {"l2": 0.3}),
    ("L2", {}),
    ("L1L2", {"l1": 0.1, "l2": 0.2}),
    ("L1L2", {}),
    ("OrthogonalRegularizer", {"factor": 0.5}),
    ("OrthogonalRegularizer", {"factor": 0.5, "mode": "columns"}),
]


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_values_gradients_and_configs_as_in_keras(name, settings):
    weights = jnp.asarray(np.random.default_rng(0).normal(size=(4, 3)), "float32")
    ours = getattr(regularizers, name)(**settings)
    theirs = getattr(keras.regularizers, name)(**settings)
    assert np.allclose(ours(weights), theirs(weights), rtol=1e-6)
    assert np.allclose(ours(Variable(weights)), theirs(weights), rtol=1e-6)
    gradients = [jax.jit(jax.grad(lambda w, f=f: f(w).sum()))(weights) for f in (ours, theirs)]
    assert np.allclose(*gradients, atol=1e-6)
    for key, value in theirs.get_config().items():
        assert ours.get_config()[key] == (value if isinstance(value, str) else pytest.approx(value))
    assert ours.get_config().keys() == theirs.get_config().keys()
    again = regularizers.deserialize(keras.regularizers.serialize(theirs))
    assert type(again) is type(ours)
    assert np.allclose(again(weights), ours(weights))


@pytest.mark.parametrize("name", ["l1", "l2", "l1_l2", "L1L2", "orthogonal_regularizer"])
def test_names(name):
    ours, theirs = (
        regularizers.get(name),
        keras.regularizers.get({"l1_l2": "L1L2", "l1": "L1", "l2": "L2"}.get(name, name)),
    )
    assert type(ours).__name__ == type(theirs).__name__


def test_functions_and_none_pass_through():
    def mine(x):
        return 0.0

    assert regularizers.get(mine) is mine
    assert regularizers.get(None) is None


def test_mistakes():
    with pytest.raises(InvalidArgument, match=">= 0"):
        regularizers.L1(-1.0)
    with pytest.raises(InvalidArgument):
        regularizers.L2(float("nan"))
    with pytest.raises(InvalidShape):
        regularizers.OrthogonalRegularizer()(np.ones((2, 2, 2), "float32"))
    with pytest.raises(UnknownName):
        regularizers.get("l3")
