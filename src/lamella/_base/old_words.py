"""The old words of Keras 1 and 2: what each became, or what to write instead.

The words themselves are data, in `old_words.toml`.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


def _as_it_is(value: Any, others: dict[str, Any]) -> Any:
    return value


@dataclass(frozen=True)
class Renamed:
    """An argument that has another name today.

    Args:
        names: today's names; the first one that the constructor has is meant.
        read: today's value, from the old one and the arguments that come after it.
    """

    names: tuple[str, ...]
    read: Callable[[Any, dict[str, Any]], Any] = _as_it_is


@dataclass(frozen=True)
class LeftOut:
    """An argument that does nothing any more.

    Args:
        why: that, in a sentence.
        accepts: the values that may be left out; none given means all.
    """

    why: str
    accepts: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Kept:
    """An argument that is set as an attribute after the object is made.

    Args:
        attribute: its name.
        name: what to write today: the argument ...
        text: ... and its value.
    """

    attribute: str
    name: str
    text: str


@dataclass(frozen=True)
class Gone:
    """Something that cannot be read as anything of today.

    Args:
        help: what to write instead.
    """

    help: str


@dataclass(frozen=True)
class Elsewhere:
    """An argument that the constructor itself reads and tells of."""


Word = Renamed | LeftOut | Kept | Gone | Elsewhere


def _from_table(table: Mapping[Any, Any]) -> Callable[[Any, dict[str, Any]], Any]:
    return lambda value, others: table.get(value, value)


def _with(*others: str) -> Callable[[Any, dict[str, Any]], Any]:
    """Reads an argument together with others of its kind, all as one tuple."""
    return lambda value, rest: (value, *(rest.pop(name, value) for name in others))


def _word(entry: Any) -> Word:
    if isinstance(entry, str):
        return Renamed(tuple(entry.split(" | ")))
    if "gone" in entry:
        return Gone(entry["gone"])
    return LeftOut(entry["left_out"], tuple(entry.get("accepts", ())))


def _words(entries: Mapping[str, Any]) -> dict[str, Word]:
    return {name: _word(entry) for name, entry in entries.items()}


_TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_DATA_FORMATS = {"tf": "channels_last", "th": "channels_first", "default": None}

# Arguments of all classes of a kind. A word is only consulted where the constructor does not have
# a parameter of that name, and does have one of today's names.
FAMILIES = {kind: _words(entries) for kind, entries in _TABLES["families"].items()}
FAMILIES["layer"] |= {
    "forget_bias_init": Renamed(
        ("unit_forget_bias",), _from_table({"one": True, "ones": True, "zero": False})
    ),
    "nb_row": Renamed(("kernel_size",), _with("nb_col")),
    "nb_col": Renamed(("kernel_size",), lambda value, rest: (rest.pop("nb_row", value), value)),
    "kernel_dim1": Renamed(("kernel_size",), _with("kernel_dim2", "kernel_dim3")),
    "dim_ordering": Renamed(("data_format",), _from_table(_DATA_FORMATS)),
}
FAMILIES["optimizer"]["decay"] = Elsewhere()
FAMILIES["callback"]["period"] = Kept("_period", "save_freq", "{value} * steps_per_epoch")

# Arguments of single classes.
CLASSES = {name: _words(entries) for name, entries in _TABLES["classes"].items()}

# Arguments for which old code passed None where today's default is meant.
NONE_IS_DEFAULT = {"optimizer": ("epsilon",)}

# Classes to which Keras 1 gave the sides of a kernel as numbers one after another.
SIDES = {"Conv2D": 2, "SeparableConv2D": 2, "Conv3D": 3}

WORKERS = _words(_TABLES["workers"])

# Arguments of methods.
CALLS = {name: _words(entries) for name, entries in _TABLES["calls"].items()}
for _method in ("fit", "evaluate", "predict"):
    CALLS[_method] |= WORKERS
CALLS["save_weights"] = {
    "save_format": LeftOut(
        "The form follows from the name: save_weights('name.weights.h5').", ("h5", "hdf5", None)
    )
}

# Names given as text, and names of rooms.
TEXTS: dict[str, dict[str, str]] = _TABLES["texts"]
NAMES: dict[str, dict[str, str | Gone]] = {
    room: {old: one if isinstance(one, str) else Gone(one["gone"]) for old, one in words.items()}
    for room, words in _TABLES["names"].items()
}
