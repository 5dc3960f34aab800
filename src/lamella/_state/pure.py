"""Functions of variables as pure functions of arrays.

jit, grad and scan all pass through here; there is no second mechanism.
"""

import gc
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import jax

from lamella._base.errors import InvalidShape
from lamella._state import frame as frames
from lamella._state.frame import Frame, Values
from lamella._state.stack import Stack
from lamella._state.variable import Variable

Arrays = list[Any]


class _Tracing:
    """A lock that one thread may take again; Python collects no garbage while it is held.

    Tracing makes hundreds of thousands of small objects that live until it ends: to look through
    them for cycles costs a fifth of its time and finds nothing.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._lock.acquire()
        self._before.append(gc.isenabled())
        gc.disable()

    def __exit__(self, *error: object) -> None:
        if self._before.pop():
            gc.enable()
        self._lock.release()


# Layers make their variables, and leave losses with themselves, while they are built or traced:
# one thread at a time. Compiled code runs in as many threads as there are.
TRACING = _Tracing()
# What one thread reads of many variables is never half of what another one writes.
_VALUES = threading.Lock()


def pure(
    function: Callable[..., Any], variables: Iterable[Variable]
) -> Callable[..., tuple[Any, Arrays]]:
    """A pure form of a function that reads and writes variables.

    g(values, *args) -> (function(*args), new values)

    Args:
        function: reads variables by `.value` and writes them by `.assign`.
        variables: all that it may touch; any other one raises UntrackedState.

    Example:
        >>> count = Variable(1.0, name="count")
        >>> step = pure(lambda x: count.assign_add(x), [count])
        >>> step([count.value], 2.0)[1]
        [Array(3., dtype=float32)]
        >>> float(count)
        1.0
    """
    owned = tuple({id(variable): variable for variable in variables}.values())

    def call(values: Sequence[Any], *args: Any, **kwargs: Any) -> tuple[Any, Arrays]:
        scope = Values(strict=True)
        for variable, value in zip(owned, values, strict=True):
            scope.put(variable, value)
        with frames.entered(Frame(values=scope)):
            result = function(*args, **kwargs)
        return result, [scope.arrays[id(variable)] for variable in owned]

    return call


def values_of(variables: Iterable[Variable]) -> Arrays:
    """The stored arrays of variables, in order."""
    if frames.current() is None:
        return stored(variables)
    with frames.changed(autocast=None), _VALUES:
        return [variable.value for variable in variables]


def stored(variables: Iterable[Variable]) -> Arrays:
    """The arrays of variables outside of any call, without a look at what surrounds it."""
    with _VALUES:
        return [variable._array for variable in variables]


def write_back(variables: Sequence[Variable], values: Sequence[Any]) -> None:
    """Points the handles at new arrays, outside of any pure function."""
    with _VALUES:
        for variable, value in zip(variables, values, strict=True):
            variable._array = value


def nested(**changes: Any) -> tuple[Frame, Values]:
    """A frame for a function that is transformed inside another one, or eagerly."""
    frame = frames.ambient()
    scope = Values(outer=frame.values)
    return replace(frame, values=scope, losses=[], masks=dict(frame.masks), **changes), scope


def _assign_all(owners: Sequence[Variable], arrays: Sequence[Any]) -> None:
    for variable, array in zip(owners, arrays, strict=True):
        variable.assign(array)


def value_and_grad(
    function: Callable[..., Any],
    variables: Sequence[Variable],
    has_aux: bool = False,
    arrays: Sequence[Any] = (),
) -> tuple[Any, Arrays]:
    """The value of a function and its gradient by variables, in eager or in compiled code.

    value, [d value / d variable, ...]

    Args:
        function: takes the arrays, if there are any, and gives a scalar, or (scalar, anything else)
            with `has_aux`.
        variables: what to differentiate by.
        has_aux: whether the function gives more than its scalar.
        arrays: what else to differentiate by; their gradients follow those of the variables.

    Other variables that the function writes (metrics, moving averages, seeds) keep their new
    values.

    Example:
        >>> weight = Variable(3.0)
        >>> loss, (slope,) = value_and_grad(lambda: weight.value ** 2, [weight])
        >>> float(loss), float(slope)
        (9.0, 6.0)
    """
    written: list[Variable] = []

    def run(values: Arrays, given_arrays: Arrays) -> tuple[Any, Any]:
        frame, scope = nested()
        for variable, value in zip(variables, values, strict=True):
            scope.put(variable, value)
        with frames.entered(frame):
            found = function(*given_arrays)
            result, rest = found if has_aux else (found, None)
        _require_scalar(result)
        given = {id(variable): value for variable, value in zip(variables, values)}
        fresh = [key for key, array in scope.arrays.items() if given.get(key) is not array]
        written[:] = [scope.owners[key] for key in fresh]
        return result, (rest, [scope.arrays[key] for key in fresh])

    (result, (rest, after)), gradients = jax.value_and_grad(run, argnums=(0, 1), has_aux=True)(
        values_of(variables), list(arrays)
    )
    _assign_all(written, after)
    return (result, rest) if has_aux else result, [*gradients[0], *gradients[1]]


def _require_scalar(result: Any) -> None:
    shape = getattr(result, "shape", () if isinstance(result, (int, float)) else None)
    if shape != ():
        raise InvalidShape(
            f"A loss to differentiate must be one number. Received: {type(result).__name__} of "
            f"shape {shape}.",
            help="Take the mean or the sum: ops.mean(losses). To give more, pass has_aux=True "
            "and return (loss, more).",
        )


def scan(
    function: Callable[[Any, Any], tuple[Any, Any]],
    carry: Any,
    inputs: Any,
    variables: Sequence[Variable] = (),
    length: int | None = None,
    unroll: bool = False,
) -> tuple[Any, Any]:
    """`jax.lax.scan` of a function that also writes variables.

    Args:
        function: (carry, input) -> (carry, output).
        carry: its first state.
        inputs: arrays whose first axis is stepped over.
        variables: those that the function writes; others it may only read.
        length: the number of steps, needed without inputs.
        unroll: whether to write out all steps in the program.
    """

    def step(state: tuple[Arrays, Any], item: Any) -> tuple[tuple[Arrays, Any], Any]:
        values, inner = state
        frame, scope = nested()
        for variable, value in zip(variables, values, strict=True):
            scope.put(variable, value)
        with frames.entered(frame):
            inner, output = function(inner, item)
        return ([scope.arrays[id(variable)] for variable in variables], inner), output

    start = (values_of(variables), carry)
    (values, carry), outputs = jax.lax.scan(step, start, inputs, length=length, unroll=unroll)
    _assign_all(variables, values)
    return carry, outputs


class NotAlike(Exception):
    """Members of stacks cannot be told by the first ones."""


def scan_members(function: Callable[[Any], Any], carry: Any, stacks: Sequence[Stack]) -> Any:
    """Runs a function once for each row of stacks, in order; their first members have its values.

    Args:
        function: carry -> carry; reads and writes the first members of the stacks.
        carry: its first state.
        stacks: of one length.

    Raises: NotAlike, if the function leaves anything behind but its carry and those members.
    """
    firsts = [stack._members[0] for stack in stacks]
    known = {id(first) for first in firsts}

    def step(state: Any, rows: Arrays) -> tuple[Any, dict[int, Any]]:
        frame, scope = nested()
        for first, row in zip(firsts, rows, strict=True):
            scope.put(first, row)
        masks = len(frame.masks)
        with frames.entered(frame):
            following = function(state)
        apart = frame.losses or len(frame.masks) > masks or scope.arrays.keys() - known
        if apart or jax.tree.map(_form, following) != jax.tree.map(_form, state):
            raise NotAlike
        after = [scope.arrays[id(first)] for first in firsts]
        return following, {
            index: new for index, (new, row) in enumerate(zip(after, rows)) if new is not row
        }

    carry, written = jax.lax.scan(step, carry, values_of(stacks))
    for index, array in written.items():
        stacks[index].assign(array)
    return carry


def _form(array: Any) -> Any:
    return array.shape, array.dtype
