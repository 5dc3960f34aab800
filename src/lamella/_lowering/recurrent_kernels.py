"""LSTM and GRU over whole sequences by kernels in C, all of a program for one CPU.

A part of the batch goes through all steps in one thread, with inputs, states and gates at hand; the
gradient by each kernel is one product over all steps, as in `recurrent_loops.py`. Without masks and
dropout, for the default activations and float32.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from lamella._lowering import native
from lamella._lowering.products import summed_over_rows


class Inputs(NamedTuple):
    """All that a sequence is computed from; `states` are h, or h and c.

    Args:
        biases: of the input, and for a GRU of the state.
    """

    x: Array
    states: tuple[Array, ...]
    kernel: Array
    recurrent_kernel: Array
    biases: tuple[Array, ...]


def fit(inputs: Inputs, given: list[Any]) -> bool:
    """Whether there is a kernel; `given` are masks and dropouts, which it does not know."""
    if not native.wanted(*jax.tree.leaves(inputs)) or any(one is not None for one in given):
        return False
    return inputs.states[0].shape[-1] % native.lanes() == 0


def run(inputs: Inputs, sequences: bool, plain: Callable[[Inputs], Any]) -> tuple[Array, ...]:
    """All outputs or the last one, and the last states.

    Args:
        sequences: whether all outputs are wanted.
        plain: the same in XLA's operations, for gradients of gradients.
    """

    def forward(inputs: Inputs, _: None, kept: bool) -> tuple[tuple[Array, ...], list[Array]]:
        return _forward(inputs, sequences, kept)

    def backward(inputs: Inputs, _: None, saved: list[Array], slopes: tuple[Array, ...]) -> Inputs:
        return _backward(inputs, saved, slopes, sequences)

    return native.differentiable(forward, backward, lambda inputs, _: plain(inputs))(inputs, None)


def _forward(inputs: Inputs, sequences: bool, kept: bool) -> tuple[tuple[Array, ...], list[Array]]:
    """The outputs, and what the gradient reads: states before each step, gates, and by step
    either c (LSTM) or what the state brings to the candidate (GRU)."""
    x, states, kernel, recurrent_kernel, biases = inputs
    (n, time, _), units = x.shape, states[0].shape[-1]
    shapes = [(n, time if sequences else 0, units), *((n, units) for _ in states)]
    if kept:
        shapes += [(n, time, units), (time, n, kernel.shape[-1]), (time, n, units)]
    target = "lamella_lstm" if len(states) == 2 else "lamella_gru"
    found = native.call(target, shapes, x, *states, kernel, recurrent_kernel, *biases)
    last = found[1 : 1 + len(states)]
    return (found[0] if sequences else last[0], *last), found[1 + len(states) :]


def _backward(
    inputs: Inputs, saved: list[Array], slopes: tuple[Array, ...], sequences: bool
) -> Inputs:
    before, gates, inner = saved
    x, states, kernel, recurrent_kernel, biases = inputs
    (n, time, _), units = x.shape, states[0].shape[-1]
    first, *of_states = slopes
    if not sequences:
        of_states[0] = of_states[0] + first
        first = jnp.zeros((n, 0, units), x.dtype)
    wide, turned = (n, time, kernel.shape[-1]), recurrent_kernel.T
    if len(states) == 2:
        target, also, count = "lamella_lstm_gradient", states[1], 1
    else:
        target, also, count = "lamella_gru_gradient", before, 2
    shapes = [*(wide,) * count, *((n, units) for _ in states)]
    found = native.call(target, shapes, first, *of_states, also, gates, inner, turned)
    # By what goes into the gates: from the input and from the state, which differ in a GRU only.
    by_input, by_state = (one.reshape(-1, wide[-1]) for one in (found[0], found[count - 1]))
    by_biases = tuple(jnp.sum(one, 0) for one in (by_input, by_state)[: len(biases)])
    return Inputs(
        (by_input @ kernel.T).reshape(x.shape),
        tuple(found[count:]),
        summed_over_rows(x.reshape(-1, x.shape[-1]), by_input),
        summed_over_rows(before.reshape(-1, units), by_state),
        by_biases,
    )
