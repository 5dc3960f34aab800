"""Parts of arrays: read and written at places known late, and arrays taken apart."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import check, publish
from lamella._graph.operation import op
from lamella.ops._declare import CORE, array


@op("slice", module=CORE, arrays=2)
def slice(inputs: Any, start_indices: Any, shape: Any) -> jax.Array:
    """A block of an array.

    Args:
        inputs: numbers.
        start_indices: where the block starts, one number for each axis.
        shape: the sizes of the block.
    Example:
        >>> slice([1, 2, 3], [1], [2]).tolist()
        [2, 3]
    """
    return jax.lax.dynamic_slice(array(inputs), tuple(array(start_indices)), tuple(shape))


@op("slice_update", module=CORE, arrays=3)
def slice_update(inputs: Any, start_indices: Any, updates: Any) -> jax.Array:
    """An array with a block overwritten.

    Args:
        inputs: numbers.
        start_indices: where the block starts.
        updates: the block.
    Example:
        >>> slice_update([1, 2, 3], [1], [9]).tolist()
        [1, 9, 3]
    """
    return jax.lax.dynamic_update_slice(array(inputs), array(updates), tuple(array(start_indices)))


@op("scatter", module=CORE, arrays=2)
def scatter(indices: Any, values: Any, shape: Any) -> jax.Array:
    """Zeros with values added at places.

    Args:
        indices: places, their axes on the last axis.
        values: what to add there.
        shape: the shape of the result.
    Example:
        >>> scatter([[0], [2]], [5, 6], (3,)).tolist()
        [5, 0, 6]
    """
    values = array(values)
    places = jnp.moveaxis(array(indices), -1, 0)
    return jnp.zeros(tuple(shape), values.dtype).at[tuple(places)].add(values)


@op("scatter_update", module=CORE, arrays=3)
def scatter_update(
    inputs: Any, indices: Any, updates: Any, reduction: str | None = None
) -> jax.Array:
    """An array with values written to places.

    Args:
        inputs: numbers.
        indices: places, their axes on the last axis.
        updates: what to write there.
        reduction: None to overwrite, or "add", "max", "min", "mul".
    Example:
        >>> scatter_update([1, 2, 3], [[1]], [9]).tolist()
        [1, 9, 3]
    """
    inputs, updates = array(inputs), array(updates)
    places = inputs.at[tuple(jnp.moveaxis(array(indices), -1, 0))]
    if reduction is None:
        return places.set(updates)
    checked = check.one_of(reduction, ("add", "max", "min", "mul"), "reduction")
    return getattr(places, checked)(updates)


@op("unstack", module=CORE)
def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[jax.Array]:
    """The parts of an array along an axis, without that axis.

    Args:
        x: numbers.
        num: the size of that axis, needed if it is unknown.
        axis: which axis.
    Example:
        >>> [part.tolist() for part in unstack([[1, 2], [3, 4]])]
        [[1, 2], [3, 4]]
    """
    x = array(x)
    parts = jnp.split(x, x.shape[axis] if num is None else num, axis)
    return [jnp.squeeze(part, axis) for part in parts]


publish(__name__)
