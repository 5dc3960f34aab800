"""How XLA is asked to compile a whole step."""

import functools

import jax
from jax import lax
from jax.experimental.xla_metadata import set_xla_metadata

# By default XLA gives products, sums and convolutions on CPU to YNNPACK. It is the faster one for
# the first two; for convolutions Eigen is, by half. Wide registers are worth a tenth of a ResNet.
_LIBRARY = ("LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT", "LIBRARY_FUSION_TYPE_REDUCE")
_WANTED = {
    "xla_cpu_experimental_ynn_fusion_type": ",".join(_LIBRARY),
    "xla_cpu_prefer_vector_width": "512",
}


@functools.cache
def compiler_options() -> dict[str, str] | None:
    """Options for `jax.jit` of a program, None where there are none or XLA knows them not.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> jax.jit(jnp.square, compiler_options=compiler_options())(3.0).tolist()
        9.0
    """
    if jax.default_backend() != "cpu":
        return None
    try:
        jax.jit(lambda: 0, compiler_options=_WANTED).lower().compile()
    except jax.errors.JaxRuntimeError:
        return None
    return _WANTED


_one_array = jax.jit(lax.optimization_barrier)


def laid_down(array: jax.Array) -> jax.Array:
    """The same array, computed once by XLA on CPU and then read where it lies.

    Else each reader computes it again, back to the last product: in a network with shortcuts, that
    is the whole way. A call that is not inlined has its arguments ready.

    Example:
        >>> laid_down(jax.numpy.ones(2)).tolist()
        [1.0, 1.0]
    """
    with set_xla_metadata(inlineable="false"):
        return _one_array(array)
