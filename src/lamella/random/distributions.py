"""Random numbers of many kinds: the same ones as Keras's on JAX for the same seed."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import InvalidArgument, InvalidShape, check, dtype_name, publish
from lamella._lowering import threefry
from lamella._lowering.dropout import dropout as lowered_dropout
from lamella._state.seeds import draw_seed


def _floats(dtype: Any, name: str) -> str:
    chosen = dtype_name(dtype)
    if "float" not in chosen:
        raise InvalidArgument(
            f"random.{name} gives floats. Received: dtype={dtype!r}.",
            help="Pass a float type, or use random.randint for whole numbers.",
        )
    return chosen


def normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None
) -> jax.Array:
    """Numbers of a normal distribution.

    Args:
        shape: sizes.
        mean: their mean.
        stddev: their standard deviation, 0 or more.
        dtype: a float type, the default one if None.
        seed: a whole number, a SeedGenerator, or None for the global stream.

    Example:
        >>> normal((2,), seed=0).shape
        (2,)
    """
    chosen = _floats(dtype, "normal")
    return threefry.normal(draw_seed(seed), tuple(shape), chosen, mean, stddev)


def uniform(
    shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None
) -> jax.Array:
    """Numbers that are equally likely between two limits.

    Args:
        shape: sizes.
        minval: the least value.
        maxval: the upper limit, which does not occur.
        dtype: a float type, the default one if None.
        seed: a whole number, a SeedGenerator, or None for the global stream.

    Raises: InvalidArgument for a type of whole numbers.

    Example:
        >>> bool((uniform((9,), 1.0, 2.0, seed=0) >= 1).all())
        True
    """
    chosen = _floats(dtype, "uniform")
    return threefry.uniform(draw_seed(seed), tuple(shape), chosen, minval, maxval)


def truncated_normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None
) -> jax.Array:
    """Numbers of a normal distribution, none further than two deviations from its mean.

    Args:
        shape: sizes.
        mean: the mean.
        stddev: the standard deviation before the ends are cut, 0 or more.
        dtype: a float type, the default one if None.
        seed: a whole number, a SeedGenerator, or None for the global stream.

    Example:
        >>> bool((abs(truncated_normal((99,), seed=0)) <= 2).all())
        True
    """
    chosen = _floats(dtype, "truncated_normal")
    return threefry.normal(draw_seed(seed), tuple(shape), chosen, mean, stddev, cut=2.0)


def randint(
    shape: Any, minval: Any, maxval: Any, dtype: Any = "int32", seed: Any = None
) -> jax.Array:
    """Whole numbers that are equally likely between two limits.

    Args:
        shape: sizes.
        minval: the least value.
        maxval: the upper limit, which does not occur.
        dtype: a type of whole numbers.
        seed: a whole number, a SeedGenerator, or None for the global stream.

    Raises: InvalidArgument for a float type.

    Example:
        >>> bool((randint((9,), 3, 5, seed=0) < 5).all())
        True
    """
    chosen = dtype_name(dtype or "int32")
    if "int" not in chosen:
        raise InvalidArgument(
            f"random.randint gives whole numbers. Received: dtype={dtype!r}.",
            help="Pass a type such as int32, or use random.uniform for floats.",
        )
    return jax.random.randint(draw_seed(seed), tuple(shape), minval, maxval, chosen)


def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None) -> jax.Array:
    """Numbers of classes, drawn by their logits.

    Args:
        logits: (batch, classes), logarithms of the chances up to a constant.
        num_samples: how many to draw for each row.
        dtype: a type of whole numbers.
        seed: a whole number, a SeedGenerator, or None for the global stream.

    Shapes: (batch, classes) -> (batch, num_samples)
    Raises: InvalidShape, if logits have not two axes.

    Example:
        >>> categorical([[0.0, -1e9]], 3, seed=0).tolist()
        [[0, 0, 0]]
    """
    logits = jnp.asarray(logits)
    if logits.ndim != 2:
        raise InvalidShape(
            "random.categorical expects logits of shape (batch, classes). "
            f"Received: shape {logits.shape}.",
            help="Put a batch axis in front: logits[None, :].",
        )
    shape = (logits.shape[0], num_samples)
    drawn = jax.random.categorical(draw_seed(seed), logits[..., None], axis=1, shape=shape)
    return drawn.astype(dtype_name(dtype))


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> jax.Array:
    """A random share of entries set to zero, the rest scaled up.

    y = x * m / (1 - rate),   m ~ Bernoulli(1 - rate)

    Args:
        inputs: numbers.
        rate: share of entries to drop, 0 <= rate <= 1.
        noise_shape: shape of m, broadcast over the input; None in it stands for the input's size.
        seed: a whole number, a SeedGenerator, or None for the global stream.

    Example:
        >>> sorted(set(dropout(jnp.ones(99), 0.5, seed=0).tolist()))
        [0.0, 2.0]
    """
    inputs = jnp.asarray(inputs)
    check.fraction(rate, "rate", closed=True)
    if rate == 0:
        return inputs
    if rate == 1:
        return jnp.zeros_like(inputs)
    return lowered_dropout(inputs, rate, draw_seed(seed), noise_shape)


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> jax.Array:
    """The entries of each line along an axis in random order.

    Args:
        x: numbers.
        axis: along which axis; other axes have orders of their own.
        seed: a whole number, a SeedGenerator, or None for the global stream.

    Example:
        >>> sorted(shuffle(jnp.arange(4), seed=0).tolist())
        [0, 1, 2, 3]
    """
    return jax.random.permutation(draw_seed(seed), jnp.asarray(x), axis, independent=True)


def gamma(shape: Any, alpha: Any, dtype: Any = None, seed: Any = None) -> jax.Array:
    """Numbers of a gamma distribution of scale 1.

    Args:
        shape: sizes.
        alpha: its shape parameter, above 0.
        dtype: a float type, the default one if None.
        seed: a whole number, a SeedGenerator, or None for the global stream.

    Example:
        >>> bool((gamma((9,), 2.0, seed=0) > 0).all())
        True
    """
    return jax.random.gamma(draw_seed(seed), alpha, tuple(shape), _floats(dtype, "gamma"))


def beta(shape: Any, alpha: Any, beta: Any, dtype: Any = None, seed: Any = None) -> jax.Array:
    """Numbers of a beta distribution, between 0 and 1.

    Args:
        shape: sizes.
        alpha: its first parameter, above 0.
        beta: its second parameter, above 0.
        dtype: a float type, the default one if None.
        seed: a whole number, a SeedGenerator, or None for the global stream.

    Example:
        >>> bool((beta((9,), 2.0, 2.0, seed=0) < 1).all())
        True
    """
    first, second = jnp.asarray(alpha), jnp.asarray(beta)
    chosen = _floats(dtype, "beta")
    return jax.random.beta(draw_seed(seed), first, second, tuple(shape), chosen)


def binomial(
    shape: Any, counts: Any, probabilities: Any, dtype: Any = None, seed: Any = None
) -> jax.Array:
    """How many of a number of trials succeed.

    Args:
        shape: sizes.
        counts: the number of trials, 0 or more.
        probabilities: the chance of each trial, 0 to 1.
        dtype: a float type, the default one if None.
        seed: a whole number, a SeedGenerator, or None for the global stream.

    Example:
        >>> binomial((3,), 5.0, 1.0, seed=0).tolist()
        [5.0, 5.0, 5.0]
    """
    counts, chances = jnp.asarray(counts), jnp.asarray(probabilities)
    chosen = _floats(dtype, "binomial")
    return jax.random.binomial(draw_seed(seed), counts, chances, tuple(shape), chosen)


publish(__name__)
