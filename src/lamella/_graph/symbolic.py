"""A tensor without a value: what a layer gives when it is called on an Input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lamella._base import NotReady, WrongType, dtypes, naming, registry
from lamella._base.shapes import Shape, as_shape

if TYPE_CHECKING:
    from lamella._graph.node import Node, Operation


class History(NamedTuple):
    """Which call of which operation made a tensor, and which of its outputs it is."""

    operation: Operation
    node_index: int
    tensor_index: int


class KerasTensor:
    """A tensor that has a shape and a dtype but no value yet.

    Args:
        shape: sizes, None where the size is unknown.
        dtype: the number type.
        name: its name, automatic if None.

    Example:
        >>> KerasTensor((None, 3), name="x")
        <KerasTensor shape=(None, 3), dtype=float32, name=x>
    """

    __array_priority__ = 1000

    def __init__(
        self, shape: Any, dtype: Any = "float32", sparse: bool = False, name: str | None = None
    ) -> None:
        self.shape: Shape = as_shape(shape)
        self.dtype: str = dtypes.dtype_name(dtype)
        self.sparse = sparse
        self.name = name or naming.name_for(type(self))
        self.producer: Node | None = None
        self.producer_index = 0

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int | None:
        return None if None in self.shape else int(np.prod(self.shape))  # type: ignore[arg-type]

    @property
    def _keras_history(self) -> History | None:
        if self.producer is None:
            return None
        operation = self.producer.operation
        index = operation._inbound_nodes.index(self.producer)
        return History(operation, index, self.producer_index)

    @property
    def T(self) -> KerasTensor:
        return record("transpose", self)

    def reshape(self, *shape: Any) -> KerasTensor:
        return record("reshape", self, shape[0] if len(shape) == 1 else shape)

    def squeeze(self, axis: Any = None) -> KerasTensor:
        return record("squeeze", self, axis)

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"

    def _no_value(self, wish: str) -> WrongType:
        return WrongType(
            f"{wish} of the symbolic {self!r} was asked for: it has no value yet.",
            help="Use lamella.ops on it, or call the finished model on real arrays.",
        )

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        raise self._no_value("The array")

    @property
    def __jax_array__(self) -> Any:
        # A property, since JAX looks for the method and never calls it; and no TypeError, which
        # JAX would replace by one of its own.
        raise NotReady(
            f"A function of jax.numpy was called on the symbolic {self!r}.",
            help="Use its namesake in lamella.ops, or put the computation into a layer's `call`.",
        )

    def __bool__(self) -> bool:
        raise self._no_value("The truth")

    def __float__(self) -> float:
        raise self._no_value("The number")

    def __int__(self) -> int:
        raise self._no_value("The number")

    def __iter__(self) -> Iterator[Any]:
        raise self._no_value("The items")

    def __getitem__(self, index: Any) -> KerasTensor:
        return record("get_item", self, index)

    def __hash__(self) -> int:
        return id(self)


def record(name: str, *args: Any, **kwargs: Any) -> Any:
    """Calls the op of that name; the graph need not know where it is defined."""
    return registry.find("op", name)(*args, **kwargs)


def _operator(op: str, swapped: bool) -> Callable[..., Any]:
    def method(self: KerasTensor, *others: Any) -> Any:
        return record(op, *others, self) if swapped else record(op, self, *others)

    return method


_OPERATORS = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "floordiv": "floor_divide",
    "mod": "mod",
    "pow": "power",
    "matmul": "matmul",
}
_PLAIN = {
    "neg": "negative",
    "abs": "absolute",
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "and": "logical_and",
    "or": "logical_or",
    "invert": "logical_not",
}
for _method, _op in _OPERATORS.items():
    setattr(KerasTensor, f"__{_method}__", _operator(_op, swapped=False))
    setattr(KerasTensor, f"__r{_method}__", _operator(_op, swapped=True))
for _method, _op in _PLAIN.items():
    setattr(KerasTensor, f"__{_method}__", _operator(_op, swapped=False))
