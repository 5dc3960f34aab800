"""Which of lamella's modules stands behind each module of Keras; the tables are data.

What is not in a table is found by its own name: `keras.regularizers` is `lamella.regularizers`, now
and when new rooms are built.
"""

import tomllib
from pathlib import Path
from typing import Any

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
