"""Compiled steps: one step, or many steps of a loop in one dispatch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from lamella._state.pure import pure
from lamella._state.variable import Variable

Step = Callable[..., tuple[Any, dict[int, Any]]]


def changing(function: Callable[..., Any], variables: Sequence[Variable]) -> Step:
    """A pure form of a function that gives back only the variables that it wrote, by number.

    What was only read is not written back later, so a prediction in one thread cannot undo
    training in another.
    """
    run = pure(function, variables)

    def call(values: Sequence[Any], *args: Any) -> tuple[Any, dict[int, Any]]:
        result, after = run(values, *args)
        written = {
            index: new
            for index, (old, new) in enumerate(zip(values, after, strict=True))
            if new is not old
        }
        return result, written

    return call


class Program:
    """One kind of step, compiled for a set of variables.

    Args:
        function: takes a batch and gives logs or outputs; reads and writes variables.
        variables: all that it may touch.
        compiled: False runs it eagerly, for looking into it.
    """

    def __init__(
        self, function: Callable[..., Any], variables: Sequence[Variable], *, compiled: bool = True
    ) -> None:
        self.variables = list(variables)
        self.compiled = compiled
        self._step = changing(function, self.variables)
        self.step: Step = jax.jit(self._step) if compiled else self._step
        self._chunks: dict[tuple[int, bool], Callable[..., Any]] = {}

    def chunk(self, batch_size: int, ordered: bool) -> Callable[..., tuple[Any, dict[int, Any]]]:
        """A function that runs several steps on arrays that lie on the device.

        (values, arrays, order, start, stop) -> (result of the last step, variables it wrote)

        Args:
            batch_size: rows of one step.
            ordered: whether rows are gathered in the order given, or taken as they lie.
        """
        key = (batch_size, ordered)
        if key not in self._chunks:
            self._chunks[key] = jax.jit(_chunk(self.step, batch_size, ordered))
        return self._chunks[key]


def _chunk(step: Step, batch_size: int, ordered: bool) -> Callable[..., Any]:
    def rows(arrays: Any, order: Any, index: Any) -> Any:
        first = index * batch_size
        if not ordered:
            return jax.tree.map(lambda a: lax.dynamic_slice_in_dim(a, first, batch_size), arrays)
        chosen = lax.dynamic_slice_in_dim(order, first, batch_size)
        return jax.tree.map(lambda a: jnp.take(a, chosen, axis=0), arrays)

    def run(values: Any, arrays: Any, order: Any, start: Any, stop: Any) -> Any:
        batch = jax.eval_shape(rows, arrays, order, start)
        # The loop's first state needs to know what comes out of a step. The step is a jitted
        # function: it is traced here, and not again in the body.
        result, written = shape = jax.eval_shape(step, values, batch)

        def body(index: Any, state: Any) -> Any:
            _, changed = state
            current = [changed.get(number, value) for number, value in enumerate(values)]
            after = step(current, rows(arrays, order, index))
            return jax.tree.map(lambda one, spec: jnp.asarray(one, spec.dtype), after, shape)

        first = (
            jax.tree.map(lambda spec: jnp.zeros(spec.shape, spec.dtype), result),
            {number: values[number] for number in written},
        )
        return lax.fori_loop(start, stop, body, first)

    return run
