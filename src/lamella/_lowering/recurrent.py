"""LSTM, GRU and SimpleRNN over whole sequences, in Keras's gate order and mask semantics.

The input is projected for all steps by one matrix product before the loop. With the default
activations the loop has a gradient of its own; any other activation takes autodiff's.

Shared arguments:
    x: (n, time, features), batch-major.
    h, c: the initial states, (n, units).
    mask: (n, time) of bool or None; a step that is False repeats the state and the output.
    activation, recurrent_activation: "tanh", "sigmoid", or a function of arrays.
    go_backwards: from the last step to the first; the outputs stand in that order too.
    unroll: several steps per turn of the loop. Never the whole sequence, because the time to
        compile grows with the unrolled steps; the numbers are those of the plain loop.
    zero_output_for_mask: give zeros instead of the repeated output at masked steps.
    return_sequences: all outputs (n, time, units) instead of the last one (n, units).
    input_dropout: multiplies the input at every step: (n, features), or (gates, n, features)
        for one multiplier a gate; None for none.
    recurrent_dropout: likewise the state on its way to the gates: (n, units) or
        (gates, n, units). The state that is mixed into the next one stays whole.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from lamella._lowering import recurrent_kernels as kernels
from lamella._lowering.recurrent_loops import (
    gru_core,
    gru_scan,
    lstm_core,
    lstm_scan,
    simple_core,
    simple_scan,
)
from lamella._lowering.recurrent_steps import Activation, MaybeArray, Plan, Recurrence, recur
from lamella._state import frame as frames

UNROLLED_STEPS = 8
NAMED = {"tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid}


class _Run(NamedTuple):
    """The shared arguments that have the same default everywhere."""

    go_backwards: bool = False
    unroll: bool = False
    zero_output_for_mask: bool = False
    return_sequences: bool = False
    input_dropout: jax.Array | None = None
    recurrent_dropout: jax.Array | None = None


def lstm(
    x: jax.Array,
    h: jax.Array,
    c: jax.Array,
    kernel: jax.Array,
    recurrent_kernel: jax.Array,
    bias: jax.Array | None,
    mask: jax.Array | None = None,
    *,
    activation: str | Activation = "tanh",
    recurrent_activation: str | Activation = "sigmoid",
    **options: Any,
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Runs a long short-term memory; gives (outputs or last output, h, c).

    i, f, o = s(z_i), s(z_f), s(z_o);  c' = f c + i a(z_c);  h' = o a(c'),
    z = x kernel + h recurrent_kernel + bias, gates in the order i, f, c, o

    Args:
        kernel: (features, 4 units); recurrent_kernel: (units, 4 units); bias: (4 units,).
        The others: see the module.
    Shapes: (n, time, features) -> (n, time, units) or (n, units), (n, units), (n, units)
    Example:
        >>> import jax.numpy as jnp
        >>> x, state = jnp.ones((2, 5, 3)), jnp.zeros((2, 4))
        >>> y, h, c = lstm(x, state, state, jnp.ones((3, 16)), jnp.ones((4, 16)), None)
        >>> y.shape
        (2, 4)

    Source: Hochreiter and Schmidhuber 1997, Neural Computation 9:1735.
    """
    run = _Run(**options)
    default = activation == "tanh" and recurrent_activation == "sigmoid"
    if default and (
        found := _by_kernel(lstm, x, (h, c), kernel, recurrent_kernel, bias, mask, run)
    ):
        return found
    weights = (kernel, bias), (recurrent_kernel, None)
    zs, shared, valid, plan = _prepared(x, mask, *weights, run)
    if default:
        hs, h, c = lstm_core(zs, h, c, shared, valid, plan)
    else:
        functions = _function(activation), _function(recurrent_activation)
        h, c, (_, _, hs) = lstm_scan(zs, h, c, shared, valid, plan, *functions)
    return _outputs(hs, h, valid, run), h, c


def gru(
    x: jax.Array,
    h: jax.Array,
    kernel: jax.Array,
    recurrent_kernel: jax.Array,
    bias: jax.Array | None,
    mask: jax.Array | None = None,
    *,
    reset_after: bool = True,
    activation: str | Activation = "tanh",
    recurrent_activation: str | Activation = "sigmoid",
    **options: Any,
) -> tuple[jax.Array, jax.Array]:
    """Runs a gated recurrent unit; gives (outputs or last output, h).

    u, r = s(z_u), s(z_r);  h' = u h + (1 - u) a(g),  gates in the order u, r, g, with
    g = x_g + r (h recurrent_kernel_g + recurrent_bias_g)   if reset_after,
    g = x_g + (r h) recurrent_kernel_g                      otherwise

    Args:
        kernel: (features, 3 units); recurrent_kernel: (units, 3 units).
        bias: (2, 3 units) if reset_after, for the input and the state; else (3 units,).
        The others: see the module.
    Shapes: (n, time, features) -> (n, time, units) or (n, units), (n, units)
    Example:
        >>> import jax.numpy as jnp
        >>> x, state = jnp.ones((2, 5, 3)), jnp.zeros((2, 4))
        >>> y, h = gru(x, state, jnp.ones((3, 12)), jnp.ones((4, 12)), None)
        >>> y.shape
        (2, 4)

    Source: Cho et al. 2014, EMNLP; reset_after as in cuDNN.
    """
    run = _Run(**options)
    input_bias, state_bias = bias, None
    if bias is not None and reset_after:
        input_bias, state_bias = bias[0], bias[1]
    default = activation == "tanh" and recurrent_activation == "sigmoid"
    known = default and reset_after
    if known and (found := _by_kernel(gru, x, (h,), kernel, recurrent_kernel, bias, mask, run)):
        return found
    weights = (kernel, input_bias), (recurrent_kernel, state_bias)
    zs, shared, valid, plan = _prepared(x, mask, *weights, run, reset_after)
    if default:
        hs, h = gru_core(zs, h, shared, valid, plan)
    else:
        functions = _function(activation), _function(recurrent_activation)
        h, (_, hs) = gru_scan(zs, h, shared, valid, plan, *functions)
    return _outputs(hs, h, valid, run), h


def simple_rnn(
    x: jax.Array,
    h: jax.Array,
    kernel: jax.Array,
    recurrent_kernel: jax.Array,
    bias: jax.Array | None,
    mask: jax.Array | None = None,
    *,
    activation: str | Activation = "tanh",
    **options: Any,
) -> tuple[jax.Array, jax.Array]:
    """Runs a fully connected recurrence; gives (outputs or last output, h).

    h' = a(x kernel + h recurrent_kernel + bias)

    Args:
        kernel: (features, units); recurrent_kernel: (units, units); bias: (units,).
        The others: see the module.
    Shapes: (n, time, features) -> (n, time, units) or (n, units), (n, units)
    Example:
        >>> import jax.numpy as jnp
        >>> x, state = jnp.ones((2, 5, 3)), jnp.zeros((2, 4))
        >>> y, h = simple_rnn(x, state, jnp.ones((3, 4)), jnp.ones((4, 4)), None)
        >>> y.shape
        (2, 4)

    Source: Elman 1990, Cognitive Science 14:179.
    """
    run = _Run(**options)
    weights = (kernel, bias), (recurrent_kernel, None)
    zs, shared, valid, plan = _prepared(x, mask, *weights, run)
    hs: jax.Array | None
    if activation == "tanh":
        hs, h = simple_core(zs, h, shared, valid, plan)
    else:
        h, hs = simple_scan(zs, h, shared, valid, plan, _function(activation))
    return _outputs(hs, h, valid, run), h


def _by_kernel(
    plain: Callable,
    x: jax.Array,
    states: tuple[jax.Array, ...],
    kernel: jax.Array,
    recurrent_kernel: jax.Array,
    bias: MaybeArray,
    mask: MaybeArray,
    run: _Run,
) -> Any:
    """What `plain` gives, by a kernel in C; None where there is none for it."""
    shape = (2, kernel.shape[-1]) if plain is gru else (1, kernel.shape[-1])
    biases = jnp.zeros(shape, x.dtype) if bias is None else bias.reshape(shape)
    inputs = kernels.Inputs(x, states, kernel, recurrent_kernel, tuple(biases))
    if not kernels.fit(inputs, [mask, run.input_dropout, run.recurrent_dropout]):
        return None
    if run.go_backwards:
        inputs = inputs._replace(x=jnp.flip(x, axis=1))

    def in_operations(inputs: kernels.Inputs) -> Any:
        x, states, *weights, biases = inputs
        with frames.changed(native=False):
            bias = jnp.stack(biases).reshape(shape if plain is gru else -1)
            return plain(x, *states, *weights, bias, return_sequences=run.return_sequences)

    return kernels.run(inputs, run.return_sequences, in_operations)


def _function(activation: str | Activation) -> Activation:
    return NAMED[activation] if isinstance(activation, str) else activation


def _prepared(
    x: jax.Array,
    mask: MaybeArray,
    of_input: tuple[jax.Array, MaybeArray],
    of_state: tuple[jax.Array, MaybeArray],
    run: _Run,
    reset_after: bool = True,
) -> tuple[jax.Array, Recurrence, MaybeArray, Plan]:
    """What a loop takes: the projected inputs, the weights of the state, valid steps, the plan.

    Args:
        of_input, of_state: kernel and bias of each.
    """
    xs = jnp.swapaxes(x, 0, 1)
    valid = None if mask is None else jnp.swapaxes(mask, 0, 1)[..., None]
    if run.go_backwards:
        xs = jnp.flip(xs, axis=0)
        valid = None if valid is None else jnp.flip(valid, axis=0)
    time: object = xs.shape[0]
    unroll = min(UNROLLED_STEPS, max(time, 1)) if run.unroll and isinstance(time, int) else 1
    zs = recur(xs, Recurrence(*of_input, run.input_dropout))
    shared = Recurrence(*of_state, run.recurrent_dropout)
    return zs, shared, valid, Plan(run.return_sequences, unroll, reset_after)


def _outputs(hs: jax.Array | None, h: jax.Array, valid: jax.Array | None, run: _Run) -> jax.Array:
    last = hs is None or not run.return_sequences
    found = h if hs is None or last else hs
    if valid is not None and run.zero_output_for_mask:
        found = jnp.where(valid[-1] if last else valid, found, jnp.zeros((), h.dtype))
    return found if last else jnp.swapaxes(found, 0, 1)
