"""Notebook leavings in scripts: magic lines, pictures, a stand-in where IPython is missing."""

import sys
from typing import Any

from lamella._base import MissingPackage
from lamella.compat.modules import Place
from lamella.visualization import plot_model as draw


class Shown:
    """Something a notebook would show. A script keeps it in `data`.

    Args:
        data: text or bytes.
        filename: a file to read instead.
        kwargs: accepted for old code.

    Example:
        >>> Shown("<svg/>").data
        '<svg/>'
    """

    def __init__(self, data: Any = None, filename: Any = None, **kwargs: Any) -> None:
        if filename is not None:
            with open(filename, "rb") as file:
                data = file.read()
        self.data = data
        size = len(data) if isinstance(data, (str, bytes)) else 0
        kind = type(self).__name__
        print(
            f"lamella: IPython is not installed: {kind} of {size} characters is kept in .data and "
            "not shown.",
            file=sys.stderr,
        )


def display(*objects: Any, **kwargs: Any) -> None:
    """Prints what is not a picture."""
    for item in objects:
        if not isinstance(item, Shown):
            print(item)


def _nothing(*args: Any, **kwargs: Any) -> None:
    """What a script needs of the rest."""


def plot_model(model: Any, to_file: str = "model.png", *args: Any, **kwargs: Any) -> Any:
    """lamella's plot_model, which writes an SVG where nothing can write the PNG.

    Args:
        model, to_file, args, kwargs: as there.
    """
    try:
        return draw(model, to_file, *args, **kwargs)
    except MissingPackage:
        other = str(to_file).rpartition(".")[0] + ".svg"
        print(f"lamella: wrote {other}; for a PNG: pip install 'lamella[plot]'.", file=sys.stderr)
        return draw(model, other, *args, **kwargs)


_DISPLAY = {name: type(name, (Shown,), {}) for name in ("SVG", "Image", "HTML", "Markdown")}
PLACES = {
    "IPython": Place(names={"get_ipython": _nothing, "display": display, "version_info": (0,)}),
    "IPython.display": Place(names={**_DISPLAY, "display": display, "clear_output": _nothing}),
}


def without_magic(source: str, filename: str) -> tuple[Any, list[int]]:
    """A program's code, without the lines that only a notebook understands.

    A line goes only where Python itself stumbles over its `%` or `!`, so text and formulas that
    go on in a new line are left alone.

    Args:
        source: the program.
        filename: its name for tracebacks.

    Returns the code, and the numbers of the lines that were left out.

    Raises: SyntaxError of anything else.

    Example:
        >>> code, left_out = without_magic("%matplotlib inline\\nx = 7\\n", "cell")
        >>> left_out
        [1]
    """
    lines = source.splitlines(keepends=True)
    left_out: list[int] = []
    while True:
        try:
            return compile("".join(lines), filename, "exec", dont_inherit=True), left_out
        except SyntaxError as error:
            number = error.lineno or 0
            line = lines[number - 1] if 0 < number <= len(lines) else ""
            bare = line.lstrip()
            if not bare.startswith(("%", "!")):
                raise
            lines[number - 1] = f"{line[: len(line) - len(bare)]}pass\n"
            left_out.append(number)
