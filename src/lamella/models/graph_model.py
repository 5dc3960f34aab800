"""A model's graph between its inputs and outputs, and how data finds its way into it."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import InvalidArgument, InvalidShape, WrongType, near_miss, warn_person
from lamella._graph.function import Graph
from lamella._graph.node import Node, Operation
from lamella._graph.operation import OpCall
from lamella._graph.symbolic import KerasTensor
from lamella._layer import masking
from lamella._layer.repeats import carried_repeats
from lamella._layer.rows import require_rows_apart
from lamella.layers.core.input_layer import Input


class ModelGraph:
    """The structures of inputs and outputs as the person gave them, and the graph between.

    Args:
        inputs, outputs: a symbolic tensor, or a list, tuple or dictionary of them.
    """

    def __init__(self, inputs: Any, outputs: Any) -> None:
        for role, value in (("inputs", inputs), ("outputs", outputs)):
            _require_symbolic(role, value)
        inputs, outputs = _from_inputs(inputs, outputs)
        self.inputs, self.outputs = inputs, outputs
        self.flat_inputs: list[KerasTensor] = jax.tree.leaves(inputs)
        self.flat_outputs: list[KerasTensor] = jax.tree.leaves(outputs)
        self.graph = Graph(self.flat_inputs, self.flat_outputs)
        self.losses: list[KerasTensor] = []
        self._with_losses = self.graph
        _warn_of_idle_inputs(self.graph)

    @property
    def input_names(self) -> list[str]:
        return [_name(tensor) for tensor in self.flat_inputs]

    @property
    def output_names(self) -> list[str]:
        names: list[str] = []
        for tensor in self.flat_outputs:
            name = _name(tensor)
            count = sum(other == name or other.startswith(f"{name}_") for other in names)
            names.append(f"{name}_{count}" if name in names else name)
        return names

    def add_losses(self, losses: list[KerasTensor]) -> list[Any]:
        """Computes symbolic losses in every run from now on; gives all operations of such a run."""
        self.losses += losses
        self._with_losses = Graph(self.flat_inputs, [*self.flat_outputs, *self.losses])
        return self._with_losses.operations

    def run(self, inputs: Any, who: str, add_loss: Callable[[Any], None]) -> Any:
        """The outputs for real inputs, in the structure of the model's outputs."""
        arrays = self.flatten(inputs, who)
        flat = self._with_losses.run(arrays, _call, carried_repeats(self._with_losses))
        count = len(self.flat_outputs)
        require_rows_apart(who, len(flat) > count)
        for loss in flat[count:]:
            add_loss(loss)
        return jax.tree.unflatten(jax.tree.structure(self.outputs), flat[:count])

    def flatten(self, inputs: Any, who: str) -> list[Any]:
        """Inputs given by position or by name, in the order of the graph's inputs.

        Raises: InvalidArgument for wrong names or a wrong number; InvalidShape for a wrong rank.
        """
        flat = self._by_name(inputs, who) if isinstance(inputs, dict) else jax.tree.leaves(inputs)
        if len(flat) != len(self.flat_inputs):
            raise InvalidArgument(
                f"{who} expects {len(self.flat_inputs)} input(s) {self.input_names}. "
                f"Received: {len(flat)}.",
                help="Pass them as a list in that order, or as a dictionary by those names.",
            )
        try:
            return [_fit(array, spec, who) for array, spec in zip(flat, self.flat_inputs)]
        except InvalidShape as error:
            raise self._with_order(error, flat) from None

    def _with_order(self, error: InvalidShape, flat: list[Any]) -> InvalidShape:
        """The same error, with a better repair where the inputs only stand in a wrong order."""
        order = []
        for spec in self.flat_inputs:
            fits = [i for i, array in enumerate(flat) if _fits(array, spec) and i not in order]
            order += fits[:1]
        if len(flat) < 2 or len(order) < len(flat):
            return error
        return InvalidShape(
            error.message,
            help=f"They fit in another order: the inputs are {self.input_names}; pass a "
            "dictionary by those names to be safe.",
        )

    def _by_name(self, inputs: dict[str, Any], who: str) -> list[Any]:
        if isinstance(self.inputs, dict) and set(self.inputs) <= set(inputs):
            return jax.tree.leaves({key: inputs[key] for key in self.inputs})
        names = self.input_names
        for name in names:
            if name not in inputs:
                given = sorted(map(str, inputs))
                raise InvalidArgument(
                    f"{who} expects an input named '{name}'. Received the names {given}. "
                    f"{near_miss(name, given)}".rstrip(),
                    help=f"The names of its inputs are {names}.",
                )
        return [inputs[name] for name in names]


# Files of `ops` whose functions compute entry by entry.
_BY_ENTRY = ("arithmetic", "comparison", "elementary")


def _call(node: Node, args: tuple, kwargs: dict[str, Any]) -> Any:
    operation = node.operation
    if isinstance(operation, OpCall):
        family = operation.function.__module__.rpartition(".")[2]
        require_rows_apart(operation.name, family not in _BY_ENTRY)
    return operation(*args, **kwargs)  # type: ignore[operator]


def _name(tensor: KerasTensor) -> str:
    assert tensor.producer is not None
    return tensor.producer.operation.name


def _from_inputs(inputs: Any, outputs: Any) -> tuple[Any, Any]:
    """The same graph from Inputs of its own, where a tensor between two layers was given."""
    tensors, structure = jax.tree.flatten(inputs)
    if all(tensor.producer is not None and tensor.producer.is_input for tensor in tensors):
        return inputs, outputs
    fresh = [
        tensor
        if tensor.producer is not None and tensor.producer.is_input
        else Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=f"{tensor.name}CLONE")
        for tensor in tensors
    ]
    flat, out_structure = jax.tree.flatten(outputs)
    found = Graph(tensors, flat).run(fresh, _call)
    return jax.tree.unflatten(structure, fresh), jax.tree.unflatten(out_structure, found)


def _warn_of_idle_inputs(graph: Graph) -> None:
    used = {id(tensor) for node in graph.nodes for tensor in node.input_tensors}
    used |= {id(tensor) for tensor in graph.outputs}
    for tensor in graph.inputs:
        if id(tensor) not in used:
            warn_person(
                f"The model's Input '{_name(tensor)}' reaches none of its outputs: data for it is "
                "ignored. Leave it out of `inputs`, or connect it."
            )


def _require_symbolic(role: str, structure: Any) -> None:
    leaves = jax.tree.leaves(structure)
    for leaf in leaves:
        if not isinstance(leaf, KerasTensor):
            raise WrongType(
                f"A model's `{role}` must be symbolic tensors. Received: {type(leaf).__name__}.",
                help=f"Call it on a tensor: {type(leaf).__name__}(...)(x)."
                if isinstance(leaf, Operation)
                else "Start from lamella.Input(shape=...) and call layers on it.",
            )
    if not leaves:
        raise InvalidArgument(
            f"A model needs at least one of its `{role}`. Received: {structure!r}.",
            help="Pass Model(inputs=..., outputs=...).",
        )


def _fit(array: Any, spec: KerasTensor, who: str) -> Any:
    """One input in the rank and number type of its Input; a last axis of size 1 may be missing."""
    if array is None:
        return None
    if not isinstance(array, (jax.Array, KerasTensor)):
        raise WrongType(
            f"{who} expects an array for its input '{_name(spec)}'. "
            f"Received: {type(array).__name__} {array!r:.40}.",
            help="Pass a NumPy or JAX array, or a list of numbers.",
        )
    mask = masking.get_mask(array)
    rank, wanted = len(array.shape), len(spec.shape)
    fitted: Any = array
    if not isinstance(array, KerasTensor):
        if rank == wanted + 1 and array.shape[-1] == 1:
            fitted = jnp.squeeze(array, -1)
        elif rank == wanted - 1 and spec.shape and spec.shape[-1] == 1:
            fitted = jnp.expand_dims(array, -1)
        if str(fitted.dtype) != spec.dtype and spec.dtype != "string":
            fitted = fitted.astype(spec.dtype)
    _check_shape(fitted, spec, who, tuple(array.shape))
    if mask is not None and fitted is not array:
        masking.set_mask(fitted, mask)
    return fitted


def _fits(array: Any, spec: KerasTensor) -> bool:
    return len(array.shape) == len(spec.shape) and all(
        wanted in (None, size) for size, wanted in zip(array.shape[1:], spec.shape[1:])
    )


def _check_shape(array: Any, spec: KerasTensor, who: str, received: tuple) -> None:
    same_rank = len(array.shape) == len(spec.shape)
    if same_rank and all(
        wanted is None or not isinstance(size, int) or size == wanted
        for size, wanted in zip(array.shape[1:], spec.shape[1:])
    ):
        return
    shape = tuple(size if isinstance(size, int) else None for size in received)
    help = "The first axis is the batch; reshape the data so that the others match."
    if len(received) == len(spec.shape) - 1 and shape == spec.shape[1:]:
        help = "That is one sample without the batch axis: pass x[None] (or x[np.newaxis])."
    raise InvalidShape(
        f"{who} expected shape {spec.shape} for its input '{_name(spec)}'. "
        f"Received: shape {shape}.",
        help=help,
    )
