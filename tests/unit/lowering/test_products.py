"""Products of weights with larger arrays against einsum."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lamella._lowering.products import by_equation, by_matrix

RANDOM = np.random.default_rng(0)


def floats(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=shape).astype("float32")


@pytest.mark.parametrize(
    ("equation", "x", "kernel", "flat"),
    [
        ("abc,cd->abd", (2, 3, 4), (4, 5), True),
        ("...d,dhk->...hk", (2, 3, 4), (4, 5, 6), True),
        ("...hk,hko->...o", (2, 3, 4, 5), (4, 5, 6), True),
        (" abc , cd -> abd ", (2, 3, 4), (4, 5), True),
        ("abc,cd->abd", (0, 3, 4), (4, 5), False),
        ("abc,cd->adb", (2, 3, 4), (4, 5), False),
        ("abc,bd->acd", (2, 3, 4), (3, 5), False),
        ("abc,cd->ad", (2, 3, 4), (4, 5), False),
        ("abc,bcd->abd", (2, 3, 4), (3, 4, 5), False),
        ("abc,dc->abd", (2, 3, 4), (5, 4), False),
        ("abc,cbd->ad", (2, 3, 4), (4, 3, 5), False),
        ("...c,c...->...", (2, 3, 4), (4, 3), False),
        ("ab,cd->abcd", (2, 3), (4, 5), False),
    ],
)
def test_outputs_and_gradients(
    equation: str, x: tuple[int, ...], kernel: tuple[int, ...], flat: bool
) -> None:
    arrays = floats(*x), floats(*kernel)
    wanted = jnp.einsum(equation, *arrays)
    np.testing.assert_allclose(by_equation(equation, *arrays), wanted, rtol=1e-5, atol=1e-6)
    towards = floats(*wanted.shape)
    ours, theirs = (
        jax.grad(lambda *two, one=one: jnp.sum(one(equation, *two) * towards), (0, 1))(*arrays)
        for one in (by_equation, jnp.einsum)
    )
    for one, other in zip(ours, theirs):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)
    text = str(jax.make_jaxpr(lambda *two: by_equation(equation, *two))(*arrays))
    assert ("reshape" in text) == flat


def test_a_matrix_and_any_rank() -> None:
    for shape in ((4,), (2, 4), (2, 3, 4), (2, 0, 4)):
        x, kernel = floats(*shape), floats(4, 5)
        np.testing.assert_allclose(by_matrix(x, kernel), x @ kernel, rtol=1e-5, atol=1e-6)


def test_sizes_that_do_not_fit_are_refused() -> None:
    with pytest.raises((TypeError, ValueError)):
        by_matrix(floats(2, 3, 4), floats(5, 4))
    with pytest.raises((TypeError, ValueError)):
        by_equation("abc,cd->abd", floats(2, 3, 4), floats(5, 4))
