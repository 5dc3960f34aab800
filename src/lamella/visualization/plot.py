"""Keras's two functions that draw a model, and the drawing that they give."""

import inspect
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from lamella._base import near_miss, optional, write_whole
from lamella._base.check import one_of, positive
from lamella._base.errors import FileProblem, InvalidArgument, MissingPackage
from lamella._chart.pictures import SCREEN_DPI, svg_to_png
from lamella.visualization.diagram import COLOURS, Box, Diagram, from_model
from lamella.visualization.svg import SPLINES, render_svg

FORMATS = ("svg", "html", "png", "dot")
# What only Graphviz can make.
FOREIGN_FORMATS = ("pdf", "jpg", "jpeg", "gif", "ps", "eps")
GRAPHVIZ_SECONDS = 120

_PAGE = Path(__file__).parent / "_data" / "page.html"


@dataclass(eq=False, repr=False)
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

    diagram: Diagram
    rankdir: str = "TB"
    dpi: float = 200
    subgraph: bool = False
    splines: str = "curved"

    def __post_init__(self) -> None:
        one_of(self.rankdir, ("TB", "LR", "BT", "RL"), "rankdir")
        self.dpi = positive(self.dpi, "dpi")
        one_of(self.splines, SPLINES, "splines")

    def to_string(self) -> str:
        """The drawing in Graphviz's language."""
        name = _quoted(self.diagram.name)
        if self.subgraph:
            cluster = _quoted(f"cluster_{self.diagram.name}")
            lines = [f"subgraph {cluster} {{", f"label={name};", 'style="dashed";']
        else:
            look = f"rankdir={self.rankdir};\ndpi={self.dpi:g};\nsplines={self.splines};"
            lines = [f"digraph {name} {{", look, 'node [shape=plain, fontname="Helvetica"];']
        lines += self._level(None)
        lines += [f"{edge.source} -> {edge.target};" for edge in self.diagram.edges]
        return "\n".join([*lines, "}"]) + "\n"

    def _level(self, group: str | None) -> list[str]:
        boxes = [box for box in self.diagram.boxes if box.group == group]
        lines = [f"{box.id} [label=<{_label(box)}>];" for box in boxes]
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
        page = _PAGE.read_text(encoding="utf-8")
        return page.format(title=escape(self.diagram.name), picture=self.to_svg())

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
        if format == "png" and (resvg := optional.find("resvg_py")):
            scale = self.dpi / SCREEN_DPI
            return svg_to_png(render_svg(self.diagram, self.rankdir, scale, self.splines), resvg)
        if format == "png" or format in FOREIGN_FORMATS:
            return self._by_graphviz(prog, format)
        raise InvalidArgument(
            f"A drawing can be made as {', '.join((*FORMATS, *FOREIGN_FORMATS))}. "
            f"Received: format={format!r}.",
            help="Use a file name that ends in .svg; it needs no other program.",
        )

    def _by_graphviz(self, prog: str, format: str) -> bytes:
        program = shutil.which(prog)
        if program is None:
            needs, first = "", "Install Graphviz"
            if format == "png":
                needs, first = "the package resvg_py or ", 'Run: pip install "lamella[plot]"'
            raise MissingPackage(
                f"A {format.upper()} needs {needs}Graphviz's program '{prog}'; it was not found.",
                help=f"{first}, or write a .svg file, which needs nothing.",
            )
        command, source = [program, f"-T{format}"], self.to_string().encode()
        try:
            return subprocess.run(
                command, input=source, capture_output=True, timeout=GRAPHVIZ_SECONDS, check=True
            ).stdout
        except (OSError, subprocess.SubprocessError) as cause:
            raise FileProblem(
                f"'{program}' failed to draw the model: {cause}.",
                help="Write a .svg file, which needs no other program.",
            ) from cause

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


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "curved",
    layer_range: Sequence[str] | None = None,
    **kwargs: Any,
) -> Dot:
    """Turns a built model into a drawing, which writes itself as SVG, PNG or DOT.

    Args:
        model: a built model.
        show_shapes: whether boxes tell input and output shapes.
        show_dtype: whether they tell the number type of their output.
        show_layer_names: whether they tell the layer's name.
        rankdir: direction of flow, "TB" (downwards), "LR", "BT" or "RL".
        expand_nested: whether a model inside the model is drawn with its layers.
        dpi: dots per inch of a PNG.
        subgraph: whether the DOT text is a cluster, to be put into another graph.
        show_layer_activations: whether boxes tell the activation function.
        show_trainable: whether they tell if training changes them.
        splines: how edges bend, "curved" (or "spline"), "ortho" for right angles, "polyline" (or
            "line") for slanted lines.
        layer_range: first and last layer to draw, as names or regular expressions.
        **kwargs: none; a name that is not among those above is refused.

    Raises: NotReady, if the model is not built; InvalidArgument, if an argument is unknown.

    Example:
        >>> import lamella
        >>> layers = [lamella.layers.Input((4,)), lamella.layers.Dense(2, name="head")]
        >>> model = lamella.Sequential(layers, name="net")
        >>> model_to_dot(model)
        <Dot 'net': 1 boxes, 0 edges>
    """
    _refuse_unknown(kwargs, "model_to_dot")
    told = show_shapes, show_dtype, show_layer_names, expand_nested
    more = show_layer_activations, show_trainable, layer_range
    return Dot(from_model(model, *told, *more), rankdir, dpi, subgraph, splines)


def plot_model(
    model: Any,
    to_file: str | os.PathLike[str] = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "curved",
    layer_range: Sequence[str] | None = None,
    **kwargs: Any,
) -> Dot:
    """Draws a built model into a file and gives the drawing, which notebooks show.

    Args:
        model: a built model.
        to_file: the file; its ending, .svg, .html, .png or .dot, decides what it holds. PNG needs
            `pip install "lamella[plot]"` or Graphviz, .pdf and .jpg need Graphviz.
        show_shapes, show_dtype, show_layer_names, rankdir, expand_nested, dpi: as for
            `model_to_dot`.
        show_layer_activations, show_trainable, splines, layer_range: as for `model_to_dot`.
        **kwargs: none; a name that is not among those above is refused.

    Raises: NotReady, if the model is not built; InvalidArgument, if an argument or the ending is
        unknown; MissingPackage, if nothing can make a PNG; FileProblem, if the file cannot be
        written.

    Example:
        >>> import pathlib, tempfile
        >>> import lamella
        >>> layers = [lamella.layers.Input((4,)), lamella.layers.Dense(2, name="head")]
        >>> model = lamella.Sequential(layers, name="net")
        >>> file = pathlib.Path(tempfile.mkdtemp()) / "net.svg"
        >>> drawing = plot_model(model, file, show_shapes=True)
        >>> file.read_text()[:4]
        '<svg'
    """
    _refuse_unknown(kwargs, "plot_model")
    told = show_shapes, show_dtype, show_layer_names, rankdir, expand_nested, dpi
    more = show_layer_activations, show_trainable, splines, layer_range
    drawing = model_to_dot(model, *told, False, *more)
    drawing.write(to_file)
    return drawing


def _refuse_unknown(kwargs: dict[str, Any], function: str) -> None:
    if kwargs:
        unknown = next(iter(kwargs))
        known = list(inspect.signature(plot_model).parameters)[1:-1]
        raise InvalidArgument(
            f"{function} has no argument '{unknown}'. {near_miss(unknown, known)}".rstrip(),
            help=f"Its arguments are {', '.join(known)}.",
        )
