"""Modules that look their names up in lamella, and the finder that gives them to `import`.

Which of lamella's modules stands behind each module of Keras is told by tables, which are data.
What is not in a table is found by its own name: `keras.regularizers` is `lamella.regularizers`, now
and when new rooms are built.
"""

from __future__ import annotations

import importlib
import importlib.util
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from lamella._base import AttributeMissing, LamellaError, registry, snake_case

ROOTS = ("tensorflow", "keras", "tf_keras")

NAMES: dict[str, Any] = tomllib.loads(
    (Path(__file__).parent / "_data" / "names.toml").read_text(encoding="utf-8")
)
# Every way to spell "keras"; the longest one that fits counts.
KERAS_PREFIXES: list[str] = NAMES["keras_prefixes"]
# Below these, files are named after the classes in them: keras.src.callbacks.early_stopping.
INNER_PREFIXES = ("keras.src", "tf_keras.src", "tensorflow.python.keras")
# Rooms whose submodules are public: keras.datasets.mnist.
OPEN_ROOMS = ("datasets", "applications", "ops", "visualization")

# Path below keras -> lamella's modules, looked through in order.
HOMES: dict[str, tuple[str, ...]] = {
    f"{room}.{file}".rstrip("."): tuple(told["homes"])
    for room, told in NAMES["rooms"].items()
    for file in ("", *told.get("files", "").split())
}


class ModuleMissing(LamellaError, ModuleNotFoundError):
    """A module or a name that old code imports is not there."""


@dataclass(frozen=True)
class Place:
    """Where a module of old code finds its names.

    Args:
        names: what stands only here, or is another thing here.
        homes: modules of lamella, looked through in order.
        kind: the registry's table for lower-case spellings.
        gone: names that are not there, and what to do instead.
        advice: what to do about any other name that is not there.
    """

    homes: tuple[str, ...] = ()
    names: Mapping[str, Any] = field(default_factory=dict)
    kind: str = ""
    gone: Mapping[str, str] = field(default_factory=dict)
    advice: str = ""

    def find(self, name: str) -> Any:
        """The object of that name, or AttributeError."""
        if name in self.names:
            return self.names[name]
        problem: AttributeError | None = None
        for home in self.homes if not name.startswith("__") else ():
            try:
                value = getattr(importlib.import_module(home), name)
            except AttributeError as error:
                problem = error if isinstance(error, LamellaError) else problem
                continue
            if not isinstance(value, ModuleType):
                return value
        if self.kind and name in registry.names(self.kind):
            return registry.find(self.kind, name)
        raise problem or AttributeError(name)

    def missing(self, where: str, name: str) -> tuple[str, str]:
        """What to say about a name that is not there: message and help."""
        try:
            self.find(name)
        except LamellaError as error:
            # lamella's own room knows better what to do.
            return error.message, error.help
        except AttributeError:
            pass
        near = "" if name in self.gone else registry.near_miss(name, self.listing())
        advice = self.gone.get(name) or self.advice or f"dir({where}) lists what is there."
        return f"{where} has no '{name}' in lamella. {near}".rstrip(), advice

    def listing(self) -> list[str]:
        """All public names."""
        found = set(self.names) | set(registry.names(self.kind) if self.kind else ())
        for home in self.homes:
            members = vars(importlib.import_module(home)).items()
            found |= {name for name, value in members if not isinstance(value, ModuleType)}
        return sorted(name for name in found if not name.startswith("_"))


class Alias(ModuleType):
    """A module of old code. Its names live elsewhere and are looked up when they are asked for."""

    def __init__(self, name: str, finder: Finder, place: Place) -> None:
        super().__init__(name, f"Stands for {name}; given by lamella.compat.")
        self._finder = finder
        self._place = place

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return self._place.listing()
        try:
            return self._place.find(name)
        except (AttributeError, LamellaError) as error:
            inner = f"{self.__name__}.{name}"
            known = isinstance(error, LamellaError) or name.startswith("__")
            if not known and self._finder.place(inner):
                return importlib.import_module(inner)
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no {name!r}")
        # hasattr wants this class.
        raise AttributeMissing(*self._place.missing(self.__name__, name)) from None

    def __dir__(self) -> list[str]:
        return self._place.listing()


@dataclass(eq=False)
class Finder(MetaPathFinder, Loader):
    """Gives alias modules to `import`.

    Args:
        roots: the packages that it answers for.
        place: gives the Place of a full module name, None if there is none.
        gone: what to do instead of a module that is not there, by full name.
    """

    roots: Sequence[str]
    place: Callable[[str], Place | None]
    gone: Callable[[str], str | None] = lambda name: None

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if fullname.split(".")[0] not in self.roots:
            return None
        if self.place(fullname) is None:
            raise self._missing(fullname)
        return ModuleSpec(fullname, self, origin="lamella.compat", is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        place = self.place(spec.name)
        assert place is not None
        return Alias(spec.name, self, place)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing runs: the names are looked up later."""

    def _missing(self, fullname: str) -> ModuleMissing:
        parent, _, name = fullname.rpartition(".")
        place = self.place(parent)
        instead = self.gone(fullname)
        if instead or place is None:
            return ModuleMissing(f"There is no module '{fullname}' in lamella.", help=instead or "")
        return ModuleMissing(*place.missing(parent, name))


def tail_of(fullname: str) -> tuple[str, str] | None:
    """A path of Keras as (the spelling of "keras", the path below it), None for other modules."""
    fitting = [p for p in KERAS_PREFIXES if f"{fullname}.".startswith(f"{p}.")]
    if not fitting:
        return None
    prefix = max(fitting, key=len)
    return prefix, fullname[len(prefix) + 1 :]


def homes_of(prefix: str, tail: str) -> tuple[str, ...] | None:
    """Lamella's modules behind a path of Keras, None if there are none."""
    if tail in NAMES["gone"]["keras"]:
        return None
    if tail in HOMES:
        return HOMES[tail]
    room, _, rest = tail.partition(".")
    public = not any(part.startswith("_") for part in tail.split("."))
    if public and (not rest or room in OPEN_ROOMS):
        return (f"lamella.{tail}",) if _exists(f"lamella.{tail}") else None
    # keras.src.layers.core.dense: the file of one class.
    parent, _, name = tail.rpartition(".")
    if prefix in INNER_PREFIXES and (parent != "layers"):
        homes = homes_of(prefix, parent)
        if homes and any(snake_case(found) == name for found in Place(homes).listing()):
            return homes
    return None


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
