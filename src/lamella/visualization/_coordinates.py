"""Second half of the layered drawing: how far right each node is.

Nodes are joined to straight vertical lines where they can be, four times (from above or below,
leaning left or right); each time everything moves as close together as widths allow; the mean of
the two middle results is taken.

Source: Brandes & Köpf 2002, Graph Drawing, LNCS 2265:31; compaction by longest paths between the
lines, which also holds for nodes of different widths. Ours: real neighbours come before dummies,
so that the main path of a residual network stays straight and its skips bend.
"""

import itertools
from collections.abc import Callable
from graphlib import TopologicalSorter

from lamella.visualization._layers import Rows

Crossed = set[tuple[int, int]]


def place_across(graph: Rows, widths: list[float], gap: Callable[[int, int], float]) -> list[float]:
    """The centre of each node, across the direction of flow.

    Args:
        graph: nodes in rows.
        widths: of all nodes, dummies included.
        gap: the free space wanted between two neighbours.
    """
    crossed = _crossed_lines(graph)
    results = []
    for from_below in (False, True):
        rows = graph.rows[::-1] if from_below else graph.rows
        usable = _usable_neighbours(graph, from_below)
        for lean_right in (False, True):
            turned = [row[::-1] for row in rows] if lean_right else rows
            lines = _join(turned, usable, crossed)
            across = _compact(turned, lines, widths, gap)
            results.append([-x for x in across] if lean_right else across)
    return _balance(results, widths)


def _crossed_lines(graph: Rows) -> Crossed:
    """Edges that cross the inner part of a long edge; that part shall stay straight."""
    position = {node: place for row in graph.rows for place, node in enumerate(row)}
    crossed: Crossed = set()
    for upper, lower in itertools.pairwise(graph.rows):
        dummies = [(a, b) for b in lower for a in graph.above[b] if min(a, b) >= graph.real]
        inner = [(position[a], position[b]) for a, b in dummies]
        if not inner:
            continue
        for a in upper:
            for b in graph.below[a]:
                if a >= graph.real and b >= graph.real:
                    continue
                p, q = position[a], position[b]
                if any((p < r and q > s) or (p > r and q < s) for r, s in inner):
                    crossed |= {(a, b), (b, a)}
    return crossed


def _usable_neighbours(graph: Rows, from_below: bool) -> list[list[int]]:
    """For each node the neighbours on one side that it may be joined to, if both prefer so."""
    towards, back = (graph.below, graph.above) if from_below else (graph.above, graph.below)
    chosen = [_main(others, towards, graph.real) for others in towards]
    choosing = [_main(others, back, graph.real) for others in back]
    return [
        [other for other in others if node in choosing[other]] for node, others in enumerate(chosen)
    ]


def _main(others: list[int], onwards: list[list[int]], real: int) -> list[int]:
    """The neighbours that carry on the main path.

    Real nodes come before dummies, and before real nodes that only lead to dummies, such as the
    projection beside a residual block.
    """
    nodes = [other for other in others if other < real]
    lasting = [
        node for node in nodes if not onwards[node] or any(after < real for after in onwards[node])
    ]
    return lasting or nodes or others


def _join(rows: list[list[int]], neighbours: list[list[int]], crossed: Crossed) -> list[int]:
    """Which vertical line each node is on, named by the line's first node."""
    root = list(range(len(neighbours)))
    below = list(range(len(neighbours)))
    position = {node: place for row in rows for place, node in enumerate(row)}
    for row in rows:
        free = -1
        for node in row:
            others = sorted(neighbours[node], key=position.__getitem__)
            if not others:
                continue
            middle = (len(others) - 1) / 2
            for other in dict.fromkeys((others[int(middle)], others[int(middle + 0.5)])):
                if below[node] != node or position[other] <= free or (other, node) in crossed:
                    continue
                below[other] = node
                root[node] = root[other]
                below[node] = root[node]
                free = position[other]
    return root


def _compact(
    rows: list[list[int]], root: list[int], widths: list[float], gap: Callable[[int, int], float]
) -> list[float]:
    after: dict[int, dict[int, float]] = {line: {} for line in root}
    for row in rows:
        for a, b in itertools.pairwise(row):
            left, right = root[a], root[b]
            distance = (widths[a] + widths[b]) / 2 + gap(a, b)
            after[left][right] = max(distance, after[left].get(right, 0.0))
    rightmost_first = list(TopologicalSorter(after).static_order())
    place = dict.fromkeys(after, 0.0)
    for line in reversed(rightmost_first):
        for right, distance in after[line].items():
            place[right] = max(place[right], place[line] + distance)
    for line in rightmost_first:
        if after[line]:
            nearest = min(place[right] - distance for right, distance in after[line].items())
            place[line] = max(place[line], nearest)
    return [place[line] for line in root]


def _balance(results: list[list[float]], widths: list[float]) -> list[float]:
    def edges(result: list[float]) -> tuple[float, float]:
        pairs = list(zip(result, widths, strict=True))
        return min(x - w / 2 for x, w in pairs), max(x + w / 2 for x, w in pairs)

    bounds = [edges(result) for result in results]
    narrowest = min(bounds, key=lambda ends: ends[1] - ends[0])
    moved = []
    for number, (result, ends) in enumerate(zip(results, bounds, strict=True)):
        side = number % 2  # results alternate between leaning left and leaning right
        moved.append([x + narrowest[side] - ends[side] for x in result])
    middle = [sorted(column)[1:3] for column in zip(*moved, strict=True)]
    return [(a + b) / 2 for a, b in middle]
