"""The loop of the SimpleRNN."""

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


def simple_scan(
    zs: jax.Array,
    h: jax.Array,
    shared: Recurrence,
    mask: MaybeArray,
    plan: Plan,
    activation: Activation,
) -> tuple[jax.Array, jax.Array]:
    """Runs the loop; gives h and, stacked over time, h."""

    def step(h: jax.Array, inputs: tuple) -> tuple:
        z, valid = inputs
        new = activation(z + recur(h, shared))
        h = keep(valid, new, h)
        return h, h

    return lax.scan(step, h, (zs, mask), unroll=plan.unroll)


@functools.partial(jax.custom_vjp, nondiff_argnums=(4,))
def simple_core(
    zs: jax.Array, h: jax.Array, shared: Recurrence, mask: MaybeArray, plan: Plan
) -> tuple[MaybeArray, jax.Array]:
    """The loop with tanh; gives (states over time or None, h)."""
    h, hs = simple_scan(zs, h, shared, mask, plan, jnp.tanh)
    return (hs if plan.sequences else None), h


def _simple_forward(
    zs: jax.Array, h: jax.Array, shared: Recurrence, mask: MaybeArray, plan: Plan
) -> tuple:
    last, hs = simple_scan(zs, h, shared, mask, plan, jnp.tanh)
    return ((hs if plan.sequences else None), last), (hs, h, shared, mask)


def _simple_backward(plan: Plan, saved: tuple, gradients: tuple) -> tuple:
    hs, h, shared, mask = saved
    dhs, dh = gradients
    turned = transposed(shared)

    def step(dh: jax.Array, inputs: tuple) -> tuple:
        factor, dh_here, passed = inputs
        dh = dh if dh_here is None else dh + dh_here
        dz = dh * factor
        back = recur_back(dz, turned)
        return back if passed is None else back + dh * passed, dz

    inputs = (at_masked(mask, 1 - hs * hs, 0), dhs, around(mask, dh))
    dzs: jax.Array
    dh, dzs = lax.scan(step, dh, inputs, reverse=True, unroll=plan.unroll)
    return dzs, dh, shared_gradient(befores(h, hs), dzs, shared), None


simple_core.defvjp(_simple_forward, _simple_backward)
