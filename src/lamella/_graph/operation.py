"""`@op`: a function of arrays that also works on variables and on symbolic tensors."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar

import jax

from lamella._base import name_for, registry
from lamella._base.errors import InvalidArgument, InvalidData, InvalidShape, LamellaError, WrongType
from lamella._base.serialize import deserialize
from lamella._graph.infer import infer
from lamella._graph.node import Node, Operation, is_symbolic
from lamella._state.variable import Variable

F = TypeVar("F", bound=Callable[..., Any])


class OpCall(Operation):
    """An op in a graph, with its settings fixed. Each op has a subclass, made by `@op`.

    Args:
        name: its name in the graph, automatic if None.
        settings: the op's arguments that are not arrays.
    """

    function: Callable[..., Any]
    op_name: str

    def __init__(self, name: str | None = None, **settings: Any) -> None:
        super().__init__(name or name_for(type(self)))
        self.settings = settings

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, **self.settings}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        return cls(**deserialize(dict(config)))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not is_symbolic((args, kwargs)):
            return type(self).function(*args, **{**self.settings, **kwargs})
        run = functools.partial(type(self).function, **self.settings)
        try:
            outputs = infer(run, args, kwargs)
        except (TypeError, ValueError) as error:
            raise _explained(error, self.op_name, args, kwargs) from error
        Node(self, args, kwargs, outputs)
        return outputs


def op(
    name: str, *aliases: str, module: str, arrays: int = 1, class_name: str = ""
) -> Callable[[F], F]:
    """Declares an op.

    Args:
        name: what it is called in the registry, for instance "relu".
        aliases: further names.
        module: the module of its class in Keras's files, "keras.src.ops.nn".
        arrays: how many leading parameters may be arrays; the rest are settings.
        class_name: its class in Keras's files, if not the name in camel case.
    """

    def declare(function: F) -> F:
        camel = class_name or "".join(word.capitalize() for word in name.split("_"))
        signature = inspect.signature(function)
        parameters = list(signature.parameters)
        call_class = type(camel, (OpCall,), {"function": staticmethod(function), "op_name": name})
        registry.register("op_class", module=module, name=f"{camel}")(call_class)

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            # Variables are unwrapped at the door: raw jnp functions do not take them.
            args, kwargs = jax.tree.map(_unwrap, (args, kwargs), is_leaf=_is_variable)
            if not is_symbolic((args, kwargs)):
                try:
                    return function(*args, **kwargs)
                except (TypeError, ValueError) as error:
                    raise _explained(error, name, args, kwargs) from error
            bound = signature.bind(*args, **kwargs).arguments
            settings = {key: one for key, one in bound.items() if key not in parameters[:arrays]}
            last = max(place for place, key in enumerate(parameters[:arrays]) if key in bound)
            # One that was left out holds its place: later ones are told apart by position.
            given = [
                bound.get(key, signature.parameters[key].default) for key in parameters[: last + 1]
            ]
            return call_class(settings.pop("name", None), **settings)(*given)

        registry.register("op", *aliases, module=module, name=name)(wrapped)
        return wrapped  # type: ignore[return-value]

    return declare


def _explained(error: Exception, name: str, args: tuple, kwargs: dict[str, Any]) -> Exception:
    """An error of JAX or NumPy as one that names the op and what it received."""
    if isinstance(error, (LamellaError, jax.errors.JAXTypeError)):
        return error
    text = str(error).strip().split("\n")[0].rstrip(".")
    leaves = [leaf for leaf in jax.tree.leaves((args, kwargs)) if hasattr(leaf, "shape")]
    shapes = ", ".join(str(tuple(leaf.shape)) for leaf in leaves)
    about_shapes = any(word in text for word in ("shape", "dimension", "broadcast", "axis", "axes"))
    if "inhomogeneous" in text:
        return InvalidData(
            f"ops.{name} received rows of unlike length: {text}.",
            help="Give all rows one length, for example with utils.pad_sequences.",
        )
    kind = InvalidShape if about_shapes else WrongType if isinstance(error, TypeError) else None
    return (kind or InvalidArgument)(
        f"ops.{name} failed: {text}." + (f" Received shapes: {shapes}." if shapes else ""),
        help=f"help(lamella.ops.{name}) tells which arguments fit together."
        if not about_shapes
        else "Shapes must fit axis by axis, from the last one; ops.reshape, ops.expand_dims and "
        "ops.transpose change them.",
    )


def _is_variable(value: Any) -> bool:
    return isinstance(value, Variable)


def _unwrap(value: Any) -> Any:
    return value.value if isinstance(value, Variable) else value
