"""Line charts as inline SVG; colours come from the page's style, so they follow its theme."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 520, 300
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 40, 44
MOST_DOTS = 40


def nice_ticks(least: float, most: float, wanted: int = 5) -> list[float]:
    """Round numbers that cover a range, in steps of 1, 2 or 5 times a power of ten.

    Args:
        least, most: the range.
        wanted: about how many steps.

    Example:
        >>> nice_ticks(0.03, 0.97)
        [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    if not least < most:
        pad = abs(least) * 0.1 or 1.0
        least, most = least - pad, most + pad
    rough = (most - least) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.floor(least / step + 1e-9), math.ceil(most / step - 1e-9)
    digits = max(0, -math.floor(math.log10(step)) + 1)
    return [round(number * step, digits) for number in range(first, last + 1)]


def line_chart(title: str, series: Mapping[str, Sequence[float]], x_label: str = "epoch") -> str:
    """Draws curves over the epochs, with axes, ticks and a legend.

    Args:
        title: what the vertical axis shows.
        series: name to values, one per epoch. Values that are not finite leave a gap.
        x_label: what the horizontal axis shows.

    Example:
        >>> line_chart("loss", {"training": [1.0, 0.5]}).count("<polyline")
        1
    """
    finite = [v for values in series.values() for v in values if math.isfinite(v)] or [0.0, 1.0]
    ticks = nice_ticks(min(finite), max(finite))
    epochs = max((len(values) for values in series.values()), default=1)
    lines = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)} over {escape(x_label)}s">',
        f'<text class="chart-title" x="{LEFT}" y="18">{escape(title)}</text>',
    ]
    for tick in ticks:
        y = _y(tick, ticks)
        lines.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        lines.append(f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">')
        lines[-1] += f"{tick:g}</text>"
    for epoch in _epoch_ticks(epochs):
        x, base = _x(epoch - 1, epochs), HEIGHT - BOTTOM
        lines.append(f'<path class="axis" d="M{x:.1f} {base}v4"/>')
        lines.append(f'<text class="tick" x="{x:.1f}" y="{base + 18}" text-anchor="middle">')
        lines[-1] += f"{epoch}</text>"
    lines.append(
        f'<path class="axis" d="M{LEFT} {TOP - 6}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>'
        f'<text class="tick" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" '
        f'text-anchor="middle">{escape(x_label)}</text>'
    )
    for number, (name, values) in enumerate(series.items()):
        lines.extend(_curve(f"s{number % 4}", values, epochs, ticks))
        if len(series) == 1:
            continue  # the title says it all
        x = LEFT + 200 + number * 110
        lines.append(
            f'<path class="curve s{number % 4}" d="M{x} 14h20"/>'
            f'<text class="legend" x="{x + 26}" y="18">{escape(name)}</text>'
        )
    return "\n".join([*lines, "</svg>"])


def _curve(kind: str, values: Sequence[float], epochs: int, ticks: list[float]) -> list[str]:
    lines = []
    run: list[str] = []
    for number, value in enumerate([*values, math.nan]):
        if math.isfinite(value):
            x, y = _x(number, epochs), _y(value, ticks)
            run.append(f"{x:.1f},{y:.1f}")
            if epochs <= MOST_DOTS:
                lines.append(f'<circle class="dot {kind}" cx="{x:.1f}" cy="{y:.1f}" r="2.6"/>')
        elif run:
            lines.append(f'<polyline class="curve {kind}" points="{" ".join(run)}"/>')
            run = []
    return lines


def _x(number: int, epochs: int) -> float:
    return LEFT + 8 + (WIDTH - RIGHT - LEFT - 16) * (number / (epochs - 1) if epochs > 1 else 0.5)


def _y(value: float, ticks: list[float]) -> float:
    share = (value - ticks[0]) / (ticks[-1] - ticks[0])
    return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)


def _epoch_ticks(epochs: int) -> list[int]:
    """At most about ten whole numbers, the first epoch among them."""
    step = next(s for p in range(9) for s in (10**p, 2 * 10**p, 5 * 10**p) if epochs / s <= 10)
    return list(dict.fromkeys([1, *range(step, epochs + 1, step)]))
