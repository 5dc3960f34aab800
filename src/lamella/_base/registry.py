"""Names for objects: one table per kind, filled by decorators above the definitions.

A file or a string can only ever reach what stands in these tables. Nothing is imported by name.
"""

import contextlib
import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

from lamella._base.errors import InvalidArgument, UnknownName
from lamella._base.old_spellings import accept, name_today
from lamella._base.signatures import with_defaults

T = TypeVar("T")


@dataclass(frozen=True)
class Entry:
    """One registered object.

    Args:
        kind: the table it stands in: "layer", "loss", "activation" ...
        name: its own name: the class's or the function's.
        target: the class or function.
        module: the module that Keras's files give for it, "Custom" names have none.
        package: the package of a person's own class, None for lamella's.
    """

    kind: str
    name: str
    target: Any
    module: str
    package: str | None = None

    @property
    def registered_name(self) -> str | None:
        return f"{self.package}>{self.name}" if self.package else None


_tables: dict[str, dict[str, Entry]] = {}
_entries: dict[Any, Entry] = {}
_paths: dict[tuple[str, str], Entry] = {}
_custom: dict[str, Entry] = {}
_scope: ContextVar[Mapping[str, Any]] = ContextVar("custom_objects", default=MappingProxyType({}))


def register(kind: str, *aliases: str, module: str, name: str | None = None) -> Callable[[T], T]:
    """Enters one of lamella's own classes or functions into the table of its kind.

    A class whose constructor is that of an engine in no table gets it as its own, so that `help`
    and configs take it for the leaf's.

    Args:
        kind: the table, for instance "layer".
        aliases: further names, for instance "mse".
        module: where Keras's files say it lives, for instance "keras.layers".
        name: its name in files, if not its own.
    """

    def enter(target: T) -> T:
        own = name or target.__name__  # type: ignore[attr-defined]
        entry = Entry(kind, own, target, module)
        table = _tables.setdefault(kind, {})
        for key in (own, *aliases):
            if key in table:
                raise InvalidArgument(f"The name '{key}' is taken twice among {kind}s.")
            table[key] = entry
        _entries.setdefault(target, entry)
        _paths[module, own] = entry
        if isinstance(target, type):
            owner = next(base for base in target.__mro__ if "__init__" in vars(base))
            if owner is not object and owner not in _entries:
                with_defaults()(target)
            accept(kind, target)
        return target

    return enter


def register_custom(target: T, package: str = "Custom", name: str | None = None) -> T:
    """Enters a person's own class or function, known in files as "package>name"."""
    own = name or target.__name__  # type: ignore[attr-defined]
    entry = Entry("custom", own, target, getattr(target, "__module__", ""), package)
    _custom[f"{package}>{own}"] = entry
    _entries[target] = entry
    return target


@contextlib.contextmanager
def custom_objects(objects: Mapping[str, Any] | None) -> Iterator[None]:
    """Makes names known for as long as the block runs, in this thread only."""
    token = _scope.set({**_scope.get(), **(objects or {})})
    try:
        yield
    finally:
        _scope.reset(token)


def all_custom_objects() -> dict[str, Any]:
    """The person's own registered objects, and those of the scope, by name."""
    return {**{key: entry.target for key, entry in _custom.items()}, **_scope.get()}


def entry_of(target: Any) -> Entry | None:
    """The entry of a class or function, None if it stands in no table."""
    try:
        return _entries.get(target)
    except TypeError:  # unhashable: certainly not registered
        return None


def is_own(target: Any) -> bool:
    """Whether a class or function is lamella's own and not a person's."""
    entry = entry_of(target)
    return entry is not None and entry.package is None


def names(kind: str) -> list[str]:
    """All names of one table, sorted."""
    return sorted(_tables.get(kind, {}))


def members(kind: str) -> list[Any]:
    """All objects of one table, once each, in the order of their registration."""
    return list(dict.fromkeys(entry.target for entry in _tables.get(kind, {}).values()))


def find(kind: str, name: str) -> Any:
    """The object of that name in one table.

    Raises: UnknownName with the nearest names.
    """
    custom = _find_custom(name)
    if custom is not None:
        return custom
    table = _tables.get(kind, {})
    entry = table.get(name) or table.get(name_today(kind, name) or "")
    if entry is None:
        raise UnknownName(
            f"Unknown {kind}: received '{name}'. {near_miss(name, table)}",
            help=f"Known names: {_shorten(sorted(table))}.",
        )
    return entry.target


def find_in_file(module: str | None, class_name: str, registered_name: str | None) -> Any | None:
    """The object that a file means, None if no table has it. Old module paths are understood."""
    for key in (registered_name, class_name):
        custom = _find_custom(key) if key else None
        if custom is not None:
            return custom
    entry = _paths.get((module or "", class_name))
    if entry is None:
        words = set(re.split(r"\W", module or ""))
        named = [(path, other) for (path, name), other in _paths.items() if name == class_name]
        found = [other for path, other in named if not words or words & set(path.split(".")[1:])]
        entry = found[0] if found else None
    return entry.target if entry else None


def near_miss(name: str, options: Iterable[str]) -> str:
    """A sentence that names the nearest options, empty if none is near."""
    lowered = {option.lower(): option for option in options}
    near = [lowered[hit] for hit in difflib.get_close_matches(str(name).lower(), lowered, n=3)]
    return f"Did you mean {' or '.join(repr(hit) for hit in near)}?" if near else ""


def _find_custom(name: str) -> Any | None:
    if name in _scope.get():
        return _scope.get()[name]
    if name in _custom:
        return _custom[name].target
    by_name = [entry.target for entry in _custom.values() if entry.name == name]
    return by_name[0] if by_name else None


def _shorten(options: list[str], most: int = 24) -> str:
    shown = ", ".join(options[:most])
    return shown if len(options) <= most else f"{shown} ... ({len(options)} in all)"
