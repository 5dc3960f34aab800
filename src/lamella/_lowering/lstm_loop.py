"""The loop of the LSTM, gates in the order input, forget, candidate, output."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
from jax import lax

from lamella._lowering.recurrent_steps import (
    Activation,
    MaybeArray,
    Plan,
    Recurrence,
    around,
    at_masked,
    befores,
    keep,
    recur,
    recur_back,
    shared_gradient,
    transposed,
)


def lstm_scan(
    zs: jax.Array,
    h: jax.Array,
    c: jax.Array,
    shared: Recurrence,
    mask: MaybeArray,
    plan: Plan,
    activation: Activation,
    recurrent_activation: Activation,
) -> tuple[jax.Array, jax.Array, tuple[jax.Array, jax.Array, jax.Array]]:
    """Runs the loop; gives h, c and, stacked over time, (gates, c, h)."""

    def step(carry: tuple, inputs: tuple) -> tuple:
        h, c = carry
        z, valid = inputs
        i, f, g, o = jnp.split(z + recur(h, shared), 4, axis=-1)
        i, f, o = recurrent_activation(i), recurrent_activation(f), recurrent_activation(o)
        g = activation(g)
        new_c = f * c + i * g
        new_h = o * activation(new_c)
        h, c = keep(valid, new_h, h), keep(valid, new_c, c)
        return (h, c), (jnp.concatenate([i, f, g, o], axis=-1), c, h)

    stacked: tuple[jax.Array, jax.Array, jax.Array]
    (h, c), stacked = lax.scan(step, (h, c), (zs, mask), unroll=plan.unroll)
    return h, c, stacked


@functools.partial(jax.custom_vjp, nondiff_argnums=(5,))
def lstm_core(
    zs: jax.Array, h: jax.Array, c: jax.Array, shared: Recurrence, mask: MaybeArray, plan: Plan
) -> tuple[MaybeArray, jax.Array, jax.Array]:
    """The loop with tanh and sigmoid; gives (states over time or None, h, c)."""
    h, c, (_, _, hs) = lstm_scan(zs, h, c, shared, mask, plan, jnp.tanh, jax.nn.sigmoid)
    return (hs if plan.sequences else None), h, c


def _lstm_forward(
    zs: jax.Array, h: jax.Array, c: jax.Array, shared: Recurrence, mask: MaybeArray, plan: Plan
) -> tuple:
    last_h, last_c, (gates, cs, hs) = lstm_scan(
        zs, h, c, shared, mask, plan, jnp.tanh, jax.nn.sigmoid
    )
    outputs = (hs if plan.sequences else None), last_h, last_c
    return outputs, (gates, cs, hs, h, c, shared, mask)


def _lstm_backward(plan: Plan, saved: tuple, gradients: tuple) -> tuple:
    gates, cs, hs, h, c, shared, mask = saved
    dhs, dh, dc = gradients
    i, f, g, o = jnp.split(gates, 4, axis=-1)
    squashed = jnp.tanh(cs)
    of_cell = [g * i * (1 - i), befores(c, cs) * f * (1 - f), i * (1 - g * g)]
    factors = (
        at_masked(mask, jnp.concatenate(of_cell, axis=-1), 0),
        at_masked(mask, squashed * o * (1 - o), 0),
        at_masked(mask, o * (1 - squashed * squashed), 0),
        at_masked(mask, f, 1),
    )
    turned = transposed(shared)

    def step(carry: tuple, inputs: tuple) -> tuple:
        dh, dc = carry
        (of_cell, of_output, of_state, forget), dh_here, passed = inputs
        dh = dh if dh_here is None else dh + dh_here
        dc = dc + dh * of_state
        dz = jnp.concatenate(
            [jnp.concatenate([dc, dc, dc], axis=-1) * of_cell, dh * of_output], axis=-1
        )
        back = recur_back(dz, turned)
        return (back if passed is None else back + dh * passed, dc * forget), dz

    inputs = (factors, dhs, around(mask, dh))
    dzs: jax.Array
    (dh, dc), dzs = lax.scan(step, (dh, dc), inputs, reverse=True, unroll=plan.unroll)
    return dzs, dh, dc, shared_gradient(befores(h, hs), dzs, shared), None


lstm_core.defvjp(_lstm_forward, _lstm_backward)
