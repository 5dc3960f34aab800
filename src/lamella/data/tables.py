"""Tables (pandas, polars, pyarrow) as arrays, column by column.

The packages are never imported: a table is known by the modules and names of its type's bases.
"""

from collections.abc import Sequence
from numbers import Number
from typing import Any, NoReturn

import numpy as np

from lamella._base import InvalidData, near_miss, warn_person


def is_from(value: Any, package: str, *names: str) -> bool:
    """Whether a type of that package and one of those names is among the bases of a value.

    Example:
        >>> is_from(np.ones(2), "numpy", "ndarray"), is_from(np.ones(2), "pandas", "DataFrame")
        (True, False)
    """
    known = ((base.__module__.partition(".")[0], base.__name__) for base in type(value).__mro__)
    return any(top == package and name in names for top, name in known)


def is_table(value: Any) -> bool:
    """Whether a value is a table of named columns."""
    return (
        is_from(value, "pandas", "DataFrame")
        or is_from(value, "polars", "DataFrame", "LazyFrame")
        or is_from(value, "pyarrow", "Table", "RecordBatch")
    )


def is_column(value: Any) -> bool:
    """Whether a value is one column of a table."""
    return (
        is_from(value, "pandas", "Series", "Index")
        or is_from(value, "polars", "Series")
        or is_from(value, "pyarrow", "Array", "ChunkedArray")
    )


def read_table(
    table: Any, role: str, names: Sequence[str] | None = None
) -> tuple[Any, tuple[str, ...] | None]:
    """The columns of a table as arrays.

    Args:
        table: a data frame or an Arrow table.
        role: the argument's name, for errors.
        names: the model's inputs or outputs; with several of them each takes its own column.

    Returns one matrix and the names of its columns, or a dictionary of columns and None.

    Raises: InvalidData for a column that is not there or does not hold numbers.
    """
    if is_from(table, "polars", "LazyFrame"):
        table = table.collect()
    columns = _columns_of(table)
    found = tuple(str(name) for name, _ in columns)
    if not columns:
        text = f"Argument `{role}` is a table without columns."
        raise InvalidData(text, help="Check how its columns were chosen.")
    if names is not None and len(names) > 1:
        _check_names(found, names, role)
        by_name = dict(zip(found, (column for _, column in columns)))
        return {name: read_column(by_name[name], role, name) for name in names}, None
    arrays = [read_column(column, role, name) for name, (_, column) in zip(found, columns)]
    return np.column_stack(arrays), found


def read_column(column: Any, role: str, name: Any = None) -> np.ndarray:
    """One column as an array of numbers; missing floating point numbers become NaN.

    Raises: InvalidData for text, categories, dates, objects and missing whole numbers.
    """
    name = getattr(column, "name", None) if name is None else name
    dtype = str(column.dtype if hasattr(column, "dtype") else column.type)
    values = np.asarray(column)
    label = f"`{role}`" if name is None else f"Column {name!r} of `{role}`"
    kept = dtype.lower()
    if kept.startswith(("cat", "enum", "dict")):
        first = values[0] if len(values) else None
        _refuse(label, dtype, repr(first), "Number its categories", " (.cat.codes in pandas)")
    if values.dtype.kind == "f" and not kept.startswith(("float", "double", "half")):
        row = int(np.argmax(np.isnan(values)))
        _refuse_missing(label, dtype, int(np.isnan(values).sum()), row)
    if values.dtype.kind in "mM":
        what = "Turn it into numbers, such as the month or the seconds since a start"
        _refuse(label, dtype, str(values[0]), what)
    if values.dtype.kind not in "biuf":
        _refuse_objects(label, dtype, values)
    return values


def _columns_of(table: Any) -> list[tuple[Any, Any]]:
    if is_from(table, "pandas", "DataFrame"):
        # By position: two columns may have one name.
        return [(name, table.iloc[:, index]) for index, name in enumerate(table.columns)]
    if is_from(table, "polars", "DataFrame"):
        return list(zip(table.columns, table.get_columns()))
    return list(zip(table.column_names, table.columns))


def _check_names(found: Sequence[str], names: Sequence[str], role: str) -> None:
    missing = [name for name in names if name not in found]
    if missing:
        near = " ".join(filter(None, (near_miss(name, found) for name in missing)))
        raise InvalidData(
            f"The table `{role}` has no column for {missing}; its columns are {list(found)}. "
            f"{near}".rstrip(),
            help="Rename its columns to the names of the model's inputs or outputs.",
        )
    extra = [name for name in found if name not in names]
    if extra:
        warn_person(f"The columns {extra} of `{role}` belong to no part of the model: left out.")


def _refuse_objects(label: str, dtype: str, values: np.ndarray) -> NoReturn:
    missing = [row for row, value in enumerate(values) if value is None or str(value) == "<NA>"]
    if missing:
        _refuse_missing(label, dtype, len(missing), missing[0])
    first = next((value for value in values if not isinstance(value, Number)), None)
    if first is None and len(values):
        _refuse(label, dtype, repr(values[0]), "Convert it to float32")
    text = "Number its values: np.unique(values, return_inverse=True)[1]"
    _refuse(label, dtype, repr(first), text)


def _refuse_missing(label: str, dtype: str, count: int, row: int) -> NoReturn:
    raise InvalidData(
        f"{label} ({dtype}) has {count} missing values, the first in row {row}.",
        help="Fill them (fillna in pandas, fill_null in polars and pyarrow) or drop those rows.",
    )


def _refuse(label: str, dtype: str, first: str, what: str, detail: str = "") -> NoReturn:
    raise InvalidData(
        f"{label} has dtype {dtype} (first bad entry {first}); numbers are wanted.",
        help=f"{what}{detail}, or leave the column out.",
    )
