"""Line charts, and those of a history."""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lamella import callbacks
from lamella._base.errors import InvalidArgument, MissingPackage, NotReady, UnknownName
from lamella._chart import beside, line_chart

SVG = "{http://www.w3.org/2000/svg}"


def curves(svg: str) -> list[list[tuple[float, float]]]:
    found = ElementTree.fromstring(svg).iter(f"{SVG}polyline")
    return [
        [(float(a), float(b)) for a, b in (pair.split(",") for pair in line.get("points").split())]
        for line in found
    ]


def texts(svg: str) -> list[str]:
    return [item.text or "" for item in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_equal_steps_are_equal_on_a_linear_axis_and_powers_on_a_logarithmic_one() -> None:
    linear = curves(line_chart({"a": ([0, 1, 2], [0, 5, 10])}).svg)[0]
    assert linear[1][0] - linear[0][0] == pytest.approx(linear[2][0] - linear[1][0], abs=0.2)
    assert linear[0][1] - linear[1][1] == pytest.approx(linear[1][1] - linear[2][1], abs=0.2)
    assert linear[0][1] > linear[2][1]  # upwards on the page is a smaller number
    both = line_chart({"a": ([1e-4, 1e-2, 1], [1, 100, 1e4])}, log_x=True, log_y=True).svg
    points = curves(both)[0]
    assert points[1][0] - points[0][0] == pytest.approx(points[2][0] - points[1][0], abs=0.2)
    assert points[0][1] - points[1][1] == pytest.approx(points[1][1] - points[2][1], abs=0.2)
    assert {"0.0001", "0.01", "1", "100", "10000"} <= set(texts(both))


def test_what_cannot_be_drawn_leaves_a_gap() -> None:
    values = [1.0, 2.0, math.nan, 3.0, math.inf, 5.0, 6.0]
    assert [len(curve) for curve in curves(line_chart({"a": (range(7), values)}).svg)] == [2, 2]
    log = line_chart({"a": ([1, 2, 3, 4], [1.0, 2.0, -1.0, 0.0])}, log_y=True).svg
    assert [len(curve) for curve in curves(log)] == [2]


@pytest.mark.parametrize("values", [[], [0.5], [math.nan], [0.0, 0.0], [1e30, -1e30], [1e-300] * 2])
@pytest.mark.parametrize("log", [False, True])
def test_odd_series_are_drawn_within_the_picture(values: list[float], log: bool) -> None:
    places = [float(place + 1) for place in range(len(values))]
    svg = line_chart({"a": (places, values)}, "a & b <c>", log_x=log, log_y=log).svg
    assert texts(svg)[0] == "a & b <c>"
    assert "nan" not in svg
    for x, y in (point for curve in curves(svg) for point in curve):
        assert 0 <= x <= 460
        assert 0 <= y <= 310


def test_a_point_is_marked_and_a_curve_dashed() -> None:
    series = {"a": ([1, 2], [1, 2]), "b": ([1, 2], [2, 1])}
    svg = line_chart(series, mark=(1.5, 1.5), dashed=["b"]).svg
    assert svg.count("stroke-dasharray") == 2  # the curve and its place in the legend
    assert {"a", "b", "1.5"} <= set(texts(svg))


def history(epochs: int = 4) -> callbacks.History:
    kept = callbacks.History()
    kept.on_train_begin()
    for epoch in range(epochs):
        logs = {"loss": 1 / (epoch + 1), "accuracy": epoch / 4, "learning_rate": 0.1}
        kept.on_epoch_end(epoch, {**logs, **({"val_loss": 1.0} if epoch % 2 else {})})
    return kept


def test_a_history_has_a_panel_for_each_metric_and_validation_where_it_was() -> None:
    chart = history().plot()
    assert len(chart.panels) == 3
    titles = [text for text in texts(chart.svg) if text in ("loss", "accuracy", "learning_rate")]
    assert titles == ["loss", "accuracy", "learning_rate"]
    training, validation = curves(history().plot("val_loss").svg)
    assert [point[0] for point in validation] == [training[1][0], training[3][0]]
    assert chart._repr_svg_() == chart.svg
    assert re.search(r'width="1380" height="310"', chart.svg)
    assert re.search(r'width="1380" height="620"', beside([chart, chart]).svg)


def test_names_are_checked() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'accuracy'"):
        history().plot(["loss", "acuracy"])
    with pytest.raises(NotReady, match="nothing to draw"):
        callbacks.History().plot()


def test_charts_are_written_as_their_name_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chart = history().plot("loss", path=tmp_path / "loss.svg")
    assert (tmp_path / "loss.svg").read_text() == chart.svg
    with pytest.raises(InvalidArgument, match=r"\.svg"):
        chart.save(tmp_path / "loss.pdf")
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(MissingPackage, match=r"lamella\[plot\]"):
        chart.save(tmp_path / "loss.png")


def test_a_png_is_of_the_same_size(tmp_path: Path) -> None:
    pytest.importorskip("resvg_py")
    history().plot("loss").save(tmp_path / "loss.png")
    content = (tmp_path / "loss.png").read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(content[16:20]) == 460
