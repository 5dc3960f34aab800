"""Variables of equal blocks as one variable."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Self

import jax
import numpy as np
from jax import lax

from lamella._state import frame as frames
from lamella._state.variable import Variable


class Stack(Variable):
    """Variables of one kind in one array, along a new first axis.

    Its members stay handles of their own: each one's value is its row, until somebody gives it
    another one; then the rows are put together anew when the stack is needed next. Compiled code
    carries the stack, so what it costs does not grow with the number of members.

    Args:
        members: variables of one shape, number type and own name.

    Example:
        >>> low, high = Variable([1.0, 2.0]), Variable([3.0, 4.0])
        >>> both = Stack([low, high])
        >>> both.assign(both.value * 10)
        >>> low.assign([0.0, 0.0])
        >>> both.numpy().tolist(), high.numpy().tolist()
        ([[0.0, 0.0], [30.0, 40.0]], [30.0, 40.0])
    """

    _members: tuple[Variable, ...] = ()

    def __init__(self, members: Sequence[Variable]) -> None:
        first = members[0]
        vars(self).update(vars(first))
        self._own, self._stack = None, None
        self._shape = (len(members), *first._shape)
        self._members = tuple(members)
        self._claim()

    @classmethod
    def known(cls, members: Sequence[Variable]) -> Self | None:
        """The stack of just these variables, if there is one."""
        stack = members[0]._stack
        alike = stack is not None and list(map(id, stack._members)) == list(map(id, members))
        return stack if alike else None

    @classmethod
    def of(cls, members: Sequence[Variable]) -> Self:
        """The stack of just these variables, a new one if there is none."""
        stack = cls.known(members)
        return cls(members) if stack is None else stack

    def _claim(self) -> None:
        """Makes itself the stack of all its members; their values stay."""
        for place, member in enumerate(self._members):
            if member._stack is not self:
                member._array = member._array
                member._stack, member._place = self, place
        self._whole = False

    @property
    def _array(self) -> Any:
        if not self._whole:
            self._claim()
            with jax.ensure_compile_time_eval():  # a program of thousands of arrays, by NumPy
                self._array = jax.device_put(
                    np.stack([np.asarray(one._array) for one in self._members])
                )
        return self._own

    @_array.setter
    def _array(self, array: Any) -> None:
        if self._whole:
            self._own = array
            return
        self._claim()
        self._own, self._whole = array, True
        for member in self._members:
            member._own = None

    def _row(self, place: int) -> jax.Array:
        with jax.ensure_compile_time_eval():
            return lax.dynamic_index_in_dim(self._own, np.int32(place), keepdims=False)


def carried(variables: Iterable[Variable]) -> list[Variable]:
    """Variables, with the stack that the running function carries in the place of its members."""
    values = frames.ambient().values
    found: dict[int, Variable] = {}
    for variable in variables:
        stack = variable._stack
        if id(stack) not in found:
            known = stack is not None and values is not None and values.carries(stack)
            found[id(stack if known else variable)] = stack if known else variable
    return list(found.values())


def members(values: Iterable[tuple[Variable, Any]]) -> Iterator[tuple[Variable, Any]]:
    """Variables with their values; those of a stack as its members."""
    for variable, value in values:
        if isinstance(variable, Stack):
            yield from zip(variable._members, value, strict=True)
        else:
            yield variable, value
