"""What XLA is asked to do beside the mathematics."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from lamella._lowering.compiler import compiler_options, laid_down


def both(x, scale, keep):
    """An array with two readers, of which one could compute it again while turning it round."""
    y = keep(jnp.maximum(x * scale, 0.5))
    return y, y.transpose(2, 0, 1)


def compiled(keep, *arrays):
    lowered = jax.jit(lambda *given: both(*given, keep), compiler_options=compiler_options())
    return lowered.lower(*arrays).compile()


def test_what_is_laid_down_is_computed_once_and_the_same():
    x = np.random.default_rng(0).normal(size=(8, 16, 32)).astype("float32")
    scale = np.linspace(0.5, 2, 32, dtype="float32")
    programs = [compiled(keep, x, scale) for keep in (laid_down, lambda y: y)]
    assert [program.as_text().count(" maximum(") for program in programs] == [1, 2]
    for ours, plain in zip(*(program(x, scale) for program in programs), strict=True):
        assert np.array_equal(ours, plain)


def test_what_is_laid_down_can_be_differentiated_and_mapped():
    x = jnp.linspace(-1, 1, 6).reshape(2, 3)

    def loss(keep, x):
        return jnp.sum(jnp.square(keep(jnp.sin(x))))

    for change in (jax.grad, jax.hessian):
        ours, plain = (
            change(lambda x, keep=keep: loss(keep, x))(x) for keep in (laid_down, jnp.asarray)
        )
        assert np.array_equal(ours, plain)
    assert jax.vmap(laid_down)(x).tolist() == x.tolist()
