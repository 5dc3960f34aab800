"""Names for a person's own classes and functions, so that files can speak of them."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import ExitStack
from typing import Any, Self, TypeVar

from lamella._base import InvalidArgument, publish, registry, serialize

T = TypeVar("T")


def register_keras_serializable(
    package: str = "Custom", name: str | None = None
) -> Callable[[T], T]:
    """Makes a class or function known to files, as "package>name".

    Args:
        package: where it belongs, for instance the name of your project.
        name: its name, if not its own.

    Raises: InvalidArgument, if a class has no `get_config`.

    Example:
        >>> @register_keras_serializable("doc")
        ... def twice(x):
        ...     return 2 * x
        >>> get_registered_name(twice)
        'doc>twice'
    """

    def enter(target: T) -> T:
        if isinstance(target, type) and not callable(getattr(target, "get_config", None)):
            raise InvalidArgument(
                f"The class {target.__name__} cannot be registered: it has no `get_config`.",
                help="Write get_config, which gives the constructor's arguments as a dictionary.",
            )
        return registry.register_custom(target, package, name)

    return enter


def get_registered_name(obj: Any) -> str:
    """The name of a class or function in files: "package>name", or its own if not registered.

    Args:
        obj: the class or function.

    Example:
        >>> get_registered_name(len)
        'len'
    """
    entry = registry.entry_of(obj)
    if entry is not None and entry.registered_name is not None:
        return entry.registered_name
    return str(obj.__name__)


def get_registered_object(
    name: str,
    custom_objects: Mapping[str, Any] | None = None,
    module_objects: Mapping[str, Any] | None = None,
) -> Any:
    """The class or function that was registered under a name, None if there is none.

    Args:
        name: "package>name", or a key of one of the dictionaries.
        custom_objects, module_objects: where to look if it is not registered.

    Example:
        >>> get_registered_object("nowhere>nothing") is None
        True
    """
    for objects in (registry.all_custom_objects(), custom_objects or {}, module_objects or {}):
        if name in objects:
            return objects[name]
    return None


class CustomObjectScope:
    """Makes classes and functions known by name for as long as a `with` block runs.

    Args:
        custom_objects: the objects by name.

    Example:
        >>> def twice(x):
        ...     return 2 * x
        >>> with CustomObjectScope({"my_twice": twice}):
        ...     get_registered_object("my_twice") is twice
        True
    """

    def __init__(self, custom_objects: Mapping[str, Any] | None) -> None:
        self.custom_objects = dict(custom_objects or {})
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._open.enter_context(registry.custom_objects(self.custom_objects))
        return self

    def __exit__(self, *error: Any) -> None:
        self._open.close()


custom_object_scope = CustomObjectScope


class CustomObjects(MutableMapping[str, Any]):
    """All registered objects by name; what is put in is registered, what is taken out is not.

    Example:
        >>> "nothing" in CustomObjects()
        False
    """

    def __getitem__(self, name: str) -> Any:
        return registry._custom[self._key(name)].target

    def __setitem__(self, name: str, target: Any) -> None:
        package, _, own = name.rpartition(">")
        registry.register_custom(target, package or "Custom", own)

    def __delitem__(self, name: str) -> None:
        registry._entries.pop(registry._custom.pop(self._key(name)).target, None)

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(registry._custom))

    def __len__(self) -> int:
        return len(registry._custom)

    def _key(self, name: str) -> str:
        return name if name in registry._custom else f"Custom>{name}"


def get_custom_objects() -> CustomObjects:
    """All registered objects by name, to look at or to change.

    Example:
        >>> get_custom_objects()["doc>half"] = lambda x: x / 2
        >>> get_registered_object("doc>half")(4)
        2.0
    """
    return CustomObjects()


def serialize_keras_object(obj: Any) -> Any:
    """An object as plain dictionaries, lists, strings and numbers.

    Args:
        obj: a layer, loss, function ... or a structure of them.

    Example:
        >>> serialize_keras_object({"rate": 0.5})
        {'rate': 0.5}
    """
    return serialize.serialize(obj)


def deserialize_keras_object(
    config: Any, custom_objects: Mapping[str, Any] | None = None, safe_mode: bool = True
) -> Any:
    """The object that a plain structure describes. Nothing in it is run.

    Args:
        config: what `serialize_keras_object` gave.
        custom_objects: your own classes and functions by name.
        safe_mode: accepted; lambdas are never run, safe or not.

    Raises: UnknownName, if a class is not registered.

    Example:
        >>> deserialize_keras_object([1, 2])
        [1, 2]
    """
    return serialize.deserialize(config, custom_objects)


publish(__name__, "CustomObjects", "T")
