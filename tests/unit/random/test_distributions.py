"""Random numbers against Keras on JAX: the same ones for the same seed."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

from typing import Any

import jax.numpy as jnp
import keras
import numpy as np
import pytest

from lamella import random
from lamella._base.errors import InvalidArgument, InvalidShape

CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("normal", ((3, 4),), {"mean": 2.0, "stddev": 0.5}),
    ("normal", ((3,),), {"dtype": "float16"}),
    ("uniform", ((3, 4),), {"minval": -1.0, "maxval": 3.0}),
    ("truncated_normal", ((3, 4),), {"mean": 1.0}),
    ("randint", ((3, 4), 2, 9), {}),
    ("randint", ((3, 4), 2, 9), {"dtype": "uint8"}),
    ("categorical", (np.log([[0.2, 0.8], [0.5, 0.5]]).astype("float32"), 7), {}),
    ("dropout", (np.ones((4, 5), "float32"), 0.3), {}),
    ("dropout", (np.ones((4, 5), "float32"), 0.3), {"noise_shape": (None, 1)}),
    ("shuffle", (np.arange(12).reshape(4, 3),), {"axis": 0}),
    ("gamma", ((3, 4), 2.0), {}),
    ("beta", ((3, 4), 2.0, 3.0), {}),
    ("binomial", ((3, 4), 10.0, 0.3), {}),
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0]}-{call[2]}")
@pytest.mark.parametrize("seed", [0, 1337, 2**31])
def test_the_same_numbers_as_keras(
    call: tuple[str, tuple[Any, ...], dict[str, Any]], seed: int
) -> None:
    name, args, options = call
    ours = getattr(random, name)(*args, **options, seed=seed)
    theirs = getattr(keras.random, name)(*args, **options, seed=seed)
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours, theirs)


def test_a_seed_generator_gives_the_stream_of_keras() -> None:
    ours, theirs = random.SeedGenerator(5), keras.random.SeedGenerator(5)
    for _ in range(3):
        np.testing.assert_array_equal(
            random.normal((3,), seed=ours), keras.random.normal((3,), seed=theirs)
        )


def test_without_a_seed_every_call_is_another() -> None:
    assert not jnp.array_equal(random.normal((9,)), random.normal((9,)))


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="floats"):
        random.uniform((2,), dtype="int32")
    with pytest.raises(InvalidArgument, match="whole numbers"):
        random.randint((2,), 0, 3, dtype="float32")
    with pytest.raises(InvalidShape, match="batch"):
        random.categorical(jnp.zeros(3), 2)
    with pytest.raises(InvalidArgument, match="rate"):
        random.dropout(jnp.zeros(3), 30, seed=0)
