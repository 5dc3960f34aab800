"""Building: variables are made from the shapes of the first inputs, once."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import jax

from lamella._base import InvalidArgument, is_shape
from lamella._graph.symbolic import KerasTensor
from lamella._state import frame as frames


def recorded(build: Callable[..., Any]) -> Callable[..., Any]:
    """Wraps a `build` method: names its variables by path, remembers the shapes, marks it built."""

    @functools.wraps(build)
    def wrapped(self: Any, *args: Any, **kwargs: Any) -> None:
        if self._building:  # super().build(...) inside of a build
            build(self, *args, **kwargs)
            return
        object.__setattr__(self, "_building", True)
        try:
            # The path is the one of the first build, wherever the layer is called later.
            with frames.changed(path=(*frames.ambient().path, self.name), autocast=None):
                object.__setattr__(self, "_path", "/".join(frames.ambient().path))
                build(self, *args, **kwargs)
        finally:
            object.__setattr__(self, "_building", False)
        self._build_shapes = {**dict(zip(build_parameters(build), args)), **kwargs}
        self.built = True
        if self._first_weights is not None:
            # Also where the shapes of a model around it are being inferred.
            with jax.ensure_compile_time_eval(), frames.changed(values=None):
                self.set_weights(self._first_weights)

    wrapped._recorded = True  # type: ignore[attr-defined]
    return wrapped


@functools.cache
def build_parameters(build: Callable[..., Any]) -> tuple[str, ...]:
    """The named parameters of a `build` method."""
    items = list(inspect.signature(build).parameters.values())[1:]
    return tuple(p.name for p in items if p.kind is p.POSITIONAL_OR_KEYWORD)


def build_arguments(build: Callable[..., Any], shapes: dict[str, Any], who: str) -> dict[str, Any]:
    """Which shape goes to which parameter of `build`.

    Args:
        build: the method; its parameters are `input_shape`, or "<argument>_shape" each.
        shapes: the shape of every tensor argument of the call, by name.
        who: the layer, for messages.
    """
    names = build_parameters(build)
    found = {f"{key}_shape": shape for key, shape in shapes.items()}
    if len(names) == 1:
        return {names[0]: found.get(names[0], next(iter(shapes.values()), None))}
    missing = [name for name in names if name not in found and not _has_default(build, name)]
    if missing:
        raise InvalidArgument(
            f"The build method of {who} asks for {missing}; its call received tensors for "
            f"{sorted(shapes)}.",
            help="Name each parameter of build after an argument of call, with _shape at the end.",
        )
    return {name: found[name] for name in names if name in found}


def _has_default(build: Callable[..., Any], name: str) -> bool:
    return inspect.signature(build).parameters[name].default is not inspect.Parameter.empty


def tensors_for(shapes: Any, dtype: str) -> Any:
    """Symbolic tensors for a structure of shapes."""
    if isinstance(shapes, KerasTensor) or shapes is None:
        return shapes
    if is_shape(shapes):
        return KerasTensor(shapes, dtype)
    if isinstance(shapes, dict):
        return {key: tensors_for(item, dtype) for key, item in shapes.items()}
    return type(shapes)(tensors_for(item, dtype) for item in shapes)


def tensor_shapes(tensors: Any) -> Any:
    """The shapes of a structure of symbolic tensors."""
    return jax.tree.map(lambda tensor: tensor.shape, tensors)
