"""The same layer in lamella and in Keras, and what both give."""

from __future__ import annotations

import os
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"

import jax
import jax.numpy as jnp
import keras
import numpy as np

from lamella._state.seeds import set_random_seed

ROWS, STEPS, FEATURES = 3, 5, 4
RANDOM = np.random.default_rng(7)
X = RANDOM.normal(size=(ROWS, STEPS, FEATURES)).astype("float32")
MASK = np.array([[1, 1, 1, 0, 0], [0, 1, 0, 1, 1], [1, 1, 1, 1, 1]], bool)


def pair(make_ours: Any, make_theirs: Any, shape: tuple = X.shape, seed: int = 11) -> tuple:
    """Both layers, built from the same seed."""
    set_random_seed(seed)
    ours = make_ours()
    ours.build(shape)
    keras.utils.set_random_seed(seed)
    theirs = make_theirs()
    theirs.build(shape)
    return ours, theirs


def strictly(function: Any, *args: Any, **kwargs: Any) -> Any:
    """Calls lamella where a silent change of rank is an error."""
    with jax.numpy_rank_promotion("raise"):
        return function(*args, **kwargs)


def same(ours: Any, theirs: Any, tolerance: float = 2e-5) -> None:
    """Fails unless both structures hold the same numbers."""
    assert jax.tree.structure(ours) == jax.tree.structure(theirs)
    for mine, other in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs)):
        assert mine.shape == other.shape
        assert mine.dtype == other.dtype
        np.testing.assert_allclose(
            np.asarray(mine, "float32"),
            np.asarray(other, "float32"),
            atol=tolerance,
            rtol=tolerance,
        )


def gradients(layer: Any, x: Any, **kwargs: Any) -> tuple:
    """Outputs, and the gradients of a weighted sum of them by the weights and the input."""

    def loss(trained: list, x: Any) -> tuple:
        fixed = [v.value for v in layer.non_trainable_variables]
        outputs, _ = layer.stateless_call(trained, fixed, x, **kwargs)
        leaves = jax.tree.leaves(outputs)
        total = sum(jnp.sum(y * jnp.cos(jnp.arange(y.size).reshape(y.shape))) for y in leaves)
        return total, outputs

    trained = [v.value for v in layer.trainable_variables]
    both = jax.jit(jax.value_and_grad(loss, argnums=(0, 1), has_aux=True))
    (_, outputs), slopes = both(trained, jnp.asarray(x))
    return outputs, slopes


def agree(ours: Any, theirs: Any, x: Any = X, **kwargs: Any) -> None:
    """Fails unless weights, outputs and gradients are the same."""
    same([v.value for v in ours.weights], [v.value for v in theirs.weights], 1e-6)
    same(strictly(gradients, ours, x, **kwargs), gradients(theirs, x, **kwargs))
