"""The arguments of a layer's `call`: bound by name, turned into arrays, cast."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lamella._base import InvalidData, WrongType, is_float
from lamella._graph.symbolic import KerasTensor
from lamella._state import frame as frames
from lamella._state.variable import Variable

_SETTINGS = (type(None), bool, int, float, str)


@dataclass(frozen=True)
class CallSignature:
    """What a `call` method takes.

    Args:
        signature: without `self`.
        names: its named parameters in order.
        takes_any: whether it has **kwargs.
    """

    signature: inspect.Signature
    names: tuple[str, ...]
    takes_any: bool

    def default(self, name: str) -> Any:
        value = self.signature.parameters[name].default
        return None if value is inspect.Parameter.empty else value

    def bind(self, args: tuple, kwargs: dict[str, Any], who: str) -> dict[str, Any]:
        """The arguments by name.

        Raises: WrongType, with the parameters that there are.
        """
        try:
            bound = self.signature.bind(*args, **kwargs)
        except TypeError as cause:
            raise WrongType(
                f"{who} cannot be called like this: {cause}. "
                f"Received: {len(args)} positional and {sorted(kwargs)} by name.",
                help=f"Its call takes {self.signature}.",
            ) from None
        return dict(bound.arguments)

    def unbind(self, arguments: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
        """Positional and keyword arguments that bind to the given ones."""
        bound = inspect.BoundArguments(self.signature, arguments)
        args, kwargs = list(bound.args), dict(bound.kwargs)
        parameters = list(self.signature.parameters.values())
        # Settings go by name: Keras reads files in which only tensors go by position.
        while args and isinstance(args[-1], _SETTINGS) and len(args) <= len(parameters):
            parameter = parameters[len(args) - 1]
            if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD:
                break
            kwargs[parameter.name] = args.pop()
        return tuple(args), kwargs


@cache
def call_signature(function: Callable[..., Any]) -> CallSignature:
    """The signature of an unbound `call` method."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    signature = inspect.Signature(parameters)
    kinds = {parameter.kind for parameter in parameters}
    named = tuple(p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD))
    return CallSignature(signature, named, inspect.Parameter.VAR_KEYWORD in kinds)


def as_arrays(value: Any, compute_dtype: str | None, who: str) -> Any:
    """Turns the array-like leaves of an argument into arrays of the layer's float type.

    Raises: InvalidData for arrays of objects or of text where numbers are needed.
    """
    if isinstance(value, (list, tuple)) and value and _is_number_list(value):
        value = np.asarray(value)

    def convert(leaf: Any) -> Any:
        if isinstance(leaf, KerasTensor):
            return leaf
        if isinstance(leaf, Variable):
            leaf = leaf.value
        if isinstance(leaf, np.ndarray):
            if leaf.dtype.kind in "OSU":
                raise InvalidData(
                    f"{who} received an array of dtype {leaf.dtype}; numbers are wanted.",
                    help="Convert it first, for example x.astype('float32'), and look for missing "
                    "values or rows of unlike length.",
                )
            leaf = jnp.asarray(leaf)
        elif _is_foreign_tensor(leaf):
            leaf = jnp.asarray(np.asarray(leaf))
        if isinstance(leaf, jax.Array) and compute_dtype is not None and is_float(leaf.dtype):
            return leaf if leaf.dtype == compute_dtype else _cast(leaf, compute_dtype)
        return leaf

    return jax.tree.map(convert, value)


def _cast(array: jax.Array, dtype: str) -> jax.Array:
    mask = getattr(array, "_keras_mask", None)
    cast = array.astype(dtype)
    if mask is not None and not isinstance(cast, jax.core.Tracer):
        cast._keras_mask = mask  # type: ignore[attr-defined]
    return cast


def _is_number_list(value: Any) -> bool:
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    return isinstance(value, (int, float, bool, np.generic))


def _is_foreign_tensor(leaf: Any) -> bool:
    module = type(leaf).__module__.partition(".")[0]
    foreign = module in ("torch", "tensorflow", "pandas", "polars")
    return foreign and callable(getattr(leaf, "__array__", None))


def shapes_of(value: Any) -> Any:
    """The shapes of a structure of arrays or symbolic tensors, None for unknown sizes."""
    if isinstance(value, dict):
        return {key: shapes_of(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(shapes_of(item) for item in value)
    sizes = getattr(value, "shape", None)
    if sizes is None:
        return None
    probes = frames.ambient().probes
    return tuple(n if isinstance(n, int) and n not in probes else None for n in sizes)


def any_batch(shapes: Any) -> Any:
    """Shapes with their first axis, the batch, of unknown size."""
    if isinstance(shapes, dict):
        return {key: any_batch(item) for key, item in shapes.items()}
    if isinstance(shapes, tuple) and all(size is None or isinstance(size, int) for size in shapes):
        return (None, *shapes[1:])
    if isinstance(shapes, (list, tuple)):
        return type(shapes)(any_batch(item) for item in shapes)
    return shapes
