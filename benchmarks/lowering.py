"""Each lowering against its plain form: forward and gradient, inside one compiled loop.

Run `python -m benchmarks.lowering`. A ratio above 1 says how many times faster ours is, in XLA's
operations and, where there is one, by a kernel in C. The forms take turns, and the best turn of
each counts, so that a busy machine hurts all alike.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from lamella._lowering.attention import attention, scores, weighted
from lamella._lowering.compiler import compiler_options, laid_down
from lamella._lowering.convolution import convolution
from lamella._lowering.normalization import moments
from lamella._lowering.pooling import average_pool, max_pool
from lamella._lowering.products import by_equation
from lamella._lowering.recurrent import gru, lstm, simple_rnn
from lamella._state import frame as frames

TURNS = 5
SECONDS_PER_TURN = 0.15
FIRST_STEPS = 2


class Case(NamedTuple):
    """One choice: two functions of the same arrays, and which of those want a gradient."""

    name: str
    plain: Callable
    ours: Callable
    arrays: tuple[jax.Array, ...]
    wanted: tuple[int, ...]


def draw(*shape: int) -> jax.Array:
    """Gives small normal numbers, always the same ones."""
    return jnp.asarray(np.random.default_rng(0).normal(size=shape) * 0.1, "float32")


def looped(
    function: Callable, wanted: tuple[int, ...], options: dict | None, kernels: bool = False
) -> Callable:
    """Compiles `steps` training-like steps of a function: value, gradient, small update."""

    def loss(*arrays: jax.Array) -> jax.Array:
        return jnp.sum(jnp.square(function(*arrays)))

    def step(_: jax.Array, arrays: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        gradients = dict(zip(wanted, jax.grad(loss, wanted)(*arrays), strict=True))
        return tuple(a - 1e-6 * gradients[i] if i in wanted else a for i, a in enumerate(arrays))

    def run(steps: int, arrays: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        with frames.changed(native=kernels):
            return lax.fori_loop(0, steps, step, arrays)

    return jax.jit(run, compiler_options=options)


def seconds(run: Callable, steps: int, arrays: tuple[jax.Array, ...]) -> float:
    """Times one call, per step."""
    start = time.perf_counter()
    jax.block_until_ready(run(steps, arrays))
    return (time.perf_counter() - start) / steps


def measure(case: Case) -> list[float]:
    """Gives the best seconds per step of the plain form, of ours, and of ours with kernels."""
    runs = [
        looped(case.plain, case.wanted, None),
        looped(case.ours, case.wanted, compiler_options()),
        looped(case.ours, case.wanted, compiler_options(), kernels=True),
    ]
    steps = []
    for run in runs:
        jax.block_until_ready(run(FIRST_STEPS, case.arrays))
        guess = seconds(run, FIRST_STEPS, case.arrays)
        steps.append(max(FIRST_STEPS, int(SECONDS_PER_TURN / guess)))
    best = [float("inf")] * len(runs)
    for _ in range(TURNS):
        for i, run in enumerate(runs):
            best[i] = min(best[i], seconds(run, steps[i], case.arrays))
    return best


def convolution_case(
    name: str, x: tuple[int, ...], kernel: tuple[int, ...], first: bool = False, **options: object
) -> Case:
    """A convolution; the first layer of a network wants no gradient of its input."""
    settings = {
        "strides": (1, 1),
        "padding": "same",
        "dilation": (1, 1),
        "groups": 1,
        "channels_last": True,
    } | options

    def plain(x: jax.Array, kernel: jax.Array) -> jax.Array:
        layout = "NHWC" if settings["channels_last"] else "NCHW"
        return lax.conv_general_dilated(
            x,
            kernel,
            settings["strides"],
            settings["padding"].upper(),
            rhs_dilation=settings["dilation"],
            dimension_numbers=(layout, "HWIO", layout),
            feature_group_count=settings["groups"],
        )

    def ours(x: jax.Array, kernel: jax.Array) -> jax.Array:
        return convolution(x, kernel, **settings)

    wanted = (1,) if first else (0, 1)
    return Case(f"conv {name}", plain, ours, (draw(*x), draw(*kernel)), wanted)


def pooling_case(
    name: str, ours: Callable, shape: tuple[int, ...], window: int, strides: int
) -> Case:
    """A pooling of a channels-last picture."""
    settings = {"window": (window,) * 2, "strides": (strides,) * 2}

    def plain(x: jax.Array) -> jax.Array:
        sizes = (1, window, window, 1), (1, strides, strides, 1), "VALID"
        if ours is max_pool:
            return lax.reduce_window(x, -np.inf, lax.max, *sizes)
        return lax.reduce_window(x, 0.0, lax.add, *sizes) / window**2

    def call(x: jax.Array) -> jax.Array:
        return ours(x, **settings, padding="valid", channels_last=True)

    return Case(name, plain, call, (draw(*shape),), (0,))


def plain_lstm(state: tuple, z: Callable) -> tuple:
    """One step of the LSTM, as a cell writes it."""
    h, c = state
    i, f, g, o = jnp.split(z(h), 4, axis=-1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


def plain_simple(state: tuple, z: Callable) -> tuple:
    """One step of the SimpleRNN, as a cell writes it."""
    return (jnp.tanh(z(*state)),)


def recurrent_case(name: str, ours: Callable, gates: int, cell: Callable | None) -> Case:
    """A sequence of 50 steps of 32 features in a batch of 32, to 128 units.

    The plain form scans over a cell that projects input and state at each step, with the gradient
    of autodiff. Without a cell it is our own loop (input projected before it) with that gradient,
    which shows what the gradient alone brings.
    """
    batch, steps, features, units = 32, 50, 32, 128
    start = (jnp.zeros((batch, units)),) * (2 if ours is lstm else 1)
    functions = {"activation": lambda z: jnp.tanh(z)}
    if gates > 1:
        functions["recurrent_activation"] = lambda z: jax.nn.sigmoid(z)

    def run(x: jax.Array, kernel: jax.Array, recurrent: jax.Array, **chosen: Callable) -> jax.Array:
        return ours(x, *start, kernel, recurrent, None, return_sequences=True, **chosen)[0]

    def plain(x: jax.Array, kernel: jax.Array, recurrent: jax.Array) -> jax.Array:
        if cell is None:
            return run(x, kernel, recurrent, **functions)

        def step(state: tuple, now: jax.Array) -> tuple:
            state = cell(state, lambda h: now @ kernel + h @ recurrent)
            return state, state[0]

        return lax.scan(step, start, x.swapaxes(0, 1))[1].swapaxes(0, 1)

    arrays = draw(batch, steps, features), draw(features, gates * units)
    return Case(name, plain, run, (*arrays, draw(units, gates * units)), (0, 1, 2))


def product_case(name: str, equation: str, x: tuple[int, ...], kernel: tuple[int, ...]) -> Case:
    """A product with weights that sums over the last axes of a larger array."""
    plain, ours = (functools.partial(one, equation) for one in (jnp.einsum, by_equation))
    return Case(name, plain, ours, (draw(*x), draw(*kernel)), (0, 1))


def moments_case(name: str, *shape: int) -> Case:
    """An array brought to mean 0 and variance 1 along its last axis, as BatchNormalization does."""

    def normalized(found: tuple[jax.Array, jax.Array], x: jax.Array) -> jax.Array:
        mean, variance = found
        return (x - mean) * lax.rsqrt(variance + 1e-3)

    def plain(x: jax.Array) -> jax.Array:
        return normalized((jnp.mean(x, axes), jnp.var(x, axes)), x)

    axes = tuple(range(len(shape) - 1))
    return Case(name, plain, lambda x: normalized(moments(x, axes), x), (draw(*shape),), (0,))


def shortcut_case(name: str, *shape: int) -> Case:
    """A sum of shortcuts that is read twice, once turned round as for a gradient by a kernel."""

    def run(keep: Callable, x: jax.Array, kernel: jax.Array) -> jax.Array:
        y = keep(functools.reduce(lambda way, part: jax.nn.relu(way * 0.9 + part), x))
        turned = y.transpose(3, 1, 2, 0)
        found = lax.conv_general_dilated(
            turned, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        return jnp.sum(found) + jnp.sum(jnp.square(y))

    plain, ours = (functools.partial(run, keep) for keep in (jnp.asarray, laid_down))
    return Case(name, plain, ours, (draw(6, *shape), draw(1, 1, shape[0], 8)), (0,))


def attention_case(
    name: str, batch: int, steps: int, heads: int, features: int, whole: bool = False
) -> Case:
    """Attention of a sequence to itself; the plain form is two einsums.

    Args:
        whole: whether ours does the softmax too, as where nobody asks for the shares.
    """

    def ours(query: jax.Array, key: jax.Array, value: jax.Array) -> jax.Array:
        if whole:
            return attention(query, key, value, scale=1.0)
        return weighted(jax.nn.softmax(scores(query, key)), value)

    def plain(query: jax.Array, key: jax.Array, value: jax.Array) -> jax.Array:
        shares = jax.nn.softmax(jnp.einsum("bthd,bshd->bhts", query, key))
        return jnp.einsum("bhts,bshd->bthd", shares, value)

    arrays = tuple(draw(batch, steps, heads, features) for _ in range(3))
    return Case(name, plain, ours, arrays, (0, 1, 2))


def cases() -> list[Case]:
    """Lists every choice that the lowerings make."""
    return [
        convolution_case("28x28x1 -> 32, first layer", (32, 28, 28, 1), (3, 3, 1, 32), True),
        convolution_case("32x32x3 -> 32, first layer", (32, 32, 32, 3), (3, 3, 3, 32), True),
        convolution_case("14x14x32 -> 64", (32, 14, 14, 32), (3, 3, 32, 64)),
        convolution_case("7x7x128 -> 128", (32, 7, 7, 128), (3, 3, 128, 128)),
        convolution_case("32x32x16 -> 16", (32, 32, 32, 16), (3, 3, 16, 16)),
        convolution_case("14x14x64 -> 64, window 5", (32, 14, 14, 64), (5, 5, 64, 64)),
        convolution_case(
            "28x28x32 -> 64, step 2", (32, 28, 28, 32), (3, 3, 32, 64), strides=(2, 2)
        ),
        convolution_case("14x14x64 -> 128, window 1", (32, 14, 14, 64), (1, 1, 64, 128)),
        convolution_case(
            "14x14x32 -> 64, channels first", (32, 32, 14, 14), (3, 3, 32, 64), channels_last=False
        ),
        convolution_case("14x14x32, 4 groups", (32, 14, 14, 32), (3, 3, 8, 64), groups=4),
        convolution_case("14x14x32, depthwise", (32, 14, 14, 32), (3, 3, 1, 32), groups=32),
        convolution_case("14x14x32, dilated", (32, 14, 14, 32), (3, 3, 32, 64), dilation=(2, 2)),
        pooling_case("max pool 2, 28x28x32", max_pool, (32, 28, 28, 32), 2, 2),
        pooling_case("max pool 3 step 2, 28x28x32", max_pool, (32, 28, 28, 32), 3, 2),
        pooling_case("average pool 2, 28x28x32", average_pool, (32, 28, 28, 32), 2, 2),
        pooling_case("average pool 3 step 2, 28x28x32", average_pool, (32, 28, 28, 32), 3, 2),
        moments_case("mean and variance of 32x32x32x16", 32, 32, 32, 16),
        moments_case("mean and variance of 32x256", 32, 256),
        shortcut_case("shortcuts read twice, 32x32x32x16", 32, 32, 32, 16),
        attention_case("attention, 64 steps, 4 heads of 16", 32, 64, 4, 16),
        attention_case("attention, 256 steps, 4 heads of 32", 8, 256, 4, 32),
        attention_case("attention, 64 steps, the whole", 32, 64, 4, 16, whole=True),
        attention_case("attention, 256 steps, the whole", 8, 256, 4, 32, whole=True),
        product_case("product of 32x64x64 -> 256", "abc,cd->abd", (32, 64, 64), (64, 256)),
        product_case("heads of 32x64x64 -> 4x16", "...d,dhk->...hk", (32, 64, 64), (64, 4, 16)),
        product_case("heads of 32x64x4x16 -> 64", "...hk,hko->...o", (32, 64, 4, 16), (4, 16, 64)),
        recurrent_case("LSTM 128, 50 steps of 32", lstm, 4, plain_lstm),
        recurrent_case("LSTM, gradient alone", lstm, 4, None),
        recurrent_case("GRU 128, gradient alone", gru, 3, None),
        recurrent_case("SimpleRNN 128, 50 steps of 32", simple_rnn, 1, plain_simple),
        recurrent_case("SimpleRNN, gradient alone", simple_rnn, 1, None),
    ]


def main() -> None:
    """Prints one line for each choice."""
    heads = [f"{head:>10}" for head in ("plain us", "ours us", "ratio", "kernel us", "ratio")]
    print(f"{'forward + gradient in a loop':40}", *heads)
    for case in cases():
        plain, *others = measure(case)
        cells = [f"{one * 1e6:10.0f} {plain / one:10.2f}" for one in others]
        print(f"{case.name:40}", f"{plain * 1e6:10.0f}", *cells, flush=True)


if __name__ == "__main__":
    main()
