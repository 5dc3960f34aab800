"""Tables become arrays by column; what is no number is named with its column."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from lamella import LamellaError
from lamella.data import ArrayData, is_stream
from lamella.data.arrays import refuse_nan


class Column:
    """What pandas and polars columns have in common."""

    def __init__(self, name: str, values: Any, dtype: str) -> None:
        self.name, self.values, self.dtype = name, np.asarray(values), dtype

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.values


class Frame:
    """A stand-in for a polars DataFrame."""

    def __init__(self, columns: list[Column]) -> None:
        self.kept = columns
        self.columns = [column.name for column in columns]

    def get_columns(self) -> list[Column]:
        return self.kept

    def __iter__(self) -> Any:
        return iter(self.kept)


Frame.__name__, Frame.__module__ = "DataFrame", "polars.dataframe.frame"
Column.__name__, Column.__module__ = "Series", "polars.series.series"


def stand_in(**columns: Any) -> Frame:
    dtypes = {"f": "Float64", "i": "Int64", "b": "Boolean", "U": "String", "O": "Object"}
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    return Frame([Column(n, a, dtypes.get(a.dtype.kind, "Date")) for n, a in arrays.items()])


def make(kind: str, **columns: Any) -> Any:
    if kind == "stand-in":
        return stand_in(**columns)
    package = importlib.import_module(pytest.importorskip(kind).__name__)
    return package.table(columns) if kind == "pyarrow" else package.DataFrame(columns)


def column_of(table: Any, name: str) -> Any:
    if isinstance(table, Frame):
        return table.kept[table.columns.index(name)]
    return table[name]


kinds = pytest.mark.parametrize("kind", ["stand-in", "pandas", "polars", "pyarrow"])
A, B, C = [1, 2, 3], [0.5, 1.5, 2.5], [True, False, True]


@kinds
def test_one_matrix_of_whole_and_broken_numbers_and_truth(kind: str) -> None:
    table = make(kind, a=A, b=B, c=C)
    data = ArrayData.read(table, column_of(table, "a"), column_of(table, "b"))
    np.testing.assert_array_equal(data.x, np.stack([A, B, C], axis=1).astype("float32"))
    assert data.x.dtype == np.float32
    assert (data.y.shape, data.y.dtype) == ((3,), np.int32)
    assert data.sample_weight.dtype == np.float32
    assert data.columns == ("a", "b", "c")
    assert data.map(lambda a: a[:2]).columns == data.columns
    assert not is_stream(table)
    assert not is_stream(column_of(table, "a"))


@kinds
def test_several_inputs_take_their_columns_by_name(kind: str) -> None:
    table = make(kind, a=A, b=B, c=C)
    with pytest.warns(UserWarning, match=r"\['c'\] of `x`"):
        data = ArrayData.read(table, names=["b", "a"])
    assert list(data.x) == ["b", "a"]
    np.testing.assert_array_equal(data.x["a"], A)
    assert data.columns is None
    with pytest.raises(LamellaError, match=r"no column for \['bb'\].*Did you mean 'b'"):
        ArrayData.read(table, names=["a", "bb"])
    one = ArrayData.read(table, names=["anything"])
    assert one.x.shape == (3, 3)
    both = ArrayData.read(np.ones((3, 1)), make(kind, a=A, b=B), y_names=["a", "b"])
    assert list(both.y) == ["a", "b"]


@kinds
def test_text_is_refused_with_its_column(kind: str) -> None:
    table = make(kind, a=A, city=["Bonn", "Ulm", "Bonn"])
    with pytest.raises(LamellaError, match=r"Column 'city' of `x` has dtype.*'Bonn'"):
        ArrayData.read(table)


@kinds
def test_nan_is_found_with_its_column(kind: str) -> None:
    data = ArrayData.read(make(kind, a=A, b=[0.5, float("nan"), 1.0]))
    with pytest.raises(LamellaError, match="1 NaN entries, the first in row 1, column 'b'"):
        refuse_nan(data.x, "x", data.columns)


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
def test_missing_whole_numbers_are_refused_and_broken_ones_are_nan(kind: str) -> None:
    package = pytest.importorskip(kind)
    columns = {"n": [1, None, 3], "f": [1.0, None, 3.0], "t": [True, None, None]}
    if kind == "pandas":
        types = {"n": "Int64", "f": "Float64", "t": "boolean"}
        tables = {
            key: package.DataFrame({key: package.array(v, types[key])})
            for key, v in columns.items()
        }
    else:
        tables = {key: make(kind, **{key: v}) for key, v in columns.items()}
    with pytest.raises(LamellaError, match=r"'n' of `x` \(.*\) has 1 missing .* row 1"):
        ArrayData.read(tables["n"])
    with pytest.raises(LamellaError, match=r"'t' of `x` \(.*\) has 2 missing .* row 1"):
        ArrayData.read(tables["t"])
    assert np.isnan(ArrayData.read(tables["f"]).x[1, 0])


def test_categories_dates_and_objects_of_pandas() -> None:
    pandas = pytest.importorskip("pandas")
    for column, message in (
        (pandas.Categorical([1, 2]), "category.*Number its categories"),
        (pandas.to_datetime(["2020-01-01", "2021-01-01"]), "datetime64.*Turn it into numbers"),
        (np.array([1, 2.5], object), "object.*Convert it to float32"),
        (np.array([1, {}], object), r"object \(first bad entry \{\}\)"),
    ):
        with pytest.raises(LamellaError, match=f"(?s)Column 'c' of `x`.*{message}"):
            ArrayData.read(pandas.DataFrame({"c": column}))
        with pytest.raises(LamellaError, match="Column 'c' of `y`"):
            ArrayData.read(np.ones((2, 1)), pandas.Series(column, name="c"))


def test_pandas_matrix_equals_its_own() -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"a": A, "b": np.array(B, "float32"), "n": pandas.array(A, "Int64")})
    np.testing.assert_array_equal(ArrayData.read(table).x, table.to_numpy("float32"))
    # Two columns of one name, and a part of the rows.
    table.columns = ["a", "a", "n"]
    np.testing.assert_array_equal(ArrayData.read(table[1:]).x, table[1:].to_numpy("float32"))
    with pytest.raises(LamellaError, match="without columns"):
        ArrayData.read(pandas.DataFrame(index=[1, 2]))
    with pytest.raises(LamellaError, match="empty"):
        ArrayData.read(table[:0])


def test_lazy_frames_record_batches_and_structures_of_columns() -> None:
    polars, pyarrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    lazy = polars.LazyFrame({"a": A, "b": B}).filter(polars.col("a") > 1)
    assert ArrayData.read(lazy).x.shape == (2, 2)
    batch = pyarrow.table({"a": A, "b": B}).to_batches()[0]
    assert ArrayData.read(batch, batch.column(0)).x.shape == (3, 2)
    frame = polars.DataFrame({"a": A, "b": B})
    data = ArrayData.read({"u": frame["a"], "v": frame}, [frame["a"], frame["b"]])
    assert (data.x["u"].shape, data.x["v"].shape, len(data.y)) == ((3,), (3, 2), 2)
