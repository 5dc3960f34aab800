"""Draws a diagram as one self-contained SVG, with nothing but the standard library."""

import math
from xml.sax.saxutils import escape, quoteattr

from lamella._base.check import one_of
from lamella.visualization import layout
from lamella.visualization._flat import Point
from lamella.visualization.diagram import COLOURS, Box, Diagram
from lamella.visualization.text import shorten, text_width

FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
TITLE_SIZE, NAME_SIZE, ROW_SIZE = 13.0, 11.0, 11.5
TITLE_HEIGHT, NAME_HEIGHT, ROW_HEIGHT = 28.0, 16.0, 21.0
SIDE = 12.0
COLUMN_GAP = 10.0
LONGEST_TITLE, LONGEST_VALUE = 40, 56
ARROW = 8.0
CORNER = 8.0
SPLINES = ("curved", "spline", "ortho", "polyline", "line")
YES, NO = "#15803d", "#b91c1c"

_STYLE = f"""
.title {{ font: bold {TITLE_SIZE}px {FONT}; fill: #ffffff; text-anchor: middle; }}
.name {{ font: {NAME_SIZE}px {FONT}; fill: #ffffff; fill-opacity: .88; text-anchor: middle; }}
.label {{ font: {ROW_SIZE}px {FONT}; fill: #475569; }}
.value {{ font: bold {ROW_SIZE}px {FONT}; fill: #0f172a; text-anchor: end; }}
.frame-label {{ font: bold {layout.LABEL_SIZE}px {FONT}; fill: #475569; }}
.edge path {{ fill: none; stroke: #64748b; stroke-width: 1.5; }}
.edge polygon {{ fill: #64748b; }}
""".strip()


def render_svg(
    diagram: Diagram, rankdir: str = "TB", scale: float = 1.0, splines: str = "curved"
) -> str:
    """Draws a diagram: a box per layer with a header in its family's colour, and arrows.

    Args:
        diagram: what to draw.
        rankdir: direction of flow, "TB", "LR", "BT" or "RL".
        scale: factor on the picture's own size, above 0; 1 gives text of 13 pixels.
        splines: how edges bend, "curved" (or "spline"), "ortho" for right angles, "polyline" (or
            "line") for slanted lines. Edges never pass through boxes.

    Raises: InvalidArgument, if the direction or the kind of edges is none of those.

    Example:
        >>> text = render_svg(Diagram("one", [Box("n0", "Dense", family="dense")]))
        >>> text.count('class="node"'), text.startswith("<svg")
        (1, True)
    """
    one_of(splines, SPLINES, "splines")
    placement = layout.place(diagram, {box.id: measure(box) for box in diagram.boxes}, rankdir)
    width, height = math.ceil(placement.width), math.ceil(placement.height)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_number(width * scale)}" '
        f'height="{_number(height * scale)}" viewBox="0 0 {width} {height}" role="img" '
        f"aria-label={quoteattr(f'Diagram of {diagram.name}')}>",
        f"<style>{_STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *_frames(diagram, placement),
        *(_edge(route, splines) for route in placement.routes),
        *(_box(box, placement.boxes[box.id]) for box in diagram.boxes),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def measure(box: Box) -> layout.Size:
    """The width and height that a box needs, in pixels.

    Example:
        >>> measure(Box("n0", "Dense"))[1]
        28.0
    """
    width = text_width(shorten(box.title, LONGEST_TITLE), TITLE_SIZE, bold=True)
    width = max(width, text_width(shorten(box.name, LONGEST_TITLE), NAME_SIZE))
    for label, value in box.rows:
        row = text_width(label, ROW_SIZE) + COLUMN_GAP
        width = max(width, row + text_width(shorten(value, LONGEST_VALUE), ROW_SIZE, bold=True))
    return max(math.ceil(width + 2 * SIDE), 72.0), _header(box) + ROW_HEIGHT * len(box.rows)


def _header(box: Box) -> float:
    return TITLE_HEIGHT + (NAME_HEIGHT if box.name else 0.0)


def _frames(diagram: Diagram, placement: layout.Placement) -> list[str]:
    lines = []
    for group in diagram.groups:
        at = placement.frames[group.id]
        lines.append(
            f'<g class="frame" id="frame-{escape(group.id)}"><rect {_corner(at)} '
            f'height="{_number(at.height)}" rx="10" fill="#f8fafc" stroke="#94a3b8" '
            f'stroke-dasharray="5 4"/>'
            f"{_text('frame-label', at.x + layout.LABEL_SIDE, at.y + 20, group.label)}</g>"
        )
    return lines


def _corner(at: layout.Rectangle) -> str:
    return f'x="{_number(at.x)}" y="{_number(at.y)}" width="{_number(at.width)}"'


def _box(box: Box, at: layout.Rectangle) -> str:
    colour = COLOURS.get(box.family, COLOURS["other"])
    right, middle, top = at.x + at.width, at.x + at.width / 2, at.y + _header(box)
    full = " ".join([box.title, box.name, *(f"{label}: {value};" for label, value in box.rows)])
    parts = [
        f'<g class="node" id="node-{escape(box.id)}"><title>{escape(full.strip())}</title>',
        f'<rect {_corner(at)} rx="6" height="{_number(at.height)}" fill="{colour}"/>',
        _text("title", middle, at.y + 18.5, shorten(box.title, LONGEST_TITLE)),
    ]
    if box.name:
        parts.append(_text("name", middle, at.y + 34.5, shorten(box.name, LONGEST_TITLE)))
    if box.rows:
        # The white part below the header is square above and round below.
        x, y, end, foot = map(_number, (at.x, top, right, at.y + at.height))
        left, stop, low = map(_number, (at.x + 6, right - 6, at.y + at.height - 6))
        path = f"M{x} {y}H{end}V{low}Q{end} {foot} {stop} {foot}H{left}Q{x} {foot} {x} {low}Z"
        parts.append(f'<path d="{path}" fill="#ffffff" stroke="{colour}"/>')
    for number, (label, value) in enumerate(box.rows):
        base = top + ROW_HEIGHT * number
        if number:
            line = f"M{_number(at.x + 1)} {_number(base)}H{_number(right - 1)}"
            parts.append(f'<path d="{line}" stroke="#e2e8f0"/>')
        fill = {"yes": YES, "no": NO}.get(value) if label == "Trainable" else None
        parts.append(_text("label", at.x + SIDE, base + 14.5, label))
        shown = shorten(value, LONGEST_VALUE)
        parts.append(_text("value", right - SIDE, base + 14.5, shown, fill))
    return "".join([*parts, "</g>"])


def _text(kind: str, x: float, y: float, text: str, fill: str | None = None) -> str:
    style = f' style="fill: {fill}"' if fill else ""
    return f'<text class="{kind}" x="{_number(x)}" y="{_number(y)}"{style}>{escape(text)}</text>'


def _edge(route: layout.Route, splines: str) -> str:
    pieces = route.pieces
    tip = pieces[-1][-1]
    # A curve's last control point may lie on its end; then the one before gives the direction.
    slanted = splines in ("polyline", "line") and len(route.pieces[-1]) == 4
    last = (pieces[-1][0],) if slanted else pieces[-1][:-1]
    before = next((p for p in reversed(last) if math.dist(p, tip) > 1e-6), tip)
    length = math.dist(before, tip) or 1.0
    ux, uy = (tip[0] - before[0]) / length, (tip[1] - before[1]) / length
    base = (tip[0] - ux * ARROW, tip[1] - uy * ARROW)
    path = [f"M{_point(pieces[0][0])}"]
    for number, piece in enumerate(pieces):
        end = base if number == len(pieces) - 1 else piece[-1]
        path.append(_way((*piece[:-1], end), splines))
    wings = [(base[0] + side * uy * 3.6, base[1] - side * ux * 3.6) for side in (1, -1)]
    head = " ".join(_point(p) for p in (tip, *wings))
    name = f"edge-{escape(route.edge.source)}-{escape(route.edge.target)}"
    return f'<g class="edge" id="{name}"><path d="{"".join(path)}"/><polygon points="{head}"/></g>'


def _way(piece: tuple[Point, ...], splines: str) -> str:
    """One piece of an edge, from where the pen is."""
    end = piece[-1]
    if len(piece) == 2 or splines in ("polyline", "line"):
        return f"L{_point(end)}"
    first, second = piece[1:3]
    if splines != "ortho":
        return f"C{_point(first)} {_point(second)} {_point(end)}"
    rounded = []
    for before, corner, after in ((piece[0], first, second), (first, second, end)):
        size = min(CORNER, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
        start, stop = _towards(corner, before, size), _towards(corner, after, size)
        rounded.append(f"L{_point(start)}Q{_point(corner)} {_point(stop)}")
    return "".join([*rounded, f"L{_point(end)}"])


def _towards(start: Point, target: Point, distance: float) -> Point:
    share = distance / (math.dist(start, target) or 1.0)
    return start[0] + (target[0] - start[0]) * share, start[1] + (target[1] - start[1]) * share


def _point(point: tuple[float, float]) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
