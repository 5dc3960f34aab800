"""Initializers that draw. The same seed gives the numbers of Keras on its JAX backend.

Uniform numbers are equal to the bit, normal ones but for the last bits.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from lamella._base import InvalidShape, WrongType, check, dtype_name, publish, register
from lamella._base.serialize import deserialize, serialize
from lamella._base.shapes import product
from lamella._state.seeds import SeedGenerator, make_default_seed
from lamella.initializers.base import Initializer
from lamella.random import distributions as random

Mode = Literal["fan_in", "fan_out", "fan_avg"]

# The standard deviation of a unit normal cut at two standard deviations.
_TRUNCATED_STDDEV = 0.87962566103423978


class RandomInitializer(Initializer):
    """An initializer with a seed.

    Args:
        seed: a whole number gives the same values at every call; a SeedGenerator gives new ones;
            None draws a number from Python's `random` now.
    """

    def __init__(self, seed: Any = None) -> None:
        known = deserialize(seed) if isinstance(seed, dict) else seed
        if known is not None and not isinstance(known, (int, np.integer, SeedGenerator)):
            raise WrongType(
                f"Argument `seed` must be an integer, a SeedGenerator or None. Received: {seed!r}.",
                help="Pass for example seed=42.",
            )
        self._given_seed = known
        self.seed = make_default_seed() if known is None else known

    def get_config(self) -> dict[str, Any]:
        # A seed that nobody chose stays unchosen in a new object.
        return {**super().get_config(), "seed": serialize(self._given_seed)}


@register("initializer", "random_normal", "normal", module="keras.initializers")
class RandomNormal(RandomInitializer):
    """Draws from a normal distribution.

    Args:
        mean: its mean.
        stddev: its standard deviation, >= 0.
        seed: a whole number, a SeedGenerator or None.

    Example:
        >>> RandomNormal(stddev=0.01, seed=1)((2, 3)).shape
        (2, 3)
    """

    _draw = staticmethod(random.normal)

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None) -> None:
        self.mean = mean
        self.stddev = stddev
        super().__init__(seed)

    def __call__(self, shape: Any, dtype: Any = None) -> jax.Array:
        return self._draw(shape, self.mean, self.stddev, dtype, self.seed)


@register("initializer", "truncated_normal", module="keras.initializers")
class TruncatedNormal(RandomNormal):
    """Draws from a normal distribution that is cut at two standard deviations.

    Args:
        mean: the mean before the cut.
        stddev: the standard deviation before the cut, >= 0.
        seed: a whole number, a SeedGenerator or None.

    Example:
        >>> bool(abs(TruncatedNormal(stddev=1.0, seed=1)((100,))).max() <= 2)
        True
    """

    _draw = staticmethod(random.truncated_normal)


@register("initializer", "random_uniform", "uniform", module="keras.initializers")
class RandomUniform(RandomInitializer):
    """Draws evenly from an interval.

    Args:
        minval: the lower end, included.
        maxval: the upper end, not included.
        seed: a whole number, a SeedGenerator or None.

    Example:
        >>> bool((RandomUniform(0.0, 1.0, seed=1)((100,)) >= 0).all())
        True
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Any = None) -> None:
        self.minval = minval
        self.maxval = maxval
        super().__init__(seed)

    def __call__(self, shape: Any, dtype: Any = None) -> jax.Array:
        return random.uniform(shape, self.minval, self.maxval, dtype, self.seed)


@register("initializer", "orthogonal", "OrthogonalInitializer", module="keras.initializers")
class Orthogonal(RandomInitializer):
    """A random orthogonal matrix: its columns (or rows, if fewer) are perpendicular unit vectors.

    Args:
        gain: what the matrix is multiplied by.
        seed: a whole number, a SeedGenerator or None.

    Shapes: with more than two axes, all but the last are taken as one.
    Raises: InvalidShape, if there are fewer than two axes.

    Example:
        >>> q = Orthogonal(seed=1)((3, 2))
        >>> bool(jnp.allclose(q.T @ q, jnp.eye(2), atol=1e-6))
        True

    Source: Saxe et al. 2014, arXiv:1312.6120.
    """

    def __init__(self, gain: float = 1.0, seed: Any = None) -> None:
        self.gain = gain
        super().__init__(seed)

    def __call__(self, shape: Any, dtype: Any = None) -> jax.Array:
        if len(shape) < 2:
            raise InvalidShape(
                f"Orthogonal needs a shape of at least two axes. Received: shape={tuple(shape)}.",
                help="Use another initializer for vectors, for example 'zeros'.",
            )
        rows, columns = product(shape[:-1]), shape[-1]
        name = dtype_name(dtype)
        # There is no QR in half precision.
        working = "float32" if name in ("float16", "bfloat16") else name
        tall = (max(rows, columns), min(rows, columns))
        drawn = random.normal(tall, dtype=working, seed=self.seed)
        # A tracer stays in its program; for the others NumPy needs no compile.
        on = jnp if isinstance(drawn, jax.core.Tracer) else np
        q, r = on.linalg.qr(drawn)
        # Fixed signs make the decomposition unique, and the draw uniform over all such matrices.
        q = q * on.sign(on.diag(r))
        q = q.T if rows < columns else q
        return jnp.asarray(self.gain * q.reshape(tuple(shape)), name)


@register("initializer", "variance_scaling", module="keras.initializers")
@dataclass(eq=False, repr=False)
class VarianceScaling(RandomInitializer):
    """Draws with a variance that depends on the number of connections.

    variance = scale / n,   n = fan_in, fan_out or their mean

    Args:
        scale: above 0.
        mode: which number of connections counts.
        distribution: "truncated_normal" ("normal" means the same), "untruncated_normal" or
            "uniform".
        seed: a whole number, a SeedGenerator or None.
        input_axes: the axes of the shape whose sizes multiply to fan_in, None to guess.
        output_axes: the same for fan_out.

    Raises: InvalidArgument, if scale, mode or distribution cannot be.

    Example:
        >>> VarianceScaling(2.0, mode="fan_out", seed=1)((4, 5)).shape
        (4, 5)

    Source: He et al. 2015, arXiv:1502.01852.
    """

    scale: float = 1.0
    mode: Mode = "fan_in"
    distribution: str = "truncated_normal"
    seed: Any = None
    input_axes: Any = None
    output_axes: Any = None

    def __post_init__(self) -> None:
        check.positive(self.scale, "scale")
        check.one_of(self.mode, ("fan_in", "fan_out", "fan_avg"), "mode")
        name = str(self.distribution).lower()
        name = "truncated_normal" if name == "normal" else name
        names = ("uniform", "truncated_normal", "untruncated_normal")
        self.distribution = check.one_of(name, names, "distribution")
        super().__init__(self.seed)

    def __call__(self, shape: Any, dtype: Any = None) -> jax.Array:
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2.0}
        variance = self.scale / max(1.0, fans[self.mode])
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return random.uniform(shape, -limit, limit, dtype, self.seed)
        if self.distribution == "untruncated_normal":
            return random.normal(shape, 0.0, math.sqrt(variance), dtype, self.seed)
        stddev = math.sqrt(variance) / _TRUNCATED_STDDEV
        return random.truncated_normal(shape, 0.0, stddev, dtype, self.seed)


def compute_fans(shape: Any, input_axes: Any = None, output_axes: Any = None) -> tuple[int, int]:
    """How many connections go into one unit and out of one.

    Args:
        shape: of a kernel whose last axes are (inputs, outputs).
        input_axes, output_axes: the axes to multiply instead, if both are given.

    Example:
        >>> compute_fans((3, 3, 16, 32))
        (144, 288)
    """
    sizes = tuple(int(size) for size in shape)
    if input_axes is not None and output_axes is not None:
        given = [product(sizes[axis] for axis in axes) for axes in (input_axes, output_axes)]
        return given[0], given[1]
    if len(sizes) < 2:
        only = sizes[0] if sizes else 1
        return only, only
    window = product(sizes[:-2])
    return sizes[-2] * window, sizes[-1] * window


# The second names that Keras has for them.
orthogonal = Orthogonal
OrthogonalInitializer = Orthogonal
random_normal = RandomNormal
random_uniform = RandomUniform
truncated_normal = TruncatedNormal
variance_scaling = VarianceScaling

publish(__name__)
