"""How XLA is asked to compile a whole step."""

import functools

import jax

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
