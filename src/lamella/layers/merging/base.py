"""What all merging layers share: several inputs, broadcasting, masks."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import InvalidArgument, InvalidShape
from lamella._graph.symbolic import KerasTensor
from lamella._layer.input_spec import shown
from lamella.layers._parts import MaskPassing

Masks = Sequence[jax.Array | None] | None


class Merge(MaskPassing):
    """A layer that makes one array of several. Subclasses fill `merge`."""

    exactly: int | None = None
    # The axis whose sizes may differ without being broadcast.
    free_axis: int | None = None

    def merge(self, arrays: list[jax.Array], masks: Masks) -> jax.Array:
        """The result for arrays of one rank that broadcast against each other."""
        raise NotImplementedError(f"{type(self).__name__} has to define merge(arrays, masks).")

    def call(self, inputs: Any, mask: Any = None) -> jax.Array:
        arrays = self._checked(inputs)
        rank = max(array.ndim for array in arrays)
        # As Keras does: missing axes are put in behind the batch.
        raised = [jnp.expand_dims(one, tuple(range(1, 1 + rank - one.ndim))) for one in arrays]
        self._require_fit([array.shape for array in raised])
        if mask is not None and any(one is not None and one.ndim != rank - 1 for one in mask):
            mask = None
        return self.merge(raised, mask)

    def _checked(self, inputs: Any) -> list[jax.Array]:
        if not isinstance(inputs, (list, tuple)) or not inputs:
            raise InvalidArgument(
                f"{self._who()} expects a list of inputs. Received: {type(inputs).__name__}.",
                help=f"Pass them together: {type(self).__name__}()([a, b]).",
            )
        if self.exactly is not None and len(inputs) != self.exactly:
            raise InvalidArgument(
                f"{self._who()} expects {self.exactly} inputs. Received: {len(inputs)}.",
                help=f"Pass a list of {self.exactly} arrays.",
            )
        return list(inputs)

    def _require_fit(self, shapes: list[Any]) -> None:
        """Refuses shapes that do not broadcast."""
        for sizes in zip(*shapes):
            numbers = {size for size in sizes if isinstance(size, int)}
            if len(numbers - {1}) > 1:
                raise InvalidShape(
                    f"{self._who()} expects inputs of one shape. Received: "
                    f"{', '.join(shown(tuple(shape)) for shape in shapes)}.",
                    help="Sizes must be equal or 1; bring them to one size with Dense or Reshape.",
                )

    def _infer(self, arguments: dict[str, Any]) -> Any:
        """Where one input knows a size and another does not, it is the known one."""
        inputs = next(iter(arguments.values()))
        if isinstance(inputs, (list, tuple)) and len({len(x.shape) for x in inputs}) == 1:
            known = []
            for axis, sizes in enumerate(zip(*(x.shape for x in inputs))):
                numbers = {size for size in sizes if size not in (None, 1)}
                free = self.free_axis is not None and axis == self.free_axis % len(inputs[0].shape)
                known.append(numbers.pop() if len(numbers) == 1 and not free else None)
            inputs = [_completed(x, known) for x in inputs]
            arguments = {**arguments, next(iter(arguments)): inputs}
        return super()._infer(arguments)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """A step counts if it does in any input; without a mask somewhere, all do."""
        if previous_mask is None or any(mask is None for mask in previous_mask):
            return None
        return functools.reduce(jnp.logical_or, previous_mask)


def _completed(tensor: KerasTensor, known: list[int | None]) -> KerasTensor:
    sizes = [other if size is None else size for size, other in zip(tensor.shape, known)]
    return tensor if tuple(sizes) == tensor.shape else KerasTensor(sizes, tensor.dtype)


def merge_counted(
    combine: Callable[[jax.Array, jax.Array], jax.Array], arrays: list[jax.Array], masks: Masks
) -> jax.Array:
    """Combines arrays in order; where only one of two counts, that one is the result."""
    given = list(masks) if masks is not None else [None] * len(arrays)
    result = arrays[0]
    counted = _over(given[0], result)
    for array, mask in zip(arrays[1:], given[1:]):
        here = _over(mask, array)
        if here is not None:
            array = jnp.where(here, array, result)
        if counted is not None:
            result = jnp.where(counted, result, array)
        counted = None if counted is None or here is None else jnp.logical_or(counted, here)
        result = combine(result, array)
    return result


def _over(mask: jax.Array | None, array: jax.Array) -> jax.Array | None:
    if mask is None:
        return None
    return jnp.broadcast_to(jnp.expand_dims(mask.astype(bool), -1), array.shape)
