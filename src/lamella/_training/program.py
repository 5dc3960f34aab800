"""Compiled steps: one step, or many steps of a loop in one dispatch."""

import ctypes
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from lamella._layer.rows import RowsMatter
from lamella._lowering.compiler import compiler_options
from lamella._state import frame as frames
from lamella._state import placement
from lamella._state.pure import TRACING, pure
from lamella._state.variable import Variable
from lamella._training.compilation_cache import turn_on

turn_on()
Note = Callable[[str, Any, float], None]
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
        note: told of every compile: form, batch, seconds.
        by_row: whether the function itself is a known one, which computes row by row where the
            layers do.
        resets_alike: whether metrics start from the same values each time.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        variables: Sequence[Variable],
        *,
        compiled: bool = True,
        by_row: bool = False,
        resets_alike: bool = False,
        note: Note | None = None,
    ) -> None:
        self.variables = list(variables)
        self.compiled = compiled
        self.placement = placement.current()
        self.batchwise: list[str] = []  # what was found when it was asked if it can be filled
        self.traced = changing(
            _with_rows(function, self.batchwise, compiled and self.placement is None),
            self.variables,
        )
        if self.placement is not None:
            self.traced = _shared_out(self.traced, self.variables, self.placement)
        self._inner: Step = jax.jit(self.traced) if compiled else self.traced
        self._note = note or (lambda form, batch, seconds: None)
        self.run: Step = _jit(self.traced) if compiled else self.traced
        self.step: Step = _told(self.run, "step", self._note) if compiled else self.traced
        self.steps_at_once = 0  # how many fit between two looks at the progress, as far as is known
        self._resets_alike = resets_alike
        self._reset: dict[int, Any] | None = None
        self._can_be_filled: bool | None = None if compiled and by_row else False
        self._told_of: set[int] = set()
        self._chunks: dict[tuple[int, bool, bool], Callable[..., Any]] = {}

    def can_be_filled(self, values: Sequence[Any], batch: Any) -> bool:
        """Whether a short batch may be filled up with rows that do not count.

        step(values, batch, rows): only the first `rows` of the batch count.

        Args:
            values: of the variables.
            batch: any batch; only its shapes are looked at.
        """
        if self._can_be_filled is None:
            try:
                jax.eval_shape(self._inner, values, batch, jnp.int32(1))
                self._can_be_filled = True
            except RowsMatter:
                self._can_be_filled = False
        return self._can_be_filled

    def tell_if_uneven(self, rows: int) -> None:
        """Warns once if a batch of so many rows cannot be shared out among devices."""
        if self.placement is not None and rows not in self._told_of:
            self._told_of.add(rows)
            self.placement.tell_if_uneven(rows)

    def reset(self, before: Callable[[], None], values: Sequence[Any]) -> dict[int, Any]:
        """What `before` writes, by the number of the variable: metrics start again."""
        if self._reset is None or not self._resets_alike:
            written = changing(before, self.variables)(values)[1]
            if self.placement is not None:  # a value that lies elsewhere would be a second compile
                written = jax.device_put(written, self.placement.copied())
            self._reset = written
        return self._reset

    def chunk(
        self, batch_size: int, ordered: bool, filled: bool = False
    ) -> Callable[..., tuple[Any, dict[int, Any]]]:
        """A function that runs several steps on arrays that lie on the device.

        (values, arrays, order, start, stop, rows) -> (result of the last step, what it wrote)

        Args:
            batch_size: rows of one step.
            ordered: whether rows are gathered in the order given, or taken as they lie.
            filled: whether only the first `rows` of the order count, so that the last batch is
                filled up.
        """
        key = (batch_size, ordered, filled)
        if key not in self._chunks:
            chunk = _chunk(self._inner, *key)
            if self.placement is not None:
                chunk = _lying_like(chunk, self.variables, self.placement.copied())
            self._chunks[key] = _told(_jit(chunk), "steps", self._note)
        return self._chunks[key]


def _shared_out(step: Step, variables: Sequence[Variable], placing: placement.Placement) -> Step:
    """A step whose rows are shared out among devices."""
    copied = placing.copied()
    for variable in variables:
        known = variable.layout is not None and variable.layout.mesh == copied.mesh
        variable.place(variable.layout if known else copied)

    def shared_out(values: Sequence[Any], batch: Any, *rows: Any) -> tuple[Any, dict[int, Any]]:
        return step(values, placing.split(batch), *rows)

    return _lying_like(shared_out, variables, copied)


def _lying_like(step: Step, variables: Sequence[Variable], copied: Any) -> Step:
    """A step whose new values lie on the devices as their variables do; all have its result."""

    def call(*args: Any) -> tuple[Any, dict[int, Any]]:
        result, written = step(*args)
        places = {index: variables[index].layout for index in written}
        return lax.with_sharding_constraint((result, written), (copied, places))

    return call


def _jit(function: Callable[..., Any]) -> Any:
    return jax.jit(function, compiler_options=compiler_options())


def _told(jitted: Any, form: str, note: Note) -> Callable[..., Any]:
    """A jitted function that says when it compiled."""

    def call(values: Any, batch: Any, *rest: Any) -> Any:
        known, started = jitted._cache_size(), time.perf_counter()
        found = jitted(values, batch, *rest)
        if jitted._cache_size() > known:
            note(form, batch, time.perf_counter() - started)
            _give_memory_back()
        return found

    return call


def _give_memory_back() -> None:
    """Returns to the system what compiling took; the C library of Linux keeps it otherwise."""
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    if (trim := getattr(library, "malloc_trim", None)) is not None:
        trim(0)


def _with_rows(
    function: Callable[..., Any], batchwise: list[str], native: bool
) -> Callable[..., Any]:
    def run(batch: Any, rows: Any = None) -> Any:
        with TRACING, frames.changed(rows=rows, batchwise=batchwise, native=native):
            return function(batch)

    return run


def _chunk(step: Step, batch_size: int, ordered: bool, filled: bool) -> Callable[..., Any]:
    def rows(arrays: Any, order: Any, index: Any) -> Any:
        first = index * batch_size
        if not ordered:
            return jax.tree.map(lambda a: lax.dynamic_slice_in_dim(a, first, batch_size), arrays)
        chosen = lax.dynamic_slice_in_dim(order, first, batch_size)
        return jax.tree.map(lambda a: jnp.take(a, chosen, axis=0), arrays)

    def count(rows: Any, index: Any) -> tuple[Any, ...]:
        return (jnp.minimum(rows - index * batch_size, batch_size),) if filled else ()

    def run(values: Any, arrays: Any, order: Any, start: Any, stop: Any, total: Any) -> Any:
        batch = jax.eval_shape(rows, arrays, order, start)
        # The loop's first state needs to know what comes out of a step. The step is a jitted
        # function: it is traced here, and not again in the body.
        result, written = shape = jax.eval_shape(step, values, batch, *count(total, start))

        def body(index: Any, state: Any) -> Any:
            _, changed = state
            current = [changed.get(number, value) for number, value in enumerate(values)]
            after = step(current, rows(arrays, order, index), *count(total, index))
            return jax.tree.map(lambda one, spec: jnp.asarray(one, spec.dtype), after, shape)

        first = (
            jax.tree.map(lambda spec: jnp.zeros(spec.shape, spec.dtype), result),
            {number: values[number] for number in written},
        )
        return lax.fori_loop(start, stop, body, first)

    return run
