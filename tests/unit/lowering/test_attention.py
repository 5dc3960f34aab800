"""Attention written by hand against autodiff of two plain products."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lamella._lowering.attention import attention
from lamella._lowering.recurrent_steps import squash_gates


def plain(query: Any, key: Any, value: Any) -> Any:
    groups = query.shape[2] // key.shape[2]
    key, value = (jnp.repeat(one, groups, axis=2) for one in (key, value))
    logits = jnp.einsum("bthd,bshd->bhts", query, key) / np.sqrt(query.shape[-1])
    return jnp.einsum("bhts,bshd->bthd", jax.nn.softmax(logits), value)


@pytest.mark.parametrize("key_heads", [1, 2, 4])
@pytest.mark.parametrize("sources", [5, pytest.param(7, marks=pytest.mark.slow)])
def test_outputs_and_gradients(key_heads: int, sources: int) -> None:
    random = np.random.default_rng(0)
    query = random.normal(size=(3, 5, 4, 6)).astype("float32")
    key, value = (random.normal(size=(3, sources, key_heads, 6)).astype("float32") for _ in "kv")
    np.testing.assert_allclose(attention(query, key, value), plain(query, key, value), atol=1e-6)
    towards = random.normal(size=(3, 5, 4, 6)).astype("float32")

    def slopes(function: Any) -> Any:
        return jax.grad(lambda *three: jnp.sum(function(*three) * towards), (0, 1, 2))(
            query, key, value
        )

    for ours, theirs in zip(slopes(attention), slopes(plain)):
        np.testing.assert_allclose(ours, theirs, atol=2e-6)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("candidate", [2, None])
def test_gates_at_once_are_those_one_by_one(candidate: int | None, dtype: str) -> None:
    z = jnp.asarray(np.random.default_rng(0).normal(size=(3, 16)) * 4, dtype)
    parts = jnp.split(z, 2 if candidate is None else 4, axis=-1)
    wanted = [
        jnp.tanh(part) if index == candidate else jax.nn.sigmoid(part)
        for index, part in enumerate(parts)
    ]
    found = squash_gates(z, jnp.tanh, jax.nn.sigmoid, candidate)
    assert found.dtype == z.dtype
    np.testing.assert_allclose(
        found.astype("float32"), jnp.concatenate(wanted, -1).astype("float32"), atol=2e-7
    )
