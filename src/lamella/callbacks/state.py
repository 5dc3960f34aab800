"""The state of callbacks as JSON and a list of arrays, so that a run can go on where it stopped."""

import math
import struct
from collections import deque
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lamella._base import InvalidData, WrongType

_KEPT = (bool, int, str, type(None))


def flatten(state: Any) -> tuple[Any, list[np.ndarray]]:
    """Plain values as what JSON can hold, and the arrays in them.

    Lists are lists, and whatever JSON does not have is a dictionary of one entry that names its
    kind: {"tuple": [...]}, {"dict": [[key, value], ...]}, {"array": 0}.

    Args:
        state: None, bool, int, float, str, NumPy or JAX arrays and scalars, and lists, tuples,
            sets, deques and dictionaries of those.

    Raises: WrongType for anything else.

    Example:
        >>> flatten({"best": float("inf"), 3: (1.5, np.zeros(2))})[0]
        {'dict': [['best', {'float': '7ff0000000000000'}], [3, {'tuple': [1.5, {'array': 0}]}]]}
    """
    arrays: list[np.ndarray] = []
    return _flat(state, arrays), arrays


def unflatten(plain: Any, arrays: list[np.ndarray]) -> Any:
    """The values that `flatten` was given, equal to the bit and of the same kinds.

    Args:
        plain, arrays: what it gave.

    Raises: InvalidData, if that is not from `flatten`.

    Example:
        >>> unflatten(*flatten([1, (2.5, None), {0: "a"}]))
        [1, (2.5, None), {0: 'a'}]
    """
    if type(plain) in (*_KEPT, float):
        return plain
    if isinstance(plain, list):
        return [unflatten(item, arrays) for item in plain]
    kind = next(iter(plain), "nothing")
    inside: Any = plain.get(kind)
    if kind == "float":
        return struct.unpack(">d", bytes.fromhex(inside))[0]
    if kind in ("tuple", "set"):
        return (tuple if kind == "tuple" else set)(unflatten(item, arrays) for item in inside)
    if kind == "deque":
        return deque((unflatten(item, arrays) for item in inside[1:]), inside[0])
    if kind == "dict":
        return {unflatten(key, arrays): unflatten(value, arrays) for key, value in inside}
    if kind == "array":
        return arrays[inside]
    if kind == "scalar":
        return arrays[inside][()]
    if kind == "jax":
        return jnp.asarray(arrays[inside])
    if kind == "key":
        return jax.random.wrap_key_data(jnp.asarray(arrays[inside[1]]), impl=inside[0])
    raise InvalidData(
        f"A saved state has something of an unknown kind, '{kind}'.",
        help="It was written by another version of lamella, or the file is damaged.",
    )


def plain_copy(value: Any) -> tuple[bool, Any]:
    """Whether `flatten` can take a value, and a copy of it that nothing else changes.

    Args:
        value: anything.

    Example:
        >>> plain_copy([1, 2]), plain_copy(print)
        ((True, [1, 2]), (False, None))
    """
    try:
        return True, unflatten(*flatten(value))
    except (WrongType, RecursionError):
        return False, None


def _flat(value: Any, arrays: list[np.ndarray]) -> Any:
    kind = type(value)
    if kind in _KEPT or (kind is float and math.isfinite(value)):
        return value
    if kind is float:
        return {"float": struct.pack(">d", value).hex()}
    if kind is list:
        return [_flat(item, arrays) for item in value]
    if kind in (tuple, set):
        return {kind.__name__: [_flat(item, arrays) for item in value]}
    if kind is deque:
        return {"deque": [value.maxlen, *(_flat(item, arrays) for item in value)]}
    if isinstance(value, dict):
        pairs = value.items()
        return {"dict": [[_flat(key, arrays), _flat(one, arrays)] for key, one in pairs]}
    if isinstance(value, jax.Array) and jnp.issubdtype(value.dtype, jax.dtypes.prng_key):
        index = _kept(jax.random.key_data(value), arrays)
        return {"key": [str(jax.random.key_impl(value)), index]}
    if isinstance(value, jax.Array):
        return {"jax": _kept(value, arrays)}
    if kind is np.ndarray or isinstance(value, np.generic):
        return {"array" if kind is np.ndarray else "scalar": _kept(value, arrays)}
    raise WrongType(
        f"A callback's state cannot hold {kind.__name__}: {value!r:.60}.",
        help="Give plain values and arrays from get_state.",
    )


def _kept(value: Any, arrays: list[np.ndarray]) -> int:
    array = np.array(value)
    # Extension types (bfloat16) have kind "V" as records have, but no fields.
    if array.dtype.kind not in "biufcV" or array.dtype.names is not None:
        text = f"A callback's state cannot hold an array of {array.dtype}."
        raise WrongType(text, help="Give numbers, or lists of text.")
    arrays.append(array)
    return len(arrays) - 1
