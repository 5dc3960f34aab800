"""The modules of tf, put together from the table of functions, and what is not there."""

from typing import Any

from lamella import initializers
from lamella.compat.modules import NAMES, Place
from lamella.compat.tensorflow import arithmetic, data, environment, nn
from lamella.compat.tensorflow.function import TABLE

# Importing them fills the table.
FAMILIES = (arithmetic, data, environment, nn)
# Name below tf -> what to do instead.
GONE: dict[str, str] = NAMES["gone"]["tensorflow"]
# Rooms of keras that stand in tf, too.
_SHARED = ("initializers", "losses", "metrics", "optimizers")
# Initializers in tf itself, by their class in lamella.initializers.
_INITIALIZERS = {
    "constant_initializer": "Constant",
    "zeros_initializer": "Zeros",
    "ones_initializer": "Ones",
    "random_normal_initializer": "RandomNormal",
    "random_uniform_initializer": "RandomUniform",
}


def places() -> dict[str, Place]:
    """The Place of each module below tf, by its path: "", "math", "nn" ..."""
    names: dict[str, dict[str, Any]] = {"": {}, "python": {}}
    for full, value in TABLE.items():
        room, _, name = full.rpartition(".")
        if room != "K":
            parts = room.split(".")
            for depth in range(1, len(parts) + 1):
                names.setdefault(".".join(parts[:depth]), {})
            names[room][name] = value
    names[""].update({name: getattr(initializers, own) for name, own in _INITIALIZERS.items()})
    root = {name: text for name, text in GONE.items() if "." not in name}
    found = {
        room: Place(names=names[room], gone={} if room else root, advice=GONE.get(room, ""))
        for room in names
    }
    found.update({room: Place(homes=(f"lamella.{room}",)) for room in _SHARED})
    return found
