"""Equal blocks that follow each other in a graph: compiled once, run as often as there are.

The first block and the last one run by themselves; those between are one `scan`, whose state is
what each block hands to the next one. Their variables are carried as stacks.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import jax

from lamella._base.errors import LamellaError
from lamella._base.registry import is_own
from lamella._base.serialize import serialize
from lamella._graph.function import Call, Graph, perform
from lamella._graph.node import Node
from lamella._graph.symbolic import KerasTensor
from lamella._layer.layer import Layer
from lamella._layer.masking import get_mask
from lamella._layer.rows import call_is_known, is_trusted
from lamella._state import frame as frames
from lamella._state.pure import NotAlike, scan_members
from lamella._state.stack import Stack
from lamella._state.variable import Variable

# Fewer are compiled as fast one by one, and run a little faster.
_FEWEST_BLOCKS, _FEWEST_CALLS = 10, 60
_LONGEST_BLOCK = 64
_PLAIN = (bool, int, float, str)


class Repeat(NamedTuple):
    """Blocks between the first and the last of a row of equal ones.

    Args:
        before: the nodes of the block before them.
        blocks: the nodes of each.
        handed: what each block takes from the one before: (number of the node, of its output).
    """

    before: Sequence[Node]
    blocks: Sequence[Sequence[Node]]
    handed: list[tuple[int, int]]

    @property
    def nodes(self) -> set[int]:
        return {id(node) for block in self.blocks for node in block}

    def _handed_by(self, block: Sequence[Node]) -> list[int]:
        return [id(block[node].output_tensors[output]) for node, output in self.handed]

    def members(self) -> list[list[Variable]]:
        """For each variable of a block the variables of all, empty if they do not go together."""
        columns = list(map(list, zip(*(_variables_of(block) for block in self.blocks))))
        every = [variable for column in columns for variable in column]
        alike = all(len({_kind(one) for one in column}) == 1 for column in columns)
        return columns if alike and len({id(one) for one in every}) == len(every) else []

    def run(self, values: dict[int, Any], call: Call) -> bool:
        """Computes what the last block hands on; False, if the blocks must run one by one."""
        frame, first = frames.ambient(), self.blocks[0]
        columns, known = self.members(), frame.values
        found = [Stack.known(column) for column in columns]
        stacks = [one for one in found if one is not None and known and known.carries(one)]
        carry = [values[key] for key in self._handed_by(self.before)]
        watched = frame.around is not None or any(get_mask(array) is not None for array in carry)
        if watched or not stacks or len(stacks) < len(columns):
            return False

        def block(arrays: list[Any]) -> list[Any]:
            inside = dict(zip(self._handed_by(self.before), arrays))
            perform(first, inside, call)
            return [inside[key] for key in self._handed_by(first)]

        try:
            carry = scan_members(block, carry, stacks)
        except NotAlike:
            return False
        values.update(zip(self._handed_by(self.blocks[-1]), carry))
        return True


def repeats_in(graph: Graph) -> list[Repeat]:
    """The rows of equal blocks that are long enough to pay."""
    nodes = [node for node in graph.nodes if not node.is_input]
    place = {id(node): index for index, node in enumerate(nodes)}
    marks: list[Any] = [_place_mark(node, place) for node in nodes]
    if not any(_rows_of_equals(marks)):
        return []
    marks = [(mark, _settings_mark(node)) for mark, node in zip(marks, nodes)]
    found = [_repeat(graph, nodes, *row) for row in _rows_of_equals(marks)]
    return [repeat for repeat in found if repeat is not None]


def _rows_of_equals(marks: list[Any]) -> Iterator[tuple[int, int, int]]:
    """Where equal blocks follow each other: first node, nodes of a block, number of blocks."""
    numbers: dict[Any, int] = {}
    kinds = [numbers.setdefault(mark, len(numbers)) for mark in marks]
    start = 0
    while start < len(kinds):
        for size in range(1, min(_LONGEST_BLOCK, len(kinds) // _FEWEST_BLOCKS) + 1):
            end = start
            while end + size < len(kinds) and kinds[end] == kinds[end + size]:
                end += 1
            count = (end - start) // size + 1
            if count >= _FEWEST_BLOCKS and count * size >= _FEWEST_CALLS:
                yield start, size, count
                start += size * count - 1
                break
        start += 1


def _repeat(graph: Graph, nodes: list[Node], start: int, size: int, count: int) -> Repeat | None:
    blocks = [nodes[start + size * block :][:size] for block in range(count)]
    place = {id(node): index - size for index, node in enumerate((*blocks[0], *blocks[1]))}
    handed: dict[tuple[int, int], None] = {}
    for node in blocks[1]:
        for tensor in node.input_tensors:
            number = place.get(id(tensor.producer))
            if number is None:  # from further away
                return None
            if number < 0:
                handed[number + size, tensor.producer_index] = None
    repeat = Repeat(blocks[0], blocks[1:-1], list(handed))
    inside = repeat.nodes
    given = set(repeat._handed_by(blocks[-2]))
    outside = [t for node in nodes if id(node) not in inside for t in node.input_tensors]
    for tensor in (*outside, *graph.outputs):
        if id(tensor.producer) in inside and id(tensor) not in given:
            return None
    return repeat


def _place_mark(node: Node, place: dict[int, int]) -> Any:
    """What is equal where calls stand alike in their blocks."""
    own = place[id(node)]
    sources = tuple(
        (own - place.get(id(tensor.producer), -1), tensor.producer_index)
        for tensor in node.input_tensors
    )
    shapes = tuple((tensor.shape, str(tensor.dtype)) for tensor in node.output_tensors)
    return type(node.operation), sources, shapes


def _settings_mark(node: Node) -> Any:
    """What is equal where calls compute alike; nothing else is, if that cannot be known."""
    operation: Any = node.operation
    if isinstance(operation, Layer):
        known = operation.activity_regularizer is None and all(map(_is_known, operation._walk()))
    else:
        known = all(map(_is_settled, operation.get_config().values()))
    leaves, structure = jax.tree.flatten((node.args, node.kwargs))
    constants = tuple(KerasTensor if isinstance(one, KerasTensor) else _mark(one) for one in leaves)
    try:
        return (str(_nameless(serialize(operation))), structure, constants) if known else object()
    except LamellaError:
        return object()


def _mark(constant: Any) -> Any:
    return (type(constant), constant) if isinstance(constant, _PLAIN) else id(constant)


def _is_known(layer: Any) -> bool:
    own = is_own(type(layer)) and call_is_known(type(layer))
    return own and all(map(_is_settled, vars(layer).values()))


def _is_settled(value: Any) -> bool:
    """Whether what a value computes is all in its name and its settings."""
    return not callable(value) or is_trusted(value)


def _nameless(config: Any) -> Any:
    if isinstance(config, dict):
        return {key: _nameless(value) for key, value in config.items() if key != "name"}
    return [_nameless(item) for item in config] if isinstance(config, (list, tuple)) else config


def _variables_of(block: Sequence[Node]) -> list[Variable]:
    layers = dict.fromkeys(n.operation for n in block if isinstance(n.operation, Layer))
    return [one for layer in layers for inner in layer._walk() for one in inner._own_stored()]


def _kind(variable: Variable) -> Any:
    if (variable.regularizer, variable.constraint, variable.layout) != (None, None, None):
        return variable
    return variable.name, variable._shape, variable._dtype, variable.trainable, variable.autocast


def carried_repeats(graph: Graph) -> list[Repeat]:
    """The rows of equal blocks, where the running function carries stacks."""
    values = frames.ambient().values
    while values is not None:
        if any(isinstance(owner, Stack) for owner in values.owners.values()):
            return repeats_in(graph)
        values = values.outer
    return []


def stacks_in(graph: Graph) -> list[Stack]:
    """The variables of equal blocks as stacks."""
    return [Stack.of(column) for repeat in repeats_in(graph) for column in repeat.members()]
