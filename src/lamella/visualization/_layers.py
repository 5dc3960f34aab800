"""First half of the layered drawing: which row each node is in, and in which order.

Nodes are whole numbers. Long edges are cut into chains of dummy nodes, one per row they cross, so
that from here on each edge joins neighbouring rows.

Source: Sugiyama, Tagawa & Toda 1981, IEEE Trans. SMC 11:109; median sweeps as in Gansner et al.
1993, IEEE Trans. Softw. Eng. 19:214.
"""

import bisect
import itertools
import statistics
from dataclasses import dataclass
from graphlib import TopologicalSorter

Pair = tuple[int, int]
SWEEPS = 24


@dataclass
class Rows:
    """Nodes in rows, dummies included.

    Args:
        rows: node numbers from first to last, row by row.
        above, below: neighbours of each node in the row before and after.
        chains: for each edge all its nodes, from the upper end to the lower.
        real: how many nodes are real; higher numbers are dummies.
    """

    rows: list[list[int]]
    above: list[list[int]]
    below: list[list[int]]
    chains: list[list[int]]
    real: int


def turn_back_edges(count: int, edges: list[Pair]) -> list[Pair]:
    """Turns the edges that close a cycle around, so that none is left.

    Example:
        >>> turn_back_edges(3, [(0, 1), (1, 2), (2, 0)])
        [(0, 1), (1, 2), (0, 2)]
    """
    outgoing: list[list[int]] = [[] for _ in range(count)]
    for a, b in edges:
        outgoing[a].append(b)
    fresh, open_, closed = 0, 1, 2
    state = [fresh] * count
    back: set[Pair] = set()
    entered = {b for _, b in edges}
    for start in sorted(range(count), key=lambda node: node in entered):
        if state[start] != fresh:
            continue
        state[start] = open_
        stack = [(start, iter(outgoing[start]))]
        while stack:
            node, rest = stack[-1]
            after = next(rest, None)
            if after is None:
                state[node] = closed
                stack.pop()
            elif state[after] == open_:
                back.add((node, after))
            elif state[after] == fresh:
                state[after] = open_
                stack.append((after, iter(outgoing[after])))
    return [(b, a) if (a, b) in back else (a, b) for a, b in edges]


def assign_rows(
    count: int, edges: list[Pair], last: frozenset[int], first: frozenset[int] = frozenset()
) -> list[int]:
    """The row of each node: below everything that leads to it, and close to what it leads to.

    Args:
        count: number of nodes.
        edges: pairs (upper, lower) without cycles.
        last: nodes that belong into the last row.
        first: nodes that stay in the first row, wherever they lead; nothing leads to them.

    Example:
        >>> assign_rows(4, [(0, 1), (1, 2), (3, 2)], frozenset())
        [0, 1, 2, 1]
    """
    incoming: list[list[int]] = [[] for _ in range(count)]
    outgoing: list[list[int]] = [[] for _ in range(count)]
    for a, b in edges:
        outgoing[a].append(b)
        incoming[b].append(a)
    order = list(TopologicalSorter(dict(enumerate(incoming))).static_order())
    row = [0] * count
    for node in order:
        row[node] = max((row[a] + 1 for a in incoming[node]), default=0)
    for node in last:
        row[node] = max(row)
    for node in reversed(order):
        # Moving down shortens the edges below and lengthens those above.
        if node not in last | first and len(outgoing[node]) > len(incoming[node]):
            row[node] = min(row[b] for b in outgoing[node]) - 1
    return row


def make_rows(row: list[int], edges: list[Pair]) -> Rows:
    """Cuts long edges into dummies and gives each row a first order, by walking along the edges."""
    real = len(row)
    levels = list(row)
    chains = []
    for a, b in edges:
        dummies = range(len(levels), len(levels) + row[b] - row[a] - 1)
        levels.extend(range(row[a] + 1, row[b]))
        chains.append([a, *dummies, b])
    above: list[list[int]] = [[] for _ in levels]
    below: list[list[int]] = [[] for _ in levels]
    for chain in chains:
        for a, b in itertools.pairwise(chain):
            below[a].append(b)
            above[b].append(a)
    rows: list[list[int]] = [[] for _ in range(max(levels, default=-1) + 1)]
    seen = [False] * len(levels)
    for start in sorted(range(len(levels)), key=lambda node: (levels[node], node)):
        stack = [start]
        while stack:
            node = stack.pop()
            if seen[node]:
                continue
            seen[node] = True
            rows[levels[node]].append(node)
            # Real nodes first: the main path goes on straight, skips stand to its right.
            stack.extend(sorted(below[node], key=lambda n: (n >= real, n), reverse=True))
    return Rows(rows, above, below, chains, real)


def reduce_crossings(graph: Rows) -> None:
    """Reorders the rows in place, by medians and by swaps of neighbours, for fewer crossings."""
    best = [list(row) for row in graph.rows]
    fewest = _crossings(graph)
    for sweep in range(SWEEPS):
        if fewest == 0:
            break
        downwards = sweep % 2 == 0
        numbers = range(len(graph.rows)) if downwards else range(len(graph.rows) - 1, -1, -1)
        neighbours = graph.above if downwards else graph.below
        position = _positions(graph)
        for number in numbers:
            _sort_by_median(graph.rows[number], neighbours, position, keep_left=sweep % 4 < 2)
        _swap_neighbours(graph)
        crossings = _crossings(graph)
        if crossings < fewest:
            fewest, best = crossings, [list(row) for row in graph.rows]
    graph.rows[:] = best


def _positions(graph: Rows) -> list[int]:
    places = {node: place for row in graph.rows for place, node in enumerate(row)}
    return [places[node] for node in range(len(places))]


def _sort_by_median(
    row: list[int], neighbours: list[list[int]], position: list[int], *, keep_left: bool
) -> None:
    def middle(node: int) -> float:
        places = [position[other] for other in neighbours[node]]
        return statistics.median(places or [position[node]])

    row.sort(key=lambda node: (middle(node), position[node] if keep_left else -position[node]))
    for place, node in enumerate(row):
        position[node] = place


def _swap_neighbours(graph: Rows) -> None:
    position = _positions(graph)
    for row in graph.rows:
        better = True
        while better:
            better = False
            for place in range(len(row) - 1):
                a, b = row[place], row[place + 1]
                pairs = [
                    (position[p], position[q])
                    for neighbours in (graph.above, graph.below)
                    for p in neighbours[a]
                    for q in neighbours[b]
                ]
                if sum(p < q for p, q in pairs) < sum(p > q for p, q in pairs):
                    row[place], row[place + 1] = b, a
                    position[a], position[b] = place + 1, place
                    better = True


def _crossings(graph: Rows) -> int:
    position = _positions(graph)
    total = 0
    for upper in graph.rows[:-1]:
        # Each edge crosses the earlier ones that end further right.
        earlier: list[int] = []
        for node in upper:
            for end in sorted(position[other] for other in graph.below[node]):
                total += len(earlier) - bisect.bisect_right(earlier, end)
                bisect.insort(earlier, end)
    return total
