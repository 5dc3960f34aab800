"""The only shape inference: run the function on shapes.

Unknown axes become symbols, one for each axis position, so that axis 0 of all inputs is the same
batch. Where JAX cannot decide something about a symbol, the function runs on two sets of sizes, and
what differs in the results is unknown.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jax
from jax import export

from lamella._base import dtype_name
from lamella._graph.symbolic import KerasTensor
from lamella._state import frame as frames
from lamella._state.frame import Frame, Values

_MOST_AXES = 8
# Sizes that strides divide and that real axes seldom have; nothing of that size is ever computed.
_PROBES = (55440, 65520)


@lru_cache(maxsize=1)
def _symbols() -> tuple[Any, ...]:
    # A mistake that JAX finds is told in these names: "(batch, 4) and (3,)".
    names = ", ".join(["batch", *(f"axis{index}" for index in range(1, _MOST_AXES))])
    return tuple(export.symbolic_shape(names))


def infer(function: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> Any:
    """The structure of symbolic tensors that a call gives.

    Args:
        function: pure, or a layer's `call`; what it writes to variables is forgotten.
        args, kwargs: with KerasTensor leaves where arrays would stand.

    Example:
        >>> import jax.numpy as jnp
        >>> infer(jnp.ravel, (KerasTensor((2, 3)),), {}).shape
        (6,)
    """
    leaves, structure = jax.tree.flatten((args, kwargs))
    places = [index for index, leaf in enumerate(leaves) if isinstance(leaf, KerasTensor)]

    probes: frozenset[int] = frozenset()

    def run(*arrays: Any) -> Any:
        filled = list(leaves)
        for index, array in zip(places, arrays):
            filled[index] = array
        inner_args, inner_kwargs = jax.tree.unflatten(structure, filled)
        frame = frames.ambient()
        scope = Values(outer=frame.values)
        same = {name: getattr(frame, name) for name in ("training", "autocast", "path", "called")}
        fresh = Frame(values=scope, probes=probes, **same)
        with frames.entered(fresh):
            return function(*inner_args, **inner_kwargs)

    tensors = [leaves[index] for index in places]
    if not any(None in tensor.shape for tensor in tensors):
        return _as_tensors(_evaluate(run, tensors, lambda axis: 1))
    try:
        return _as_tensors(_evaluate(run, tensors, lambda axis: _symbols()[axis]))
    except Exception as error:
        if not _undecided(error):
            raise
        cause = error
    tried = []
    for size in _PROBES:
        sizes = [size * (axis + 1) for axis in range(_MOST_AXES)]
        probes = frozenset(sizes)
        try:
            tried.append(_evaluate(run, tensors, sizes.__getitem__))
        except Exception as mistake:
            # A mistake, and not a size that could not be decided. In symbols it is said better,
            # unless all that was said there is that it could not be decided.
            if type(cause).__name__ != "InconclusiveDimensionOperation":
                raise cause from None
            text = str(mistake)
            for axis, number in enumerate(sizes):
                text = text.replace(str(number), str(_symbols()[axis]))
            mistake.args = (text,)
            raise mistake from None
    return jax.tree.map(_merge, *tried)


_OF_SYMBOLS = re.compile(
    "Inconclusive|symbolic|_DimExpr|batch|axis[1-4]|dynamic shape|concrete|"
    "Shapes must be 1D sequences"
)


def _undecided(error: BaseException) -> bool:
    """Whether the cause was a symbol whose size matters, and not a mistake of the caller."""
    text = f"{type(error).__name__} {error}"
    return _OF_SYMBOLS.search(text) is not None


def _evaluate(
    run: Callable[..., Any], tensors: list[KerasTensor], size: Callable[[int], Any]
) -> Any:
    forms = [
        tuple(size(axis) if n is None else n for axis, n in enumerate(t.shape)) for t in tensors
    ]
    specs = [jax.ShapeDtypeStruct(form, t.dtype) for form, t in zip(forms, tensors)]
    return jax.eval_shape(run, *specs)


def _as_tensors(structure: Any) -> Any:
    def convert(spec: Any) -> KerasTensor:
        sizes = tuple(size if isinstance(size, int) else None for size in spec.shape)
        return KerasTensor(sizes, dtype_name(spec.dtype))

    return jax.tree.map(convert, structure)


def _merge(first: Any, second: Any) -> KerasTensor:
    sizes = tuple(a if a == b else None for a, b in zip(first.shape, second.shape))
    return KerasTensor(sizes, dtype_name(first.dtype))
