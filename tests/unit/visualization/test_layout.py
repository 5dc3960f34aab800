from __future__ import annotations

import itertools
import random
import sys
from typing import Any

import pytest

from lamella._base.errors import InvalidArgument
from lamella.visualization.diagram import Box, Diagram, Edge, Group
from lamella.visualization.layout import LABEL_SIDE, LABEL_SIZE, Placement, Rectangle, place
from lamella.visualization.text import text_width


def diagram(
    count: int, edges: list[tuple[int, int]], groups: dict[int, str] | None = None
) -> Diagram:
    boxes = [Box(f"n{i}", "Dense", group=(groups or {}).get(i)) for i in range(count)]
    return Diagram("test", boxes, [Edge(f"n{a}", f"n{b}") for a, b in edges])


def sizes(shown: Diagram, seed: int = 0) -> dict[str, tuple[float, float]]:
    rng = random.Random(seed)
    return {box.id: (rng.randint(60, 240), rng.randint(28, 100)) for box in shown.boxes}


def residual(blocks: int) -> Diagram:
    edges, last = [(0, 1)], 1
    for number in range(blocks):
        a = last + 1
        edges += [(last, a), (a, a + 1), (a + 1, a + 2), (a + 2, a + 3), (last, a + 3)]
        last = a + 3
        if number % 3 == 1:  # a projection on the skip
            edges[-1] = (a - 1, a + 4)
            edges += [(a + 4, a + 3), (a + 3, a + 5)]
            last = a + 5
    return diagram(last + 1, edges)


def random_net(seed: int, count: int = 25) -> Diagram:
    rng = random.Random(seed)
    edges = [(rng.randrange(max(0, i - 6), i), i) for i in range(1, count)]
    edges += [tuple(sorted(rng.sample(range(count), 2))) for _ in range(count // 2)]
    return diagram(count, list(dict.fromkeys(edges)))


FRAMED = Diagram(
    "framed",
    [
        Box("a", "Input"),
        Box("b", "Dense", group="g0"),
        Box("c", "Dense", group="g1"),
        Box("d", "Dense", group="g1"),
        Box("e", "Add", group="g0"),
        Box("f", "Add"),
        Box("h", "Dense", group="g2"),
    ],
    [
        Edge("a", "b"),
        Edge("b", "c"),
        Edge("c", "d"),
        Edge("d", "e"),
        Edge("b", "e"),
        Edge("e", "f"),
        Edge("a", "f"),
        Edge("c", "h"),
        Edge("h", "f"),
    ],
    [Group("g0", "encoder"), Group("g1", "inner", "g0"), Group("g2", "a frame with a long label")],
)
NETS = [residual(11), FRAMED, diagram(1, []), diagram(3, []), *(random_net(s) for s in range(6))]


def framed_net(seed: int, count: int = 16) -> Diagram:
    """Frames in frames, and edges both ways between them, as of layers that models share."""
    rng = random.Random(seed)
    groups = [Group("g0", "one"), Group("g1", "two"), Group("g2", "three", "g1")]
    boxes = [
        Box(f"n{i}", "Dense", group=rng.choice([None, "g0", "g1", "g2"])) for i in range(count)
    ]
    pairs = [(i - 1, i) for i in range(1, count)]
    pairs += [tuple(rng.sample(range(count), 2)) for _ in range(count // 3)]
    return Diagram("test", boxes, [Edge(f"n{a}", f"n{b}") for a, b in dict.fromkeys(pairs)], groups)


def overlap(a: Rectangle, b: Rectangle, slack: float = -0.01) -> bool:
    return (
        a.x < b.x + b.width + slack
        and b.x < a.x + a.width + slack
        and a.y < b.y + b.height + slack
        and b.y < a.y + a.height + slack
    )


def points(piece: tuple) -> list[tuple[float, float]]:
    """Points on a line or a cubic curve, by de Casteljau's construction."""
    found = []
    for step in range(33):
        t = step / 32
        level = list(piece)
        while len(level) > 1:
            level = [
                (p[0] + (q[0] - p[0]) * t, p[1] + (q[1] - p[1]) * t)
                for p, q in itertools.pairwise(level)
            ]
        found.append(level[0])
    return found


def within(box: Rectangle, point: tuple[float, float]) -> bool:
    x, y = point
    return box.x + 0.5 < x < box.x + box.width - 0.5 and box.y + 0.5 < y < box.y + box.height - 0.5


def touches(box: Rectangle, point: tuple[float, float]) -> bool:
    x, y = point
    around = Rectangle(box.x - 1, box.y - 1, box.width + 2, box.height + 2)
    return within(around, point) and not within(box, (x, y))


@pytest.mark.parametrize("rankdir", ["TB", "LR", "BT", "RL"])
@pytest.mark.parametrize("net", [*NETS, *(framed_net(s) for s in range(8))])
def test_nothing_overlaps_and_no_edge_passes_through_a_box(net: Diagram, rankdir: str) -> None:
    placed = place(net, sizes(net), rankdir)
    assert set(placed.boxes) == {box.id for box in net.boxes}
    for a, b in itertools.combinations(placed.boxes.values(), 2):
        assert not overlap(a, b)
    for route in placed.routes:
        for end, name in ((0, route.edge.source), (-1, route.edge.target)):
            assert touches(placed.boxes[name], route.pieces[end][end])
        for before, after in itertools.pairwise(route.pieces):
            assert before[-1] == pytest.approx(after[0])
        for point in itertools.chain.from_iterable(map(points, route.pieces)):
            assert -1 < point[0] < placed.width + 1 and -1 < point[1] < placed.height + 1
            assert not any(within(box, point) for box in placed.boxes.values())


@pytest.mark.parametrize("net", NETS)
def test_edges_go_down_from_side_to_side(net: Diagram) -> None:
    placed = place(net, sizes(net))
    assert len(placed.routes) == len(net.edges)
    for route in placed.routes:
        source, target = placed.boxes[route.edge.source], placed.boxes[route.edge.target]
        assert source.y + source.height < target.y
        (x, y), (x2, y2) = route.pieces[0][0], route.pieces[-1][-1]
        assert y == pytest.approx(source.y + source.height)
        assert y2 == pytest.approx(target.y)
        assert source.x < x < source.x + source.width and target.x < x2 < target.x + target.width
        heights = [p[1] for piece in route.pieces for p in points(piece)]
        assert all(a <= b + 1e-6 for a, b in itertools.pairwise(heights))


@pytest.mark.parametrize(
    ("rankdir", "axis", "sign"), [("TB", "y", 1), ("BT", "y", -1), ("LR", "x", 1), ("RL", "x", -1)]
)
def test_the_direction_of_flow(rankdir: str, axis: str, sign: int) -> None:
    placed = place(
        diagram(3, [(0, 1), (1, 2)]), dict.fromkeys(("n0", "n1", "n2"), (80, 30)), rankdir
    )
    along = [getattr(placed.boxes[f"n{i}"], axis) * sign for i in range(3)]
    assert along == sorted(along) and len(set(along)) == 3
    other = "x" if axis == "y" else "y"
    assert len({getattr(box, other) for box in placed.boxes.values()}) == 1


def centre(placed: Placement, name: str) -> float:
    return placed.boxes[name].x + placed.boxes[name].width / 2


def test_the_main_path_of_a_residual_network_is_straight() -> None:
    net = residual(11)
    placed = place(net, sizes(net))
    sides = {f"n{int(e.source[1:])}" for e in net.edges if int(e.source[1:]) > int(e.target[1:])}
    across = {round(centre(placed, box.id), 3) for box in net.boxes if box.id not in sides}
    assert len(across) == 1 and len(sides) == 4


def test_a_split_is_symmetrical() -> None:
    net = diagram(4, [(0, 1), (0, 2), (1, 3), (2, 3)])
    placed = place(net, dict.fromkeys(("n0", "n1", "n2", "n3"), (80.0, 30.0)))
    assert centre(placed, "n0") == centre(placed, "n3")
    assert centre(placed, "n1") + centre(placed, "n2") == pytest.approx(2 * centre(placed, "n0"))


def test_an_input_that_is_used_late_stands_beside_its_reader() -> None:
    net = diagram(5, [(0, 1), (1, 2), (2, 3), (4, 3)])
    placed = place(net, dict.fromkeys((f"n{i}" for i in range(5)), (80.0, 30.0)))
    assert placed.boxes["n4"].y == placed.boxes["n2"].y


def test_frames_hold_their_boxes_and_nothing_else() -> None:
    placed = place(FRAMED, sizes(FRAMED))
    members = {"g0": {"b", "c", "d", "e"}, "g1": {"c", "d"}, "g2": {"h"}}
    for frame, inside in members.items():
        for name, box in placed.boxes.items():
            assert overlap(placed.frames[frame], box) == (name in inside)
    inner, outer = placed.frames["g1"], placed.frames["g0"]
    assert outer.x < inner.x and inner.x + inner.width < outer.x + outer.width


@pytest.mark.parametrize("rankdir", ["TB", "LR", "BT", "RL"])
@pytest.mark.parametrize("net", [FRAMED, *(framed_net(s) for s in range(8))])
def test_no_edge_passes_through_the_label_of_a_frame(net: Diagram, rankdir: str) -> None:
    placed = place(net, sizes(net), rankdir)
    for group in net.groups:
        frame = placed.frames[group.id]
        width = text_width(group.label, LABEL_SIZE, bold=True)
        label = Rectangle(frame.x + LABEL_SIDE, frame.y + 10, width, LABEL_SIZE)
        for route in placed.routes:
            for point in itertools.chain.from_iterable(map(points, route.pieces)):
                assert not within(label, point)


def test_a_cycle_and_a_loop_are_drawn() -> None:
    net = diagram(3, [(0, 1), (1, 2), (2, 1), (1, 1)])
    placed = place(net, sizes(net))
    assert [route.edge for route in placed.routes] == net.edges
    back = placed.routes[2]
    assert back.pieces[0][0][1] > back.pieces[-1][-1][1]


@pytest.mark.parametrize("net", NETS)
def test_the_same_diagram_gives_the_same_picture(net: Diagram) -> None:
    assert place(net, sizes(net)) == place(net, sizes(net))


def test_crossings_that_can_be_avoided_are_avoided() -> None:
    # Two towers, entered in crossed order.
    net = diagram(6, [(0, 3), (1, 2), (3, 5), (2, 4)])
    placed = place(net, dict.fromkeys((f"n{i}" for i in range(6)), (80.0, 30.0)))
    order = [sorted(pair, key=lambda n: centre(placed, n)) for pair in (("n0", "n1"), ("n3", "n2"))]
    assert (order[0][0] == "n0") == (order[1][0] == "n3")


def calls_to_place(net: Diagram) -> int:
    count = 0

    def seen(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sizes_of = sizes(net)
    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        place(net, sizes_of)
    finally:
        sys.setprofile(before)
    return count


def test_the_work_grows_as_the_network_does() -> None:
    assert len(residual(14).boxes) >= 60
    assert calls_to_place(residual(56)) < 5 * calls_to_place(residual(14)) < 5 * 30_000


def test_a_long_chain_does_not_recurse() -> None:
    net = diagram(2500, [(i, i + 1) for i in range(2499)])
    assert len(place(net, sizes(net)).boxes) == 2500


def test_an_unknown_direction_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="rankdir"):
        place(diagram(1, []), {"n0": (80, 30)}, "UP")
