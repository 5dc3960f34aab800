"""A recurrent layer read in both directions."""

import types
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import AttributeMissing, InvalidArgument, check, register, registry
from lamella._base.serialize import serialize
from lamella._layer.layer import Layer
from lamella._state.variable import Variable
from lamella.layers._parts import MaskPassing, call_with

_MERGES: dict[str, Callable[[jax.Array, jax.Array], jax.Array]] = {
    "sum": lambda y, y_back: y + y_back,
    "mul": lambda y, y_back: y * y_back,
    "ave": lambda y, y_back: (y + y_back) / 2,
    "concat": lambda y, y_back: jnp.concatenate([y, y_back], axis=-1),
}


@register("layer", module="keras.layers")
class Bidirectional(MaskPassing):
    """Runs a recurrent layer forwards and a copy of it backwards, and merges the outputs.

    Both outputs stand in the order of the input. With return_sequences=True masked steps give
    zeros.

    Args:
        layer: a recurrent layer; it is copied, so its weights start anew.
        merge_mode: "concat", "sum", "mul", "ave", or None for both outputs apart.
        weights: first values of the weights of both directions, forwards first.
        backward_layer: the layer that reads backwards, made with go_backwards=True.

    Shapes: (n, time, features) -> (n, [time,] 2 units) with "concat", (n, [time,] units) else

    Raises: WrongType, if it is no layer; InvalidArgument, if the two layers do not match.

    Example:
        >>> from lamella.layers.rnn.gru import GRU
        >>> Bidirectional(GRU(4))(jnp.ones((2, 5, 3))).shape
        (2, 8)

    Source: Schuster and Paliwal 1997, IEEE Transactions on Signal Processing 45:2673.
    """

    _not_in_config = (*Layer._not_in_config, "weights")
    _untracked = (*Layer._untracked, "_first_weights")

    def __init__(
        self,
        layer: Layer,
        merge_mode: str | None = "concat",
        weights: Any = None,
        backward_layer: Layer | None = None,
        **kwargs: Any,
    ) -> None:
        for one in (layer, layer if backward_layer is None else backward_layer):
            _check_layer(one)
        super().__init__(**kwargs)
        self.merge_mode = check.one_of(merge_mode, (*_MERGES, None), "merge_mode")
        self.forward_layer = _copy(layer, "forward_")
        if backward_layer is None:
            backward_layer = _copy(layer, "backward_", go_backwards=True)
        self.backward_layer = backward_layer
        _check_match(self.forward_layer, backward_layer)
        for one in (self.forward_layer, backward_layer):
            if getattr(one, "zero_output_for_mask", None) is not None:
                one.zero_output_for_mask = one.return_sequences  # type: ignore[attr-defined]
        self._first_weights = weights
        self.stateful = getattr(layer, "stateful", False)
        self.return_sequences = layer.return_sequences  # type: ignore[attr-defined]
        self.return_state = layer.return_state  # type: ignore[attr-defined]
        self.mixes_rows = bool(self.stateful)
        self.input_spec = layer.input_spec

    def _base_config(self) -> dict[str, Any]:
        return {
            **super()._base_config(),
            "layer": serialize(self.forward_layer),
            "backward_layer": serialize(self.backward_layer),
        }

    def __repr__(self) -> str:
        return f"Bidirectional({self.forward_layer!r}, merge_mode={self.merge_mode!r})"

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                layer.build(sequences_shape)
        if self._first_weights:
            half = len(self._first_weights) // 2
            self.forward_layer.set_weights(self._first_weights[:half])
            self.backward_layer.set_weights(self._first_weights[half:])

    def call(
        self,
        sequences: jax.Array,
        initial_state: Any = None,
        mask: Any = None,
        training: bool | None = None,
    ) -> Any:
        forward_state, backward_state = None, None
        if initial_state is not None:
            half = len(initial_state) // 2
            forward_state, backward_state = initial_state[:half], initial_state[half:]
        more = {"mask": mask, "training": training}
        y = call_with(self.forward_layer, sequences, initial_state=forward_state, **more)
        y_back = call_with(self.backward_layer, sequences, initial_state=backward_state, **more)
        states: tuple = ()
        if self.return_state:
            states = (*y[1:], *y_back[1:])
            y, y_back = y[0], y_back[0]
        y, y_back = y.astype(self.compute_dtype), y_back.astype(self.compute_dtype)
        if self.return_sequences:
            y_back = jnp.flip(y_back, axis=1)
        if self.merge_mode is None:
            return (y, y_back, *states)
        merged = _MERGES[self.merge_mode](y, y_back)
        return (merged, *states) if self.return_state else merged

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The mask of the outputs: the one that came in, where there is an output a step."""
        masks = jax.tree.leaves(previous_mask)
        mask = masks[0] if masks and self.return_sequences else None
        # States come last and have none.
        return mask if self.merge_mode else [mask, mask]

    @property
    def states(self) -> tuple[Variable, ...] | None:
        """The kept states of both directions, forwards first; None if there are none."""
        kept = [getattr(one, "states", None) for one in (self.forward_layer, self.backward_layer)]
        return tuple(kept[0] + kept[1]) if kept[0] and kept[1] else None

    def reset_state(self) -> None:
        """Sets the kept states of both directions to zero.

        Raises: AttributeMissing, if the layer is not stateful.
        """
        if not self.stateful:
            raise AttributeMissing(
                f"{self._who()} keeps no states: it was made with stateful=False.",
                help="Make the layer inside with stateful=True.",
            )
        self.forward_layer.reset_state()  # type: ignore[attr-defined]
        self.backward_layer.reset_state()  # type: ignore[attr-defined]

    def reset_states(self) -> None:
        """The old name of `reset_state`."""
        self.reset_state()


def _check_layer(layer: Any) -> None:
    if not isinstance(layer, Layer):
        raise InvalidArgument(
            f"Bidirectional expects a layer. Received: {layer!r}.",
            help="Pass for example Bidirectional(LSTM(32)).",
        )
    missing = [
        name
        for name in ("go_backwards", "return_sequences", "return_state")
        if getattr(layer, name, None) is None
    ]
    if missing:
        raise InvalidArgument(
            f"Bidirectional expects a recurrent layer; {layer._who()} has no `{missing[0]}`.",
            help="Wrap an LSTM, a GRU, a SimpleRNN, or an RNN around a cell of your own.",
        )


def _check_match(forward: Any, backward: Any) -> None:
    if forward.go_backwards == backward.go_backwards:
        raise InvalidArgument(
            "Bidirectional expects layers of different go_backwards. "
            f"Received: {forward.go_backwards} for both.",
            help="Make the backward_layer with go_backwards=True.",
        )
    for name in ("stateful", "return_sequences", "return_state"):
        values = getattr(forward, name, False), getattr(backward, name, False)
        if values[0] != values[1]:
            raise InvalidArgument(
                f"Bidirectional expects the same {name} in both layers. "
                f"Received: {values[0]} forwards and {values[1]} backwards.",
                help=f"Make both layers with {name}={values[0]}.",
            )


def _copy(layer: Layer, prefix: str, **changes: Any) -> Layer:
    """A fresh layer of the same arguments, whose name says its direction."""
    changes["name"] = prefix + layer.name.removeprefix(prefix)
    with registry.custom_objects(_own_objects(layer)):
        made = type(layer).from_config({**layer.get_config(), **changes})
    if getattr(layer, "use_cudnn", None) is not None:
        made.use_cudnn = layer.use_cudnn  # type: ignore[attr-defined]
    return made


def _own_objects(layer: Layer) -> dict[str, Any]:
    """A person's own classes and functions inside a layer, which need not be registered here."""
    found: dict[str, Any] = {}
    for inner in layer._walk():
        for value in (inner, *vars(inner).values()):
            target = value if isinstance(value, types.FunctionType) else type(value)
            if callable(value) and not isinstance(value, type) and not registry.is_own(target):
                found[target.__name__] = target
    return found
