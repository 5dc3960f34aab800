"""The public names are a list written by hand, and nothing else is public."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from pathlib import Path
from types import ModuleType

import pytest

import lamella

LIST = Path(__file__).with_name("public_names.txt")
LISTED = [line for line in LIST.read_text().splitlines() if line and not line.startswith("#")]


def public_modules() -> list[ModuleType]:
    """The front door, and rooms and facades that have no underscore in their names.

    A room's own files are not public: their names are re-exported by the room.
    """
    names = [info.name for info in pkgutil.iter_modules(lamella.__path__)]
    rooms = [name for name in names if not name.startswith("_") and name != "cli"]
    return [lamella, *(importlib.import_module(f"lamella.{name}") for name in rooms)]


def names_of(module: ModuleType) -> set[str]:
    prefix = module.__name__.removeprefix("lamella").lstrip(".")
    found = set()
    for name, value in vars(module).items():
        if name.startswith("_") or name == "annotations":
            continue
        # A submodule is an attribute of its room whether one wants it or not.
        if inspect.ismodule(value) and module is not lamella:
            continue
        if inspect.ismodule(value) and not value.__name__.startswith("lamella."):
            continue
        found.add(f"{prefix}.{name}".lstrip("."))
    return found


def test_every_public_name_is_listed_and_every_listed_name_is_public() -> None:
    public = set().union(*(names_of(module) for module in public_modules()))
    public = {name for name in public if name != "cli"}
    assert sorted(public - set(LISTED)) == [], "public but not in public_names.txt"
    assert sorted(set(LISTED) - public) == [], "in public_names.txt but not public"
    assert sorted(LISTED) == LISTED, "keep the list sorted"
    assert len(set(LISTED)) == len(LISTED)


@pytest.mark.parametrize("name", LISTED)
def test_public_names_are_documented(name: str) -> None:
    value = lamella
    for part in name.split("."):
        value = getattr(value, part)
    if callable(value):
        text = inspect.getdoc(value) or ""
        assert text, f"{name} has no docstring"
        assert text.splitlines()[0].endswith((".", "?", ":")), (
            f"{name}: the first line is a sentence"
        )
