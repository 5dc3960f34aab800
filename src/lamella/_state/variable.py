"""A named handle on one array."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lamella._base import InvalidShape, WrongType, as_shape, dtypes, floatx, naming, register
from lamella._state import frame as frames


@register("state", module="keras")
class Variable:
    """A named array that can be given a new value: the state of layers, metrics and optimizers.

    Args:
        initializer: the first value, or a function of (shape, dtype) that makes it.
        shape: the shape, needed with a function.
        dtype: the number type, None for the value's own or the default float.
        trainable: whether training may change it.
        autocast: whether a layer of lower precision reads it in that precision.
        aggregation: how replicas would be combined; kept for files.
        name: its own name, automatic if None.

    Example:
        >>> counter = Variable(0.0, name="counter")
        >>> counter.assign(counter + 2.0)
        >>> float(counter)
        2.0
    """

    def __init__(
        self,
        initializer: Any,
        shape: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str = "none",
        synchronization: str = "auto",
        name: str | None = None,
    ) -> None:
        self.name = name or naming.name_for(type(self))
        if "/" in self.name:
            raise WrongType(f"A variable's name must not contain '/'. Received: {self.name!r}.")
        self.path = "/".join((*frames.ambient().path, self.name))
        self.trainable = bool(trainable)
        self.autocast = bool(autocast)
        self.aggregation = aggregation
        self.regularizer: Any = None
        self.constraint: Any = None
        self.overwrite_with_gradient = False
        self.layout: Any = None
        self._stack: Any = None
        self._place = 0
        self._array = _first_value(initializer, shape, dtype)
        self._shape: tuple[int, ...] = tuple(self._array.shape)
        self._dtype: str = dtypes.dtype_name(self._array.dtype)

    @property
    def _array(self) -> Any:
        """The stored array; that of a member of a stack may be a row of the stack's."""
        own = self._own
        return self._stack._row(self._place) if own is None else own

    @_array.setter
    def _array(self, array: Any) -> None:
        self._own = array
        if self._stack is not None:
            self._stack._whole = False

    @property
    def _members(self) -> tuple["Variable", ...]:
        return (self,)

    def place(self, layout: Any) -> None:
        """Lays it on the devices as a sharding of JAX says; None leaves it where it is."""
        if layout is not None and layout != self.layout:
            self.layout = layout
            self._array = jax.device_put(self._array, layout)

    @property
    def shape(self) -> tuple[int, ...]:
        return self._shape

    @property
    def dtype(self) -> str:
        autocast = frames.ambient().autocast
        return autocast if autocast and self._reads_as(autocast) else self._dtype

    @property
    def ndim(self) -> int:
        return len(self._shape)

    @property
    def size(self) -> int:
        return int(np.prod(self._shape, dtype=np.int64))

    @property
    def value(self) -> jax.Array:
        """The array itself, or what the running pure function has for it."""
        frame = frames.current()
        if frame is None:
            return self._array
        holder = frame.values.holder(self) if frame.values is not None else None
        array = self._array if holder is None else holder.get(self)
        if frame.autocast is not None and self._reads_as(frame.autocast):
            return array.astype(frame.autocast)
        return array

    def _reads_as(self, autocast: str) -> bool:
        return self.autocast and dtypes.is_float(self._dtype) and autocast != self._dtype

    def assign(self, value: Any) -> None:
        """Gives the variable a new value of the same shape; the number type stays its own."""
        value = value.value if isinstance(value, Variable) else value
        if isinstance(value, np.ndarray):  # JAX would compile a copy for each shape
            array = jax.device_put(np.array(value, jnp.dtype(self._dtype)))
        else:
            array = jnp.asarray(value, self._dtype)
        if array.shape != self._shape:
            raise InvalidShape(
                f"Variable '{self.path}' expected a value of shape {self._shape}. "
                f"Received: shape {array.shape}.",
                help="Reshape the value, or make a new variable of that shape.",
            )
        frame = frames.current()
        if frame is None or frame.values is None:
            self._array = array if self.layout is None else jax.device_put(array, self.layout)
        else:
            frame.values.holder(self)
            frame.values.put(self, array)

    def assign_add(self, value: Any) -> None:
        """Adds to the value."""
        self.assign(self._stored() + _unwrap(value))

    def assign_sub(self, value: Any) -> None:
        """Subtracts from the value."""
        self.assign(self._stored() - _unwrap(value))

    def _stored(self) -> jax.Array:
        with frames.changed(autocast=None):
            return self.value

    def numpy(self) -> np.ndarray:
        """The value as a NumPy array."""
        return np.asarray(self.value)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.value, dtype=dtype)

    def __jax_array__(self) -> jax.Array:
        return self.value

    def __repr__(self) -> str:
        return f"<Variable path={self.path}, shape={self._shape}, dtype={self._dtype}>"

    def __len__(self) -> int:
        return len(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __getitem__(self, index: Any) -> jax.Array:
        return self.value[index]

    def __hash__(self) -> int:
        return id(self)


def _first_value(initializer: Any, shape: Any, dtype: Any) -> jax.Array:
    # A variable may be born while something else is being traced: its value must still be concrete.
    with jax.ensure_compile_time_eval():
        if callable(initializer) and not isinstance(initializer, (jax.Array, Variable)):
            if shape is None:
                raise InvalidShape(
                    "A variable made by an initializer needs a shape. Received: shape=None.",
                    help="Pass for example Variable(initializer, shape=(3, 4)).",
                )
            name = dtypes.dtype_name(dtype)
            return jnp.asarray(initializer(as_shape(shape), dtype=name), name)
        value = _unwrap(initializer)
        if dtype is None and isinstance(value, float):
            dtype = floatx()
        # An explicit type even if it is the value's own: JAX keeps weak types apart, and compiles
        # twice for them.
        return jnp.asarray(value, jnp.asarray(value).dtype if dtype is None else dtype)


def _unwrap(value: Any) -> Any:
    return value.value if isinstance(value, Variable) else value


def _operator(name: str) -> Callable[..., Any]:
    def forward(self: Variable, *others: Any) -> Any:
        return getattr(self.value, name)(*(_unwrap(other) for other in others))

    forward.__name__ = name
    return forward


_NAMES = (
    "add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow "
    "matmul rmatmul neg pos abs invert eq ne lt le gt ge and rand or ror xor rxor"
)
for _name in _NAMES.split():
    setattr(Variable, f"__{_name}__", _operator(f"__{_name}__"))
