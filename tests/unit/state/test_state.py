"""Variables, frames and pure functions of them."""

from __future__ import annotations

import threading
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lamella as keras
from lamella import LamellaError
from lamella._state import frame as frames
from lamella._state.pure import pure, scan, value_and_grad


def variable(value: Any, name: str = "v") -> Any:
    return keras.Variable(np.asarray(value, "float32"), name=name)


def test_pure_leaves_the_handles_alone() -> None:
    v = variable(1.0)
    step = jax.jit(pure(lambda x: v.assign_add(x), [v]))
    _, values = step([v.value], 2.0)
    assert float(values[0]) == 3.0
    assert float(v) == 1.0


def test_what_is_not_carried_is_an_error_with_its_path() -> None:
    carried, stray = variable(1.0), variable(2.0, "stray")
    for touch in (lambda: stray.value + carried.value, lambda: stray.assign(carried.value)):
        with pytest.raises(LamellaError, match="'stray'"):
            jax.jit(pure(touch, [carried]))([carried.value])


def test_gradients_inside_of_a_pure_function_keep_other_writes() -> None:
    weight, count = variable(3.0, "weight"), variable(0.0, "count")

    def step() -> Any:
        def loss() -> Any:
            count.assign_add(1.0)
            return weight.value**2

        value, (slope,) = value_and_grad(loss, [weight])
        weight.assign_sub(0.1 * slope)
        return value

    value, (new_weight, new_count) = jax.jit(pure(step, [weight, count]))([3.0, 0.0])
    assert (float(value), float(new_weight), float(new_count)) == pytest.approx((9.0, 2.4, 1.0))
    # The same code runs eagerly.
    step()
    assert (float(weight), float(count)) == pytest.approx((2.4, 1.0))


def test_scan_carries_state() -> None:
    total = variable(0.0)

    def body(carry: Any, x: Any) -> Any:
        total.assign_add(x)
        return carry + 1, total.value

    carry, seen = scan(body, jnp.asarray(0), jnp.arange(1.0, 5.0), [total])
    assert int(carry) == 4
    np.testing.assert_allclose(seen, [1, 3, 6, 10])
    assert float(total) == 10.0


def test_frames_of_threads_are_strangers() -> None:
    found: list[Any] = []
    with frames.changed(training=True):
        thread = threading.Thread(target=lambda: found.append(frames.current()))
        thread.start()
        thread.join()
        assert frames.ambient().training is True
    assert found == [None]
    assert frames.current() is None


def test_a_failed_function_leaves_no_frame_behind() -> None:
    v = variable(1.0)

    def fails() -> None:
        v.assign(5.0)
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        pure(fails, [v])([v.value])
    assert frames.current() is None
    assert float(v) == 1.0


def test_assigning_another_shape_is_told() -> None:
    with pytest.raises(LamellaError, match=r"expected a value of shape \(2,\)"):
        variable([1.0, 2.0]).assign([1.0, 2.0, 3.0])


def test_variables_work_in_expressions() -> None:
    v = variable([1.0, 2.0])
    np.testing.assert_allclose(2 * v + 1 - v / 2, [2.5, 4.0])
    np.testing.assert_allclose(v @ v, 5.0)
    np.testing.assert_array_equal(v > 1, [False, True])
    np.testing.assert_allclose(jnp.add(v.value, 1), [2, 3])
    assert (v.shape, v.dtype, v.ndim, v.size) == ((2,), "float32", 1, 2)


def test_a_variable_born_in_a_trace_is_concrete() -> None:
    born: list[Any] = []

    def function(x: Any) -> Any:
        born.append(keras.Variable(keras.initializers.get("glorot_uniform"), shape=(2, 3)))
        return x

    jax.jit(function)(1.0)
    assert not isinstance(born[0].value, jax.core.Tracer)


def test_random_numbers_without_a_seed_in_compiled_code_are_refused() -> None:
    with pytest.raises(LamellaError, match="SeedGenerator"):
        jax.jit(lambda x: x + keras.random.normal((2,)))(1.0)
