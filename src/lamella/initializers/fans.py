"""The named settings of VarianceScaling."""

from typing import Any

from lamella._base import publish, register
from lamella.initializers.random import Mode, VarianceScaling


class _Named(VarianceScaling):
    """VarianceScaling with fixed settings. Subclasses are data.

    Args:
        seed: a whole number, a SeedGenerator or None.
        input_axes, output_axes: the axes that count as inputs and outputs, None to guess.
    """

    _scale: float
    _mode: Mode
    _distribution: str

    def __init__(self, seed: Any = None, input_axes: Any = None, output_axes: Any = None) -> None:
        super().__init__(self._scale, self._mode, self._distribution, seed, input_axes, output_axes)


@register("initializer", "glorot_uniform", module="keras.initializers")
class GlorotUniform(_Named):
    """Draws evenly from an interval that suits layers with tanh or no activation.

    limit = sqrt(6 / (fan_in + fan_out))

    Args:
        seed: a whole number, a SeedGenerator or None.
        input_axes, output_axes: the axes that count as inputs and outputs, None to guess.

    Example:
        >>> GlorotUniform(seed=1)((4, 5)).shape
        (4, 5)

    Source: Glorot and Bengio 2010, AISTATS 9:249.
    """

    _scale, _mode, _distribution = 1.0, "fan_avg", "uniform"


@register("initializer", "glorot_normal", module="keras.initializers")
class GlorotNormal(_Named):
    """Draws from a cut normal distribution that suits layers with tanh or no activation.

    stddev = sqrt(2 / (fan_in + fan_out))

    Args:
        seed: a whole number, a SeedGenerator or None.
        input_axes, output_axes: the axes that count as inputs and outputs, None to guess.

    Example:
        >>> GlorotNormal(seed=1)((4, 5)).shape
        (4, 5)

    Source: Glorot and Bengio 2010, AISTATS 9:249.
    """

    _scale, _mode, _distribution = 1.0, "fan_avg", "truncated_normal"


@register("initializer", "he_uniform", module="keras.initializers")
class HeUniform(_Named):
    """Draws evenly from an interval that suits layers with relu.

    limit = sqrt(6 / fan_in)

    Args:
        seed: a whole number, a SeedGenerator or None.
        input_axes, output_axes: the axes that count as inputs and outputs, None to guess.

    Example:
        >>> HeUniform(seed=1)((4, 5)).shape
        (4, 5)

    Source: He et al. 2015, arXiv:1502.01852.
    """

    _scale, _mode, _distribution = 2.0, "fan_in", "uniform"


@register("initializer", "he_normal", module="keras.initializers")
class HeNormal(_Named):
    """Draws from a cut normal distribution that suits layers with relu.

    stddev = sqrt(2 / fan_in)

    Args:
        seed: a whole number, a SeedGenerator or None.
        input_axes, output_axes: the axes that count as inputs and outputs, None to guess.

    Example:
        >>> HeNormal(seed=1)((4, 5)).shape
        (4, 5)

    Source: He et al. 2015, arXiv:1502.01852.
    """

    _scale, _mode, _distribution = 2.0, "fan_in", "truncated_normal"


@register("initializer", "lecun_uniform", module="keras.initializers")
class LecunUniform(_Named):
    """Draws evenly from an interval that suits layers with selu.

    limit = sqrt(3 / fan_in)

    Args:
        seed: a whole number, a SeedGenerator or None.
        input_axes, output_axes: the axes that count as inputs and outputs, None to guess.

    Example:
        >>> LecunUniform(seed=1)((4, 5)).shape
        (4, 5)

    Source: LeCun et al. 1998, Efficient BackProp; Klambauer et al. 2017, arXiv:1706.02515.
    """

    _scale, _mode, _distribution = 1.0, "fan_in", "uniform"


@register("initializer", "lecun_normal", module="keras.initializers")
class LecunNormal(_Named):
    """Draws from a cut normal distribution that suits layers with selu.

    stddev = sqrt(1 / fan_in)

    Args:
        seed: a whole number, a SeedGenerator or None.
        input_axes, output_axes: the axes that count as inputs and outputs, None to guess.

    Example:
        >>> LecunNormal(seed=1)((4, 5)).shape
        (4, 5)

    Source: LeCun et al. 1998, Efficient BackProp; Klambauer et al. 2017, arXiv:1706.02515.
    """

    _scale, _mode, _distribution = 1.0, "fan_in", "truncated_normal"


# The second names that Keras has for them.
glorot_normal = GlorotNormal
glorot_uniform = GlorotUniform
he_normal = HeNormal
he_uniform = HeUniform
lecun_normal = LecunNormal
lecun_uniform = LecunUniform


publish(__name__)
