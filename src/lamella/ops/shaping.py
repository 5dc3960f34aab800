"""Other shapes: reshaping, turning, repeating, joining and splitting."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import publish
from lamella._graph.operation import op
from lamella.ops._declare import NUMPY, array, arrays, dtype_of, each, of_one, of_two


@op("reshape", module=NUMPY)
def reshape(x: Any, newshape: Any) -> jax.Array:
    """The entries in another shape.

    Args:
        x: numbers.
        newshape: sizes; one may be -1: what is left over.
    Example:
        >>> reshape([1, 2, 3, 4], (2, -1)).tolist()
        [[1, 2], [3, 4]]
    """
    return jnp.reshape(array(x), newshape)


@of_one(jnp.ravel)
def ravel(x: Any) -> jax.Array:
    """The entries on one axis.

    Args:
        x: numbers.
    Example:
        >>> ravel([[1, 2], [3, 4]]).tolist()
        [1, 2, 3, 4]
    """


@of_one(jnp.transpose)
def transpose(x: Any, axes: Any = None) -> jax.Array:
    """The axes in another order.

    Args:
        x: numbers.
        axes: the old numbers of the axes in their new order, reversed if None.
    Example:
        >>> transpose([[1, 2], [3, 4]]).tolist()
        [[1, 3], [2, 4]]
    """


@of_one(jnp.swapaxes)
def swapaxes(x: Any, axis1: int, axis2: int) -> jax.Array:
    """Two axes exchanged.

    Args:
        x: numbers.
        axis1: the one axis.
        axis2: the other.
    Example:
        >>> swapaxes([[1, 2]], 0, 1).tolist()
        [[1], [2]]
    """


@of_one(jnp.moveaxis)
def moveaxis(x: Any, source: Any, destination: Any) -> jax.Array:
    """Axes moved to other places.

    Args:
        x: numbers.
        source: which axes.
        destination: their new places.
    Example:
        >>> moveaxis([[1, 2]], 0, 1).tolist()
        [[1], [2]]
    """


@of_one(jnp.squeeze)
def squeeze(x: Any, axis: Any = None) -> jax.Array:
    """Without axes of size 1.

    Args:
        x: numbers.
        axis: which axes, all of size 1 if None.
    Example:
        >>> squeeze([[1, 2]]).tolist()
        [1, 2]
    """


@of_one(jnp.expand_dims)
def expand_dims(x: Any, axis: Any) -> jax.Array:
    """With new axes of size 1.

    Args:
        x: numbers.
        axis: where the new axes stand in the result.
    Example:
        >>> expand_dims([1, 2], 1).tolist()
        [[1], [2]]
    """


@of_one(jnp.broadcast_to)
def broadcast_to(x: Any, shape: Any) -> jax.Array:
    """Repeated along axes of size 1 to a shape.

    Args:
        x: numbers.
        shape: the shape of the result.
    Example:
        >>> broadcast_to([1, 2], (2, 2)).tolist()
        [[1, 2], [1, 2]]
    """


@of_one(jnp.flip)
def flip(x: Any, axis: Any = None) -> jax.Array:
    """The entries in reverse order.

    Args:
        x: numbers.
        axis: which axes, all if None.
    Example:
        >>> flip([1, 2]).tolist()
        [2, 1]
    """


@of_one(jnp.fliplr)
def fliplr(x: Any) -> jax.Array:
    """Columns in reverse order.

    Args:
        x: numbers.
    Example:
        >>> fliplr([[1, 2]]).tolist()
        [[2, 1]]
    """


@of_one(jnp.flipud)
def flipud(x: Any) -> jax.Array:
    """Rows in reverse order.

    Args:
        x: numbers.
    Example:
        >>> flipud([[1], [2]]).tolist()
        [[2], [1]]
    """


@of_one(jnp.roll)
def roll(x: Any, shift: Any, axis: Any = None) -> jax.Array:
    """Entries moved round in a circle.

    Args:
        x: numbers.
        shift: by how many places.
        axis: along which axes, the flat array if None.
    Example:
        >>> roll([1, 2, 3], 1).tolist()
        [3, 1, 2]
    """


@of_one(jnp.rot90)
def rot90(array: Any, k: int = 1, axes: tuple[int, int] = (0, 1)) -> jax.Array:
    """Turned by quarter circles.

    Args:
        array: numbers, two axes or more.
        k: how many quarters.
        axes: the plane to turn in.
    Example:
        >>> rot90([[1, 2]]).tolist()
        [[2], [1]]
    """


@of_one(jnp.repeat)
def repeat(x: Any, repeats: Any, axis: int | None = None) -> jax.Array:
    """Each entry several times.

    Args:
        x: numbers.
        repeats: how often, for all or for each.
        axis: along which axis, the flat array if None.
    Example:
        >>> repeat([1, 2], 2).tolist()
        [1, 1, 2, 2]
    """


@op("tile", module=NUMPY)
def tile(x: Any, repeats: Any) -> jax.Array:
    """The whole several times side by side.

    Args:
        x: numbers.
        repeats: how often along each axis.
    Example:
        >>> tile([1, 2], 2).tolist()
        [1, 2, 1, 2]
    """
    return jnp.tile(array(x), repeats)


@op("pad", module=NUMPY)
def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> jax.Array:
    """With more entries around.

    Args:
        x: numbers.
        pad_width: how many before and after, for each axis.
        mode: "constant", "reflect", "symmetric", "edge" ...
        constant_values: what to put there, 0 if None.
    Example:
        >>> pad([1, 2], 1).tolist()
        [0, 1, 2, 0]
    """
    extra = {} if mode != "constant" else {"constant_values": constant_values or 0}
    return jnp.pad(array(x), pad_width, mode=mode, **extra)


@of_one(jnp.copy)
def copy(x: Any) -> jax.Array:
    """A copy.

    Args:
        x: numbers.
    Example:
        >>> copy([1, 2]).tolist()
        [1, 2]
    """


@op("view", module=NUMPY)
def view(x: Any, dtype: Any = None) -> jax.Array:
    """The same bytes read as another type.

    Args:
        x: numbers.
        dtype: the type to read, its own if None.
    Example:
        >>> view(jnp.zeros(1, "float32"), "int32").tolist()
        [0]
    """
    return array(x).view(dtype_of(dtype))


@of_one(jnp.concatenate, each)
def concatenate(xs: Any, axis: int = 0) -> jax.Array:
    """Arrays joined along an axis they have.

    Args:
        xs: arrays, alike in all other axes.
        axis: the axis to join along.
    Example:
        >>> concatenate([[1], [2, 3]]).tolist()
        [1, 2, 3]
    """


@of_one(jnp.stack, each)
def stack(x: Any, axis: int = 0) -> jax.Array:
    """Arrays joined along a new axis.

    Args:
        x: arrays of one shape.
        axis: where the new axis stands.
    Example:
        >>> stack([[1, 2], [3, 4]], axis=1).tolist()
        [[1, 3], [2, 4]]
    """


@of_two(jnp.append, arrays)
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


@of_one(jnp.hstack, each)
def hstack(xs: Any) -> jax.Array:
    """Arrays side by side.

    Args:
        xs: arrays.
    Example:
        >>> hstack([[1], [2]]).tolist()
        [1, 2]
    """


@of_one(jnp.vstack, each)
def vstack(xs: Any) -> jax.Array:
    """Arrays one below the other.

    Args:
        xs: arrays.
    Example:
        >>> vstack([[1], [2]]).tolist()
        [[1], [2]]
    """


@of_one(jnp.dstack, each)
def dstack(xs: Any) -> jax.Array:
    """Arrays joined along the third axis.

    Args:
        xs: arrays.
    Example:
        >>> dstack([[1], [2]]).tolist()
        [[[1, 2]]]
    """


@of_one(jnp.split)
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


@of_one(jnp.array_split)
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


@of_one(jnp.hsplit)
def hsplit(x: Any, indices_or_sections: Any) -> list[jax.Array]:
    """Parts side by side.

    Args:
        x: numbers.
        indices_or_sections: how many equal parts, or where to cut.
    Example:
        >>> [part.tolist() for part in hsplit([1, 2], 2)]
        [[1], [2]]
    """


@of_one(jnp.vsplit)
def vsplit(x: Any, indices_or_sections: Any) -> list[jax.Array]:
    """Parts one below the other.

    Args:
        x: numbers.
        indices_or_sections: how many equal parts, or where to cut.
    Example:
        >>> [part.tolist() for part in vsplit([[1], [2]], 2)]
        [[[1]], [[2]]]
    """


@of_one(jnp.dsplit)
def dsplit(x: Any, indices_or_sections: Any) -> list[jax.Array]:
    """Parts along the third axis.

    Args:
        x: numbers.
        indices_or_sections: how many equal parts, or where to cut.
    Example:
        >>> [part.tolist() for part in dsplit([[[1, 2]]], 2)]
        [[[[1]]], [[[2]]]]
    """


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


publish(__name__)
