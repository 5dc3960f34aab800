"""Some entries of an array, and writing to some."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import publish
from lamella._graph.operation import op
from lamella.ops._declare import NUMPY, array, array_or_number, arrays, of_one, of_two, same_rank


@op("get_item", module=NUMPY, arrays=2)
def get_item(x: Any, key: Any) -> jax.Array:
    """x[key].

    Args:
        x: numbers.
        key: numbers, slices, arrays, None and ... as in NumPy.
    Example:
        >>> int(get_item([1, 2, 3], 0))
        1
    """
    # JSON has no tuples: a key that was read from a file comes as a list.
    return array(x)[tuple(key) if isinstance(key, list) else key]


@of_two(jnp.take, arrays)
def take(x: Any, indices: Any, axis: int | None = None) -> jax.Array:
    """Entries by their places; places outside give NaN.

    Args:
        x: numbers.
        indices: places.
        axis: along which axis, the flat array if None.
    Example:
        >>> take([5, 6, 7], [2, 0]).tolist()
        [7, 5]
    """


@of_two(jnp.take_along_axis, arrays)
def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> jax.Array:
    """For each place along an axis an entry of the same line.

    Args:
        x: numbers.
        indices: places, as many axes as x.
        axis: along which axis, the flat array if None.
    Example:
        >>> take_along_axis([[5, 6]], [[1]], axis=1).tolist()
        [[6]]
    """


@op("where", module=NUMPY, arrays=3)
def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """x1 where a condition holds, x2 elsewhere; the places where it holds without both.

    Args:
        condition: true or false.
        x1: numbers.
        x2: numbers.
    Example:
        >>> where([True, False], 1, 2).tolist()
        [1, 2]
    """
    condition = array(condition)
    if x1 is None and x2 is None:
        return jnp.where(condition)
    condition, first, second = same_rank(condition, array_or_number(x1), array_or_number(x2))
    return jnp.where(condition, first, second)


@op("select", module=NUMPY, arrays=3)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> jax.Array:
    """For each entry the choice of the first condition that holds.

    Args:
        condlist: conditions.
        choicelist: one array for each.
        default: what to give where none holds.
    Example:
        >>> select([[True, False]], [[1, 1]], 5).tolist()
        [1, 5]
    """
    conditions, choices = [array(c) for c in condlist], [array(c) for c in choicelist]
    return jnp.select(conditions, choices, default)


@of_one(jnp.nonzero)
def nonzero(x: Any) -> Any:
    """The places of entries that are not zero, one array for each axis.

    Args:
        x: numbers.
    Example:
        >>> [part.tolist() for part in nonzero([0, 3])]
        [[1]]
    """


@of_one(jnp.unravel_index)
def unravel_index(indices: Any, shape: Any) -> Any:
    """Places in a flat array as places in a shape.

    Args:
        indices: flat places.
        shape: the shape.
    Example:
        >>> [int(part) for part in unravel_index(3, (2, 2))]
        [1, 1]
    """


@of_one(jnp.diag)
def diag(x: Any, k: int = 0) -> jax.Array:
    """The diagonal of a matrix, or a matrix with that diagonal.

    Args:
        x: numbers.
        k: how far above the main diagonal.
    Example:
        >>> diag([1, 2]).tolist()
        [[1, 0], [0, 2]]
    """


@of_one(jnp.diagflat)
def diagflat(x: Any, k: int = 0) -> jax.Array:
    """A matrix with the flat x as its diagonal.

    Args:
        x: numbers.
        k: how far above the main diagonal.
    Example:
        >>> diagflat([1, 2]).tolist()
        [[1, 0], [0, 2]]
    """


@of_one(jnp.diagonal)
def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> jax.Array:
    """The diagonals of two axes.

    Args:
        x: numbers.
        offset: how far above the main diagonal.
        axis1: the rows.
        axis2: the columns.
    Example:
        >>> diagonal([[1, 2], [3, 4]]).tolist()
        [1, 4]
    """


@of_one(jnp.tril)
def tril(x: Any, k: int = 0) -> jax.Array:
    """The entries on and below a diagonal, zeros elsewhere.

    Args:
        x: numbers.
        k: how far above the main diagonal.
    Example:
        >>> tril([[1, 2], [3, 4]]).tolist()
        [[1, 0], [3, 4]]
    """


@of_one(jnp.triu)
def triu(x: Any, k: int = 0) -> jax.Array:
    """The entries on and above a diagonal, zeros elsewhere.

    Args:
        x: numbers.
        k: how far above the main diagonal.
    Example:
        >>> triu([[1, 2], [3, 4]]).tolist()
        [[1, 2], [0, 4]]
    """


@of_one(jnp.unique)
def unique(
    x: Any,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """The different entries, sorted.

    Args:
        x: numbers.
        sorted: whether they must be ascending.
        return_index: whether to give the first place of each too.
        return_inverse: whether to give the number of each entry too.
        return_counts: whether to give how often each stands too.
        axis: compare slices along it, flat entries if None.
        size: how many to give; needed in compiled code.
        fill_value: what fills up to that size.
    Example:
        >>> unique([3, 1, 3]).tolist()
        [1, 3]
    """


publish(__name__)
