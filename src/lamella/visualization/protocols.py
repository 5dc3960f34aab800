"""What a model must offer to be drawn or summed up; nothing here knows models or layers."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from lamella._graph.function import Graph
from lamella._graph.node import Node


@runtime_checkable
class LayerLike(Protocol):
    """An operation with weights, built or not."""

    name: str
    built: bool
    trainable: bool
    weights: Sequence[Any]

    def count_params(self) -> int: ...


@runtime_checkable
class ModelLike(Protocol):
    """A layer that is made of layers."""

    name: str
    built: bool
    layers: Sequence[Any]

    def _graph(self) -> Any: ...


def graph_of(model: Any) -> Graph | None:
    """The graph of a model, or None if its call is written by hand."""
    graph: Graph | None = model._graph()
    return graph


def visible_nodes(model: Any, graph: Graph) -> list[Node]:
    """The calls that have a box or a row of their own.

    An input that is not among the model's layers has none: a sequential model hides its input.
    """
    listed = {id(layer) for layer in model.layers}
    return [node for node in graph.nodes if not node.is_input or id(node.operation) in listed]


def recorded_shapes(layer: Any) -> list[tuple[int | None, ...]]:
    """The output shapes that a layer noted at its last call, none if it has not been called.

    The note is a shape or any structure of shapes, such as ((None, 10), (None, 3)).
    """
    return _shapes_in(getattr(layer, "_output_shapes", ()))


def _shapes_in(noted: Any) -> list[tuple[int | None, ...]]:
    if isinstance(noted, dict):
        noted = list(noted.values())
    if not isinstance(noted, (list, tuple)) or not noted:
        return []
    if all(size is None or isinstance(size, int) for size in noted):
        return [tuple(noted)]
    return [shape for part in noted for shape in _shapes_in(part)]


def shape_text(shapes: Sequence[Sequence[int | None]]) -> str:
    """One shape as "(None, 10)", several as "[(None, 10), (None, 3)]", none as "?".

    Example:
        >>> shape_text([(None, 3)]), shape_text([(2,), ()]), shape_text([])
        ('(None, 3)', '[(2,), ()]', '?')
    """
    texts = [str(tuple(shape)) for shape in shapes]
    if len(texts) == 1:
        return texts[0]
    return f"[{', '.join(texts)}]" if texts else "?"
