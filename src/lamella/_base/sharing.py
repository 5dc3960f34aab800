"""An object that stands at several places of one config is written, and read, as one object."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

_KEY = "shared_object_id"
_written: ContextVar[dict[int, tuple[Any, dict[str, Any]]] | None] = ContextVar(
    "written", default=None
)
_read: ContextVar[dict[Any, Any] | None] = ContextVar("read", default=None)


@contextlib.contextmanager
def one_config() -> Iterator[None]:
    """All that is written or read in the block, and in blocks inside of it, is one config."""
    written = _written.set({} if _written.get() is None else _written.get())
    read = _read.set({} if _read.get() is None else _read.get())
    try:
        yield
    finally:
        _written.reset(written)
        _read.reset(read)


def mark(made: Any, node: dict[str, Any]) -> None:
    """Marks an object's node, and its earlier one, if it has been written before."""
    seen = _written.get()
    if seen is None:
        return
    if id(made) in seen:
        seen[id(made)][1][_KEY] = node[_KEY] = id(made)
    else:
        seen[id(made)] = (made, node)  # holding the object keeps its identity its own


def known(node: Any) -> Any | None:
    """The object that was read for an earlier node of the same object."""
    return (_read.get() or {}).get(node.get(_KEY))


def remember(made: Any, node: Any) -> None:
    """Keeps an object for later nodes of the same object."""
    seen = _read.get()
    if seen is not None and node.get(_KEY) is not None:
        seen[node[_KEY]] = made
