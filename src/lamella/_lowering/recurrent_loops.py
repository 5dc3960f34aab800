"""The loops of SimpleRNN, LSTM and GRU, with gradients of their own."""

from collections.abc import Callable

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
    squash_gates,
    transposed,
)


def _with_gradient(forward: Callable, backward: Callable, plan: int) -> Callable[..., tuple]:
    """The first result of `forward`, as a function with the gradient that `backward` gives.

    Args:
        plan: the number of the argument that is the plan.
    """
    core = jax.custom_vjp(lambda *arguments: forward(*arguments)[0], nondiff_argnums=(plan,))
    core.defvjp(forward, backward)
    return core


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


# The loop with tanh; gives (states over time or None, h).
simple_core = _with_gradient(_simple_forward, _simple_backward, plan=4)


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
        gates = squash_gates(z + recur(h, shared), activation, recurrent_activation, candidate=2)
        i, f, g, o = jnp.split(gates, 4, axis=-1)
        new_c = f * c + i * g
        new_h = o * activation(new_c)
        h, c = keep(valid, new_h, h), keep(valid, new_c, c)
        return (h, c), (gates, c, h)

    stacked: tuple[jax.Array, jax.Array, jax.Array]
    (h, c), stacked = lax.scan(step, (h, c), (zs, mask), unroll=plan.unroll)
    return h, c, stacked


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
    of_output = squashed * o * (1 - o)
    of_gates = [g * i * (1 - i), befores(c, cs) * f * (1 - f), i * (1 - g * g), of_output]
    factors = (
        at_masked(mask, jnp.concatenate(of_gates, axis=-1), 0),
        at_masked(mask, o * (1 - squashed * squashed), 0),
        at_masked(mask, f, 1),
    )
    turned = transposed(shared)

    def step(carry: tuple, inputs: tuple) -> tuple:
        dh, dc = carry
        (of_gates, of_state, forget), dh_here, passed = inputs
        dh = dh if dh_here is None else dh + dh_here
        dc = dc + dh * of_state
        dz = jnp.concatenate([dc, dc, dc, dh], axis=-1) * of_gates
        back = recur_back(dz, turned)
        return (back if passed is None else back + dh * passed, dc * forget), dz

    inputs = (factors, dhs, around(mask, dh))
    dzs: jax.Array
    (dh, dc), dzs = lax.scan(step, (dh, dc), inputs, reverse=True, unroll=plan.unroll)
    return dzs, dh, dc, shared_gradient(befores(h, hs), dzs, shared), None


# The loop with tanh and sigmoid; gives (states over time or None, h, c).
lstm_core = _with_gradient(_lstm_forward, _lstm_backward, plan=5)


def _halves(shared: Recurrence) -> tuple[Recurrence, Recurrence]:
    """What a reset before the product needs apart: the two gates, and the candidate."""
    units = shared.kernel.shape[0]
    dropout = shared.dropout
    first, second = dropout, dropout
    if dropout is not None and dropout.ndim == 3:
        first, second = dropout[:2], dropout[2]
    gates = Recurrence(shared.kernel[:, : 2 * units], dropout=first)
    return gates, Recurrence(shared.kernel[:, 2 * units :], dropout=second)


def gru_scan(
    zs: jax.Array,
    h: jax.Array,
    shared: Recurrence,
    mask: MaybeArray,
    plan: Plan,
    activation: Activation,
    recurrent_activation: Activation,
) -> tuple[jax.Array, tuple[tuple[jax.Array, ...], jax.Array]]:
    """Runs the loop; gives h and, stacked over time, (gates, h).

    The gates are update and reset in one array, the candidate and, where the reset comes after the
    product, the candidate's recurrent part.
    """
    first, second = _halves(shared)
    units = h.shape[-1]

    def step(h: jax.Array, inputs: tuple) -> tuple:
        z, valid = inputs
        recurrent = recur(h, shared if plan.reset_after else first)
        both = z[..., : 2 * units] + recurrent[..., : 2 * units]
        both = squash_gates(both, activation, recurrent_activation, candidate=None)
        update, reset = jnp.split(both, 2, axis=-1)
        x_candidate, inner = z[..., 2 * units :], recurrent[..., 2 * units :]
        if plan.reset_after:
            candidate = activation(x_candidate + reset * inner)
        else:
            candidate = activation(x_candidate + recur(reset * h, second))
        gates = (both, candidate, inner) if plan.reset_after else (both, candidate)
        h = keep(valid, update * h + (1 - update) * candidate, h)
        return h, (gates, h)

    return lax.scan(step, h, (zs, mask), unroll=plan.unroll)


def _gru_forward(
    zs: jax.Array, h: jax.Array, shared: Recurrence, mask: MaybeArray, plan: Plan
) -> tuple:
    last, (gates, hs) = gru_scan(zs, h, shared, mask, plan, jnp.tanh, jax.nn.sigmoid)
    return ((hs if plan.sequences else None), last), (gates, hs, h, shared, mask)


def _gru_backward(plan: Plan, saved: tuple, gradients: tuple) -> tuple:
    gates, hs, h, shared, mask = saved
    dhs, dh = gradients
    starts = befores(h, hs)
    update, reset = jnp.split(gates[0], 2, axis=-1)
    candidate = gates[1]
    of_update = at_masked(mask, (starts - candidate) * update * (1 - update), 0)
    of_candidate = at_masked(mask, (1 - update) * (1 - candidate * candidate), 0)
    slope = reset * (1 - reset)
    passed = at_masked(mask, update, 1)
    if plan.reset_after:
        of_reset = of_candidate * gates[2] * slope
        factors = (jnp.concatenate([of_update, of_reset, of_candidate * reset], axis=-1), passed)
        dh, states = lax.scan(
            _back_reset_after(shared), dh, (factors, dhs), reverse=True, unroll=plan.unroll
        )
        dzs = jnp.concatenate([states * of_update, states * of_reset, states * of_candidate], -1)
    else:
        all_factors = (of_update, of_candidate, starts * slope, reset, passed)
        dh, dzs = lax.scan(
            _back_reset_before(shared), dh, (all_factors, dhs), reverse=True, unroll=plan.unroll
        )
    return dzs, dh, _gru_shared_gradient(starts, reset, dzs, shared, plan), None


def _back_reset_after(shared: Recurrence) -> Callable:
    turned = transposed(shared)

    def step(dh: jax.Array, inputs: tuple) -> tuple:
        (factor, passed), dh_here = inputs
        dh = dh if dh_here is None else dh + dh_here
        dz = jnp.concatenate([dh, dh, dh], axis=-1) * factor
        return dh * passed + recur_back(dz, turned), dh

    return step


def _back_reset_before(shared: Recurrence) -> Callable:
    gates_of, candidate_of = (transposed(half) for half in _halves(shared))

    def step(dh: jax.Array, inputs: tuple) -> tuple:
        (of_update, of_candidate, of_reset, reset, passed), dh_here = inputs
        dh = dh if dh_here is None else dh + dh_here
        d_candidate = dh * of_candidate
        d_product = recur_back(d_candidate, candidate_of)
        dz = jnp.concatenate([dh * of_update, d_product * of_reset], axis=-1)
        back = recur_back(dz, gates_of) + d_product * reset
        return dh * passed + back, jnp.concatenate([dz, d_candidate], axis=-1)

    return step


def _gru_shared_gradient(
    starts: jax.Array, reset: jax.Array, dzs: jax.Array, shared: Recurrence, plan: Plan
) -> Recurrence:
    units = shared.kernel.shape[0]
    d_gates, d_candidate = dzs[..., : 2 * units], dzs[..., 2 * units :]
    if plan.reset_after:
        dms = jnp.concatenate([d_gates, d_candidate * reset], axis=-1)
        return shared_gradient(starts, dms, shared)

    def products(arrays: Recurrence) -> tuple[jax.Array, jax.Array]:
        gates_of, candidate_of = _halves(arrays)
        return recur(starts, gates_of), recur(reset * starts, candidate_of)

    _, pull = jax.vjp(products, shared)
    (gradient,) = pull((d_gates, d_candidate))
    return gradient


# The loop with tanh and sigmoid; gives (states over time or None, h).
gru_core = _with_gradient(_gru_forward, _gru_backward, plan=4)
