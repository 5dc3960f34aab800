"""Finds a place for each box of a diagram and a way for each edge, in pure Python.

Rows follow the flow of data (Sugiyama's method, see `_layers` and `_coordinates`). A nested model
is laid out first and then counts as one box; edges that enter or leave it pass through ports on
its frame.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from lamella._base.check import one_of
from lamella.visualization._flat import Drawing, Flat, FlatEdge, Piece, Point, bounds
from lamella.visualization._layers import turn_back_edges
from lamella.visualization.diagram import Diagram, Edge, Group
from lamella.visualization.text import text_width

Size = tuple[float, float]

MARGIN = 16.0
FRAME_PADDING = 16.0
FRAME_LABEL = 22.0
LABEL_SIZE = 12.0
LABEL_SIDE, LABEL_GAP = 12.0, 8.0
LOOP = 18.0


class Rectangle(NamedTuple):
    """A place on the page: upper left corner and size in pixels."""

    x: float
    y: float
    width: float
    height: float


class Route(NamedTuple):
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
class _Level:
    """The page or a frame, laid out by itself. Items are boxes and frames; edges have numbers.

    Args:
        items: what lies directly in it.
        edges: upper and lower item of each edge on this level.
        entries, exits: the items that edges through the frame lead to, or come from.
        ports: where those edges pass the frame, across: entries and exits.
    """

    items: list[str] = field(default_factory=list)
    edges: dict[int, tuple[str, str]] = field(default_factory=dict)
    entries: dict[int, str] = field(default_factory=dict)
    exits: dict[int, str] = field(default_factory=dict)
    ports: tuple[dict[int, float], dict[int, float]] = ({}, {})
    flat: Flat = field(default_factory=lambda: Flat([], [], 0.0, 0.0))
    routes: dict[int, list[Piece]] = field(default_factory=dict)


# A level and what stands for a box on it, from the innermost common level inwards.
Way = list[tuple[str | None, str]]
ENTRY, EXIT = 0, 1


class _Layout:
    def __init__(
        self, diagram: Diagram, sizes: Mapping[str, Size], sideways: bool, backwards: bool
    ) -> None:
        self.diagram, self.sideways, self.backwards = diagram, sideways, backwards
        self.sizes = {key: (h, w) if sideways else (w, h) for key, (w, h) in sizes.items()}
        self.parent: dict[str, str | None] = {box.id: box.group for box in diagram.boxes}
        self.parent.update({group.id: group.parent for group in diagram.groups})
        self.levels: dict[str | None, _Level] = {None: _Level()}
        self.levels.update({group.id: _Level() for group in diagram.groups})
        self.pieces: dict[int, list[tuple[int, list[Piece]]]] = {}
        self.result = Placement()
        self.lead: dict[str, Point] = {}
        self.turned: set[int] = set()

    def run(self) -> Placement:
        for key, parent in self.parent.items():
            self.levels[parent].items.append(key)
        self._spread()
        # A frame comes after its parent in the list, so backwards all content is placed first.
        for group in reversed(self.diagram.groups):
            self._place_level(self.levels[group.id])
            self._measure_frame(group)
        self._place_level(self.levels[None])
        self._collect(self.levels[None], (0.0, 0.0), 0)
        self._add_loops()
        self._route_all()
        self._finish()
        return self.result

    def _measure_frame(self, group: Group) -> None:
        """The size of a frame, and the room before its content; the label is always on top."""
        flat = self.levels[group.id].flat
        label = text_width(group.label, LABEL_SIZE, bold=True)
        padding, top = FRAME_PADDING, FRAME_PADDING + FRAME_LABEL
        if self.sideways:
            self.lead[group.id] = (top, padding)
            size = (flat.across + top + padding, max(flat.along, label) + 2 * padding)
        else:
            # Edges that pass the upper side do it beside the label.
            ports = self.levels[group.id].ports[EXIT if self.backwards else ENTRY]
            covered = LABEL_SIDE + label + LABEL_GAP - padding - min(ports.values(), default=label)
            spare = max(label - flat.across, 2 * covered, 0.0)
            self.lead[group.id] = (padding + spare / 2, padding if self.backwards else top)
            size = (flat.across + spare + 2 * padding, flat.along + top + padding)
        self.sizes[group.id] = size

    def _path(self, item: str) -> Way:
        """The levels an item is in, outermost first, and what stands for it on each."""
        parent = self.parent[item]
        return [*(self._path(parent) if parent is not None else []), (parent, item)]

    def _spread(self) -> None:
        """Cuts each edge into its part on the common level and its ways through frames."""
        ways: dict[int, tuple[Way, Way]] = {}
        for number, edge in enumerate(self.diagram.edges):
            if edge.source != edge.target:
                source, target = self._path(edge.source), self._path(edge.target)
                common = sum(a == b for a, b in zip(source, target))
                ways[number] = source[common:], target[common:]
                level, item = source[common]
                self.levels[level].edges[number] = item, target[common][1]
        for part in self.levels.values():
            # Edges that close a cycle are laid out backwards, frames and all.
            numbers = {item: n for n, item in enumerate(part.items)}
            pairs = [(numbers[a], numbers[b]) for a, b in part.edges.values()]
            downward = turn_back_edges(len(numbers), pairs)
            for number, before, after in zip([*part.edges], pairs, downward):
                if before != after:
                    self.turned.add(number)
                    part.edges[number] = part.edges[number][::-1]
        for number, way in ways.items():
            above, below = way[::-1] if number in self.turned else way
            for level, item in above[1:]:
                self.levels[level].exits[number] = item
            for level, item in below[1:]:
                self.levels[level].entries[number] = item

    def _place_level(self, part: _Level) -> None:
        numbers = {item: n for n, item in enumerate(part.items)}
        first = {number: n for n, number in enumerate(part.entries, start=len(numbers))}
        last = {number: n for n, number in enumerate(part.exits, start=len(numbers) + len(first))}
        sizes = [self.sizes[item] for item in part.items] + [(4.0, 0.0)] * len((*first, *last))
        edges = [
            (n, FlatEdge(numbers[a], numbers[b], self._bound(a, n, EXIT), self._bound(b, n, ENTRY)))
            for n, (a, b) in part.edges.items()
        ]
        for n, item in part.entries.items():
            edges.append((n, FlatEdge(first[n], numbers[item], None, self._bound(item, n, ENTRY))))
        for n, item in part.exits.items():
            edges.append((n, FlatEdge(numbers[item], last[n], self._bound(item, n, EXIT), None)))
        ports = frozenset(first.values()), frozenset(last.values())
        if sizes:
            part.flat = Drawing(sizes, [edge for _, edge in edges], *ports).flat()
        across = [centre[0] for centre in part.flat.centres]
        part.ports = (
            {n: across[p] for n, p in first.items()},
            {n: across[p] for n, p in last.items()},
        )
        for (number, _), route in zip(edges, part.flat.routes, strict=True):
            # On one level an edge has one part only, unless it leaves and enters the same frame.
            part.routes.setdefault(number, []).extend(route)

    def _bound(self, item: str, number: int, side: int) -> float | None:
        """Where an edge must meet a frame, from its middle; None at a box."""
        if item not in self.levels:
            return None
        return self.levels[item].ports[side][number] + self.lead[item][0] - self.sizes[item][0] / 2

    def _collect(self, part: _Level, origin: Point, depth: int) -> None:
        """Moves a level and all within it to its place on the page."""
        for number, pieces in part.routes.items():
            order = -depth if number in part.exits else depth
            moved = [tuple((x + origin[0], y + origin[1]) for x, y in piece) for piece in pieces]
            self.pieces.setdefault(number, []).append((order, moved))
        for item, (x, y) in zip(part.items, part.flat.centres):
            across, along = self.sizes[item]
            corner = (x - across / 2 + origin[0], y - along / 2 + origin[1])
            if item not in self.levels:
                self.result.boxes[item] = Rectangle(*corner, across, along)
                continue
            self.result.frames[item] = Rectangle(*corner, across, along)
            lead = self.lead[item]
            self._collect(self.levels[item], (corner[0] + lead[0], corner[1] + lead[1]), depth + 1)

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
        result, flat = self.result, self.levels[None].flat
        least, most = bounds([piece for route in result.routes for piece in route.pieces])
        shift = MARGIN - min(0.0, least)
        across = max(flat.across, most) + shift + MARGIN
        along = flat.along + 2 * MARGIN

        def point(p: Point) -> Point:
            x, y = p[0] + shift, p[1] + MARGIN
            if self.backwards:
                y = along - y
            return (y, x) if self.sideways else (x, y)

        def rectangle(r: Rectangle) -> Rectangle:
            (left, top), (right, bottom) = point((r.x, r.y)), point((r.x + r.width, r.y + r.height))
            width, height = abs(right - left), abs(bottom - top)
            return Rectangle(min(left, right), min(top, bottom), width, height)

        result.boxes = {key: rectangle(r) for key, r in result.boxes.items()}
        result.frames = {key: rectangle(r) for key, r in result.frames.items()}
        result.routes = [
            Route(r.edge, tuple(tuple(point(p) for p in piece) for piece in r.pieces))
            for r in result.routes
        ]
        result.width, result.height = (along, across) if self.sideways else (across, along)
