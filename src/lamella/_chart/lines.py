"""Line charts as SVG, on a white ground of their own so that they are readable on any page."""

import math
import os
from collections.abc import Collection, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from lamella._base import InvalidArgument, optional, write_whole
from lamella._chart.pictures import svg_to_png

WIDTH, HEIGHT = 460, 310
# The ends of the axes.
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 442, 58, 264
_COLOURS = ("#1d4ed8", "#c2410c", "#15803d", "#7e22ce", "#be185d", "#0e7490")
_MOST_DOTS = 30
_STYLE = """text { font: 12px Helvetica, Arial, sans-serif; fill: #475569; }
.title { font-size: 14px; font-weight: bold; fill: #0f172a; }
.grid { stroke: #e2e8f0; } .axis { stroke: #64748b; }
.axis, .curve { fill: none; } .curve { stroke-width: 2; stroke-linejoin: round; }"""


class Chart:
    """A picture of one or more panels; a notebook shows it by itself.

    Args:
        panels: each as what stands inside of an SVG.

    Example:
        >>> line_chart({"loss": ([1, 2], [0.5, 0.25])}, "loss")
        <Chart of 1 panels>
    """

    def __init__(self, panels: Sequence[str]) -> None:
        self.panels = list(panels)

    def __repr__(self) -> str:
        return f"<Chart of {len(self.panels)} panels>"

    @property
    def svg(self) -> str:
        """The picture as SVG text."""
        columns = min(len(self.panels), 3)
        width, height = WIDTH * columns, HEIGHT * -(-len(self.panels) // columns)
        placed = "\n".join(
            f'<g transform="translate({index % columns * WIDTH} {index // columns * HEIGHT})">'
            f"\n{panel}\n</g>"
            for index, panel in enumerate(self.panels)
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img">\n<style>{_STYLE}</style>\n'
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n{placed}\n</svg>\n'
        )

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the picture.

        Args:
            path: the file; its ending, ".svg" or ".png", says as what.

        Raises: InvalidArgument for another ending; MissingPackage for a PNG without resvg-py.
        """
        file = Path(path)
        if file.suffix not in (".svg", ".png"):
            raise InvalidArgument(
                f"A chart is written as .svg or .png. Received: '{file}'.",
                help=f"Write '{file.with_suffix('.svg')}'.",
            )
        content = self.svg.encode()
        if file.suffix == ".png":
            resvg = optional.require("resvg_py", purpose="to write a PNG", extra="plot")
            content = svg_to_png(self.svg, resvg)
        write_whole(file, content)


def beside(charts: Sequence[Chart]) -> Chart:
    """Puts charts next to each other, three in a row.

    Args:
        charts: them.
    """
    return Chart([panel for chart in charts for panel in chart.panels])


def line_chart(
    series: Mapping[str, tuple[Any, Any]],
    title: str = "",
    x_label: str = "",
    y_label: str = "",
    log_x: bool = False,
    log_y: bool = False,
    mark: tuple[float, float] | None = None,
    dashed: Collection[str] = (),
) -> Chart:
    """Draws curves with axes, ticks and a legend.

    Args:
        series: by name, the places on both axes. What is not finite, or not above zero on a
            logarithmic axis, leaves a gap.
        title: what stands above.
        x_label, y_label: what the axes show.
        log_x, log_y: whether an axis is logarithmic.
        mark: a point to point out, with its place on the horizontal axis.
        dashed: names of curves with a dashed line.

    Example:
        >>> line_chart({"loss": ([1, 2, 3], [0.5, 0.25, 0.2])}, "loss").svg.count("<polyline")
        1
    """
    points = {name: _usable(*places, log_x, log_y) for name, places in series.items()}
    every = np.concatenate([*points.values(), np.zeros((0, 2))])
    every = every[np.isfinite(every).all(axis=1)]
    x_axis = _Axis(every[:, 0], log_x, _LEFT, _RIGHT, tight=True)
    y_axis = _Axis(every[:, 1], log_y, _BOTTOM, _TOP, tight=False)
    middle = (_TOP + _BOTTOM) / 2
    lines = [f'<text class="title" x="{_LEFT}" y="22">{escape(title)}</text>']
    for value in y_axis.ticks:
        y = y_axis.place(value)
        lines.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{_RIGHT}"/>')
        lines.append(_text(_LEFT - 7, y + 4, _number(value), "end"))
    for value in x_axis.ticks:
        x = x_axis.place(value)
        lines.append(f'<path class="axis" d="M{x:.1f} {_BOTTOM}v4"/>')
        lines.append(_text(x, _BOTTOM + 17, _number(value), "middle"))
    lines.append(f'<path class="axis" d="M{_LEFT} {_TOP}V{_BOTTOM}H{_RIGHT}"/>')
    lines.append(_text((_LEFT + _RIGHT) / 2, HEIGHT - 10, x_label, "middle"))
    lines.append(_text(14, middle, y_label, "middle", f' transform="rotate(-90 14 {middle})"'))
    legend = float(_LEFT)
    for number, (name, places) in enumerate(points.items()):
        colour, kind = _COLOURS[number % len(_COLOURS)], f"s{number % 4}"
        dashes = ' stroke-dasharray="6 4"' if name in dashed else ""
        look = f'class="curve {kind}" stroke="{colour}"{dashes}'
        lines += _curve(places, x_axis, y_axis, look, f'class="dot {kind}" fill="{colour}"')
        if len(points) > 1:
            lines.append(f'<path {look} d="M{legend:.0f} 40h24"/>')
            lines.append(_text(legend + 30, 44, name, "start"))
            legend += 50 + 7 * len(name)
    if mark is not None:
        x, y = x_axis.place(mark[0]), y_axis.place(mark[1])
        lines.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="#b91c1c"/>')
        anchor, aside = ("end", -9) if x > (_LEFT + _RIGHT) / 2 else ("start", 9)
        lines.append(_text(x + aside, y - 9, _number(mark[0], 2), anchor))
    return Chart(["\n".join(lines)])


class _Axis:
    """Where values are on the page, and which are written there."""

    def __init__(
        self, values: np.ndarray, log: bool, start: float, end: float, tight: bool
    ) -> None:
        self.start, self.end = start, end
        self.scaled = math.log10 if log else float
        least, most = (values.min(), values.max()) if values.size else (1.0, 2.0)
        if least == most:
            pad = abs(least) * 0.1 or 1.0
            least, most = (least / 2, most * 2) if log else (least - pad, most + pad)
        wide = log and most / least > 8
        if wide:
            low, high = math.floor(math.log10(least)), math.ceil(math.log10(most))
            self.ticks = [10.0**power for power in range(low, high + 1, -(-(high - low) // 7))]
        else:
            # Of epochs there is no half one.
            whole = tight and bool((values % 1 == 0).all())
            self.ticks = _nice_ticks(least, most, least_step=float(whole))
        if tight or (log and not wide):
            self.ticks = [tick for tick in self.ticks if least <= tick * (1 + 1e-9) <= most * 1.001]
        else:
            least, most = min(least, self.ticks[0]), max(most, self.ticks[-1])
        self.least, self.most = self.scaled(least), self.scaled(most)

    def place(self, value: float) -> float:
        share = (self.scaled(value) - self.least) / (self.most - self.least)
        return self.start + share * (self.end - self.start)


def _nice_ticks(least: float, most: float, least_step: float = 0.0) -> list[float]:
    """Round numbers around a range, in steps of 1, 2 or 5 times a power of ten."""
    rough = max((most - least) / 5, least_step)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.floor(least / step + 1e-9), math.ceil(most / step - 1e-9)
    return [float(f"{number * step:.12g}") for number in range(first, last + 1)]


def _usable(xs: Any, ys: Any, log_x: bool, log_y: bool) -> np.ndarray:
    points = np.stack([np.asarray(xs, np.float64), np.asarray(ys, np.float64)], axis=1)
    good = np.isfinite(points).all(axis=1)
    for axis, log in enumerate((log_x, log_y)):
        good &= (points[:, axis] > 0) | (not log)
    points[~good] = np.nan
    return points


def _curve(places: np.ndarray, x_axis: _Axis, y_axis: _Axis, line: str, dot: str) -> list[str]:
    lines, run = [], []
    for x, y in [*places.tolist(), [math.nan, math.nan]]:
        if math.isfinite(x):
            run.append((f"{x_axis.place(x):.1f}", f"{y_axis.place(y):.1f}"))
            continue
        if run[1:]:
            lines.append(f'<polyline {line} points="{" ".join(map(",".join, run))}"/>')
        if len(places) <= _MOST_DOTS or len(run) == 1:
            lines += [f'<circle {dot} cx="{x}" cy="{y}" r="2.6"/>' for x, y in run]
        run = []
    return lines


def _number(value: float, digits: int = 12) -> str:
    return f"{value:.{digits}g}".replace("e-0", "e-").replace("e+0", "e")


def _text(x: float, y: float, text: str, anchor: str, extra: str = "") -> str:
    if not text:
        return ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}>{escape(text)}</text>'
