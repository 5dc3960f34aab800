"""tf.data.Dataset: elements that come one after another, kept in NumPy until they are looked at."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import jax.numpy as jnp
import numpy as np

from lamella._base import InvalidArgument, InvalidShape, WrongType, check
from lamella.compat.tensorflow.environment import TensorSpec
from lamella.compat.tensorflow.function import TABLE
from lamella.compat.tensorflow.tensors import held

INFINITE, UNKNOWN = -1, -2
Make = Callable[[], Iterator[Any]]


def on_leaves(function: Callable[..., Any], first: Any, *rest: Any) -> Any:
    """Changes every array of a structure of tuples and dictionaries."""
    if isinstance(first, dict):
        return {key: on_leaves(function, *(s[key] for s in (first, *rest))) for key in first}
    if isinstance(first, tuple):
        return tuple(on_leaves(function, *parts) for parts in zip(first, *rest))
    return function(first, *rest)


def as_numpy(value: Any, dtype: Any = None) -> np.ndarray:
    """A NumPy array of a type that JAX holds; text stays text."""
    array = np.asarray(value)
    if array.dtype.kind in "OSU":
        return array
    return array.astype(held(dtype or array.dtype), copy=False)


def _as_tensor(array: np.ndarray) -> Any:
    return array if array.dtype.kind in "OSU" else jnp.asarray(array)


def _call(function: Callable[..., Any], item: Any) -> Any:
    return function(*item) if isinstance(item, tuple) else function(item)


class Dataset:
    """Elements that can be gone through again and again. `fit` takes one of batches.

    Args:
        make: gives a fresh iterator over the elements.
        count: how many there are, INFINITE or UNKNOWN.
        ragged: whether the last element may have fewer rows.

    An element is an array, or a tuple or dictionary of them. Iterating gives tensors. Arguments
    that only tune TensorFlow are accepted and forgotten.

    Example:
        >>> rows = Dataset.from_tensor_slices(([1, 2, 3], [4, 5, 6])).batch(2)
        >>> [(x.tolist(), y.tolist()) for x, y in rows]
        [([1, 2], [4, 5]), ([3], [6])]
    """

    def __init__(self, make: Make, count: int = UNKNOWN, ragged: bool = False) -> None:
        self._make = make
        self._count = count
        self._ragged = ragged

    @staticmethod
    def from_tensor_slices(tensors: Any, **kwargs: Any) -> Dataset:
        """One element for each row."""
        arrays = on_leaves(as_numpy, tensors)
        sizes: list[int] = []
        on_leaves(lambda array: sizes.append(len(array) if array.ndim else -1), arrays)
        if len(set(sizes)) != 1 or sizes[0] < 0:
            raise InvalidShape(
                f"from_tensor_slices needs arrays of the same number of rows. Received: {sizes}.",
                help="Check that features and labels were filtered and split in the same way.",
            )
        row_of = lambda row: on_leaves(lambda array: np.asarray(array[row]), arrays)  # noqa: E731
        return Dataset(lambda: map(row_of, range(sizes[0])), sizes[0])

    @staticmethod
    def from_tensors(tensors: Any, **kwargs: Any) -> Dataset:
        """One element."""
        return Dataset(lambda: iter([on_leaves(as_numpy, tensors)]), 1)

    @staticmethod
    def from_generator(
        generator: Any,
        output_types: Any = None,
        output_shapes: Any = None,
        args: Any = (),
        output_signature: Any = None,
        **kwargs: Any,
    ) -> Dataset:
        """What a function that gives an iterator gives, each time anew."""
        if not callable(generator):
            raise WrongType(
                f"from_generator needs a function. Received: {type(generator).__name__}.",
                help="Pass the function itself, without calling it: from_generator(rows, ...).",
            )
        kinds = output_types
        if output_signature is not None:
            kinds = on_leaves(lambda spec: spec.dtype, output_signature)
        known = () if kinds is None else (kinds,)

        def read(item: Any) -> Any:
            return on_leaves(as_numpy, tuple(item) if isinstance(kinds, tuple) else item, *known)

        return Dataset(lambda: map(read, generator(*(args or ()))))

    @staticmethod
    def range(*args: int, output_type: Any = "int64", **kwargs: Any) -> Dataset:
        """Whole numbers."""
        return Dataset.from_tensor_slices(as_numpy(np.arange(*args), output_type))

    @staticmethod
    def zip(*datasets: Any, **kwargs: Any) -> Dataset:
        """Elements of several datasets side by side."""
        parts = datasets[0] if len(datasets) == 1 else datasets
        leaves: list[Dataset] = []
        on_leaves(leaves.append, parts)

        def make() -> Iterator[Any]:
            for items in zip(*(part._make() for part in leaves)):
                rest = iter(items)
                yield on_leaves(lambda _, rest=rest: next(rest), parts)

        counts = [part._count for part in leaves if part._count != INFINITE]
        count = UNKNOWN if UNKNOWN in counts else min(counts, default=INFINITE)
        return Dataset(make, count, any(part._ragged for part in leaves))

    def _like(self, make: Make, count: Callable[[int], int] = lambda n: n) -> Dataset:
        """The same but for the elements; the count changes where there is one."""
        number = self._count if self._count < 0 else max(0, count(self._count))
        return Dataset(make, number, self._ragged)

    def map(self, map_func: Any, num_parallel_calls: Any = None, **kwargs: Any) -> Dataset:
        """A function applied to each element; it gets the parts of a tuple one by one."""
        change = lambda item: on_leaves(as_numpy, _call(map_func, item))  # noqa: E731
        return self._like(lambda: map(change, self._make()))

    def filter(self, predicate: Any, **kwargs: Any) -> Dataset:
        """The elements for which a function is true."""
        keeps = lambda item: bool(_call(predicate, item))  # noqa: E731
        count = INFINITE if self._count == INFINITE else UNKNOWN
        return Dataset(lambda: filter(keeps, self._make()), count, self._ragged)

    def flat_map(self, map_func: Any, **kwargs: Any) -> Dataset:
        """The elements of the datasets that a function gives, one dataset after another."""
        return Dataset(
            lambda: (inner for item in self._make() for inner in _call(map_func, item)._make())
        )

    def unbatch(self, **kwargs: Any) -> Dataset:
        """The rows of each element as elements."""
        rows = Dataset.from_tensor_slices
        return Dataset(lambda: (row for item in self._make() for row in rows(item)._make()))

    def batch(self, batch_size: int, drop_remainder: bool = False, **kwargs: Any) -> Dataset:
        """Several elements as one, with a new first axis.

        Raises: InvalidShape, if elements are of unlike shape.
        """
        return self._batched(batch_size, drop_remainder, _stack)

    def padded_batch(
        self,
        batch_size: int,
        padded_shapes: Any = None,
        padding_values: Any = None,
        drop_remainder: bool = False,
        **kwargs: Any,
    ) -> Dataset:
        """Several elements as one, those that are shorter filled up at their ends."""
        return self._batched(batch_size, drop_remainder, lambda *rows: _pad(padding_values, *rows))

    def _batched(self, size: int, drop: bool, stack: Callable[..., Any]) -> Dataset:
        size = check.positive_int(int(size), "batch_size")

        def make() -> Iterator[Any]:
            rows = self._make()
            while chunk := list(itertools.islice(rows, size)):
                if len(chunk) == size or not drop:
                    yield on_leaves(stack, *chunk)

        batched = self._like(make, lambda n: n // size if drop else -(-n // size))
        return Dataset(make, batched._count, not drop)

    def shuffle(
        self,
        buffer_size: int,
        seed: Any = None,
        reshuffle_each_iteration: Any = True,
        **kwargs: Any,
    ) -> Dataset:
        """Elements drawn from a buffer of the next ones; a full buffer mixes everything.

        Without a seed NumPy's global generator decides, which `set_random_seed` fixes.
        """
        size = check.positive_int(int(buffer_size), "buffer_size")
        passes = itertools.count()
        fixed = np.random.randint(1 << 31) if seed is None else int(seed)

        def make() -> Iterator[Any]:
            number = 0 if reshuffle_each_iteration is False else next(passes)
            draw = np.random.default_rng((fixed, number))
            rows = self._make()
            buffer = list(itertools.islice(rows, size))
            for item in rows:
                place = int(draw.integers(len(buffer)))
                yield buffer[place]
                buffer[place] = item
            for place in draw.permutation(len(buffer)):
                yield buffer[place]

        return self._like(make)

    def repeat(self, count: int | None = None, **kwargs: Any) -> Dataset:
        """All elements again, so many times in all; for ever without a number."""
        endless = count is None or count == -1

        def make() -> Iterator[Any]:
            for _ in itertools.count() if endless else range(count or 0):
                found = False
                for item in self._make():
                    found = True
                    yield item
                if not found:
                    return

        again = self._like(make, lambda n: n * (count or 0))
        return Dataset(make, INFINITE, self._ragged) if endless else again

    def take(self, count: int, **kwargs: Any) -> Dataset:
        """The first elements."""
        if count == -1:
            return self
        number = count if self._count == INFINITE else min(self._count, count)
        return Dataset(lambda: itertools.islice(self._make(), count), number, self._ragged)

    def skip(self, count: int, **kwargs: Any) -> Dataset:
        """All but the first elements."""
        return self._like(lambda: itertools.islice(self._make(), count, None), lambda n: n - count)

    def cache(self, filename: str = "", **kwargs: Any) -> Dataset:
        """Keeps the elements of the first full pass in memory."""
        kept: list[list[Any]] = []

        def make() -> Iterator[Any]:
            found: list[Any] = []
            for item in kept[0] if kept else self._make():
                found.append(item)
                yield item
            kept[:] = [found]

        return self._like(make)

    def prefetch(self, buffer_size: int = -1, **kwargs: Any) -> Dataset:
        """The same elements: batches go to the device while it computes anyway."""
        return self

    def concatenate(self, dataset: Dataset, **kwargs: Any) -> Dataset:
        """These elements, then those of another dataset."""
        counts = (self._count, dataset._count)
        count = sum(counts) if min(counts) >= 0 else INFINITE if INFINITE in counts else UNKNOWN
        return Dataset(lambda: itertools.chain(self._make(), dataset._make()), count, self._ragged)

    def enumerate(self, start: int = 0, **kwargs: Any) -> Dataset:
        """Pairs of a number and an element."""
        pair = lambda n, item: (np.asarray(n, "int32"), item)  # noqa: E731
        return self._like(lambda: map(pair, itertools.count(start), self._make()))

    def as_numpy_iterator(self) -> Iterator[Any]:
        """The elements as NumPy arrays; single numbers as numbers."""
        for item in self._make():
            yield on_leaves(lambda array: array if array.ndim else array[()], item)

    def __iter__(self) -> Iterator[Any]:
        for item in self._make():
            yield on_leaves(_as_tensor, item)

    def __len__(self) -> int:
        if self._count < 0:
            kind = "is infinite" if self._count == INFINITE else "has an unknown length"
            raise TypeError(f"The dataset {kind}.")
        return self._count

    def __bool__(self) -> bool:
        return True

    def cardinality(self) -> Any:
        """How many elements there are; -1 for no end, -2 if that is not known."""
        return jnp.asarray(self._count, "int32")

    @property
    def element_spec(self) -> Any:
        """Shape and type of the elements, read off the first one."""
        first = next(self._make(), None)
        if first is None:
            raise InvalidArgument("The dataset has no element, so no element_spec.")
        front = (None,) if self._ragged else ()

        def spec(array: np.ndarray) -> TensorSpec:
            kind = "string" if array.dtype.kind in "OSU" else array.dtype
            return TensorSpec((*front, *array.shape[len(front) :]), kind)

        return on_leaves(spec, first)

    def __repr__(self) -> str:
        return f"<Dataset element_spec={self.element_spec}>"


def _stack(*rows: np.ndarray) -> np.ndarray:
    shapes = sorted({row.shape for row in rows})
    if len(shapes) > 1:
        raise InvalidShape(
            f"batch needs elements of one shape. Received: {shapes[0]} and {shapes[1]}.",
            help="Bring them to one shape with map, or use padded_batch.",
        )
    return np.stack(rows)


def _pad(filler: Any, *rows: np.ndarray) -> np.ndarray:
    sizes = np.max([row.shape for row in rows], axis=0).astype(int)
    made = np.full((len(rows), *sizes), filler or 0, rows[0].dtype)
    for index, row in enumerate(rows):
        made[index][tuple(map(slice, row.shape))] = row
    return made


TABLE.update({"data.Dataset": Dataset, "data.AUTOTUNE": -1, "data.experimental.AUTOTUNE": -1})
TABLE["data.experimental.cardinality"] = Dataset.cardinality
