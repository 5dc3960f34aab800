"""Products and sums of products, with and without weights."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import publish
from lamella._graph.node import is_symbolic
from lamella._graph.operation import op
from lamella._state.variable import Variable
from lamella.ops._declare import NUMPY, array, arrays, inexact, of_one, of_two, same_rank


@op("matmul", module=NUMPY, arrays=2)
def matmul(x1: Any, x2: Any) -> jax.Array:
    """The matrix product over the last two axes.

    Args:
        x1: (..., n, k).
        x2: (..., k, m).
    Example:
        >>> matmul([[1, 2]], [[3], [4]]).tolist()
        [[11]]
    """
    x1, x2 = array(x1), array(x2)
    x1, x2 = same_rank(x1, x2) if min(x1.ndim, x2.ndim) > 1 else (x1, x2)
    # Products of bytes are added up in 32 bits, as Keras does.
    small = x1.dtype == x2.dtype == jnp.int8
    return jnp.matmul(x1, x2, preferred_element_type="int32" if small else None)


@of_two(jnp.dot, arrays)
def dot(x1: Any, x2: Any) -> jax.Array:
    """The sum of products over the last axis of x1 and the last but one of x2.

    Args:
        x1: numbers.
        x2: numbers.
    Example:
        >>> int(dot([1, 2], [3, 4]))
        11
    """


@of_two(jnp.vdot, arrays)
def vdot(x1: Any, x2: Any) -> jax.Array:
    """The sum of products of two flat arrays.

    Args:
        x1: numbers.
        x2: as many numbers.
    Example:
        >>> int(vdot([1, 2], [3, 4]))
        11
    """


@of_two(jnp.inner, arrays)
def inner(x1: Any, x2: Any) -> jax.Array:
    """The sum of products over the last axes.

    Args:
        x1: numbers.
        x2: numbers.
    Example:
        >>> int(inner([1, 2], [3, 4]))
        11
    """


@of_two(jnp.outer, arrays)
def outer(x1: Any, x2: Any) -> jax.Array:
    """The products of all pairs.

    Args:
        x1: numbers.
        x2: numbers.
    Example:
        >>> outer([1, 2], [3, 4]).tolist()
        [[3, 4], [6, 8]]
    """


@of_two(jnp.kron)
def kron(x1: Any, x2: Any) -> jax.Array:
    """The Kronecker product.

    Args:
        x1: numbers.
        x2: numbers.
    Example:
        >>> kron([1, 2], [1, 1]).tolist()
        [1, 1, 2, 2]
    """


@op("cross", module=NUMPY, arrays=2)
def cross(
    x1: Any, x2: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> jax.Array:
    """The cross product of vectors of 2 or 3 entries.

    Args:
        x1: numbers.
        x2: numbers.
        axisa: the axis of vectors in x1.
        axisb: the axis of vectors in x2.
        axisc: the axis of vectors in the result.
        axis: one number for all three.
    Example:
        >>> cross([1, 0, 0], [0, 1, 0]).tolist()
        [0, 0, 1]
    """
    first, second = same_rank(array(x1), array(x2))
    return jnp.cross(first, second, axisa=axisa, axisb=axisb, axisc=axisc, axis=axis)


@of_two(jnp.tensordot, arrays)
def tensordot(x1: Any, x2: Any, axes: Any = 2) -> jax.Array:
    """The sum of products over several axes.

    Args:
        x1: numbers.
        x2: numbers.
        axes: how many axes from the end of x1 and the start of x2, or two lists of axes.
    Example:
        >>> int(tensordot([1, 2], [3, 4], axes=1))
        11
    """


@op("trace", module=NUMPY)
def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> jax.Array:
    """The sum of a diagonal.

    Args:
        x: numbers.
        offset: how far above the main diagonal.
        axis1: the rows.
        axis2: the columns.
    Example:
        >>> int(trace([[1, 2], [3, 4]]))
        5
    """
    x = array(x)
    x = x.astype("int32") if x.dtype == bool else x
    return jnp.trace(x, offset=offset, axis1=axis1, axis2=axis2)


@of_one(jnp.diff)
def diff(a: Any, n: int = 1, axis: int = -1) -> jax.Array:
    """The differences of neighbours.

    Args:
        a: numbers.
        n: how often to take differences.
        axis: along which axis.
    Example:
        >>> diff([1, 4, 9]).tolist()
        [3, 5]
    """


@op("trapezoid", module=NUMPY)
def trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> jax.Array:
    """The integral by the trapezoidal rule.

    Args:
        y: values.
        x: where they were taken, evenly if None.
        dx: the distance of places.
        axis: along which axis.
    Example:
        >>> float(trapezoid([1.0, 2.0, 3.0]))
        4.0
    """
    return jnp.trapezoid(inexact(y), x if x is None else inexact(x), dx=dx, axis=axis)


@of_one(jnp.vander)
def vander(x: Any, N: int | None = None, increasing: bool = False) -> jax.Array:
    """The powers of each entry as columns.

    Args:
        x: numbers.
        N: how many columns, as many as entries if None.
        increasing: whether powers ascend.
    Example:
        >>> vander([2, 3], 3).tolist()
        [[4, 2, 1], [9, 3, 1]]
    """


@op("einsum", module=NUMPY, arrays=1)
def _einsum(operands: Any, subscripts: str = "") -> jax.Array:
    arrays = [array(item) for item in operands]
    small = all(item.dtype == jnp.int8 for item in arrays)
    return jnp.einsum(subscripts, *arrays, preferred_element_type="int32" if small else None)


def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> jax.Array:
    """Sums of products, written with letters for axes.

    Args:
        subscripts: the axes of each operand and of the result: "ij,jk->ik".
        operands: arrays.
        kwargs: options of `jax.numpy.einsum`.
    Example:
        >>> einsum("ij,j->i", [[1, 2], [3, 4]], [1, 1]).tolist()
        [3, 7]
    """
    if kwargs and not is_symbolic(operands):
        plain = [item.value if isinstance(item, Variable) else array(item) for item in operands]
        return jnp.einsum(subscripts, *plain, **kwargs)
    return _einsum(list(operands), subscripts=subscripts)


@op("average", module=NUMPY, arrays=2)
def _average(x: Any, weights: Any = None, axis: Any = None) -> jax.Array:
    x = inexact(x)
    if weights is None:
        return jnp.average(x, axis=axis)
    dtype = jnp.result_type(x, array(weights))
    return jnp.average(x.astype(dtype), weights=array(weights).astype(dtype), axis=axis)


def average(x: Any, axis: Any = None, weights: Any = None) -> jax.Array:
    """The mean over an axis, by weights.

    Args:
        x: numbers.
        axis: which axis, all of them if None.
        weights: one for each entry along the axis, or of the shape of x.
    Example:
        >>> float(average([1.0, 3.0], weights=[3.0, 1.0]))
        1.5
    """
    return _average(x, weights, axis=axis)


publish(__name__)
