"""Gradients by the rows of a table that a step reads, in place of the whole table."""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import jax
import jax.numpy as jnp
from jax import Array

from lamella._lowering import native
from lamella._state import frame as frames
from lamella._state.pure import nested, value_and_grad, values_of
from lamella._state.variable import Variable


def rows_of_table(table: Variable, numbers: Array) -> Array:
    """The rows with these numbers; NaN for a number outside of the table, also a negative one."""
    lookups = frames.ambient().lookups
    if lookups is not None and id(table) in lookups.arrays:
        return lookups.rows(table, numbers)
    rows = _rows(array := table.value, numbers)
    if frames.ambient().native:
        frames.ambient().read[id(rows)] = rows, array, numbers
    return rows


def mean_over_steps(rows: Array) -> Array:
    """The mean along axis 1; of rows just read from a table, without writing them down.

    Shapes: (n, steps, width) -> (n, width)
    Example:
        >>> mean_over_steps(jnp.ones((2, 3, 4))).shape
        (2, 4)
    """
    _, table, numbers = frames.ambient().read.get(id(rows), (None, None, None))
    if numbers is not None and numbers.ndim == 2 and _fit(table, numbers):
        return _means_by_kernel(table, numbers)
    return jnp.mean(rows, axis=1)


def _fit(table: Array, numbers: Array) -> bool:
    return numbers.dtype == jnp.int32 and numbers.size > 0 and native.wanted(table)


def _rows(table: Array, numbers: Array) -> Array:
    if _fit(table, numbers):
        return _by_kernel(table, numbers.reshape(-1)).reshape(*numbers.shape, table.shape[-1])
    return _plain(table, numbers)


def _plain(table: Array, numbers: Array) -> Array:
    # A number outside the range must not look like one inside: NaN, not the last row.
    return table.at[numbers].get(mode="fill", fill_value=jnp.nan, wrap_negative_indices=False)


def _read(table: Array, numbers: Array, _: bool) -> tuple[Array, None]:
    (rows,) = native.call("lamella_rows", [(numbers.size, table.shape[-1])], table, numbers)
    return rows, None


def _mean(table: Array, numbers: Array, _: bool) -> tuple[Array, None]:
    shape = numbers.shape[0], table.shape[-1]
    (means,) = native.call("lamella_row_means", [shape], table, numbers)
    return means, None


def _plain_mean(table: Array, numbers: Array) -> Array:
    return jnp.mean(_plain(table, numbers), axis=1)


_by_kernel = native.differentiable(_read, None, _plain)
_means_by_kernel = native.differentiable(_mean, None, _plain_mean)


class _ByRowsOnly(Exception):
    """A table was read in another way."""


class _Table:
    """Stands for a table of which only rows may be read."""

    def __getattr__(self, name: str) -> NoReturn:
        raise _ByRowsOnly

    def __jax_array__(self) -> NoReturn:
        raise _ByRowsOnly


class Lookups:
    """What is read of tables while a function runs.

    Args:
        tables: read by rows only.
        probes: zeros that are added to the rows of each reading, to differentiate by.
    """

    def __init__(self, tables: Sequence[Variable], probes: Sequence[Array] | None = None) -> None:
        self.arrays = {id(table): array for table, array in zip(tables, values_of(tables))}
        self.probes = probes
        self.tables: list[Variable] = []
        self.numbers: list[Array] = []
        self.found: list[Array] = []

    def rows(self, table: Variable, numbers: Array) -> Array:
        rows = _rows(self.arrays[id(table)], numbers)
        if self.probes is not None:
            rows = rows + self.probes[len(self.found)]
        self.tables.append(table)
        self.numbers.append(numbers)
        self.found.append(rows)
        return rows


def value_and_grad_by_rows(
    function: Callable[[], Any], variables: Sequence[Variable], tables: Sequence[Variable]
) -> tuple[Any, list[tuple[Array, Variable]], list[tuple[Variable, Array, Array]]]:
    """As `value_and_grad` with `has_aux`; what tables get is given by the rows that were read.

    Args:
        function: as there.
        variables: what to differentiate by, the tables among them.
        tables: those that may be read by rows alone; if one is not, all are treated as the others.

    Returns the value; pairs of (gradient, variable); and for each table that was read (table, the
    numbers of its rows in the order of reading, gradients by them).
    """
    known = Lookups(tables)

    def look() -> None:
        frame, scope = nested(lookups=known)
        for table in tables:
            scope.put(table, _Table())
        with frames.entered(frame):
            function()

    try:
        if tables:
            jax.eval_shape(look)
    except Exception:  # what is wrong for all is said by the plain way below
        known.found.clear()
    if not known.found:
        value, gradients = value_and_grad(function, variables, has_aux=True)
        return value, list(zip(gradients, variables)), []

    def watched(*probes: Array) -> Any:
        lookups = Lookups(tables, probes)
        with frames.changed(lookups=lookups):
            result, rest = function()
        return result, (rest, lookups.numbers)

    by_rows = set(map(id, tables))
    others = [variable for variable in variables if id(variable) not in by_rows]
    probes = [jnp.zeros(rows.shape, rows.dtype) for rows in known.found]
    (result, (rest, numbers)), gradients = value_and_grad(watched, others, True, probes)
    pairs = list(zip(gradients, others))
    read: dict[int, tuple[Variable, list[Array], list[Array]]] = {}
    for table, chosen, slopes in zip(known.tables, numbers, gradients[len(others) :]):
        _, chosen_before, slopes_before = read.setdefault(id(table), (table, [], []))
        chosen_before.append(chosen.reshape(-1))
        slopes_before.append(slopes.reshape(-1, slopes.shape[-1]))
    joined = [(one, jnp.concatenate(a), jnp.concatenate(b)) for one, a, b in read.values()]
    return (result, rest), pairs, joined
