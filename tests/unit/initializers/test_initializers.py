"""Initializers: the same numbers and configs as Keras on JAX."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

from lamella import initializers
from lamella._base.errors import InvalidArgument, InvalidShape, UnknownName, WrongType
from lamella._state.seeds import SeedGenerator

SEEDED = [
    ("RandomNormal", {"mean": 0.5, "stddev": 2.0}),
    ("RandomUniform", {"minval": -2.0, "maxval": 3.0}),
    ("TruncatedNormal", {"mean": -1.0, "stddev": 0.3}),
    ("VarianceScaling", {"scale": 0.7, "mode": "fan_out", "distribution": "uniform"}),
    ("VarianceScaling", {"distribution": "untruncated_normal"}),
    ("VarianceScaling", {"distribution": "normal", "input_axes": [0], "output_axes": [1]}),
    ("GlorotUniform", {}),
    ("GlorotNormal", {}),
    ("HeUniform", {}),
    ("HeNormal", {}),
    ("LecunUniform", {}),
    ("LecunNormal", {}),
    ("Orthogonal", {"gain": 1.5}),
]
PLAIN = [("Zeros", {}), ("Ones", {}), ("Constant", {"value": 0.3}), ("Identity", {"gain": 2.0})]


@pytest.mark.parametrize(("name", "settings"), SEEDED)
def test_same_numbers_as_keras(name, settings):
    shapes = [(5, 7), (7, 5)] if name == "Orthogonal" else [(3, 3, 4, 8)]
    for shape in shapes:
        ours = getattr(initializers, name)(**settings, seed=3)(shape)
        theirs = getattr(keras.initializers, name)(**settings, seed=3)(shape)
        assert ours.dtype == theirs.dtype
        even = "Uniform" in name or settings.get("distribution") == "uniform"
        assert_same_numbers(ours, theirs, rtol=0 if even else 3e-7)


def assert_same_numbers(ours, theirs, rtol=0):
    """To the bit; where tests keep XLA from fusing, it rounds a product before it adds.

    Normal numbers but for the last bits: XLA rounds logarithms otherwise.
    """
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=rtol, atol=3e-7)


BITS = """
import jax, numpy as np
from lamella._lowering.threefry import normal, uniform
for seed, shape in enumerate([(), (3,), (784, 30), (3, 3, 32, 64)]):
    key = jax.random.PRNGKey(seed)
    for low, high in [(0.0, 1.0), (-0.0234, 0.0234), (1.5, 7.25)]:
        theirs = jax.random.uniform(key, shape, "float32", low, high)
        assert np.array_equal(uniform(key, shape, "float32", low, high), theirs), (shape, low)
    for cut in (None, 0.5, 2.0, 3.0):
        theirs = jax.random.normal(key, shape)
        if cut is not None:
            theirs = jax.random.truncated_normal(key, -cut, cut, shape)
        ours = normal(key, shape, "float32", 0.0, 1.0, cut)
        np.testing.assert_array_max_ulp(np.asarray(ours), np.asarray(theirs), 4)
        shifted = normal(key, shape, "float32", -1.5, 0.25, cut)
        assert np.allclose(shifted, theirs * 0.25 - 1.5, rtol=0, atol=3e-7)
"""


def test_numbers_drawn_on_the_host_are_those_of_jax():
    environment = {key: value for key, value in os.environ.items() if key != "XLA_FLAGS"}
    subprocess.run([sys.executable, "-c", BITS], check=True, env=environment)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16", "int32"])
@pytest.mark.parametrize(("name", "settings"), PLAIN)
def test_constants_as_in_keras(name, settings, dtype):
    ours = getattr(initializers, name)(**settings)((4, 3), dtype)
    theirs = getattr(keras.initializers, name)(**settings)((4, 3), dtype)
    assert np.allclose(np.asarray(ours, "float32"), np.asarray(theirs, "float32"))
    assert ours.dtype == dtype


@pytest.mark.parametrize(("name", "settings"), SEEDED + PLAIN)
def test_configs_as_in_keras(name, settings):
    for seed in [{}] if (name, settings) in PLAIN else [{}, {"seed": 5}]:
        ours = getattr(initializers, name)(**settings, **seed)
        theirs = getattr(keras.initializers, name)(**settings, **seed)
        if name != "Identity":  # Keras forgets the gain
            assert ours.get_config() == theirs.get_config()
            assert initializers.serialize(ours) == keras.initializers.serialize(theirs)
            again = keras.initializers.deserialize(initializers.serialize(ours))
            assert again.get_config() == ours.get_config()
        again = initializers.deserialize(initializers.serialize(ours))
        assert again.get_config() == ours.get_config()
        again = initializers.deserialize(keras.initializers.serialize(theirs))
        assert type(again) is type(ours)


def test_an_unchosen_seed_is_drawn_at_construction_as_in_keras():
    random.seed(9)
    ours = initializers.GlorotUniform()
    random.seed(9)
    theirs = keras.initializers.GlorotUniform()
    assert ours.seed == theirs.seed
    assert_same_numbers(ours((3, 4)), theirs((3, 4)))


def test_a_seed_generator_moves_on_and_an_integer_does_not():
    moving = initializers.RandomNormal(seed=SeedGenerator(4))
    assert not np.array_equal(moving((5,)), moving((5,)))
    fixed = initializers.RandomNormal(seed=4)
    assert np.array_equal(fixed((5,)), fixed((5,)))
    theirs = keras.initializers.RandomNormal(seed=keras.random.SeedGenerator(4))
    again = initializers.RandomNormal(seed=SeedGenerator(4))
    for _ in range(2):
        assert_same_numbers(again((5,)), theirs((5,)))


NAMES = """
zeros zero ones one identity normal uniform random_normal random_uniform truncated_normal
variance_scaling glorot_uniform glorot_normal he_normal he_uniform lecun_normal lecun_uniform
orthogonal GlorotUniform OrthogonalInitializer IdentityInitializer
"""


@pytest.mark.parametrize("name", NAMES.split())
def test_names(name):
    expected = type(keras.initializers.get(name)).__name__
    assert type(initializers.get(name)).__name__ == expected


def test_get_takes_objects_classes_functions_arrays_and_none():
    zeros = initializers.Zeros()
    assert initializers.get(zeros) is zeros
    assert isinstance(initializers.get(initializers.Ones), initializers.Ones)
    assert initializers.get(None) is None
    fixed = initializers.get(np.arange(3))
    assert fixed((3,), "float32").tolist() == [0.0, 1.0, 2.0]
    with pytest.raises(InvalidShape, match="shape"):
        fixed((4,))


@pytest.mark.parametrize("name", ["GlorotUniform", "Orthogonal", "Zeros", "TruncatedNormal"])
def test_values_are_concrete_inside_a_trace(name):
    found = []

    @jax.jit
    def traced(x):
        with jax.ensure_compile_time_eval():
            found.append(np.asarray(getattr(initializers, name)()((3, 2))))
        return x

    traced(1.0)
    assert found[0].shape == (3, 2)


def test_orthogonal_in_half_precision():
    q = initializers.Orthogonal(seed=1)((6, 3), "bfloat16")
    assert q.dtype == jnp.bfloat16
    assert np.allclose(np.asarray(q, "float32").T @ np.asarray(q, "float32"), np.eye(3), atol=0.03)


def test_mistakes():
    with pytest.raises(UnknownName, match="Did you mean"):
        initializers.get("glorot_unifrm")
    with pytest.raises(InvalidShape):
        initializers.Identity()((2, 2, 2))
    with pytest.raises(InvalidShape):
        initializers.Orthogonal()((2,))
    with pytest.raises(InvalidArgument):
        initializers.VarianceScaling(scale=0)
    with pytest.raises(InvalidArgument):
        initializers.VarianceScaling(mode="fan")
    with pytest.raises(WrongType):
        initializers.RandomNormal(seed="one")
    with pytest.raises(WrongType):
        initializers.get(3.5)
