"""What was compiled and why; where the time of a step goes."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lamella._state import frame as frames
from lamella._state.pure import pure, values_of


@dataclass(frozen=True)
class Compile:
    """One compile.

    Args:
        kind: "train", "test" or "predict".
        form: "steps" for many in one dispatch, "step" for one alone.
        shapes: those of the batch, or of the arrays that batches are taken from.
        program: the number of the program, which is made anew for other variables.
        seconds: of the first call, with tracing, compiling and that call itself.
        why: what was new.
    """

    kind: str
    form: str
    shapes: str
    program: int
    seconds: float
    why: str


class CompileReport:
    """All compiles of a model so far.

    Args:
        entries: one for each, in order.
        kernels: whether there are kernels in C, in a line; empty if nobody asked.

    Example:
        >>> print(CompileReport([Compile("train", "steps", "(64, 4)", 0, 0.25, "the first")]))
        1 compile, 0.2 s
        train   steps of (64, 4)                      0.25 s  the first
    """

    def __init__(self, entries: list[Compile], kernels: str = "") -> None:
        self.entries = list(entries)
        self.kernels = kernels

    @property
    def seconds(self) -> float:
        return sum(entry.seconds for entry in self.entries)

    def __str__(self) -> str:
        count = len(self.entries)
        heads = [f"{count} compile{'s' * (count != 1)}", f"{self.seconds:.1f} s", self.kernels]
        lines = [", ".join(head for head in heads if head)]
        for entry in self.entries:
            what = f"{entry.form} of {entry.shapes}"
            lines.append(f"{entry.kind:8}{what:38}{entry.seconds:5.2f} s  {entry.why}")
        return "\n".join(lines)

    __repr__ = __str__


def noted(
    entries: list[Compile],
    kind: str,
    program: int,
    blocks: int,
    form: str,
    batch: Any,
    seconds: float,
) -> None:
    """Adds a compile, with what is new about it.

    Args:
        entries: the compiles before.
        kind, program, form, seconds: see Compile.
        blocks: how many equal ones are compiled as one; 1 if there are none.
        batch: the arrays that the program was called with.
    """
    shapes = ", ".join(str(tuple(leaf.shape)) for leaf in jax.tree.leaves(batch))
    before = [entry for entry in entries if entry.kind == kind]
    same = [entry for entry in before if entry.program == program]
    if not before:
        why = "the first"
    elif not same:
        why = "compile() was called, or layers were frozen, unfrozen or added"
    elif all(entry.form != form for entry in same):
        why = "a step alone" if form == "step" else "many steps in one dispatch"
    elif all(entry.shapes != shapes for entry in same):
        why = f"other shapes than {same[-1].shapes}"
    else:
        why = "other number types, or a batch that is filled up"
    why += f"; {blocks} equal blocks as one" if blocks > 1 else ""
    entries.append(Compile(kind, form, shapes, program, seconds, why))


@dataclass(frozen=True)
class Profile:
    """Where the time of training goes.

    Args:
        compile_seconds: of the first step.
        step_seconds: of one step after that.
        data_seconds: of fetching one batch and placing it on the device.
        layers: name, seconds forward, seconds forward and backward, for each layer on its own.
    """

    compile_seconds: float
    step_seconds: float
    data_seconds: float
    layers: list[tuple[str, float, float]]

    def __str__(self) -> str:
        lines = [
            f"first step {self.compile_seconds:.2f} s (with compiling), "
            f"then {self.step_seconds * 1e3:.3f} ms a step",
            f"data {self.data_seconds * 1e3:.3f} ms a batch, "
            f"{self.data_seconds / max(self.step_seconds, 1e-9):.0%} of a step",
            f"{'layer, compiled on its own':40}{'forward':>12}{'and back':>12}{'share':>8}",
        ]
        total = sum(both for _, _, both in self.layers) or 1.0
        for name, forward, both in self.layers:
            lines.append(f"{name:40}{forward * 1e3:9.3f} ms{both * 1e3:9.3f} ms{both / total:8.0%}")
        return "\n".join(lines)

    __repr__ = __str__


def profiled(model: Any, data: Any, batch_size: int, repeats: int) -> Profile:
    """Times a model's training step and its layers; nothing of the model changes.

    Args:
        model: built and compiled.
        data: arrays.
        batch_size: rows of a step.
        repeats: how often each part is run; the least time counts.
    """
    rows = np.arange(min(batch_size, data.rows))
    batch = jax.block_until_ready(data.take(rows).on_device())
    program = model._program("train")
    values = values_of(program.variables)
    step = jax.jit(program.traced)
    started = time.perf_counter()
    jax.block_until_ready(step(values, batch))
    first = time.perf_counter() - started
    steps = _least(lambda: step(values, batch), repeats)
    reads = _least(lambda: data.take(rows).on_device(), repeats)
    layers = [_timed(call, repeats) for call in _calls(model, program.variables, values, batch)]
    return Profile(first, steps, reads, layers)


def _calls(
    model: Any, variables: list[Any], values: list[Any], batch: Any
) -> list[tuple[Any, tuple, dict[str, Any]]]:
    """The innermost layers with what they were called with, in order."""
    found: list[tuple[Any, tuple, dict[str, Any]]] = []

    def around(layer: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        place = len(found)
        outputs = layer.call(*args, **kwargs)
        if len(found) == place:  # no layer inside was called
            found.append((layer, args, kwargs))
        return outputs

    x = batch[0] if isinstance(batch, tuple) else batch

    def forward() -> None:
        with frames.changed(around=around):
            model._call_for(x, training=True)

    pure(forward, variables)(values)
    return found


def _timed(called: tuple[Any, tuple, dict[str, Any]], repeats: int) -> tuple[str, float, float]:
    layer, args, kwargs = called
    variables = list(layer.variables)

    def run(values: Any, arrays: Any) -> Any:
        call = pure(lambda: layer.call(*arrays, **kwargs), variables)
        outputs, _ = call(values)
        return outputs

    def total(values: Any, arrays: Any) -> Any:
        leaves = jax.tree.leaves(run(values, arrays))
        return sum(leaf.sum() for leaf in leaves if jnp.issubdtype(leaf.dtype, jnp.inexact))

    values = values_of(variables)
    forward = jax.jit(run)
    seconds = _least(lambda: forward(values, args), repeats)
    try:
        both = jax.jit(jax.grad(total, argnums=(0, 1), allow_int=True))
        return layer.name, seconds, _least(lambda: both(values, args), repeats)
    except TypeError:  # nothing to differentiate by
        return layer.name, seconds, seconds


def _least(run: Callable[[], Any], repeats: int) -> float:
    """The shortest time of several runs, the first one left out."""
    jax.block_until_ready(run())
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        jax.block_until_ready(run())
        times.append(time.perf_counter() - started)
    return min(times)
