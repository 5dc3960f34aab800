"""A diagram that can be written as DOT, SVG or PNG."""

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
from lamella.visualization.svg import render_svg

FORMATS = ("svg", "png", "dot")
SCREEN_DPI = 96
GRAPHVIZ_SECONDS = 120


class Dot:
    """A drawing of a model, shown as a picture in notebooks.

    Args:
        diagram: boxes and edges.
        rankdir: direction of flow, "TB", "LR", "BT" or "RL".
        dpi: dots per inch of a PNG; 96 gives text of 13 pixels.
        subgraph: whether the DOT text is a cluster, to be put into another graph.

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
        self, diagram: Diagram, rankdir: str = "TB", dpi: float = 200, subgraph: bool = False
    ) -> None:
        self.diagram = diagram
        self.rankdir = one_of(rankdir, ("TB", "LR", "BT", "RL"), "rankdir")
        self.dpi = positive(dpi, "dpi")
        self.subgraph = subgraph

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
        return render_svg(self.diagram, self.rankdir)

    def create(self, prog: str = "dot", format: str = "svg") -> bytes:
        """The drawing as the content of a file.

        Args:
            prog: Graphviz's program, used for a PNG if the package resvg_py is not installed.
            format: "svg", "png" or "dot".

        Raises: InvalidArgument, if the format is none of those; MissingPackage, if nothing on this
            machine can make a PNG.
        """
        if format in ("dot", "gv", "raw"):
            return self.to_string().encode()
        if format == "svg":
            return self.to_svg().encode()
        if format == "png":
            return self._png(prog)
        raise InvalidArgument(
            f"A drawing can be made as {', '.join(FORMATS)}. Received: format={format!r}.",
            help="Use a file name that ends in .svg; it needs no other program.",
        )

    def _png(self, prog: str) -> bytes:
        renderer = optional.find("resvg_py")
        if renderer is not None:
            text = render_svg(self.diagram, self.rankdir, self.dpi / SCREEN_DPI)
            return bytes(renderer.svg_to_bytes(svg_string=text, dpi=SCREEN_DPI))
        program = shutil.which(prog)
        if program is None:
            raise MissingPackage(
                f"A PNG needs the package resvg_py or Graphviz's '{prog}'; neither was found.",
                help='Run: pip install "lamella[plot]", or write a .svg file, which needs nothing.',
            )
        try:
            done = subprocess.run(
                [program, "-Tpng"],
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
            format: "svg", "png" or "dot"; None judges by the file's ending, without one "png".
            prog: as for `create`.

        Raises: InvalidArgument, if the ending is unknown; MissingPackage, if nothing on this
            machine can make a PNG; FileProblem, if the file cannot be written.
        """
        ending = Path(path).suffix.lower().removeprefix(".")
        write_whole(path, self.create(prog, format or ending or "png"))

    def write_svg(self, path: str | os.PathLike[str]) -> None:
        """Writes an SVG file."""
        self.write(path, "svg")

    def write_png(self, path: str | os.PathLike[str], prog: str = "dot") -> None:
        """Writes a PNG file."""
        self.write(path, "png", prog)

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
