from __future__ import annotations

import itertools
import os
import shutil
import struct
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lamella._base import optional
from lamella._base.errors import FileProblem, InvalidArgument, MissingPackage, NotReady
from lamella.visualization import Dot, model_to_dot, plot_model, render_svg
from lamella.visualization.diagram import COLOURS, Box, Diagram, Edge, family_of
from lamella.visualization.svg import measure
from lamella.visualization.text import shorten, text_width

SVG = "{http://www.w3.org/2000/svg}"


def groups(text: str, kind: str) -> list[Any]:
    root = ElementTree.fromstring(text)
    return [g for g in root.iter(f"{SVG}g") if g.get("class") == kind]


def test_every_box_edge_and_frame_is_in_the_picture(fake: SimpleNamespace) -> None:
    drawing = model_to_dot(fake.nested(), expand_nested=True, show_shapes=True)
    text = drawing.to_svg()
    assert [g.get("id") for g in groups(text, "node")] == [f"node-n{i}" for i in range(5)]
    assert len(groups(text, "edge")) == 4 and len(groups(text, "frame")) == 1
    words = {t.text for t in ElementTree.fromstring(text).iter(f"{SVG}text")}
    assert {"Dense", "Dropout", "InputLayer", "(None, 128)", "block"} <= words


def test_names_are_escaped() -> None:
    odd = """<&>"'"""
    diagram = Diagram(odd, [Box("a", odd, odd, ((odd, odd),)), Box("b", "x")], [Edge("a", "b")])
    text = render_svg(diagram)
    root = ElementTree.fromstring(text)
    assert [t.text for t in root.iter(f"{SVG}text")].count(odd) == 4
    assert odd in (root.get("aria-label") or "")
    dot = Dot(diagram).to_string()
    assert "&lt;&amp;&gt;" in dot and "\\\"'" in dot


def test_the_text_fits_its_box() -> None:
    rows = (("Output shape", "(None, 128, 128, 2048)"),)
    box = Box("a", "BatchNormalization", "a_rather_long_name_of_a_layer", rows)
    width, height = measure(box)
    assert width > text_width(box.name, 11)
    assert height > measure(Box("a", "BatchNormalization", rows=rows))[1]
    endless = Box("a", "X", rows=(("Input shape", "(None, 1), " * 60),))
    assert measure(endless)[0] < 600


def test_text_is_shortened_in_its_middle() -> None:
    assert shorten("short", 10) == "short"
    assert len(shorten("x" * 100, 40)) == 40
    assert text_width("層", 10) > text_width("i", 10)


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("family", COLOURS)
def test_white_text_can_be_read_on_every_colour(family: str) -> None:
    # WCAG 2.2, success criterion 1.4.3: 4.5 to 1.
    assert 1.05 / (luminance(COLOURS[family]) + 0.05) >= 4.5


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("InputLayer", "input"),
        ("SeparableConv2D", "convolution"),
        ("GlobalAveragePooling2D", "pooling"),
        ("ConvLSTM2D", "recurrent"),
        ("BatchNormalization", "normalization"),
        ("SpatialDropout1D", "regularization"),
        ("LeakyReLU", "activation"),
        ("MultiHeadAttention", "attention"),
        ("ZeroPadding2D", "reshaping"),
        ("RandomFlip", "preprocessing"),
        ("Concatenate", "merging"),
        ("EinsumDense", "dense"),
    ],
)
def test_families(name: str, family: str) -> None:
    assert family_of(name) == family


def test_dot_text_names_all(fake: SimpleNamespace) -> None:
    text = model_to_dot(fake.nested(), expand_nested=True, rankdir="LR", dpi=100).to_string()
    assert text.startswith('digraph "outer" {') and text.rstrip().endswith("}")
    assert "rankdir=LR;" in text and "dpi=100;" in text
    assert "subgraph cluster_g0 {" in text and text.count("->") == 4
    assert text.count("{") == text.count("}")
    cluster = model_to_dot(fake.sequential(), subgraph=True).to_string()
    assert cluster.startswith('subgraph "cluster_mlp" {')


@pytest.mark.skipif(shutil.which("dot") is None, reason="needs Graphviz")
def test_graphviz_reads_the_dot_text(fake: SimpleNamespace) -> None:
    text = model_to_dot(fake.branches(), show_shapes=True, show_layer_names=True).to_string()
    subprocess.run(["dot", "-Tsvg"], input=text.encode(), check=True, capture_output=True)


@pytest.mark.parametrize("rankdir", ["TB", "LR"])
def test_plot_model_writes_svg(fake: SimpleNamespace, tmp_path: Path, rankdir: str) -> None:
    file = tmp_path / "net.svg"
    drawing = plot_model(fake.branches(), file, show_shapes=True, rankdir=rankdir, splines="ortho")
    assert file.read_text() == drawing._repr_svg_()
    assert len(groups(file.read_text(), "node")) == 6
    assert [f.name for f in tmp_path.iterdir()] == ["net.svg"]


def test_plot_model_writes_dot(fake: SimpleNamespace, tmp_path: Path) -> None:
    drawing = plot_model(fake.branches(), str(tmp_path / "net.dot"))
    assert (tmp_path / "net.dot").read_text() == drawing.to_string()


def test_endings_that_nothing_can_write(fake: SimpleNamespace, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="'xyz'"):
        plot_model(fake.branches(), tmp_path / "net.xyz")
    with pytest.raises(FileProblem, match="absent"):
        plot_model(fake.branches(), tmp_path / "absent/net.svg")
    assert list(tmp_path.iterdir()) == []


def test_png_without_a_renderer_says_so_and_leaves_the_old_file(
    fake: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optional, "find", lambda package: None)
    monkeypatch.setattr(shutil, "which", lambda program: None)
    old = tmp_path / "net.png"
    old.write_bytes(b"old")
    with pytest.raises(MissingPackage) as caught:
        plot_model(fake.branches(), old)
    assert "lamella[plot]" in str(caught.value) and ".svg" in str(caught.value)
    assert old.read_bytes() == b"old"


def test_png_comes_from_resvg_at_the_wanted_resolution(
    fake: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def svg_to_bytes(svg_string: str, dpi: int, font_files: list[str], **rest: Any) -> list[int]:
        asked.append(svg_string)
        assert dpi == 96 and rest["skip_system_fonts"]
        assert len(font_files) == 2 and all(Path(file).is_file() for file in font_files)
        return list(b"\x89PNG")

    monkeypatch.setattr(
        optional, "find", lambda package: SimpleNamespace(svg_to_bytes=svg_to_bytes)
    )
    plot_model(fake.sequential(), tmp_path / "net.png", dpi=192)
    assert (tmp_path / "net.png").read_bytes() == b"\x89PNG"
    plain = ElementTree.fromstring(model_to_dot(fake.sequential(), show_layer_names=False).to_svg())
    large = ElementTree.fromstring(asked[0])
    assert float(large.get("width", 0)) == 2 * float(plain.get("width", 0))
    assert large.get("viewBox") == plain.get("viewBox")


def test_png_comes_from_graphviz_otherwise(
    fake: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "fakedot"
    program.write_text("#!/bin/sh\nhead -c 7\n")
    program.chmod(0o755)
    monkeypatch.setattr(optional, "find", lambda package: None)
    drawing = model_to_dot(fake.sequential())
    assert drawing.create(prog=str(program), format="png") == b"digraph"
    program.write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(FileProblem, match="fakedot"):
        drawing.create(prog=str(program), format="png")


def test_unknown_arguments_are_refused(fake: SimpleNamespace) -> None:
    with pytest.raises(InvalidArgument, match="show_shape"):
        model_to_dot(fake.sequential(), show_shape=True)
    with pytest.raises(InvalidArgument, match="splines"):
        model_to_dot(fake.sequential(), splines="round")
    with pytest.raises(InvalidArgument, match="rankdir"):
        model_to_dot(fake.sequential(), rankdir="XY")
    with pytest.raises(InvalidArgument, match="dpi"):
        model_to_dot(fake.sequential(), dpi=0)


def test_an_unbuilt_model_writes_nothing(fake: SimpleNamespace, tmp_path: Path) -> None:
    model = fake.sequential()
    model.built = False
    with pytest.raises(NotReady):
        plot_model(model, tmp_path / "net.svg")
    assert list(tmp_path.iterdir()) == []


def test_ids_are_unique(fake: SimpleNamespace) -> None:
    root = ElementTree.fromstring(model_to_dot(fake.nested(), expand_nested=True).to_svg())
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids)) == 10
    assert all(a != b for a, b in itertools.combinations(ids, 2))


def test_a_page_holds_the_picture_and_nothing_else(fake: SimpleNamespace, tmp_path: Path) -> None:
    model = fake.sequential('a<b>&"c')
    drawing = plot_model(model, tmp_path / "net.html")
    page = (tmp_path / "net.html").read_text()
    root = ElementTree.fromstring(page)
    assert root.findtext("head/title") == 'a<b>&"c'
    assert [g.get("class") for g in root.iter(f"{SVG}g")].count("node") == 3
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert drawing.create(format="html").decode() == page
    drawing.write_html(tmp_path / "again.html")
    assert (tmp_path / "again.html").read_text() == page


def test_every_text_is_escaped_everywhere(fake: SimpleNamespace, tmp_path: Path) -> None:
    odd = '<b>&"\\'
    model = fake.make("Net", odd, fake.Model, layers=[fake.make("Mine", odd)])
    drawing = model_to_dot(model, show_layer_names=True)
    for kind in ("svg", "html"):
        root = ElementTree.fromstring(drawing.create(format=kind))
        assert odd in [t.text for t in root.iter(f"{SVG}text")]
    label = drawing.to_string().split("label=<", 1)[1].split(">];", 1)[0]
    assert odd in "".join(ElementTree.fromstring(label).itertext())


def test_the_methods_of_a_pydot_graph(fake: SimpleNamespace, tmp_path: Path) -> None:
    drawing = model_to_dot(fake.sequential())
    text = drawing.to_string()
    assert drawing.create_dot() == drawing.create("dot", "raw") == text.encode()
    assert drawing.create_svg() == drawing.create("dot", "svg") == drawing.to_svg().encode()
    drawing.write_raw(tmp_path / "a.dot")
    drawing.write(tmp_path / "b.picture", format="svg")
    drawing.write_svg(tmp_path / "c")
    assert (tmp_path / "a.dot").read_text() == text
    assert (tmp_path / "b.picture").read_bytes() == (tmp_path / "c").read_bytes()


def test_names_are_told_by_default_as_in_keras(fake: SimpleNamespace) -> None:
    assert model_to_dot(fake.sequential()).diagram.boxes[0].name == "hidden"
    assert model_to_dot(fake.sequential(), show_layer_names=False).diagram.boxes[0].name == ""


def test_a_range_of_layers(fake: SimpleNamespace) -> None:
    drawing = model_to_dot(fake.sequential(), layer_range=("drop", "he.*"))
    assert [box.name for box in drawing.diagram.boxes] == ["drop", "head"]
    assert len(drawing.diagram.edges) == 1
    with pytest.raises(InvalidArgument, match="nothing"):
        model_to_dot(fake.sequential(), layer_range=("drop", "nothing"))


@pytest.mark.parametrize(
    ("splines", "letters"),
    [("curved", "MLC"), ("spline", "MLC"), ("ortho", "MLQ"), ("polyline", "ML"), ("line", "ML")],
)
def test_edges_bend_as_asked(fake: SimpleNamespace, splines: str, letters: str) -> None:
    drawing = model_to_dot(fake.branches(), splines=splines)
    paths = [g.find(f"{SVG}path").get("d") for g in groups(drawing.to_svg(), "edge")]
    # The loop from a layer to itself is a curve in all of them but those with straight lines.
    used = {c for path in paths for c in path if c.isalpha()}
    assert used <= set(letters) and used >= set(letters[-1])
    assert f"splines={splines};" in drawing.to_string()


def test_pdf_needs_graphviz_and_says_so(
    fake: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: None)
    with pytest.raises(MissingPackage, match="PDF needs Graphviz"):
        plot_model(fake.branches(), tmp_path / "net.pdf")


def test_png_is_drawn_with_our_own_fonts(fake: SimpleNamespace) -> None:
    resvg = pytest.importorskip("resvg_py")
    drawing = model_to_dot(fake.sequential(), dpi=96)
    picture = drawing.create_png()
    root = ElementTree.fromstring(drawing.to_svg())
    size = [int(float(root.get(key, 0))) for key in ("width", "height")]
    assert list(struct.unpack(">II", picture[16:24])) == size
    blank = resvg.svg_to_bytes(svg_string=drawing.to_svg(), skip_system_fonts=True)
    assert len(picture) > 1.2 * len(bytes(blank))


def test_svg_needs_no_program_at_all(tmp_path: Path) -> None:
    code = (
        "import sys, lamella as l\n"
        "m = l.Sequential([l.Input((4,)), l.layers.Dense(2)])\n"
        "l.utils.plot_model(m, sys.argv[1], show_shapes=True)\n"
        "l.utils.model_to_dot(m).create_svg()\n"
    )
    file = tmp_path / "net.svg"
    environment = {**os.environ, "PATH": ""}
    subprocess.run([sys.executable, "-c", code, str(file)], check=True, env=environment)
    assert len(groups(file.read_text(), "node")) == 1
