"""BatchNormalization."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from lamella import initializers
from lamella._base import InvalidArgument, InvalidShape, register, taken_by
from lamella._layer.input_spec import InputSpec, shown
from lamella._lowering.normalization import batch_moments, normalize
from lamella._state.variable import Variable
from lamella.layers._parts import anew, known_size
from lamella.layers.normalization import scaled


@register("layer", module="keras.layers")
class BatchNormalization(scaled.ScaledNormalization):
    """Shifts and scales each channel to mean 0 and variance 1 over the batch.

    y = gamma * (x - mean) / sqrt(variance + epsilon) + beta

    While training, mean and variance are the batch's, and the moving ones follow them:
    moving = momentum * moving + (1 - momentum) * batch. Otherwise the moving ones are used, and
    also where `trainable` is False.

    Args:
        axis: the channels' axis.
        momentum: how slowly the moving statistics follow, 0 to 1.
        epsilon: added to the variance, > 0.
        center, scale: whether there is a beta, a gamma.
        beta_initializer, gamma_initializer: how those start.
        moving_mean_initializer, moving_variance_initializer: how the moving statistics start.
        beta_regularizer, gamma_regularizer: costs of the weights.
        beta_constraint, gamma_constraint: applied after each update.
        renorm: whether to correct the batch's statistics towards moving ones (Ioffe 2017).
        renorm_clipping: limits "rmin", "rmax" and "dmax" of that correction.
        renorm_momentum: how slowly its statistics follow.
        synchronized: accepted; over several devices the statistics are always the whole batch's.

    Shapes: (n, ..., channels) -> same; a mask (n, ...) leaves entries out of the statistics

    Raises: InvalidArgument, for unknown or crossed limits; InvalidShape, if the channels' number is
    unknown or the mask does not fit.

    Example:
        >>> layer = BatchNormalization()
        >>> layer(jnp.array([[1.0], [3.0]]), training=True).round(2).tolist()
        [[-1.0], [1.0]]

    Source: Ioffe and Szegedy 2015, ICML.
    """

    mixes_rows = True

    def _mixes_rows(self, training: bool | None) -> bool:
        return bool(training)

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: Mapping[str, float] | None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**taken_by(scaled.ScaledNormalization.__init__, locals()), **kwargs)
        self.axis = int(axis[0] if isinstance(axis, (list, tuple)) else axis)
        self.momentum = float(momentum)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.renorm = bool(renorm)
        self.renorm_clipping = _checked_limits(renorm_clipping) if renorm else renorm_clipping
        self.renorm_momentum = renorm_momentum
        self.synchronized = bool(synchronized)

    def build(self, input_shape: Any) -> None:
        rank = len(input_shape)
        (axis,) = scaled.axes_of(self.axis, rank, self._who())
        channels = known_size(input_shape, axis, self._who())
        self._add_scaling((channels,), gamma=self.scale, beta=self.center)
        mean, variance = self.moving_mean_initializer, self.moving_variance_initializer
        self.moving_mean = self._add_statistic("moving_mean", channels, mean)
        self.moving_variance = self._add_statistic("moving_variance", channels, variance)
        if self.renorm:
            deviation = _RootOf(variance)
            self.moving_stddev = self._add_statistic("moving_stddev", channels, deviation)
            self.renorm_mean = self._add_statistic("renorm_mean", channels, anew(mean))
            self.renorm_stddev = self._add_statistic("renorm_stddev", channels, deviation)
        self.input_spec = InputSpec(ndim=rank, axes={self.axis: channels})

    def _add_statistic(self, name: str, channels: int, initializer: Any) -> Variable:
        return self.add_weight(
            name=name, shape=(channels,), initializer=initializer, trainable=False, autocast=False
        )

    def call(
        self, inputs: jax.Array, training: bool | None = None, mask: jax.Array | None = None
    ) -> jax.Array:
        if mask is not None and mask.ndim != inputs.ndim - 1:
            raise InvalidShape(
                f"{self._who()} expects a mask of the inputs' shape without the last axis. "
                f"Received: mask {shown(mask.shape)}, inputs {shown(inputs.shape)}.",
                help="A mask for (n, steps, channels) has the shape (n, steps).",
            )
        total = jnp.promote_types(inputs.dtype, jnp.float32)
        gamma, beta = scaled.value_of(self.gamma), scaled.value_of(self.beta)
        if training and self.trainable:
            channel = self.axis % inputs.ndim
            axes = tuple(axis for axis in range(inputs.ndim) if axis != channel)
            mean, variance = batch_moments(inputs, axes, mask)
            if self.renorm:
                gamma, beta = self._renormalized(mean, variance, gamma, beta)
            else:
                _follow(self.moving_mean, mean, self.momentum)
                _follow(self.moving_variance, variance, self.momentum)
        else:
            mean = self.moving_mean.value.astype(total)
            variance = self.moving_variance.value.astype(total)
        outputs = normalize(
            inputs.astype(total), mean, variance, gamma, beta, self.axis, self.epsilon
        )
        return outputs.astype(self.compute_dtype)

    def _renormalized(
        self, mean: jax.Array, variance: jax.Array, gamma: Any, beta: Any
    ) -> tuple[jax.Array, jax.Array]:
        """Gamma and beta that correct the batch's statistics; the moving ones follow."""
        deviation = jnp.sqrt(variance + self.epsilon)
        least = jnp.sqrt(jnp.asarray(self.epsilon, mean.dtype))
        reference = jnp.maximum(self.renorm_stddev.value.astype(mean.dtype), least)
        ratio = deviation / reference
        shift = (mean - self.renorm_mean.value.astype(mean.dtype)) / reference
        limits = self.renorm_clipping or {}
        ratio = jnp.clip(ratio, limits.get("rmin"), limits.get("rmax"))
        if limits.get("dmax") is not None:
            shift = jnp.clip(shift, -limits["dmax"], limits["dmax"])
        ratio, shift = lax.stop_gradient(ratio), lax.stop_gradient(shift)
        _follow(self.renorm_mean, mean, self.renorm_momentum)
        _follow(self.renorm_stddev, deviation, self.renorm_momentum)
        _follow(self.moving_mean, mean, self.momentum)
        moving = _follow(self.moving_stddev, deviation, self.momentum)
        self.moving_variance.assign(jnp.maximum(moving * moving - self.epsilon, 0.0))
        if gamma is not None:
            ratio, shift = ratio * gamma, shift * gamma
        return ratio, shift if beta is None else shift + beta


def _follow(moving: Variable, batch: jax.Array, momentum: float) -> jax.Array:
    following = moving.value.astype(batch.dtype) * momentum + batch * (1.0 - momentum)
    moving.assign(following)
    return following


def _checked_limits(limits: Mapping[str, float] | None) -> dict[str, float]:
    given = dict(limits or {})
    low, high, most = (given.get(key) for key in ("rmin", "rmax", "dmax"))
    crossed = low is not None and high is not None and high < low
    if set(given) - {"rmin", "rmax", "dmax"} or crossed or (most is not None and most < 0):
        raise InvalidArgument(
            "Argument `renorm_clipping` must have the keys 'rmin' <= 'rmax' and 'dmax' >= 0. "
            f"Received: {given}.",
            help="Pass for example renorm_clipping={'rmin': 0.3, 'rmax': 3.0, 'dmax': 5.0}.",
        )
    return given


class _RootOf:
    """Starts a standard deviation where an initializer starts the variance."""

    def __init__(self, initializer: Any) -> None:
        self.initializer = initializer

    def __call__(self, shape: Any, dtype: Any = None) -> jax.Array:
        return jnp.sqrt(anew(self.initializer)(shape, dtype=dtype))
