"""All ambient state of a call, in one record and one ContextVar.

Threads and coroutines are strangers to each other. A frame that holds values stands between the
variables and everything that reads or writes them: inside `pure` a variable means the tracer that
the frame has for it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from lamella._base.errors import UntrackedState

if TYPE_CHECKING:
    from lamella._state.variable import Variable


@dataclass(slots=True)
class Values:
    """What variables mean while a function runs as a pure one.

    Args:
        arrays: the value of each variable, by the variable's identity.
        owners: those variables, so that an identity is never given twice.
        strict: whether a variable that has no value here is an error.
        outer: where a variable without a value here is looked up next.
    """

    arrays: dict[int, Any] = field(default_factory=dict)
    owners: dict[int, Variable] = field(default_factory=dict)
    strict: bool = False
    outer: Values | None = None

    def put(self, variable: Variable, array: Any) -> None:
        stack = variable._stack
        if id(stack) in self.arrays and id(variable) not in self.arrays:
            variable, array = stack, self.arrays[id(stack)].at[variable._place].set(array)
        self.arrays[id(variable)] = array
        self.owners[id(variable)] = variable

    def get(self, variable: Variable) -> Any:
        """The value of a variable that this record holds, by itself or in its stack."""
        array = self.arrays.get(id(variable))
        return self.arrays[id(variable._stack)][variable._place] if array is None else array

    def carries(self, stack: Variable) -> bool:
        """Whether a stack has a value here, and none of its members another one."""
        if id(stack) in self.arrays or self.outer is None:
            return id(stack) in self.arrays
        apart = any(id(member) in self.arrays for member in stack._members)
        return not apart and self.outer.carries(stack)

    def holder(self, variable: Variable) -> Values | None:
        """The innermost record that has a value for the variable; None means the handle itself."""
        scope: Values | None = self
        while scope is not None:
            if id(variable) in scope.arrays or id(variable._stack) in scope.arrays:
                return scope
            if scope.strict:
                raise UntrackedState(
                    f"Variable '{variable.path}' is used in compiled code that does not carry it: "
                    "no layer, metric or optimizer of the model owns it.",
                    help="Assign its layer (or the variable) to an attribute in __init__ or build.",
                )
            scope = scope.outer
        return None


@dataclass(slots=True, frozen=True)
class Frame:
    """The ambient state of one call.

    Args:
        values: what variables mean; None outside of pure functions.
        training: whether layers behave as in training; None if nobody said.
        losses: what layers add to the loss while they are called.
        masks: the mask of an array, by the array's identity, with the array itself.
        autocast: the float type in which variables are read; None leaves them as they are.
        path: names of the layers that are being built or called, outermost first.
        called: whether a layer's `call` is running.
        probes: sizes that stand for unknown ones while shapes are tried out.
        around: runs a layer's call in its place, given (layer, args, kwargs), to watch it.
        rows: how many rows of the batch count, the others fill it up; None if all do.
        batchwise: takes the names of what depends on where one batch ends and the next begins.
        lookups: tables that are read by rows alone, and what was read; None if nobody asks.
        read: rows of tables by the array's identity, with the array, its table and the numbers.
        native: whether what runs becomes a program for one CPU, where kernels in C may be called.
    """

    values: Values | None = None
    training: bool | None = None
    losses: list[Any] = field(default_factory=list)
    masks: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    autocast: str | None = None
    path: tuple[str, ...] = ()
    called: bool = False
    probes: frozenset[int] = frozenset()
    around: Any = None
    rows: Any = None
    batchwise: list[str] | None = None
    lookups: Any = None
    read: dict[int, tuple[Any, Any, Any]] = field(default_factory=dict)
    native: bool = False


_EMPTY = Frame()
_current: ContextVar[Frame | None] = ContextVar("frame", default=None)


def current() -> Frame | None:
    """The frame of the running call, None outside of any."""
    return _current.get()


def ambient() -> Frame:
    """The frame of the running call, or an empty one that must not be written to."""
    return _current.get() or _EMPTY


def note_batchwise(name: str) -> None:
    """Says that something depends on where one batch ends and the next begins."""
    if (seen := ambient().batchwise) is not None:
        seen.append(name)


@contextlib.contextmanager
def entered(frame: Frame) -> Iterator[Frame]:
    """Makes a frame the current one."""
    token = _current.set(frame)
    try:
        yield frame
    finally:
        _current.reset(token)


@contextlib.contextmanager
def changed(**changes: Any) -> Iterator[Frame]:
    """Makes a copy of the current frame with some fields changed the current one."""
    frame = _current.get()
    token = _current.set(Frame(**changes) if frame is None else replace(frame, **changes))
    try:
        yield ambient()
    finally:
        _current.reset(token)
