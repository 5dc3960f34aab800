"""Constraints: values and configs as in Keras on JAX."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from lamella import constraints
from lamella._base.errors import UnknownName
from lamella._state.variable import Variable

CASES = [
    ("MaxNorm", {}),
    ("MaxNorm", {"max_value": 0.5, "axis": [0, 1]}),
    ("MinMaxNorm", {"min_value": 0.8, "max_value": 1.2, "rate": 0.3, "axis": 1}),
    ("MinMaxNorm", {}),
    ("NonNeg", {}),
    ("UnitNorm", {"axis": -1}),
    ("UnitNorm", {}),
]


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_as_in_keras(name, settings):
    weights = np.random.default_rng(0).normal(size=(4, 3)).astype("float32") * 2
    ours = getattr(constraints, name)(**settings)
    theirs = getattr(keras.constraints, name)(**settings)
    assert np.allclose(ours(weights), theirs(weights), atol=1e-6)
    assert np.allclose(ours(Variable(weights)), theirs(weights), atol=1e-6)
    assert ours.get_config() == theirs.get_config()
    again = constraints.deserialize(keras.constraints.serialize(theirs))
    assert type(again) is type(ours)
    assert again.get_config() == ours.get_config()


@pytest.mark.parametrize("name", ["max_norm", "min_max_norm", "non_neg", "unit_norm", "MaxNorm"])
def test_names(name):
    ours = type(constraints.get(name)).__name__
    assert ours == type(keras.constraints.get(name)).__name__


def test_unknown_name():
    with pytest.raises(UnknownName):
        constraints.get("maxnorm2")
    assert constraints.get(None) is None
