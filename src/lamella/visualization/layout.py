"""Finds a place for each box of a diagram and a way for each edge, in pure Python.

Rows follow the flow of data (Sugiyama's method, see `_layers` and `_coordinates`). A nested model
is laid out first and then counts as one box; edges that enter or leave it pass through ports on
its frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lamella._base.check import one_of
from lamella.visualization._flat import Flat, FlatEdge, Piece, Point, bounds, place_flat
from lamella.visualization._layers import turn_back_edges
from lamella.visualization.diagram import Diagram, Edge, Group
from lamella.visualization.text import text_width

Direction = Literal["TB", "LR", "BT", "RL"]
Size = tuple[float, float]

MARGIN = 16.0
FRAME_PADDING = 16.0
FRAME_LABEL = 22.0
LABEL_SIZE = 12.0
LABEL_SIDE, LABEL_GAP = 12.0, 8.0
LOOP = 18.0


@dataclass(frozen=True)
class Rectangle:
    """A place on the page: upper left corner and size in pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Route:
    """The way of one edge: two points are a straight line, four a cubic curve."""

    edge: Edge
    pieces: tuple[Piece, ...]


@dataclass
class Placement:
    """Where everything is."""

    boxes: dict[str, Rectangle] = field(default_factory=dict)
    frames: dict[str, Rectangle] = field(default_factory=dict)
    routes: list[Route] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0


def place(diagram: Diagram, sizes: Mapping[str, Size], rankdir: str = "TB") -> Placement:
    """Places all boxes and routes all edges of a diagram.

    No two boxes overlap, no edge passes through a box, and the same diagram always gives the same
    picture. Data flow in the direction of `rankdir`; only edges that close a cycle go back.

    Args:
        diagram: what to place.
        sizes: width and height of each box by id, in pixels.
        rankdir: direction of flow, "TB" (downwards), "LR", "BT" or "RL".

    Raises: InvalidArgument, if the direction is none of those.

    Example:
        >>> from lamella.visualization.diagram import Box
        >>> pair = Diagram("pair", [Box("a", "Dense"), Box("b", "Dense")], [Edge("a", "b")])
        >>> placed = place(pair, {"a": (80, 30), "b": (80, 30)})
        >>> placed.boxes["a"].y < placed.boxes["b"].y
        True
    """
    one_of(rankdir, ("TB", "LR", "BT", "RL"), "rankdir")
    return _Layout(diagram, sizes, rankdir in ("LR", "RL"), rankdir in ("BT", "RL")).run()


@dataclass
class _Part:
    """One level, laid out by itself. Items are boxes and frames; ports are numbered by edge."""

    items: list[str] = field(default_factory=list)
    edges: list[tuple[str, str, int]] = field(default_factory=list)
    entries: list[tuple[int, str]] = field(default_factory=list)
    exits: list[tuple[str, int]] = field(default_factory=list)


@dataclass
class _Placed:
    flat: Flat
    numbers: dict[str, int]
    routes: dict[int, list[Piece]]
    entry: dict[int, float]
    exit: dict[int, float]


class _Layout:
    def __init__(
        self, diagram: Diagram, sizes: Mapping[str, Size], sideways: bool, backwards: bool
    ) -> None:
        self.diagram, self.sideways, self.backwards = diagram, sideways, backwards
        self.sizes = {key: (h, w) if sideways else (w, h) for key, (w, h) in sizes.items()}
        self.parent: dict[str, str | None] = {box.id: box.group for box in diagram.boxes}
        self.parent.update({group.id: group.parent for group in diagram.groups})
        self.parts: dict[str | None, _Part] = {None: _Part()}
        self.parts.update({group.id: _Part() for group in diagram.groups})
        self.placed: dict[str | None, _Placed] = {}
        self.pieces: dict[int, list[tuple[int, list[Piece]]]] = {}
        self.result = Placement()
        self.lead: dict[str, Point] = {}
        self.turned: set[int] = set()

    def run(self) -> Placement:
        for key, parent in self.parent.items():
            self.parts[parent].items.append(key)
        self.turned = self._find_turned()
        for number, edge in enumerate(self.diagram.edges):
            if edge.source != edge.target:
                ends = edge.source, edge.target
                self._spread(number, *(ends[::-1] if number in self.turned else ends))
        # A frame comes after its parent in the list, so backwards all content is placed first.
        for group in reversed(self.diagram.groups):
            self._place_part(group.id)
            self._measure_frame(group)
        self._place_part(None)
        self._collect(None, (0.0, 0.0), 0)
        self._add_loops()
        self._route_all()
        self._finish()
        return self.result

    def _measure_frame(self, group: Group) -> None:
        """The size of a frame, and the room before its content; the label is always on top."""
        flat = self.placed[group.id].flat
        label = text_width(group.label, LABEL_SIZE, bold=True)
        padding, top = FRAME_PADDING, FRAME_PADDING + FRAME_LABEL
        if self.sideways:
            self.lead[group.id] = (top, padding)
            size = (flat.across + top + padding, max(flat.along, label) + 2 * padding)
        else:
            # Edges that pass the upper side do it beside the label.
            ports = self.placed[group.id].exit if self.backwards else self.placed[group.id].entry
            covered = LABEL_SIDE + label + LABEL_GAP - padding - min(ports.values(), default=label)
            spare = max(label - flat.across, 2 * covered, 0.0)
            self.lead[group.id] = (padding + spare / 2, padding if self.backwards else top)
            size = (flat.across + spare + 2 * padding, flat.along + top + padding)
        self.sizes[group.id] = size

    def _path(self, item: str) -> list[tuple[str | None, str]]:
        """The levels an item is in, outermost first, and what stands for it on each."""
        path: list[tuple[str | None, str]] = []
        current: str | None = item
        while current is not None:
            parent = self.parent[current]
            path.append((parent, current))
            current = parent
        return path[::-1]

    def _find_turned(self) -> set[int]:
        """The edges that close a cycle; they are laid out backwards, frames and all."""
        levels: dict[str | None, list[tuple[str, str, int]]] = {}
        for number, edge in enumerate(self.diagram.edges):
            if edge.source != edge.target:
                level, source, target = self._meeting(edge.source, edge.target)
                levels.setdefault(level, []).append((source, target, number))
        turned = set()
        for level, edges in levels.items():
            numbers = {item: n for n, item in enumerate(self.parts[level].items)}
            pairs = [(numbers[a], numbers[b]) for a, b, _ in edges]
            downward = turn_back_edges(len(numbers), pairs)
            compared = zip(pairs, downward, edges, strict=True)
            turned |= {number for before, after, (*_, number) in compared if before != after}
        return turned

    def _meeting(self, source: str, target: str) -> tuple[str | None, str, str]:
        """The innermost level that holds both, and what stands for each of them there."""
        sources, targets = self._path(source), self._path(target)
        common = sum(a == b for a, b in zip(sources, targets))
        return sources[common][0], sources[common][1], targets[common][1]

    def _spread(self, number: int, source: str, target: str) -> None:
        """Cuts an edge into its part on the common level and its ways through frames."""
        level, above, below = self._meeting(source, target)
        self.parts[level].edges.append((above, below, number))
        sources, targets = self._path(source), self._path(target)
        common = sum(a == b for a, b in zip(sources, targets))
        for inner, item in sources[common + 1 :]:
            self.parts[inner].exits.append((item, number))
        for inner, item in targets[common + 1 :]:
            self.parts[inner].entries.append((number, item))

    def _place_part(self, level: str | None) -> None:
        part = self.parts[level]
        numbers = {item: n for n, item in enumerate(part.items)}
        sizes = [self.sizes[item] for item in part.items]
        first = range(len(sizes), len(sizes) + len(part.entries))
        last = range(first.stop, first.stop + len(part.exits))
        sizes += [(4.0, 0.0)] * (len(first) + len(last))
        edges, owners = [], []
        for source, target, number in part.edges:
            leave, enter = self._exit(source, number), self._entry(target, number)
            edges.append(FlatEdge(numbers[source], numbers[target], leave, enter))
            owners.append(number)
        for port, (number, item) in zip(first, part.entries, strict=True):
            edges.append(FlatEdge(port, numbers[item], None, self._entry(item, number)))
            owners.append(number)
        for port, (item, number) in zip(last, part.exits, strict=True):
            edges.append(FlatEdge(numbers[item], port, self._exit(item, number), None))
            owners.append(number)
        flat = place_flat(sizes, edges, frozenset(first), frozenset(last))
        self.placed[level] = _Placed(
            flat,
            numbers,
            {},
            {n: flat.centres[p][0] for p, (n, _) in zip(first, part.entries, strict=True)},
            {n: flat.centres[p][0] for p, (_, n) in zip(last, part.exits, strict=True)},
        )
        for number, route in zip(owners, flat.routes, strict=True):
            # On one level an edge has one part only, unless it leaves and enters the same frame.
            self.placed[level].routes.setdefault(number, []).extend(route)

    def _entry(self, item: str, number: int) -> float | None:
        if item not in self.placed:
            return None
        return self.placed[item].entry[number] + self.lead[item][0] - self.sizes[item][0] / 2

    def _exit(self, item: str, number: int) -> float | None:
        if item not in self.placed:
            return None
        return self.placed[item].exit[number] + self.lead[item][0] - self.sizes[item][0] / 2

    def _collect(self, level: str | None, origin: Point, depth: int) -> None:
        """Moves a level and all within it to its place on the page."""
        placed = self.placed[level]
        for number, pieces in placed.routes.items():
            leaves = any(n == number for _, n in self.parts[level].exits)
            order = -depth if leaves else depth
            moved = [tuple((x + origin[0], y + origin[1]) for x, y in piece) for piece in pieces]
            self.pieces.setdefault(number, []).append((order, moved))
        for item, n in placed.numbers.items():
            (x, y), (across, along) = placed.flat.centres[n], self.sizes[item]
            corner = (x - across / 2 + origin[0], y - along / 2 + origin[1])
            target = self.result.frames if item in self.parts else self.result.boxes
            target[item] = Rectangle(*corner, across, along)
            if item in self.parts:
                lead = self.lead[item]
                inside = (corner[0] + lead[0], corner[1] + lead[1])
                self._collect(item, inside, depth + 1)

    def _route_all(self) -> None:
        for number, parts in sorted(self.pieces.items()):
            joined: list[Piece] = []
            for _, pieces in sorted(parts, key=lambda part: part[0]):
                if joined and pieces and joined[-1][-1] != pieces[0][0]:
                    joined.append((joined[-1][-1], pieces[0][0]))
                joined.extend(pieces)
            if number in self.turned:
                joined = [piece[::-1] for piece in reversed(joined)]
            self.result.routes.append(Route(self.diagram.edges[number], tuple(joined)))

    def _add_loops(self) -> None:
        for number, edge in enumerate(self.diagram.edges):
            if edge.source == edge.target:
                box = self.result.boxes[edge.source]
                right, top, bottom = box.x + box.width, box.y, box.y + box.height
                out = right + LOOP
                low, high = bottom - box.height / 4, top + box.height / 4
                loop = ((right, low), (out, low), (out, high), (right, high))
                self.pieces[number] = [(0, [loop])]

    def _finish(self) -> None:
        """Adds the margin, and turns `across` and `along` into x and y."""
        result, flat = self.result, self.placed[None].flat
        pieces = [piece for route in result.routes for piece in route.pieces]
        least, most = bounds(pieces)
        shift = MARGIN - min(0.0, least)
        across = max(flat.across, most) + shift + MARGIN
        along = flat.along + 2 * MARGIN

        def point(p: Point) -> Point:
            x, y = p[0] + shift, p[1] + MARGIN
            if self.backwards:
                y = along - y
            return (y, x) if self.sideways else (x, y)

        def rectangle(r: Rectangle) -> Rectangle:
            corners = point((r.x, r.y)), point((r.x + r.width, r.y + r.height))
            xs, ys = zip(*corners, strict=True)
            return Rectangle(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))

        result.boxes = {key: rectangle(r) for key, r in result.boxes.items()}
        result.frames = {key: rectangle(r) for key, r in result.frames.items()}
        result.routes = [
            Route(r.edge, tuple(tuple(point(p) for p in piece) for piece in r.pieces))
            for r in result.routes
        ]
        result.width, result.height = (along, across) if self.sideways else (across, along)
