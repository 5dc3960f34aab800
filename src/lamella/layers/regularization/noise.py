"""GaussianNoise, GaussianDropout and ActivityRegularization."""

import math
from typing import Any

import jax

from lamella import regularizers
from lamella._base import InvalidArgument, check, publish, register
from lamella._state.seeds import SeedGenerator
from lamella.layers._rows import RowWise
from lamella.layers.regularization.dropout import Dropping


@register("layer", module="keras.layers")
class GaussianNoise(RowWise):
    """Adds noise, while training.

    y = x + e,   e ~ Normal(0, stddev)

    Args:
        stddev: standard deviation of the noise, 0 <= stddev <= 1.
        seed: a whole number for the same draws every time.

    Shapes: (...) -> same

    Raises: InvalidArgument, if stddev is outside the range.

    Example:
        >>> import jax.numpy as jnp
        >>> GaussianNoise(0.1)(jnp.ones(2)).tolist()     # not training: unchanged
        [1.0, 1.0]
    """

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stddev = check.fraction(stddev, "stddev", closed=True)
        self.seed = seed
        if self.stddev > 0:
            self.seed_generator = SeedGenerator(seed)
        self.supports_masking = True

    def call(self, inputs: jax.Array, training: bool = False) -> jax.Array:
        if not training or self.stddev == 0:
            return inputs
        key = self.seed_generator.next()
        noise = jax.random.normal(key, inputs.shape, self.compute_dtype)
        return inputs + noise * self.stddev


@register("layer", module="keras.layers")
class GaussianDropout(Dropping):
    """Multiplies by noise around 1, while training.

    y = x * e,   e ~ Normal(1, sqrt(rate / (1 - rate)))

    Args:
        rate: as strong as dropping this share of entries, 0 <= rate < 1.
        seed: a whole number for the same draws every time.

    Shapes: (...) -> same

    Raises: InvalidArgument, if the rate is outside the range.

    Example:
        >>> import jax.numpy as jnp
        >>> GaussianDropout(0.5)(jnp.ones(2)).tolist()     # not training: unchanged
        [1.0, 1.0]

    Source: Srivastava et al. 2014, JMLR 15:1929, section 10.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_rate(rate, seed)
        if self.rate == 1:
            raise InvalidArgument(
                f"{self._who()} needs rate < 1: the noise would be infinite. Received: rate=1.",
                help="Pass for example rate=0.5.",
            )

    def call(self, inputs: jax.Array, training: bool = False) -> jax.Array:
        if not self._draws(training):
            return inputs
        key = self.seed_generator.next()
        noise = jax.random.normal(key, inputs.shape, self.compute_dtype)
        return inputs * (noise * math.sqrt(self.rate / (1.0 - self.rate)) + 1.0)


@register("layer", module="keras.layers")
class ActivityRegularization(RowWise):
    """Adds a cost of its input to the loss, and passes the input on.

    cost = (l1 * sum |x| + l2 * sum x^2) / batch size

    Args:
        l1: factor of the absolute values, >= 0.
        l2: factor of the squares, >= 0.

    Shapes: (...) -> same

    Example:
        >>> import jax.numpy as jnp
        >>> layer = ActivityRegularization(l1=0.5)
        >>> _ = layer(jnp.array([[1.0, -3.0]]))
        >>> float(layer.losses[0])
        2.0
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.l1 = l1
        self.l2 = l2
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return inputs

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("activity_regularizer", None)
        return config


publish(__name__)
