"""What the loops over time of LSTM, GRU and SimpleRNN share.

Everything is time-major: `zs` (time, n, gates * units) is the projected input with its bias,
`mask` is (time, n, 1) or None. `dropout` multiplies the state on its way into the recurrent
kernel: (n, units), or (gates, n, units) with one multiplier for each gate, or None.

Autodiff of a scan adds to the weight gradients at every step. The backward scans of these loops
carry the state's gradient only and write down the gates' one; every weight gradient is then one
matrix product over all steps at once. The factors of those gradients that do not depend on later
steps are taken for all steps before the loop, masks included.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lamella._lowering.products import by_matrix

Activation = Callable[[jax.Array], jax.Array]
MaybeArray = jax.Array | None


class Plan(NamedTuple):
    """The static choices of one loop."""

    sequences: bool
    unroll: int
    reset_after: bool = True


class Recurrence(NamedTuple):
    """The arrays that every step shares."""

    kernel: jax.Array
    bias: MaybeArray = None
    dropout: MaybeArray = None


def recur(h: jax.Array, shared: Recurrence) -> jax.Array:
    """Projects (..., n, units) to all gates: (h * dropout) kernel + bias."""
    kernel, bias, dropout = shared
    if dropout is None:
        projected = by_matrix(h, kernel)
    elif dropout.ndim == 2:
        projected = by_matrix(h * _lift(dropout, h), kernel)
    else:
        parts = zip(dropout, jnp.split(kernel, dropout.shape[0], axis=1), strict=True)
        rows = [by_matrix(h * _lift(row, h), part) for row, part in parts]
        projected = jnp.concatenate(rows, axis=-1)
    return projected if bias is None else projected + _lift(bias, projected)


def _lift(small: jax.Array, like: jax.Array) -> jax.Array:
    return jnp.expand_dims(small, tuple(range(like.ndim - small.ndim)))


def transposed(shared: Recurrence) -> Recurrence:
    """What `recur_back` reads: made once, outside the loop, where a transpose costs nothing."""
    return Recurrence(shared.kernel.T, dropout=shared.dropout)


def recur_back(dz: jax.Array, turned: Recurrence) -> jax.Array:
    """The gradient of `recur` for the state (n, units)."""
    kernel, _, dropout = turned
    if dropout is None:
        return jnp.matmul(dz, kernel)
    if dropout.ndim == 2:
        return jnp.matmul(dz, kernel) * dropout
    gates = dropout.shape[0]
    parts = zip(jnp.split(dz, gates, axis=-1), jnp.split(kernel, gates), dropout, strict=True)
    return functools.reduce(jnp.add, [jnp.matmul(part, rows) * row for part, rows, row in parts])


def shared_gradient(before: jax.Array, dzs: jax.Array, shared: Recurrence) -> Recurrence:
    """The gradients of kernel, bias and dropout, over all steps at once."""
    _, pull = jax.vjp(lambda arrays: recur(before, arrays), shared)
    (gradient,) = pull(dzs)
    return gradient


def keep(mask: MaybeArray, new: jax.Array, old: jax.Array) -> jax.Array:
    return new if mask is None else jnp.where(mask, new, old)


def at_masked(mask: MaybeArray, factor: jax.Array, value: float) -> jax.Array:
    """Replaces the factors of masked steps: 0 stops a gradient there, 1 lets it through."""
    return factor if mask is None else jnp.where(mask, factor, jnp.asarray(value, factor.dtype))


def around(mask: MaybeArray, like: jax.Array) -> MaybeArray:
    """1 where the state's gradient goes around a step, else 0; None if it never does."""
    return None if mask is None else jnp.logical_not(mask).astype(like.dtype)


def befores(first: jax.Array, after: jax.Array) -> jax.Array:
    """The state before each step, given the states after each."""
    return jnp.concatenate([first[None], after[:-1]], axis=0)


def squash_gates(
    z: jax.Array, activation: Activation, recurrent_activation: Activation, candidate: int | None
) -> jax.Array:
    """All gates of a step in one array, sigmoid(z) or what else the activations are.

    sigmoid(z) = tanh(z / 2) / 2 + 1/2

    In float32 one tanh over all of them is twice as fast on CPU as XLA's code for each gate.

    Args:
        z: what the gates are made of, as many parts as gates along the last axis.
        activation: of the candidate.
        recurrent_activation: of the others.
        candidate: which of four gates is the candidate, None for two gates without one.
    """
    count = 2 if candidate is None else 4
    known = activation is jnp.tanh and recurrent_activation is jax.nn.sigmoid
    if known and z.dtype == jnp.float32:
        slopes = [1.0 if part == candidate else 0.5 for part in range(count)]
        row = np.repeat(np.array(slopes, np.float32), z.shape[-1] // count)
        scale, offset = (_lift(jnp.asarray(one), z) for one in (row, np.where(row == 1, 0, row)))
        return jnp.tanh(z * scale) * scale + offset
    parts = jnp.split(z, count, axis=-1)
    kinds = [activation if part == candidate else recurrent_activation for part in range(count)]
    return jnp.concatenate([kind(part) for kind, part in zip(kinds, parts)], axis=-1)
