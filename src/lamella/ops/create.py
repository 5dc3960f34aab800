"""New arrays."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import dtype_name, floatx, publish
from lamella._graph.operation import op
from lamella.ops._declare import NUMPY, dtype_of, is_scalar, of_one, of_two
from lamella.ops._declare import array as as_array


def zeros(shape: Any, dtype: Any = None) -> jax.Array:
    """Zeros.

    Args:
        shape: sizes.
        dtype: the number type, the default float type if None.
    Example:
        >>> zeros((2,)).tolist()
        [0.0, 0.0]
    """
    return jnp.zeros(shape, dtype_name(dtype))


def ones(shape: Any, dtype: Any = None) -> jax.Array:
    """Ones.

    Args:
        shape: sizes.
        dtype: the number type, the default float type if None.
    Example:
        >>> ones((2,)).tolist()
        [1.0, 1.0]
    """
    return jnp.ones(shape, dtype_name(dtype))


def empty(shape: Any, dtype: Any = None) -> jax.Array:
    """An array whose entries are not meant to be read; here they are zeros.

    Args:
        shape: sizes.
        dtype: the number type, the default float type if None.
    Example:
        >>> empty((2,)).shape
        (2,)
    """
    return jnp.empty(shape, dtype_name(dtype))


@op("full", module=NUMPY)
def full(shape: Any, fill_value: Any, dtype: Any = None) -> jax.Array:
    """One value everywhere.

    Args:
        shape: sizes.
        fill_value: the value.
        dtype: the number type, the default float type if None.
    Example:
        >>> full((2,), 7.0).tolist()
        [7.0, 7.0]
    """
    return jnp.full(shape, fill_value, dtype_name(dtype))


@of_one(jnp.zeros_like, as_array)
def zeros_like(x: Any, dtype: Any = None) -> jax.Array:
    """Zeros in the shape of x.

    Args:
        x: numbers.
        dtype: the number type, that of x if None.
    Example:
        >>> zeros_like([1, 2]).tolist()
        [0, 0]
    """


@of_one(jnp.ones_like, as_array)
def ones_like(x: Any, dtype: Any = None) -> jax.Array:
    """Ones in the shape of x.

    Args:
        x: numbers.
        dtype: the number type, that of x if None.
    Example:
        >>> ones_like([1, 2]).tolist()
        [1, 1]
    """


@of_one(jnp.empty_like, as_array)
def empty_like(x: Any, dtype: Any = None) -> jax.Array:
    """An array in the shape of x, not meant to be read.

    Args:
        x: numbers.
        dtype: the number type, that of x if None.
    Example:
        >>> empty_like([1, 2]).shape
        (2,)
    """


@of_one(jnp.full_like, as_array)
def full_like(x: Any, fill_value: Any, dtype: Any = None) -> jax.Array:
    """One value everywhere, in the shape of x.

    Args:
        x: numbers.
        fill_value: the value.
        dtype: the number type, that of x if None.
    Example:
        >>> full_like([1, 2], 7).tolist()
        [7, 7]
    """


@op("array", module=NUMPY)
def array(x: Any, dtype: Any = None) -> jax.Array:
    """An array from lists and numbers.

    Args:
        x: numbers.
        dtype: the number type, by the entries if None.
    Example:
        >>> array([1, 2]).tolist()
        [1, 2]
    """
    return jnp.array(x, dtype=dtype_of(dtype)) if dtype is not None else jnp.copy(as_array(x))


@op("arange", module=NUMPY, arrays=3)
def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> jax.Array:
    """Numbers from start on, in steps, up to but without stop.

    Args:
        start: the first number, or the end if it is the only one.
        stop: the end, which is not among them.
        step: the distance, 1 if None.
        dtype: the number type, by the arguments if None.
    Example:
        >>> arange(3).tolist()
        [0, 1, 2]
    """
    if dtype is None:
        given = [item for item in (start, stop, step) if item is not None]
        kinds = [item if is_scalar(item) else getattr(item, "dtype", int) for item in given]
        dtype = jnp.result_type(*kinds)
        if jnp.issubdtype(dtype, jnp.floating) and all(is_scalar(item) for item in given):
            dtype = floatx()
    return jnp.arange(start, stop, step=step, dtype=dtype_name(dtype))


def _ends(start: Any, stop: Any) -> tuple[Any, Any]:
    return start, stop


@of_two(jnp.linspace, _ends)
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Evenly spaced numbers.

    Args:
        start: the first value.
        stop: the last value.
        num: how many.
        endpoint: whether `stop` itself is among them.
        retstep: whether to give the distance too.
        dtype: the number type, a float type if None.
        axis: where the new axis stands, for arrays of starts.
    Example:
        >>> linspace(0.0, 1.0, 3).tolist()
        [0.0, 0.5, 1.0]
    """


@of_two(jnp.logspace, _ends)
def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: float = 10,
    dtype: Any = None,
    axis: int = 0,
) -> jax.Array:
    """Powers with evenly spaced exponents.

    Args:
        start: the first exponent.
        stop: the last exponent.
        num: how many.
        endpoint: whether `stop` itself is among them.
        base: the base of the powers.
        dtype: the number type, a float type if None.
        axis: where the new axis stands, for arrays of starts.
    Example:
        >>> logspace(0.0, 3.0, 4, base=2).tolist()
        [1.0, 2.0, 4.0, 8.0]
    """


@of_two(jnp.geomspace, _ends)
def geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> jax.Array:
    """Numbers in a constant ratio.

    Args:
        start: the first value.
        stop: the last value.
        num: how many.
        endpoint: whether `stop` itself is among them.
        dtype: the number type, a float type if None.
        axis: where the new axis stands, for arrays of starts.
    Example:
        >>> geomspace(1.0, 8.0, 4).round(3).tolist()
        [1.0, 2.0, 4.0, 8.0]
    """


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> jax.Array:
    """Ones on a diagonal.

    Args:
        N: rows.
        M: columns, as many as rows if None.
        k: how far above the main diagonal.
        dtype: the number type, the default float type if None.
    Example:
        >>> eye(2).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    return jnp.eye(N, M, k=k, dtype=dtype_name(dtype))


def identity(n: int, dtype: Any = None) -> jax.Array:
    """The identity matrix.

    Args:
        n: rows and columns.
        dtype: the number type, the default float type if None.
    Example:
        >>> identity(2).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    return jnp.identity(n, dtype=dtype_name(dtype))


def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> jax.Array:
    """Ones on and below a diagonal.

    Args:
        N: rows.
        M: columns, as many as rows if None.
        k: how far above the main diagonal.
        dtype: the number type, the default float type if None.
    Example:
        >>> tri(2).tolist()
        [[1.0, 0.0], [1.0, 1.0]]
    """
    return jnp.tri(N, M, k=k, dtype=dtype_name(dtype))


def bartlett(x: Any) -> jax.Array:
    """The Bartlett window of that length.

    Args:
        x: how many points.
    Example:
        >>> bartlett(3).round(4).tolist()
        [0.0, 1.0, 0.0]
    """
    return jnp.bartlett(int(x)).astype(floatx())


def blackman(x: Any) -> jax.Array:
    """The Blackman window of that length.

    Args:
        x: how many points.
    Example:
        >>> blackman(3).round(4).tolist()
        [-0.0, 1.0, -0.0]
    """
    return jnp.blackman(int(x)).astype(floatx())


def hamming(x: Any) -> jax.Array:
    """The Hamming window of that length.

    Args:
        x: how many points.
    Example:
        >>> hamming(3).round(4).tolist()
        [0.07999999821186066, 1.0, 0.07999999821186066]
    """
    return jnp.hamming(int(x)).astype(floatx())


def hanning(x: Any) -> jax.Array:
    """The Hann window of that length.

    Args:
        x: how many points.
    Example:
        >>> hanning(3).round(4).tolist()
        [0.0, 1.0, 0.0]
    """
    return jnp.hanning(int(x)).astype(floatx())


def kaiser(x: Any, beta: float) -> jax.Array:
    """The Kaiser window of that length.

    Args:
        x: how many points.
        beta: how steep, 0 for a flat window.
    Example:
        >>> kaiser(3, 0.0).round(4).tolist()
        [1.0, 1.0, 1.0]
    """
    return jnp.kaiser(int(x), beta).astype(floatx())


publish(__name__)
