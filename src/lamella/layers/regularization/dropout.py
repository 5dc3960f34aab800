"""Dropout and noise: what makes training harder and is not there afterwards."""

import math
import numbers
from typing import Any

import jax
import jax.numpy as jnp

from lamella import regularizers
from lamella._base import InvalidArgument, check, checked_format, publish, register
from lamella._layer.input_spec import InputSpec
from lamella._lowering.dropout import dropout
from lamella._state.seeds import SeedGenerator
from lamella.layers._parts import MaskPassing

NoiseShape = tuple[int | None, ...]


def _checked_noise_shape(noise_shape: Any) -> NoiseShape | None:
    if noise_shape is None:
        return None
    good = isinstance(noise_shape, (tuple, list)) and all(
        size is None or (isinstance(size, numbers.Integral) and int(size) > 0)
        for size in noise_shape
    )
    if not good:
        raise InvalidArgument(
            "Argument `noise_shape` must be a tuple of sizes >= 1 or None. "
            f"Received: {noise_shape!r}.",
            help="For sequences (None, 1, None) drops whole features of a sequence.",
        )
    return tuple(noise_shape)


class _Dropping(MaskPassing):
    """A layer that draws while training, from a stream of its own if there is anything to draw."""

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = check.fraction(rate, "rate", closed=True)
        self.seed = seed
        # Without a rate no seed is drawn, so that later layers get the seeds that Keras gives them.
        if self.rate > 0:
            self.seed_generator = SeedGenerator(seed)

    def _draws(self, training: bool | None) -> bool:
        return bool(training) and self.rate > 0


class _NoiseShaped(_Dropping):
    """One that may draw for a part of the axes only."""

    def __init__(
        self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(rate, seed, **kwargs)
        self.noise_shape = _checked_noise_shape(noise_shape)


@register("layer", module="keras.layers")
class Dropout(_NoiseShaped):
    """Zeroes a random share of the input and scales the rest, while training.

    y = x * m / (1 - rate),   m ~ Bernoulli(1 - rate)

    Args:
        rate: share of entries to drop, 0 <= rate <= 1.
        noise_shape: the shape in which entries are drawn; where it is 1 they are dropped together,
            None stands for the input's size.
        seed: a whole number for the same draws every time.

    Shapes: (...) -> same

    Raises: InvalidArgument, if the rate is outside the range.

    Example:
        >>> Dropout(0.5)(jnp.ones(4)).tolist()     # not training: unchanged
        [1.0, 1.0, 1.0, 1.0]

    Source: Srivastava et al. 2014, JMLR 15:1929; scaled while training, as Keras does.
    """

    def call(self, inputs: jax.Array, training: bool = False) -> jax.Array:
        if not self._draws(training):
            return inputs
        shape = self._drawn_shape(inputs)
        if shape is not None and len(shape) != inputs.ndim:
            raise InvalidArgument(
                f"{self._who()} has noise_shape={shape} for inputs of {inputs.ndim} axes.",
                help="Give noise_shape one entry an axis, the batch among them.",
            )
        # Nothing is drawn where everything is dropped: the stream stays where Keras has it.
        if self.rate == 1:
            return jnp.zeros_like(inputs)
        return dropout(inputs, self.rate, self.seed_generator.next(), shape)

    def _drawn_shape(self, inputs: jax.Array) -> NoiseShape | None:
        return self.noise_shape


class SpatialDropout(Dropout):
    """The engine of SpatialDropout1D, 2D and 3D; a leaf gives the number of spatial axes."""

    rank: int
    data_format = "channels_last"

    def _drawn_shape(self, inputs: jax.Array) -> NoiseShape | None:
        ones = (1,) * self.rank
        return (None, *ones, None) if self.data_format == "channels_last" else (None, None, *ones)

    def get_config(self) -> dict[str, Any]:
        # Keras's constructor takes the dtype by name, and no `trainable`.
        config = super().get_config()
        config.pop("trainable")
        return {**config, "dtype": self.dtype_policy.name}


@register("layer", module="keras.layers")
class SpatialDropout1D(SpatialDropout):
    """Drops whole features of a sequence, while training.

    Args:
        rate: share of features to drop, 0 <= rate <= 1.
        seed: a whole number for the same draws every time.
        name: its name, automatic if None.
        dtype: a number type or a DTypePolicy.

    Shapes: (n, steps, channels) -> same

    Example:
        >>> SpatialDropout1D(0.5)(jnp.ones((1, 2, 3))).shape
        (1, 2, 3)

    Source: Tompson et al. 2015, CVPR.
    """

    rank = 1

    def __init__(
        self, rate: float, seed: int | None = None, name: str | None = None, dtype: Any = None
    ) -> None:
        super().__init__(rate, seed=seed, name=name, dtype=dtype)
        self.input_spec = InputSpec(ndim=3)


class FormattedSpatialDropout(SpatialDropout):
    """The engine for more than one spatial axis, where channels may come first."""

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(rate, seed=seed, name=name, dtype=dtype)
        self.data_format = checked_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)


@register("layer", module="keras.layers")
class SpatialDropout2D(FormattedSpatialDropout):
    """Drops whole channels of images, while training.

    Args:
        rate: share of channels to drop, 0 <= rate <= 1.
        data_format: "channels_last", "channels_first", or None for the default.
        seed: a whole number for the same draws every time.
        name: its name, automatic if None.
        dtype: a number type or a DTypePolicy.

    Shapes: (n, rows, columns, channels) -> same

    Example:
        >>> SpatialDropout2D(0.5)(jnp.ones((1, 2, 2, 3))).shape
        (1, 2, 2, 3)

    Source: Tompson et al. 2015, CVPR.
    """

    rank = 2


@register("layer", module="keras.layers")
class SpatialDropout3D(FormattedSpatialDropout):
    """Drops whole channels of volumes, while training.

    Args:
        rate: share of channels to drop, 0 <= rate <= 1.
        data_format: "channels_last", "channels_first", or None for the default.
        seed: a whole number for the same draws every time.
        name: its name, automatic if None.
        dtype: a number type or a DTypePolicy.

    Shapes: (n, planes, rows, columns, channels) -> same

    Example:
        >>> SpatialDropout3D(0.5)(jnp.ones((1, 2, 2, 2, 3))).shape
        (1, 2, 2, 2, 3)

    Source: Tompson et al. 2015, CVPR.
    """

    rank = 3


# The fixed point of SELU: alpha and scale of Klambauer et al. 2017, appendix A.
_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946


@register("layer", module="keras.layers")
class AlphaDropout(_NoiseShaped):
    """Drops to the lower limit of SELU and keeps mean and variance, while training.

    y = a * (x * m - s * (1 - m)) + b,   m ~ Bernoulli(1 - rate), s SELU's lower limit

    Args:
        rate: share of entries to drop, 0 <= rate <= 1.
        noise_shape: the shape in which entries are drawn; None stands for the input's size.
        seed: a whole number for the same draws every time.

    Shapes: (...) -> same

    Raises: InvalidArgument, if the rate is outside the range.

    Example:
        >>> AlphaDropout(0.5)(jnp.ones(4)).tolist()     # not training: unchanged
        [1.0, 1.0, 1.0, 1.0]

    Source: Klambauer et al. 2017, NeurIPS.
    """

    def call(self, inputs: jax.Array, training: bool = False) -> jax.Array:
        if not self._draws(training):
            return inputs
        sizes = inputs.shape if self.noise_shape is None else self.noise_shape
        shape = tuple(own if size is None else size for size, own in zip(sizes, inputs.shape))
        drawn = jax.random.uniform(self.seed_generator.next(), shape, "float32")
        kept = (drawn >= self.rate).astype(inputs.dtype)
        low = -_SELU_ALPHA * _SELU_SCALE
        scale = ((1 - self.rate) * (1 + self.rate * low**2)) ** -0.5
        shift = -scale * low * self.rate
        return scale * (inputs * kept + low * (1 - kept)) + shift


@register("layer", module="keras.layers")
class GaussianNoise(MaskPassing):
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

    def call(self, inputs: jax.Array, training: bool = False) -> jax.Array:
        if not training or self.stddev == 0:
            return inputs
        noise = jax.random.normal(self.seed_generator.next(), inputs.shape, self.compute_dtype)
        return inputs + noise * self.stddev


@register("layer", module="keras.layers")
class GaussianDropout(_Dropping):
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
        super().__init__(rate, seed, **kwargs)
        if self.rate == 1:
            raise InvalidArgument(
                f"{self._who()} needs rate < 1: the noise would be infinite. Received: rate=1.",
                help="Pass for example rate=0.5.",
            )

    def call(self, inputs: jax.Array, training: bool = False) -> jax.Array:
        if not self._draws(training):
            return inputs
        noise = jax.random.normal(self.seed_generator.next(), inputs.shape, self.compute_dtype)
        return inputs * (noise * math.sqrt(self.rate / (1.0 - self.rate)) + 1.0)


@register("layer", module="keras.layers")
class ActivityRegularization(MaskPassing):
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

    def call(self, inputs: Any) -> Any:
        return inputs

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("activity_regularizer", None)
        return config


publish(__name__, "SpatialDropout", "FormattedSpatialDropout")
