"""Several arrays to one, and one to several."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from lamella._graph.operation import op
from lamella.ops._arrays import CORE, NUMPY, array


@op("concatenate", module=NUMPY)
def concatenate(xs: Any, axis: int = 0) -> jax.Array:
    """Arrays joined along an axis they have.

    Args:
        xs: arrays, alike in all other axes.
        axis: the axis to join along.
    Example:
        >>> concatenate([[1], [2, 3]]).tolist()
        [1, 2, 3]
    """
    return jnp.concatenate([array(x) for x in xs], axis=axis)


@op("stack", module=NUMPY)
def stack(x: Any, axis: int = 0) -> jax.Array:
    """Arrays joined along a new axis.

    Args:
        x: arrays of one shape.
        axis: where the new axis stands.
    Example:
        >>> stack([[1, 2], [3, 4]], axis=1).tolist()
        [[1, 3], [2, 4]]
    """
    return jnp.stack([array(item) for item in x], axis=axis)


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
    return [
        jnp.squeeze(part, axis)
        for part in jnp.split(x, x.shape[axis] if num is None else num, axis)
    ]


@op("append", module=NUMPY, arrays=2)
def append(x1: Any, x2: Any, axis: int | None = None) -> jax.Array:
    """x2 behind x1.

    Args:
        x1: numbers.
        x2: numbers, broadcast against the first.
        axis: along which axis, as flat arrays if None.
    Example:
        >>> append([1], [2]).tolist()
        [1, 2]
    """
    first, second = array(x1), array(x2)
    return jnp.append(first, second, axis=axis)


@op("hstack", module=NUMPY)
def hstack(xs: Any) -> jax.Array:
    """Arrays side by side.

    Args:
        xs: arrays.
    Example:
        >>> hstack([[1], [2]]).tolist()
        [1, 2]
    """
    return jnp.hstack([array(x) for x in xs])


@op("vstack", module=NUMPY)
def vstack(xs: Any) -> jax.Array:
    """Arrays one below the other.

    Args:
        xs: arrays.
    Example:
        >>> vstack([[1], [2]]).tolist()
        [[1], [2]]
    """
    return jnp.vstack([array(x) for x in xs])


@op("dstack", module=NUMPY)
def dstack(xs: Any) -> jax.Array:
    """Arrays joined along the third axis.

    Args:
        xs: arrays.
    Example:
        >>> dstack([[1], [2]]).tolist()
        [[[1, 2]]]
    """
    return jnp.dstack([array(x) for x in xs])


@op("split", module=NUMPY)
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[jax.Array]:
    """Equal or given parts of an array.

    Args:
        x: numbers.
        indices_or_sections: how many equal parts, or where to cut.
        axis: which axis to cut.
    Example:
        >>> [part.tolist() for part in split([1, 2, 3, 4], 2)]
        [[1, 2], [3, 4]]
    """
    return jnp.split(array(x), indices_or_sections, axis=axis)


@op("array_split", module=NUMPY)
def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[jax.Array]:
    """Parts as equal as can be.

    Args:
        x: numbers.
        indices_or_sections: how many equal parts, or where to cut.
        axis: which axis to cut.
    Example:
        >>> [part.tolist() for part in array_split([1, 2, 3], 2)]
        [[1, 2], [3]]
    """
    return jnp.array_split(array(x), indices_or_sections, axis=axis)


@op("hsplit", module=NUMPY)
def hsplit(x: Any, indices_or_sections: Any) -> list[jax.Array]:
    """Parts side by side.

    Args:
        x: numbers.
        indices_or_sections: how many equal parts, or where to cut.
    Example:
        >>> [part.tolist() for part in hsplit([1, 2], 2)]
        [[1], [2]]
    """
    return jnp.hsplit(array(x), indices_or_sections)


@op("vsplit", module=NUMPY)
def vsplit(x: Any, indices_or_sections: Any) -> list[jax.Array]:
    """Parts one below the other.

    Args:
        x: numbers.
        indices_or_sections: how many equal parts, or where to cut.
    Example:
        >>> [part.tolist() for part in vsplit([[1], [2]], 2)]
        [[[1]], [[2]]]
    """
    return jnp.vsplit(array(x), indices_or_sections)


@op("dsplit", module=NUMPY)
def dsplit(x: Any, indices_or_sections: Any) -> list[jax.Array]:
    """Parts along the third axis.

    Args:
        x: numbers.
        indices_or_sections: how many equal parts, or where to cut.
    Example:
        >>> [part.tolist() for part in dsplit([[[1, 2]]], 2)]
        [[[[1]]], [[[2]]]]
    """
    return jnp.dsplit(array(x), indices_or_sections)


@op("meshgrid", module=NUMPY)
def meshgrid(*x: Any, indexing: str = "xy") -> list[jax.Array]:
    """The coordinates of all points of a grid.

    Args:
        x: the coordinates along each axis.
        indexing: "xy" for columns first, "ij" for rows first.
    Example:
        >>> [part.tolist() for part in meshgrid([1, 2], [3])]
        [[[1, 2]], [[3, 3]]]
    """
    return jnp.meshgrid(*(array(item) for item in x), indexing=indexing)
