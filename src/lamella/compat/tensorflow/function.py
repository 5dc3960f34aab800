"""Functions with TensorFlow's names and arguments, filed in one table as they are defined."""

import ast
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import jax
import numpy as np

from lamella import ops
from lamella._base import InvalidArgument, WrongType
from lamella._base.dtypes import FLOATS
from lamella._graph.symbolic import KerasTensor
from lamella._state.variable import Variable
from lamella.compat.modules import NAMES

F = TypeVar("F", bound=Callable[..., Any])

# Full name below tf -> the object: "math.reduce_mean".
TABLE: dict[str, Any] = {}


def named(*names: str) -> Callable[[F], F]:
    """Files a function under its names in `tf`; it then also takes and forgets `name`.

    Args:
        names: full names below tf, for instance "reduce_mean", "math.reduce_mean".
    """

    def file(function: F) -> F:
        signature = inspect.signature(function)
        parameters = list(signature.parameters.values())
        if not any(item.kind is item.VAR_KEYWORD for item in parameters):
            kind = inspect.Parameter.KEYWORD_ONLY
            parameters.append(inspect.Parameter("name", kind, default=None))
        call = _checked(names[0], function, signature.replace(parameters=parameters))
        TABLE.update(dict.fromkeys(names, call))
        return call  # type: ignore[return-value]

    return file


def define(room: str, rows: Mapping[str, Callable[..., Any]], same: bool = False) -> None:
    """Files functions by their form, which is how a person may call them.

    Args:
        room: where they stand, "math"; with a "+" in front also in tf itself.
        rows: by form, "argmax(input, axis=0)", the function; it gets all arguments in this order.
        same: whether all tensors must be of one type.
    """
    for form, function in rows.items():
        name, signature = _read_form(form)
        full = f"{room.lstrip('+')}.{name}".lstrip(".")
        TABLE[full] = _checked(full, function, signature, same)
        if room.startswith("+"):
            TABLE[name] = TABLE[full]


def _read_form(form: str) -> tuple[str, inspect.Signature]:
    definition = ast.parse(f"def {form}: pass").body[0]
    assert isinstance(definition, ast.FunctionDef)
    words = [argument.arg for argument in definition.args.args]
    defaults = [ast.literal_eval(value) for value in definition.args.defaults]
    values = [inspect.Parameter.empty] * (len(words) - len(defaults)) + defaults
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    pairs = [*zip(words, values), ("name", None)]
    parameters = [inspect.Parameter(word, kind, default=value) for word, value in pairs]
    return definition.name, inspect.Signature(parameters)


def _checked(
    name: str, function: Callable[..., Any], signature: inspect.Signature, same: bool = False
) -> Callable[..., Any]:
    short = name.rpartition(".")[2]

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as problem:
            raise _refusal(name, signature, args, kwargs, str(problem)) from None
        bound.apply_defaults()
        bound.arguments.pop("name", None)
        if same:
            require_one_type(short, *bound.arguments.values())
        return function(*bound.args, **bound.kwargs)

    call.__name__ = call.__qualname__ = short
    call.__signature__ = signature  # type: ignore[attr-defined]
    return call


def _refusal(
    name: str, signature: inspect.Signature, args: Any, kwargs: Any, problem: str
) -> WrongType:
    name = name if name.startswith("K.") else f"tf.{name}"
    given = [_short(item) for item in args] + [f"{k}={_short(v)}" for k, v in kwargs.items()]
    words = [str(item).split(":")[0] for item in signature.parameters.values()]
    form = f"Its form is {name}({', '.join(word for word in words if 'name=' not in word)})."
    sizes = args[0] if len(args) == 1 and not kwargs else None
    if name == "tf.reshape" and isinstance(sizes, (tuple, list)):
        # The tensor was forgotten, not the shape.
        form = f"Probably meant: {name}(data, {sizes})."
    problem = problem.replace("a required argument", "the argument")
    return WrongType(f"{name}: {problem}. Received: {name}({', '.join(given)}).", help=form)


def _short(value: Any) -> str:
    shape = getattr(value, "shape", None)
    text = f"<array of shape {shape}>" if isinstance(shape, tuple) and shape else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def type_of(value: Any) -> str | None:
    """The number type of a tensor, None of Python numbers and lists."""
    if isinstance(value, (Variable, KerasTensor)):
        return str(value.dtype)
    if isinstance(value, (jax.Array, np.ndarray, np.generic)) and value.dtype.kind not in "OSU":
        return str(jax.dtypes.canonicalize_dtype(value.dtype))
    return None


def require_one_type(name: str, *values: Any) -> None:
    """Refuses tensors of unlike types: TensorFlow converts none by itself.

    Raises: InvalidArgument, that names both and tf.cast.
    """
    types = list(dict.fromkeys(kind for kind in map(type_of, values) if kind))
    if len(types) == 1 and "int" in types[0]:
        types += [f"the float {value!r}" for value in values if isinstance(value, float)][:1]
    if len(types) > 1:
        wanted = next((kind for kind in types if kind in FLOATS), "float32")
        raise InvalidArgument(
            f"tf.{name} takes tensors of one type only. Received: {types[0]} and {types[1]}.",
            help=f"Bring them to one type first, for example tf.cast(x, tf.{wanted}).",
        )


for _table in ("renamed", "renamed_of_one_type"):
    for _room, _lines in NAMES[_table].items():
        _forms = [_line.partition(" = ") for _line in _lines.splitlines()]
        _rows = {form: getattr(ops, own or form.split("(")[0]) for form, _, own in _forms}
        define(_room, _rows, same=_table != "renamed")
