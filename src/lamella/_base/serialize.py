"""Objects to plain dictionaries and back, in the form that Keras 3's files have.

Reading runs nothing but constructors of registered classes: names that stand in no table are
refused, and functions written as byte code are never run.
"""

import types
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from lamella._base import registry, sharing
from lamella._base.dtypes import dtype_name
from lamella._base.errors import FileProblem, InvalidArgument, UnknownName, WrongType

_PLAIN = (str, int, float, bool)


def serialize(value: Any) -> Any:
    """An object as plain lists, dictionaries, strings and numbers.

    Example:
        >>> serialize([1, "relu", None])
        [1, 'relu', None]
    """
    if value is None or isinstance(value, _PLAIN):
        return value
    if isinstance(value, (list, tuple)):
        items = [serialize(item) for item in value]
        return tuple(items) if isinstance(value, tuple) else items
    if isinstance(value, Mapping):
        return {key: serialize(item) for key, item in value.items()}
    number_type = isinstance(value, type) and issubclass(value, np.generic)
    if number_type or isinstance(value, (np.generic, np.dtype)):
        return value.item() if isinstance(value, np.generic) else dtype_name(value)
    if isinstance(value, (np.ndarray, jax.Array)):
        kind = "__numpy__" if isinstance(value, np.ndarray) else "__tensor__"
        array = np.asarray(value)
        data = {"value": array.tolist(), "dtype": dtype_name(array.dtype)}
        return {"class_name": kind, "config": data}
    if isinstance(value, bytes):
        return {"class_name": "__bytes__", "config": {"value": value.decode()}}
    if isinstance(value, slice):
        parts = {"start": value.start, "stop": value.stop, "step": value.step}
        return {"class_name": "__slice__", "config": parts}
    if value is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    with sharing.one_config():
        node = _serialize_object(value)
        if getattr(value, "get_build_config", None) is not None:  # what has weights
            sharing.mark(value, node)
    return node


def short_form(value: Any) -> Any:
    """As `serialize`, but one of lamella's own functions becomes just its name: "relu"."""
    if isinstance(value, types.FunctionType) and registry.is_own(value):
        return _function_name(value)
    return serialize(value)


def _function_name(function: Any) -> str:
    entry = registry.entry_of(function)
    return function.__name__ if entry is None else entry.registered_name or entry.name


def _serialize_object(value: Any) -> dict[str, Any]:
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType)):
        if value.__name__ == "<lambda>":
            raise WrongType(
                "A lambda cannot be written to a file: it has no name to find it by when loading.",
                help="Define it with `def` under @lamella.saving.register_keras_serializable().",
            )
        return _node("builtins", "function", _function_name(value), "function")
    if isinstance(value, type):
        return _node("builtins", "type", value.__name__, None)
    cls = type(value)
    try:
        config = value.get_config()
    except AttributeError:
        raise WrongType(
            f"An object of class {cls.__name__} cannot be written to a config.",
            help="Give its class a `get_config` method, or pass a string, number or list.",
        ) from None
    entry = registry.entry_of(cls)
    if entry is not None and entry.package is None:
        node = _node(entry.module, entry.name, config, None)
    else:
        registered = entry.registered_name if entry else cls.__name__
        node = _node(cls.__module__, cls.__name__, config, registered)
    if getattr(value, "get_build_config", None) is not None:
        build = value.get_build_config()
        if build is not None:
            node["build_config"] = serialize(build)
    if getattr(value, "get_compile_config", None) is not None:
        compiled = value.get_compile_config()
        if compiled:
            node["compile_config"] = compiled
    return node


def _node(module: str, name: str, config: Any, registered: str | None) -> dict[str, Any]:
    return {"module": module, "class_name": name, "config": config, "registered_name": registered}


def is_node(value: Any) -> bool:
    """Whether a value is the dictionary of an object."""
    return isinstance(value, Mapping) and "class_name" in value and "config" in value


def deserialize(value: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The object that a plain structure describes.

    Raises: UnknownName, if a class is in no table; FileProblem, if the structure is damaged.
    """
    if custom_objects:
        with registry.custom_objects(custom_objects):
            return deserialize(value)
    if isinstance(value, (list, tuple)):
        items = [deserialize(item) for item in value]
        return tuple(items) if isinstance(value, tuple) else items
    if not isinstance(value, Mapping):
        return value
    if not is_node(value):
        return {key: deserialize(item) for key, item in value.items()}
    with sharing.one_config():
        made = sharing.known(value)
        if made is None:
            made = _revive(value)
            sharing.remember(made, value)
    return made


def _revive(node: Mapping[str, Any]) -> Any:
    name, config = node["class_name"], node["config"]
    special = _SPECIAL.get(name)
    if special is not None:
        return special(config)
    registered = node.get("registered_name")
    module = node.get("module")
    if name == "function" or registered == "function":
        return _find_function(config if isinstance(config, str) else str(name))
    target = registry.find_in_file(module, str(name), registered)
    if target is None:
        raise UnknownName(
            f"The config names the class '{name}' of module '{module}', which is not registered.",
            help="If it is yours, put @lamella.saving.register_keras_serializable() above it, "
            "or pass custom_objects={...}.",
        )
    if not isinstance(target, type):
        return target
    if not isinstance(config, Mapping):
        raise FileProblem(f"The config of '{name}' must be a dictionary. Received: {config!r}.")
    made = target.from_config(dict(config))  # type: ignore[attr-defined]
    build = node.get("build_config")
    if build and getattr(made, "build_from_config", None) is not None:
        made.build_from_config(deserialize(build))
    compiled = node.get("compile_config")
    if compiled and getattr(made, "compile_from_config", None) is not None:
        made.compile_from_config(compiled)
    return made


def _find_function(name: str) -> Any:
    for kind in ("activation", "loss", "metric_function", "metric", "op"):
        found = registry.all_custom_objects().get(name)
        if found is None and name in registry.names(kind):
            found = registry.find(kind, name)
        if found is not None:
            return found
    custom = registry.find_in_file(None, name, None)
    if custom is None:
        raise UnknownName(
            f"The config names the function '{name}', which is not registered.",
            help="Register it with @lamella.saving.register_keras_serializable(), "
            "or pass custom_objects={...}.",
        )
    return custom


def _refuse_lambda(config: Any) -> Any:
    raise FileProblem(
        "The file holds a function as byte code (a lambda); lamella never runs code from a file.",
        help="Rebuild that layer in your program with a named function and load the weights only.",
    )


_SPECIAL = {
    "__numpy__": lambda config: np.array(config["value"], dtype=config["dtype"]),
    "__tensor__": lambda config: np.array(config["value"], dtype=config["dtype"]),
    "__bytes__": lambda config: config["value"].encode(),
    "__slice__": lambda config: slice(config["start"], config["stop"], config["step"]),
    "__ellipsis__": lambda config: Ellipsis,
    "__tuple__": lambda config: tuple(deserialize(config["value"])),
    "__lambda__": _refuse_lambda,
}


def resolve(kind: str, identifier: Any, default: Any = None) -> Any:
    """The object that an argument means: a name, a config, a class, or the object itself.

    Args:
        kind: the table to look a name up in, for instance "initializer".
        identifier: what the person passed; None gives `default`.

    Raises: UnknownName with near misses; WrongType, if it is none of those.

    Example:
        >>> resolve("initializer", None) is None
        True
    """
    if identifier is None:
        return default
    if isinstance(identifier, str):
        found = registry.find(kind, identifier)
        return found() if isinstance(found, type) else found
    if isinstance(identifier, Mapping):
        if "class_name" not in identifier:
            raise InvalidArgument(
                f"A dictionary given as {kind} must be the config of one. Received: {identifier}.",
                help='It needs the keys "class_name" and "config".',
            )
        if not any(key in identifier for key in ("module", "registered_name")):
            found = registry.find(kind, str(identifier["class_name"]))
            return found.from_config(dict(identifier.get("config", {})))
        return deserialize(identifier)
    if isinstance(identifier, type):
        return identifier()
    if callable(identifier):
        return identifier
    raise WrongType(
        f"Cannot read {identifier!r} as {_article(kind)} {kind}.",
        help=f"Pass a name, an object or a function. Names: {', '.join(registry.names(kind)[:12])}",
    )


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"
