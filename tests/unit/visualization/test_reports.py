from __future__ import annotations

import base64
import itertools
import math
import re
import struct
import xml.etree.ElementTree as ElementTree
import zlib
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from lamella._base.errors import FileProblem, InvalidData
from lamella._chart import encode_png, line_chart
from lamella._chart.lines import _Axis
from lamella.visualization import model_to_dot, summary_text, training_report
from lamella.visualization.reports import class_scores, confusion


def decode_png(data: bytes) -> np.ndarray:
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    position, packed, header = 8, b"", ()
    while position < len(data):
        (length,) = struct.unpack(">I", data[position : position + 4])
        kind = data[position + 4 : position + 8]
        content = data[position + 8 : position + 8 + length]
        (checksum,) = struct.unpack(">I", data[position + 8 + length : position + 12 + length])
        assert checksum == zlib.crc32(kind + content)
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", content)
        packed += content if kind == b"IDAT" else b""
        position += 12 + length
    width, height, depth, colour = header[:4]
    assert depth == 8
    channels = {0: 1, 2: 3, 6: 4}[colour]
    lines = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, -1)
    assert not lines[:, 0].any()
    return lines[:, 1:].reshape(height, width, channels)


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (4, 3, 3), (2, 2, 4), (1, 1)])
def test_png_gives_back_its_pixels(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    got = decode_png(encode_png(pixels))
    np.testing.assert_array_equal(got, pixels.reshape(*shape[:2], -1))


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (np.array([[0.0, 0.5, 1.0]], np.float32), [0, 128, 255]),
        (np.array([[-1.0, 0.0, 1.0]]), [0, 128, 255]),
        (np.array([[0, 8, 16]], np.int64), [0, 128, 255]),
        (np.array([[0.2, 0.2]]), [51, 51]),
        (np.array([[np.nan, 1.0]]), [0, 255]),
    ],
)
def test_png_of_numbers(values: np.ndarray, wanted: list[int]) -> None:
    assert decode_png(encode_png(values)).ravel().tolist() == wanted


@pytest.mark.parametrize("shape", [(3,), (2, 2, 2), (0, 4), (1, 2, 2, 1)])
def test_shapes_that_are_no_image(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidData):
        encode_png(np.zeros(shape))


@pytest.mark.parametrize(
    ("least", "most"),
    [(0.0, 1.0), (0.03, 0.0301), (-5.0, 1234.0), (2.0, 2.0), (0, 0), (1e-9, 3e-9)],
)
def test_ticks_cover_the_range_evenly(least: float, most: float) -> None:
    ticks = _Axis(np.array([least, most]), False, 0.0, 1.0, tight=False).ticks
    assert ticks[0] <= least and ticks[-1] >= most
    assert 3 <= len(ticks) <= 9
    steps = [b - a for a, b in itertools.pairwise(ticks)]
    assert steps == pytest.approx([steps[0]] * len(steps))


def test_a_chart_puts_values_where_they_belong() -> None:
    series = {"training": ([1, 2, 3], [0.0, 1.0, 0.5]), "validation": ([1, 2], [0.2, 0.4])}
    root = ElementTree.fromstring(line_chart(series, "loss <x>", "epoch").svg)
    first, second = root.iter("{http://www.w3.org/2000/svg}polyline")
    points = [tuple(map(float, p.split(","))) for p in first.get("points", "").split()]
    (x0, y0), (x1, y1), (x2, y2) = points
    assert x1 - x0 == pytest.approx(x2 - x1) and y1 < y2 < y0
    assert y2 == pytest.approx((y0 + y1) / 2, abs=0.11)
    assert len(second.get("points", "").split()) == 2
    words = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"loss <x>", "training", "validation", "epoch", "1", "2", "3"} <= set(words)
    assert "1.5" not in words  # there is no half an epoch


def test_scores_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    truth, answers = rng.integers(0, 5, 300), rng.integers(0, 4, 300)
    matrix = confusion(truth, answers, 5)
    np.testing.assert_array_equal(matrix, confusion_matrix(truth, answers, labels=range(5)))
    wanted = precision_recall_fscore_support(truth, answers, labels=range(5), zero_division=np.nan)
    scores = class_scores(matrix)
    got = [[s.precision for s in scores], [s.recall for s in scores], [s.f1 for s in scores]]
    np.testing.assert_allclose(got, wanted[:3])
    assert [s.examples for s in scores] == wanted[3].tolist()
    assert math.isnan(scores[4].precision)


def arguments(fake: SimpleNamespace, **changes: Any) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 60)
    probabilities = rng.dirichlet(np.ones(3), 60)
    model = fake.sequential()
    given = {
        "title": "Digits <1>",
        "history": {"loss": [1.0, 0.5], "val_loss": [1.1, 0.7], "accuracy": [0.5, 0.8]},
        "labels": ["zero", "one", "a < b"],
        "y_true": truth,
        "y_pred_probabilities": probabilities,
        "images": rng.integers(0, 256, (60, 8, 8), dtype=np.uint8),
        "summary_text": summary_text(model),
        "diagram_svg": '<?xml version="1.0"?>\n' + model_to_dot(model).to_svg(),
        "facts": {"Time": "3 s"},
    }
    return {**given, **changes}


class Balance(HTMLParser):
    """Checks that every element that is opened is closed in its order."""

    VOID = frozenset({"meta", "br", "img", "path", "rect", "circle"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.seen.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_holds_everything_and_loads_nothing(fake: SimpleNamespace, tmp_path: Path) -> None:
    given = arguments(fake)
    training_report(tmp_path / "report.html", **given)
    page = (tmp_path / "report.html").read_text()
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert "script" not in parser.seen and "link" not in parser.seen
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert all(address.startswith("data:image/png;base64,") for address in addresses)
    assert not re.search(r"url\(|@import|<\?xml", page)
    assert "prefers-color-scheme: dark" in page
    assert "Digits &lt;1&gt;" in page and "a &lt; b" in page and "<1>" not in page
    assert page.count("<polyline") == 3
    assert 'class="node"' in page and "Total params: 101,770" in page and "3 s" in page


def test_the_surest_mistake_comes_first(fake: SimpleNamespace, tmp_path: Path) -> None:
    given = arguments(fake)
    training_report(tmp_path / "r.html", **given)
    page = (tmp_path / "r.html").read_text()
    truth, shares = given["y_true"], given["y_pred_probabilities"]
    wrong = np.flatnonzero(shares.argmax(1) != truth)
    surest = wrong[np.argmax(shares[wrong].max(1))]
    assert f"({len(wrong)} of 60 misread)" in page
    first = re.search(r'<figure><img src="data:image/png;base64,([^"]*)"', page)
    assert first is not None
    pixels = decode_png(base64.b64decode(first[1]))[..., 0]
    images = given["images"].astype(float)
    scaled = (images[surest] - images.min()) / (images.max() - images.min()) * 255
    np.testing.assert_array_equal(pixels, np.round(scaled))
    shown = [int(s) for s in re.findall(r"</b> (\d+)%<br>", page)]
    assert shown == sorted(shown, reverse=True) and len(shown) == min(24, len(wrong))
    share = f"{np.mean(shares.argmax(1) == truth):.2%} of 60"
    assert share in page


def test_no_mistakes_and_no_images(fake: SimpleNamespace, tmp_path: Path) -> None:
    perfect = arguments(fake, y_pred_probabilities=np.eye(3)[arguments(fake)["y_true"]])
    training_report(tmp_path / "a.html", **perfect)
    assert "None: every image was read right." in (tmp_path / "a.html").read_text()
    training_report(tmp_path / "b.html", **arguments(fake, images=None))
    assert "misread" not in (tmp_path / "b.html").read_text()


@pytest.mark.parametrize(
    "changes",
    [
        {"y_true": np.zeros((60, 2))},
        {"y_true": np.full(60, 3)},
        {"y_true": np.full(60, -1)},
        {"labels": ["only", "two"]},
        {"images": np.zeros((59, 8, 8))},
    ],
)
def test_what_does_not_fit_is_refused(
    fake: SimpleNamespace, tmp_path: Path, changes: dict[str, Any]
) -> None:
    with pytest.raises(InvalidData):
        training_report(tmp_path / "r.html", **arguments(fake, **changes))
    assert list(tmp_path.iterdir()) == []


def test_an_absent_folder_is_named(fake: SimpleNamespace, tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="absent"):
        training_report(tmp_path / "absent/r.html", **arguments(fake))
