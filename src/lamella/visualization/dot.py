"""A diagram that can be written as DOT, SVG, HTML or PNG."""

from __future__ import annotations

import os
import shutil
import subprocess
from html import escape
from pathlib import Path
from typing import Any

from lamella._base import optional
from lamella._base.check import one_of, positive
from lamella._base.errors import FileProblem, InvalidArgument, MissingPackage
from lamella.visualization._files import write_whole
from lamella.visualization.diagram import Box, Diagram
from lamella.visualization.palette import COLOURS
from lamella.visualization.svg import SPLINES, render_svg

FORMATS = ("svg", "html", "png", "dot")
# What only Graphviz can make.
FOREIGN_FORMATS = ("pdf", "jpg", "jpeg", "gif", "ps", "eps")
FONTS = Path(__file__).parent / "_data"
FONT_FAMILY = "DejaVu Sans"
SCREEN_DPI = 96
GRAPHVIZ_SECONDS = 120

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>{title}</title>
<style>body {{ margin: 0; background: #ffffff; text-align: center; overflow: auto; }}</style>
</head>
<body>
{picture}</body>
</html>
"""


class Dot:
    """A drawing of a model, shown as a picture in notebooks.

    Args:
        diagram: boxes and edges.
        rankdir: direction of flow, "TB", "LR", "BT" or "RL".
        dpi: dots per inch of a PNG; 96 gives text of 13 pixels.
        subgraph: whether the DOT text is a cluster, to be put into another graph.
        splines: how edges bend, "curved", "spline", "ortho", "polyline" or "line".

    Raises: InvalidArgument, if an argument is outside its range.

    Example:
        >>> from lamella.visualization.diagram import Box, Diagram
        >>> drawing = Dot(Diagram("one", [Box("n0", "Dense")]))
        >>> drawing
        <Dot 'one': 1 boxes, 0 edges>
        >>> drawing.to_string().splitlines()[0]
        'digraph "one" {'
    """

    def __init__(
        self,
        diagram: Diagram,
        rankdir: str = "TB",
        dpi: float = 200,
        subgraph: bool = False,
        splines: str = "curved",
    ) -> None:
        self.diagram = diagram
        self.rankdir = one_of(rankdir, ("TB", "LR", "BT", "RL"), "rankdir")
        self.dpi = positive(dpi, "dpi")
        self.subgraph = subgraph
        self.splines = one_of(splines, SPLINES, "splines")

    def to_string(self) -> str:
        """The drawing in Graphviz's language."""
        name = _quoted(self.diagram.name)
        if self.subgraph:
            lines = [f"subgraph {_quoted('cluster_' + self.diagram.name)} {{"]
            lines += [f"label={name};", 'style="dashed";']
        else:
            lines = [
                f"digraph {name} {{",
                f"rankdir={self.rankdir};",
                f"dpi={self.dpi:g};",
                f"splines={self.splines};",
                'node [shape=plain, fontname="Helvetica"];',
            ]
        lines += self._level(None)
        lines += [f"{edge.source} -> {edge.target};" for edge in self.diagram.edges]
        return "\n".join([*lines, "}"]) + "\n"

    def _level(self, group: str | None) -> list[str]:
        lines = [
            f"{box.id} [label=<{_label(box)}>];" for box in self.diagram.boxes if box.group == group
        ]
        for inner in self.diagram.groups:
            if inner.parent == group:
                lines += [f"subgraph cluster_{inner.id} {{", f"label={_quoted(inner.label)};"]
                lines += ['style="dashed";', *self._level(inner.id), "}"]
        return lines

    def to_svg(self) -> str:
        """The drawing as SVG text, at its own size."""
        return render_svg(self.diagram, self.rankdir, splines=self.splines)

    def to_html(self) -> str:
        """The drawing in a page of its own, which loads nothing."""
        return _PAGE.format(title=escape(self.diagram.name), picture=self.to_svg())

    def create(self, prog: str = "dot", format: str = "svg") -> bytes:
        """The drawing as the content of a file.

        Args:
            prog: Graphviz's program, for a PNG if the package resvg_py is not installed, and for
                formats that nothing else makes: "pdf", "jpg", "gif", "ps", "eps".
            format: "svg", "html", "png", "dot", or one of those.

        Raises: InvalidArgument, if the format is unknown; MissingPackage, if nothing on this
            machine can make it.
        """
        if format in ("dot", "gv", "raw"):
            return self.to_string().encode()
        if format in ("svg", "html", "htm"):
            return (self.to_svg() if format == "svg" else self.to_html()).encode()
        if format == "png":
            renderer = optional.find("resvg_py")
            return self._rendered(renderer) if renderer else self._by_graphviz(prog, format)
        if format in FOREIGN_FORMATS:
            return self._by_graphviz(prog, format)
        raise InvalidArgument(
            f"A drawing can be made as {', '.join((*FORMATS, *FOREIGN_FORMATS))}. "
            f"Received: format={format!r}.",
            help="Use a file name that ends in .svg; it needs no other program.",
        )

    def _rendered(self, renderer: Any) -> bytes:
        text = render_svg(self.diagram, self.rankdir, self.dpi / SCREEN_DPI, self.splines)
        # Without any font, as in a small container, all text would be left out in silence. Ours
        # have Latin and Greek letters; with them alone the picture is the same on each machine.
        fonts = [str(path) for path in sorted(FONTS.glob("*.ttf"))]
        known = all(ord(character) < 0x180 or 0x391 <= ord(character) < 0x3CA for character in text)
        picture = renderer.svg_to_bytes(
            svg_string=text,
            dpi=SCREEN_DPI,
            font_files=fonts,
            skip_system_fonts=known,
            sans_serif_family=FONT_FAMILY,
        )
        return bytes(picture)

    def _by_graphviz(self, prog: str, format: str) -> bytes:
        program = shutil.which(prog)
        if program is None:
            needs = "the package resvg_py or " if format == "png" else ""
            run = (
                'Run: pip install "lamella[plot]", or'
                if format == "png"
                else "Install Graphviz, or"
            )
            raise MissingPackage(
                f"A {format.upper()} needs {needs}Graphviz's program '{prog}'; it was not found.",
                help=f"{run} write a .svg file, which needs nothing.",
            )
        try:
            done = subprocess.run(
                [program, f"-T{format}"],
                input=self.to_string().encode(),
                capture_output=True,
                timeout=GRAPHVIZ_SECONDS,
                check=True,
            )
        except (OSError, subprocess.SubprocessError) as cause:
            raise FileProblem(
                f"'{program}' failed to draw the model: {cause}.",
                help="Write a .svg file, which needs no other program.",
            ) from cause
        return done.stdout

    def write(
        self, path: str | os.PathLike[str], format: str | None = None, prog: str = "dot"
    ) -> None:
        """Writes the drawing, whole or not at all.

        Args:
            path: the file.
            format: as for `create`; None judges by the file's ending, without one "png".
            prog: as for `create`.

        Raises: InvalidArgument, if the ending is unknown; MissingPackage, if nothing on this
            machine can make a PNG; FileProblem, if the file cannot be written.
        """
        ending = Path(path).suffix.lower().removeprefix(".")
        write_whole(path, self.create(prog, format or ending or "png"))

    def write_svg(self, path: str | os.PathLike[str], prog: str = "dot") -> None:
        """Writes an SVG file."""
        self.write(path, "svg", prog)

    def write_png(self, path: str | os.PathLike[str], prog: str = "dot") -> None:
        """Writes a PNG file."""
        self.write(path, "png", prog)

    def write_html(self, path: str | os.PathLike[str]) -> None:
        """Writes a page with the picture."""
        self.write(path, "html")

    def write_dot(self, path: str | os.PathLike[str], prog: str = "dot") -> None:
        """Writes the text in Graphviz's language."""
        self.write(path, "dot", prog)

    write_raw = write_dot

    def create_svg(self, prog: str = "dot") -> bytes:
        """The content of an SVG file."""
        return self.create(prog, "svg")

    def create_png(self, prog: str = "dot") -> bytes:
        """The content of a PNG file."""
        return self.create(prog, "png")

    def create_dot(self, prog: str = "dot") -> bytes:
        """The text in Graphviz's language."""
        return self.create(prog, "dot")

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def __repr__(self) -> str:
        boxes, edges = len(self.diagram.boxes), len(self.diagram.edges)
        return f"<Dot '{self.diagram.name}': {boxes} boxes, {edges} edges>"


def _label(box: Box) -> str:
    colour = COLOURS.get(box.family, COLOURS["other"])
    name = f"<br/>{escape(box.name)}" if box.name else ""
    rows = "".join(
        f'<tr><td align="left">{escape(label)}</td>'
        f'<td align="right"><b>{escape(value)}</b></td></tr>'
        for label, value in box.rows
    )
    return (
        f'<table border="0" cellborder="1" cellspacing="0" cellpadding="6" color="{colour}">'
        f'<tr><td colspan="2" bgcolor="{colour}"><font color="white"><b>{escape(box.title)}</b>'
        f"{name}</font></td></tr>{rows}</table>"
    )


def _quoted(text: Any) -> str:
    return '"' + str(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
