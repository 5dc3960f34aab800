"""tf.nn and tf.random."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from lamella import ops, random
from lamella._base import check
from lamella._state.seeds import set_random_seed
from lamella.compat.tensorflow.function import TABLE, define, named, require_one_type
from lamella.compat.tensorflow.tensors import convert, held, sizes_of


def _numbers(value: Any, rank: int, last: bool) -> Any:
    """Strides and sizes: one number, one for each axis, or one for each axis of the array."""
    given = sizes_of(value)
    if len(given) == rank + 2:
        given = given[1:-1] if last else given[2:]
    return given * rank if len(given) == 1 else given


def _format(data_format: str | None) -> str:
    return "channels_first" if (data_format or "").startswith("NC") else "channels_last"


def _padding(value: str) -> str:
    return check.one_of(value, ("SAME", "VALID"), "padding").lower()


def _convolve(x: Any, filters: Any, strides: Any, padding: str, form: Any, dilations: Any) -> Any:
    layout, rank = _format(form), len(filters.shape) - 2
    steps, rates = (_numbers(n, rank, layout[9] == "l") for n in (strides, dilations or 1))
    return ops.conv(convert(x), convert(filters), steps, _padding(padding), layout, rates)


def _pooled(pool: Callable[..., Any], rank: int) -> Callable[..., Any]:
    def run(x: Any, ksize: Any, strides: Any, padding: str, form: Any) -> Any:
        layout = _format(form)
        sizes, steps = (_numbers(n, rank, layout[9] == "l") for n in (ksize, strides))
        return pool(convert(x), sizes, steps, _padding(padding), layout)

    return run


def _bias_add(value: Any, bias: Any, form: Any) -> Any:
    require_one_type("nn.bias_add", value, bias)
    if _format(form) == "channels_first":
        bias = ops.reshape(convert(bias), (1, -1) + (1,) * (len(value.shape) - 2))
    return ops.add(value, bias)


def _normalize(x: Any, mean: Any, variance: Any, offset: Any, scale: Any, epsilon: float) -> Any:
    factor = ops.rsqrt(ops.add(variance, epsilon))
    factor = factor if scale is None else ops.multiply(factor, scale)
    moved = ops.multiply(ops.subtract(convert(x), mean), factor)
    return moved if offset is None else ops.add(moved, offset)


def _softmax_entropy(labels: Any, logits: Any, axis: int) -> Any:
    # One factor for each class and not clipped: labels may be soft, and logits far apart.
    return -ops.sum(ops.multiply(labels, ops.log_softmax(convert(logits), axis)), axis)


def _sigmoid_entropy(labels: Any, logits: Any) -> Any:
    return ops.subtract(ops.softplus(convert(logits)), ops.multiply(logits, labels))


_WINDOWS = "(input, ksize, strides, padding, data_format=None)"
_FILTERS = "strides, padding, data_format=None, dilations=None)"
define(
    "nn",
    {
        **{f"max_pool{n}d{_WINDOWS}": _pooled(ops.max_pool, n) for n in (1, 2, 3)},
        **{f"avg_pool{n}d{_WINDOWS}": _pooled(ops.average_pool, n) for n in (1, 2, 3)},
        **{f"{name}(input, filters, {_FILTERS}": _convolve for name in ("conv2d", "conv3d")},
        "conv1d(input, filters, stride, padding, data_format=None, dilations=None)": _convolve,
        "bias_add(value, bias, data_format=None)": _bias_add,
        "l2_loss(t)": lambda t: ops.sum(ops.square(convert(t))) / 2,
        "embedding_lookup(params, ids)": lambda table, ids: ops.take(convert(table), ids, 0),
        "moments(x, axes, shift=None, keepdims=False)": lambda x, axes, _, keep: ops.moments(
            convert(x), axes, keep
        ),
        "batch_normalization(x, mean, variance, offset, scale, variance_epsilon)": _normalize,
        "softmax_cross_entropy_with_logits(labels, logits, axis=-1)": _softmax_entropy,
        "sigmoid_cross_entropy_with_logits(labels, logits)": _sigmoid_entropy,
        "sparse_softmax_cross_entropy_with_logits(labels, logits)": lambda labels, logits: (
            ops.sparse_categorical_crossentropy(labels, logits, True)
        ),
        # It always drops: there is no mode here.
        "dropout(x, rate, noise_shape=None, seed=None)": lambda x, rate, shape, seed: (
            random.dropout(convert(x), rate, shape, seed)
        ),
    },
)
for _name in "sigmoid tanh softplus softsign l2_normalize top_k in_top_k zero_fraction".split():  # noqa: SIM905
    TABLE[f"nn.{_name}"] = TABLE[_name]
TABLE.update({f"nn.{kind}_pool": TABLE[f"nn.{kind}_pool2d"] for kind in ("max", "avg")})
TABLE.update({"math.softmax": TABLE["nn.softmax"], "math.log_softmax": TABLE["nn.log_softmax"]})


@named("random.set_seed")
def set_seed(seed: int) -> None:
    """Fixes all random numbers: those of lamella, of NumPy and of Python."""
    set_random_seed(seed)


def _drawn(draw: Callable[..., Any]) -> Callable[..., Any]:
    return lambda shape, a, b, dtype, seed: draw(sizes_of(shape), a, b, held(dtype), seed)


def _uniform(shape: Any, low: Any, high: Any, dtype: Any, seed: Any) -> jax.Array:
    draw = random.randint if "int" in held(dtype) else random.uniform
    return draw(sizes_of(shape), low, high, held(dtype), seed)


def _shuffle(value: Any, seed: Any) -> jax.Array:
    x = convert(value)
    return ops.take(x, random.shuffle(np.arange(x.shape[0]), seed=seed), 0)


NORMAL = "(shape, mean=0.0, stddev=1.0, dtype='float32', seed=None)"
UNIFORM = "(shape, minval=0, maxval=1, dtype='float32', seed=None)"
define(
    "random",
    {
        f"normal{NORMAL}": _drawn(random.normal),
        f"truncated_normal{NORMAL}": _drawn(random.truncated_normal),
        f"uniform{UNIFORM}": _uniform,
        "shuffle(value, seed=None)": _shuffle,
        "categorical(logits, num_samples, dtype='int64', seed=None)": lambda x, n, t, seed: (
            random.categorical(convert(x), n, held(t), seed)
        ),
    },
)
