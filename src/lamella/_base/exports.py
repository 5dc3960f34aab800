"""Files whose names are those of their room."""

import sys


def publish(module: str, *inner: str) -> None:
    """Makes `import *` bring what a file defines itself, and nothing that it imports.

    Called at the end of a file; the room then names the file and not each of its names again.

    Args:
        module: the file's `__name__`.
        inner: names that stay in the room.

    Example:
        >>> publish("lamella._base.exports")
        >>> sys.modules["lamella._base.exports"].__all__
        ['publish']
    """
    names = vars(sys.modules[module])
    names["__all__"] = [
        name
        for name, value in names.items()
        if not name.startswith("_")
        and name not in inner
        and getattr(value, "__module__", None) == module
    ]
