"""A function as a layer."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Self

import jax

from lamella._base import WrongType, is_shape, register
from lamella._base.serialize import deserialize, serialize
from lamella._graph.symbolic import KerasTensor
from lamella._layer.layer import Layer


@register("layer", module="keras.layers")
class Lambda(Layer):
    """Makes a layer of a function of arrays.

    Args:
        function: takes the inputs, and `mask` and `training` if it names them. Variables that it
            uses are not the layer's: write a Layer for those.
        output_shape: the shape without the batch axis, or a function of the whole input shape;
            None to find out.
        mask: the mask of the output, or a function (inputs, mask) that makes it.
        arguments: further arguments of the function, by name.

    Shapes: what the function does

    Raises: WrongType, if the function cannot be called, or is a lambda and written to a file.

    Example:
        >>> import jax.numpy as jnp
        >>> Lambda(jnp.square)(jnp.array([2.0, 3.0])).tolist()
        [4.0, 9.0]
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not callable(function):
            raise WrongType(
                f"Lambda expects a function. Received: {function!r}.",
                help="Pass for example jnp.square, or a function defined with def.",
            )
        self.function = function
        self.mask = mask
        self.arguments = dict(arguments or {})
        self.supports_masking = mask is not None
        self._given_shape = output_shape
        self._names = _parameter_names(function)

    def call(self, inputs: Any, mask: Any = None, training: bool | None = None) -> Any:
        offered = {"mask": mask, "training": training}
        taken = {name: value for name, value in offered.items() if name in self._names}
        return self.function(inputs, **{**self.arguments, **taken})

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return self.mask(inputs, previous_mask) if callable(self.mask) else self.mask

    def _infer(self, arguments: dict[str, Any]) -> Any:
        if self._given_shape is None:
            return super()._infer(arguments)
        tensors = next(iter(arguments.values()))
        if callable(self._given_shape):
            shapes = self._given_shape(jax.tree.map(lambda tensor: tensor.shape, tensors))
        else:
            batch = jax.tree.leaves(tensors)[0].shape[0]
            given = self._given_shape
            shapes = jax.tree.map(lambda shape: (batch, *shape), given, is_leaf=is_shape)
        dtype = self.compute_dtype
        return jax.tree.map(lambda shape: KerasTensor(shape, dtype), shapes, is_leaf=is_shape)

    def get_config(self) -> dict[str, Any]:
        config = {**self._base_config(), "function": serialize(self.function)}
        for name, value in (("output_shape", self._given_shape), ("mask", self.mask)):
            if value is not None:
                config[name] = serialize(value)
        return {**config, "arguments": serialize(self.arguments)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        known = {key: deserialize(value) for key, value in config.items()}
        shape = known.get("output_shape")
        if isinstance(shape, list) and is_shape(shape):
            known["output_shape"] = tuple(shape)
        return cls(**known)


def _parameter_names(function: Callable[..., Any]) -> set[str]:
    try:
        return set(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # some built-in functions have no signature
        return set()
