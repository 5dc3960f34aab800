"""Places the boxes of one level, frames counted as boxes, and routes the edges between them.

Everything here is told in two directions: `along` the flow and `across` it. Layout turns them into
x and y.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from lamella.visualization import _layers
from lamella.visualization._coordinates import place_across

# (across, along); two points are a line, four a cubic curve.
Point = tuple[float, float]
Piece = tuple[Point, ...]

BOX_GAP = 28.0
DUMMY_WIDTH = 8.0
DUMMY_GAP = 14.0
ROW_GAP = 36.0
# Wide bends need more height, or the curves become too flat to follow.
ROW_GAP_PER_BEND = 0.09
MOST_ROW_GAP = 76.0
# A row of ports is empty; its edges need room only where they bend.
PORT_GAP, PORT_GAP_PER_BEND = 8.0, 0.35
SLOT = 16.0
STRAIGHT = 1.0
TOUCHING = 0.01


class FlatEdge(NamedTuple):
    """An edge of one level, with the place on each end's side where it is bound to start or end.

    Args:
        source, target: numbers of nodes.
        leave, enter: distance from the node's centre, across; None to choose freely.
    """

    source: int
    target: int
    leave: float | None = None
    enter: float | None = None


class Flat(NamedTuple):
    """The drawing of one level: centres of nodes, and for each edge its pieces."""

    centres: list[Point]
    routes: list[list[Piece]]
    across: float
    along: float


class Drawing:
    """Places nodes of given sizes in rows and routes edges between the rows.

    Chains of nodes become lines within rows and curves between rows. Curves stay between two rows
    and lines within a row stand on a dummy's own place, so no edge can touch a box that is not its
    end.

    Args:
        sizes: (across, along) of each node, one at least.
        edges: without cycles.
        first_ports: nodes that stand for an entry through the frame, in the first row.
        last_ports: nodes that stand for an exit.
    """

    def __init__(
        self,
        sizes: Sequence[tuple[float, float]],
        edges: Sequence[FlatEdge],
        first_ports: frozenset[int],
        last_ports: frozenset[int],
    ) -> None:
        self.sizes, self.ports = sizes, first_ports | last_ports
        pairs = [(edge.source, edge.target) for edge in edges]
        # For each edge where it is bound to start above and to end below.
        self.ends = [(edge.leave, edge.enter) for edge in edges]
        self.row = _layers.assign_rows(len(sizes), pairs, last_ports, first_ports)
        self.graph = graph = _layers.make_rows(self.row, pairs)
        _layers.reduce_crossings(graph)
        thin = {*self.ports, *range(len(sizes), len(graph.above))}
        widths = [size[0] for size in sizes] + [DUMMY_WIDTH] * (len(graph.above) - len(sizes))
        across = place_across(
            graph, widths, lambda a, b: DUMMY_GAP if a in thin or b in thin else BOX_GAP
        )
        start = min(x - w / 2 for x, w in zip(across, widths, strict=True))
        self.across = [x - start for x in across]
        self._align_ports()
        self.width = max(x + w / 2 for x, w in zip(self.across, widths, strict=True))
        self.bands = self._bands()

    def flat(self) -> Flat:
        """The drawing as it is handed out."""
        centres = [(self.across[n], sum(self.bands[row]) / 2) for n, row in enumerate(self.row)]
        routes = map(self._follow, self.graph.chains, self._slots(0, 1), self._slots(-1, -2))
        return Flat(centres, list(routes), self.width, self.bands[-1][1])

    def _align_ports(self) -> None:
        """Moves the ports of a row to where their edges are bound, if that keeps their order."""
        wanted = list(self.across)
        for chain, (leave, enter) in zip(self.graph.chains, self.ends, strict=True):
            if len(chain) == 2 and chain[0] in self.ports and enter is not None:
                wanted[chain[0]] = self.across[chain[1]] + enter
            if len(chain) == 2 and chain[1] in self.ports and leave is not None:
                wanted[chain[1]] = self.across[chain[0]] + leave
        for row in self.graph.rows:
            apart = all(wanted[b] - wanted[a] >= DUMMY_GAP for a, b in itertools.pairwise(row))
            if self.ports.issuperset(row) and apart:
                for port in row:
                    self.across[port] = wanted[port]

    def _bands(self) -> list[Point]:
        """Where each row starts and ends, along the flow."""
        rows, sizes = self.graph.rows, self.sizes
        level = {node: number for number, row in enumerate(rows) for node in row}
        bends = [0.0] * len(rows)
        for chain, (leave, enter) in zip(self.graph.chains, self.ends, strict=True):
            places = [self.across[node] for node in chain]
            places[0] += leave or 0.0
            places[-1] += enter or 0.0
            for node, (a, b) in zip(chain, itertools.pairwise(places)):
                bends[level[node]] = max(bends[level[node]], abs(a - b))
        bands = []
        start = 0.0
        empty = [self.ports.issuperset(nodes) for nodes in rows] + [False]
        for row, (nodes, bend) in enumerate(zip(rows, bends)):
            height = max((sizes[n][1] for n in nodes if n < len(sizes)), default=0.0)
            bands.append((start, start + height))
            gap = ROW_GAP + bend * ROW_GAP_PER_BEND
            if empty[row] or empty[row + 1]:
                gap = min(gap, PORT_GAP + bend * PORT_GAP_PER_BEND)
            start += height + min(gap, MOST_ROW_GAP)
        return bands

    def _slots(self, end: int, beside: int) -> list[float]:
        """Where on its end box each edge is fastened, so that edges to the left start left."""
        chains = self.graph.chains
        slots = [ends[end] or 0.0 for ends in self.ends]
        by_box: dict[int, list[int]] = {}
        for number, chain in enumerate(chains):
            if self.ends[number][end] is None and chain[end] not in self.ports:
                by_box.setdefault(chain[end], []).append(number)
        for box, numbers in by_box.items():
            bends = {n: self.across[chains[n][beside]] - self.across[box] for n in numbers}
            numbers.sort(key=bends.__getitem__)
            straight = [i for i, n in enumerate(numbers) if abs(bends[n]) < STRAIGHT]
            middle = straight[0] if straight else (len(numbers) - 1) / 2
            room = self.sizes[box][0] / 2 - 7
            step = min(SLOT, room / max(middle, len(numbers) - 1 - middle, 1))
            for place, number in enumerate(numbers):
                slots[number] = (place - middle) * step
        return slots

    def _follow(self, chain: list[int], leave: float, enter: float) -> list[Piece]:
        first, last = chain[0], chain[-1]
        row = self.row[first]
        x = self.across[first] + leave
        at = (x, self._edge_of(first, 1))
        pieces: list[Piece] = []
        for number, node in enumerate(chain[1:], start=1):
            upper, lower = self.bands[row + number - 1][1], self.bands[row + number][0]
            target = self.across[node] + (enter if node == last else 0.0)
            if abs(target - x) < 0.5 and number < len(chain) - 1:
                continue  # one straight line through several rows
            if upper - at[1] > TOUCHING:
                pieces.append((at, (x, upper)))
            middle = (upper + lower) / 2
            bend = () if abs(target - x) < 0.5 else ((x, middle), (target, middle))
            pieces.append(((x, upper), *bend, (target, lower)))
            x, at = target, (target, lower)
        end = (x, self._edge_of(last, 0))
        if end[1] - at[1] > TOUCHING:
            pieces.append((at, end))
        return pieces

    def _edge_of(self, node: int, side: int) -> float:
        """Where a box starts (side 0) or ends (side 1); a port lets edges pass its whole row."""
        band = self.bands[self.row[node]]
        if node in self.ports:
            return band[1 - side]
        return sum(band) / 2 + (side - 0.5) * self.sizes[node][1]


def bounds(pieces: Sequence[Piece]) -> tuple[float, float]:
    """The least and the greatest place across that lines and curves can reach."""
    places = [point[0] for point in itertools.chain.from_iterable(pieces)]
    return min(places, default=0.0), max(places, default=0.0)
