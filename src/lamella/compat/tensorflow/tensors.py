"""Tensors themselves: number types, making, converting; shape, order and choice of entries."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lamella import ops
from lamella._base import InvalidArgument, InvalidShape, WrongType, check
from lamella._base.dtypes import KNOWN, dtype_name
from lamella._graph.symbolic import KerasTensor
from lamella._state.variable import Variable as LamellaVariable
from lamella.compat.tensorflow.function import TABLE, define, named, require_one_type


class DType(str):
    """A number type: its own name, with what tf code asks of it.

    Args:
        name: for instance "float32".

    Example:
        >>> DType("float32").is_floating, DType("int8") == "int8"
        (True, True)
    """

    name = property(str)
    size = property(lambda self: int(np.dtype(str(self)).itemsize))
    as_numpy_dtype = property(lambda self: np.dtype(str(self)).type)
    is_floating = property(lambda self: "float" in self)
    is_integer = property(lambda self: "int" in self)
    is_bool = property(lambda self: self == "bool")
    min = property(lambda self: self._limits.min)
    max = property(lambda self: self._limits.max)

    @property
    def _limits(self) -> Any:
        return (jnp.finfo if self.is_floating else jnp.iinfo)(str(self))

    def __repr__(self) -> str:
        return f"tf.{self!s}"


@named("as_dtype", "dtypes.as_dtype")
def as_dtype(type_value: Any) -> DType:
    """The number type, however it is given."""
    return DType(dtype_name({"half": "float16", "double": "float64"}.get(type_value, type_value)))


def held(dtype: Any) -> str:
    """The type in which JAX holds numbers: 64 bits become 32 unless JAX is told not to."""
    return str(jax.dtypes.canonicalize_dtype(str(as_dtype(dtype))))


_TYPES: dict[str, Any] = {name: DType(name) for name in KNOWN}
_TYPES.update(DType=DType, double=DType("float64"), half=DType("float16"))
TABLE.update(_TYPES)
TABLE.update({f"dtypes.{name}": value for name, value in _TYPES.items()})


class TensorShape(tuple):
    """A shape with what tf code asks of it.

    Example:
        >>> TensorShape((None, 3)).as_list()
        [None, 3]
    """

    rank = ndims = property(len)

    def as_list(self) -> list[int | None]:
        """The sizes as a list."""
        return list(self)


class Variable(LamellaVariable):
    """lamella's Variable with tf's arguments; assigning gives the variable back.

    Args:
        initial_value: the first value, or a function that makes it.
        trainable: whether training may change it.
        name: its own name.
        dtype: the number type, None for the value's own.
        kwargs: accepted for old code.

    Example:
        >>> Variable([1.0, 2.0]).assign_add([1.0, 1.0]).numpy().tolist()
        [2.0, 3.0]
    """

    def __init__(
        self,
        initial_value: Any,
        trainable: Any = True,
        *,
        name: Any = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        value = convert(initial_value() if callable(initial_value) else initial_value, dtype)
        name = name and name.replace("/", "_")
        super().__init__(value, trainable=trainable is not False, name=name)

    def assign(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        """Gives the variable a new value."""
        super().assign(convert(value))
        return self

    def assign_add(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        """Adds to the value."""
        super().assign_add(convert(value))
        return self

    def assign_sub(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        """Subtracts from the value."""
        super().assign_sub(convert(value))
        return self

    def read_value(self) -> jax.Array:
        """The value."""
        return self.value


def convert(value: Any, dtype: Any = None) -> Any:
    """A tensor from numbers, lists, arrays and variables; symbolic tensors stay symbolic.

    Raises: InvalidArgument for text; WrongType, if a fraction would be cut off.
    """
    if isinstance(value, KerasTensor):
        return value if dtype is None else ops.cast(value, held(dtype))
    if isinstance(value, LamellaVariable):
        value = value.value
    if isinstance(value, jax.Array):
        return value if dtype is None else value.astype(held(dtype))
    if isinstance(value, (list, tuple)) and any(ops.is_tensor(part) for part in value):
        return ops.stack([convert(part, dtype) for part in value])
    array = np.asarray(value)
    if array.dtype.kind in "OSU":
        raise InvalidArgument(
            f"Tensors hold numbers here. Received: {value!r}.",
            help="Keep text in NumPy, np.array(['a', 'b']), and rows of unlike length in a list.",
        )
    chosen = held(dtype or array.dtype)
    if array.dtype.kind == "f" and "int" in chosen and not isinstance(value, np.ndarray):
        raise WrongType(
            f"A tensor of {chosen} cannot hold fractions. Received: {value!r}.",
            help="Pass whole numbers, or use tf.cast to cut them.",
        )
    return jnp.asarray(array, chosen)


@named("constant")
def constant(value: Any, dtype: Any = None, shape: Any = None) -> Any:
    """A tensor of these values: whole numbers are int32, others float32."""
    made = convert(value, dtype)
    if shape is None:
        return made
    sizes = sizes_of(shape)
    return jnp.broadcast_to(made, sizes) if made.size == 1 else jnp.reshape(made, sizes)


def sizes_of(shape: Any) -> tuple[Any, ...]:
    """A shape argument, which may be a tensor or have tensors in it."""
    if isinstance(shape, jax.core.Tracer):
        raise InvalidShape(
            "A shape must not depend on values in compiled code.",
            help="Use the sizes themselves: x.shape, or tf.shape(x).",
        )
    if isinstance(shape, (jax.Array, LamellaVariable, int, np.integer)):
        shape = np.atleast_1d(np.asarray(shape))
    numbers = (int, np.integer, np.ndarray, jax.Array)
    return tuple(int(size) if isinstance(size, numbers) else size for size in shape)


@named("shape")
def shape(input: Any, out_type: Any = "int32") -> Any:
    """The sizes as a tensor of whole numbers."""
    if isinstance(input, (jax.core.Tracer, KerasTensor)):
        # Sizes stay numbers of Python's in compiled code, so that other shapes can be made of them.
        known = all(isinstance(size, int) for size in input.shape)
        return np.array(tuple(input.shape), "int32" if known else object)
    return jnp.asarray(np.shape(input), held(out_type))


@named("range")
def range_(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None) -> jax.Array:
    """Numbers from start, or 0, up to but without the limit."""
    start, limit = (0, start) if limit is None else (start, limit)
    numbers = np.arange(*[np.asarray(part) for part in (start, limit, delta)])  # type: ignore[call-overload]
    return jnp.asarray(numbers, held(dtype or numbers.dtype))


def _eye(rows: int, columns: int | None, batch_shape: Any, dtype: Any) -> jax.Array:
    made = jnp.eye(rows, columns, dtype=held(dtype))
    return jnp.broadcast_to(made, (*sizes_of(batch_shape or ()), *made.shape))


def _one_hot(x: Any, depth: Any, on: Any, off: Any, axis: int, dtype: Any) -> Any:
    found = ops.one_hot(convert(x), int(depth), axis=axis, dtype=held(dtype))
    return found if (on, off) == (1, 0) else found * (on - off) + off


_EYE = "eye(num_rows, num_columns=None, batch_shape=None, dtype='float32')"
define(
    "",
    {
        "convert_to_tensor(value, dtype=None, dtype_hint=None)": lambda x, t, _: convert(x, t),
        "identity(input)": convert,
        "cast(x, dtype)": lambda x, t: ops.cast(convert(x), held(t)),
        "saturate_cast(value, dtype)": lambda x, t: ops.saturate_cast(convert(x), held(t)),
        "rank(input)": lambda x: jnp.asarray(len(getattr(x, "shape", np.shape(x))), "int32"),
        "size(input)": lambda x: jnp.asarray(np.prod(np.shape(x)), "int32"),
        "is_tensor(x)": lambda x: ops.is_tensor(x) or isinstance(x, LamellaVariable),
        "zeros(shape, dtype='float32')": lambda s, t: jnp.zeros(sizes_of(s), held(t)),
        "ones(shape, dtype='float32')": lambda s, t: jnp.ones(sizes_of(s), held(t)),
        "fill(dims, value)": lambda s, x: jnp.broadcast_to(convert(x), sizes_of(s)),
        "zeros_like(input, dtype=None)": lambda x, t: ops.zeros_like(convert(x), t and held(t)),
        "ones_like(input, dtype=None)": lambda x, t: ops.ones_like(convert(x), t and held(t)),
        "linspace(start, stop, num)": lambda a, b, n: jnp.linspace(a, b, int(n)),
        _EYE: _eye,
        "one_hot(indices, depth, on_value=1, off_value=0, axis=-1, dtype='float32')": _one_hot,
    },
)
TABLE.update(Tensor=jax.Array, Variable=Variable, TensorShape=TensorShape, newaxis=None)
TABLE.update({"dtypes.cast": TABLE["cast"], "linalg.eye": TABLE["eye"]})


def _concat(values: Any, axis: int) -> Any:
    parts = [convert(value) for value in values]
    require_one_type("concat", *parts)
    return ops.concatenate(parts, axis)


def _split(value: Any, how: Any, axis: int) -> Any:
    if isinstance(how, (int, np.integer)):
        return ops.split(convert(value), int(how), axis)
    sizes = list(sizes_of(how))
    if -1 in sizes:
        sizes[sizes.index(-1)] = value.shape[axis] - sum(sizes) - 1
    return ops.split(convert(value), [int(edge) for edge in np.cumsum(sizes)[:-1]], axis)


def _pad(tensor: Any, paddings: Any, mode: str, value: Any) -> Any:
    widths = [tuple(int(width) for width in row) for row in np.asarray(paddings)]
    kind = check.one_of(mode.lower(), ("constant", "reflect", "symmetric"), "mode")
    return ops.pad(convert(tensor), widths, kind, value if kind == "constant" else None)


def _slice(x: Any, begin: Any, size: Any) -> Any:
    starts, lengths = sizes_of(begin), sizes_of(size)
    ends = [None if n == -1 else start + n for start, n in zip(starts, lengths)]
    return convert(x)[tuple(slice(start, end) for start, end in zip(starts, ends))]


def _boolean_mask(tensor: Any, mask: Any, axis: int) -> Any:
    """The number of entries must be known: this cannot be compiled."""
    x, chosen = convert(tensor), np.asarray(mask)
    flat = x.reshape(*x.shape[:axis], chosen.size, *x.shape[axis + chosen.ndim :])
    return jnp.take(flat, np.flatnonzero(chosen), axis=axis)


def _where(condition: Any, x: Any, y: Any) -> Any:
    if x is None and y is None:
        return jnp.stack(jnp.nonzero(convert(condition)), axis=-1)
    require_one_type("where", x, y)
    return ops.where(convert(condition), x, y)


def _descending(direction: str) -> bool:
    return check.one_of(direction, ("ASCENDING", "DESCENDING"), "direction") == "DESCENDING"


def _argsort(values: Any, axis: int, direction: str, stable: bool) -> Any:
    return jnp.argsort(convert(values), axis, stable=True, descending=_descending(direction))


def _unique(x: Any) -> Any:
    """In the order of first occurrence, where NumPy sorts."""
    values, first, places = np.unique(np.asarray(x), return_index=True, return_inverse=True)
    order = np.argsort(first)
    return convert(values[order]), convert(np.argsort(order)[places])


def _squeeze(x: Any, axis: Any) -> Any:
    return ops.squeeze(convert(x), tuple(axis) if isinstance(axis, list) else axis)


def _transpose(a: Any, perm: Any) -> Any:
    return ops.transpose(convert(a), None if perm is None else sizes_of(perm))


_ORDER = "(values, axis=-1, direction='ASCENDING'"
define(
    "",
    {
        "reshape(tensor, shape)": lambda x, s: ops.reshape(convert(x), sizes_of(s)),
        "squeeze(input, axis=None)": _squeeze,
        "transpose(a, perm=None)": _transpose,
        "concat(values, axis)": _concat,
        "split(value, num_or_size_splits, axis=0)": _split,
        "tile(input, multiples)": lambda x, n: ops.tile(convert(x), sizes_of(n)),
        "broadcast_to(input, shape)": lambda x, s: ops.broadcast_to(convert(x), sizes_of(s)),
        "pad(tensor, paddings, mode='CONSTANT', constant_values=0)": _pad,
        "slice(input_, begin, size)": _slice,
        "gather(params, indices, validate_indices=None, axis=0)": lambda x, at, _, axis: ops.take(
            convert(x), convert(at), axis
        ),
        "gather_nd(params, indices)": lambda x, places: convert(x)[
            tuple(jnp.moveaxis(convert(places), -1, 0))
        ],
        "boolean_mask(tensor, mask, axis=0)": _boolean_mask,
        "where(condition, x=None, y=None)": _where,
        f"sort{_ORDER})": lambda x, axis, way: jnp.sort(
            convert(x), axis, descending=_descending(way)
        ),
        f"argsort{_ORDER}, stable=False)": _argsort,
        "unique(x)": _unique,
    },
)
