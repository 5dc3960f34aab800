"""A layer whose kernel is held at spectral norm 1."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from lamella import initializers
from lamella._base import InvalidArgument, check, epsilon, register
from lamella._layer.input_spec import InputSpec
from lamella._layer.layer import Layer
from lamella._state.variable import Variable
from lamella.layers.core.plain import Wrapper


@register("layer", module="keras.layers")
class SpectralNormalization(Wrapper):
    """Divides the kernel of a layer by its largest singular value, at each call while training.

    W := W / sigma(W),   sigma by power iteration from the vector of the last call

    Args:
        layer: a layer with a `kernel` or with `embeddings`.
        power_iterations: iterations at each call, >= 1.

    Shapes: those of the layer inside

    Raises: InvalidArgument, if the layer has neither, or power_iterations < 1.

    Example:
        >>> from lamella.layers.core.dense import Dense
        >>> critic = SpectralNormalization(Dense(1, use_bias=False, kernel_initializer="ones"))
        >>> critic(jnp.ones((1, 4)), training=True).round(3).tolist()
        [[2.0]]

    Source: Miyato et al. 2018, arXiv:1802.05957.
    """

    mixes_rows = False

    def __init__(self, layer: Layer, power_iterations: int = 1, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        self.power_iterations = check.positive_int(power_iterations, "power_iterations")

    def build(self, input_shape: Any = None) -> None:
        super().build(input_shape)
        self.input_spec = InputSpec(min_ndim=1, axes={-1: input_shape[-1]})
        kernel = getattr(self.layer, "kernel", getattr(self.layer, "embeddings", None))
        if not isinstance(kernel, Variable):
            raise InvalidArgument(
                f"{self.layer._who()} has neither a kernel nor embeddings to normalize.",
                help="Wrap a Dense, a convolution or an Embedding.",
            )
        self.kernel = kernel
        start = initializers.TruncatedNormal(stddev=0.02)
        self.vector_u = self.add_weight(
            (1, kernel.shape[-1]), start, kernel.dtype, trainable=False, name="vector_u"
        )

    def call(self, inputs: jax.Array, training: bool = False) -> jax.Array:
        if training:
            kernel, vector = self.kernel.value, self.vector_u.value
            new_kernel, new_vector = lax.cond(
                jnp.all(kernel == 0), lambda *same: same, self._normalized, kernel, vector
            )
            self.kernel.assign(new_kernel)
            self.vector_u.assign(new_vector)
        return self.layer(inputs)

    def _normalized(self, kernel: jax.Array, vector: jax.Array) -> tuple[jax.Array, jax.Array]:
        matrix = kernel.reshape(-1, kernel.shape[-1])
        for _ in range(self.power_iterations):
            left = _unit(jnp.matmul(vector, matrix.T))
            vector = _unit(jnp.matmul(left, matrix))
        left, vector = lax.stop_gradient((left, vector))
        norm = jnp.matmul(jnp.matmul(left, matrix), vector.T)
        return kernel / norm.reshape((1,) * kernel.ndim), vector


def _unit(vector: jax.Array) -> jax.Array:
    return vector * jnp.minimum(lax.rsqrt(jnp.sum(jnp.square(vector))), 1.0 / epsilon())
