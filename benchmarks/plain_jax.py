"""The workloads by hand in JAX and optax, as a person who knows both writes them.

Each model is a function of a cursor over the weights, in Keras's order and layout.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax


class Cursor:
    """Gives the weights one after the other and keeps new moving averages.

    Args:
        weights: all of them.
        training: whether moments are those of the batch.
        key: for dropout.
    """

    def __init__(self, weights: list[Any], training: bool, key: Any) -> None:
        self.weights = weights
        self.training = training
        self.key = key
        self.at = 0
        self.moved: dict[int, Any] = {}

    def take(self, count: int) -> list[Any]:
        """The next weights."""
        self.at += count
        return self.weights[self.at - count : self.at]


def dense(w: Cursor, x: Any) -> Any:
    """x @ kernel + bias"""
    kernel, bias = w.take(2)
    return x @ kernel + bias


def convolved(x: Any, kernel: Any, strides: int = 1) -> Any:
    """A convolution with same padding."""
    layout = ("NHWC", "HWIO", "NHWC")
    return lax.conv_general_dilated(x, kernel, (strides,) * 2, "SAME", dimension_numbers=layout)


def pooled(x: Any) -> Any:
    """The largest of each two by two."""
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def batch_normalized(w: Cursor, x: Any) -> Any:
    """BatchNormalization with Keras's momentum and epsilon."""
    gamma, beta, mean, variance = w.take(4)
    if w.training:
        axes = tuple(range(x.ndim - 1))
        old = mean, variance
        mean, variance = x.mean(axes), x.var(axes)
        for index, before, now in zip((w.at - 2, w.at - 1), old, (mean, variance)):
            w.moved[index] = 0.99 * before + 0.01 * now
    return (x - mean) * lax.rsqrt(variance + 1e-3) * gamma + beta


def layer_normalized(w: Cursor, x: Any) -> Any:
    """LayerNormalization with Keras's epsilon."""
    gamma, beta = w.take(2)
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) * lax.rsqrt(variance + 1e-3) * gamma + beta


def linear(w: Cursor, x: Any) -> Any:
    """The line of the notes."""
    return dense(w, x)


def mlp(w: Cursor, x: Any) -> Any:
    """784-300-100-10, to logits."""
    return dense(w, jax.nn.relu(dense(w, jax.nn.relu(dense(w, x)))))


def cnn(w: Cursor, x: Any) -> Any:
    """The CNN of the notes, to logits."""
    for _ in range(2):
        kernel, bias = w.take(2)
        x = pooled(jax.nn.relu(convolved(x, kernel) + bias))
    x = jax.nn.relu(dense(w, x.reshape(len(x), -1)))
    if w.training:
        x = jnp.where(jax.random.bernoulli(w.key, 0.5, x.shape), x / 0.5, 0)
    return dense(w, x)


def batchnorm(w: Cursor, x: Any) -> Any:
    """An MLP with BatchNormalization, to logits."""
    for _ in range(2):
        x = jax.nn.relu(batch_normalized(w, dense(w, x)))
    return dense(w, x)


def lstm(w: Cursor, x: Any) -> Any:
    """The last output of an LSTM, to logits."""
    kernel, recurrent, bias = w.take(3)
    projected = (x @ kernel + bias).swapaxes(0, 1)
    zero = jnp.zeros((len(x), len(recurrent)))

    def step(state: Any, now: Any) -> Any:
        h, c = state
        i, f, g, o = jnp.split(now + h @ recurrent, 4, -1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

    (h, _), _ = lax.scan(step, (zero, zero), projected)
    return dense(w, h)


def gru(w: Cursor, x: Any) -> Any:
    """The last output of a GRU, to logits."""
    kernel, recurrent, bias = w.take(3)
    projected = (x @ kernel + bias[0]).swapaxes(0, 1)

    def step(h: Any, now: Any) -> Any:
        xz, xr, xh = jnp.split(now, 3, -1)
        hz, hr, hh = jnp.split(h @ recurrent + bias[1], 3, -1)
        z, r = jax.nn.sigmoid(xz + hz), jax.nn.sigmoid(xr + hr)
        return z * h + (1 - z) * jnp.tanh(xh + r * hh), None

    h, _ = lax.scan(step, jnp.zeros((len(x), len(recurrent))), projected)
    return dense(w, h)


def resnet20(w: Cursor, x: Any) -> Any:
    """ResNet-20, to logits."""

    x = jax.nn.relu(batch_normalized(w, convolved(x, *w.take(1))))
    for filters in (16, 32, 64):
        for number in range(3):
            strides = 2 if filters > 16 and number == 0 else 1
            y = convolved(x, *w.take(1), strides)
            y = convolved(jax.nn.relu(batch_normalized(w, y)), *w.take(1))
            if strides > 1:  # Keras orders by depth
                x = convolved(x, *w.take(1), strides)
            y = batch_normalized(w, y)
            x = jax.nn.relu(y + (batch_normalized(w, x) if strides > 1 else x))
    return dense(w, x.mean((1, 2)))


def transformer(w: Cursor, x: Any) -> Any:
    """Two encoder blocks, to logits."""
    (table,) = w.take(1)
    x = table[x]
    for _ in range(2):
        q, qb, k, kb, v, vb, o, ob = w.take(8)
        query, key, value = (
            jnp.einsum("btf,fhd->bthd", x, one) + bias for one, bias in ((q, qb), (k, kb), (v, vb))
        )
        scores = jax.nn.softmax(jnp.einsum("bthd,bshd->bhts", query, key) / 4.0)
        seen = jnp.einsum("bhts,bshd->bthd", scores, value)
        x = layer_normalized(w, x + jnp.einsum("bthd,hdf->btf", seen, o) + ob)
        x = layer_normalized(w, x + dense(w, jax.nn.relu(dense(w, x))))
    return dense(w, x.mean(1))


def two_by_two(w: Cursor, one: Any, other: Any) -> Any:
    """Two inputs, two outputs, the first as logits."""
    both = [jax.nn.relu(dense(w, x)) for x in (one, other)]
    x = jax.nn.relu(dense(w, jnp.concatenate(both, -1)))
    return dense(w, x), dense(w, x)


def bag_of_words(w: Cursor, x: Any) -> Any:
    """The mean of embedded words, to a logit."""
    (table,) = w.take(1)
    return dense(w, table[x].mean(1))


MODELS: dict[str, Callable[..., Any]] = {
    "linear": linear,
    "mlp": mlp,
    "cnn": cnn,
    "batchnorm": batchnorm,
    "lstm": lstm,
    "gru": gru,
    "resnet20": resnet20,
    "transformer": transformer,
    "two_by_two": two_by_two,
    "bag": bag_of_words,
}
