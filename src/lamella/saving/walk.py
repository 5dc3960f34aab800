"""Which objects of a model have variables in a file, and under which path: Keras 3's rules."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from lamella._base import registry, snake_case
from lamella._layer.layer import Layer

_COMMON_NAMES = frozenset(dir(Layer))


class Saved(NamedTuple):
    """One object that writes its own variables.

    Args:
        path: its group in the file, "" for the model itself.
        target: the layer, model or optimizer.
    """

    path: str
    target: Any

    @property
    def is_optimizer(self) -> bool:
        return not isinstance(self.target, Layer)

    def __str__(self) -> str:
        name = getattr(self.target, "name", type(self.target).__name__)
        return f"{self.path or 'the model'} ('{name}')"


def saved_objects(model: Any, skip: Iterable[Any] = ()) -> list[Saved]:
    """The model, and everything in it that has variables, in the order of the file.

    A model's own layers stand under "layers", numbered by class. Other attributes follow in
    alphabetical order, private ones last; an object that has two names counts for the first.

    Args:
        model: the model or layer.
        skip: objects to leave out, with all that is in them.
    """
    return list(_visit(model, "", {id(item) for item in skip}))


def _visit(target: Any, path: str, seen: set[int]) -> Iterator[Saved]:
    if id(target) in seen:
        return
    seen.add(id(target))
    yield Saved(path, target)
    for name, child in _children(target):
        inner = f"{path}/{name}" if path else name
        if _is_saved(child):
            yield from _visit(child, inner, seen)
        elif isinstance(child, (list, tuple, dict)):
            yield from _visit_container(child, inner, seen, set())


def _visit_container(
    container: Any, path: str, seen: set[int], around: set[int]
) -> Iterator[Saved]:
    if id(container) in around:
        return
    around.add(id(container))
    counts: dict[str, int] = {}
    for item in container.values() if isinstance(container, dict) else container:
        if _is_saved(item):
            name = _numbered(snake_case(type(item).__name__), counts)
            yield from _visit(item, f"{path}/{name}", seen)
        elif isinstance(item, (list, tuple, dict)):
            name = _numbered("container", counts)
            yield from _visit_container(item, f"{path}/{name}", seen, around)


def _numbered(name: str, counts: dict[str, int]) -> str:
    number = counts.get(name, 0)
    counts[name] = number + 1
    return f"{name}_{number}" if number else name


def _is_saved(value: Any) -> bool:
    return callable(getattr(type(value), "save_own_variables", None))


def _children(target: Any) -> list[tuple[str, Any]]:
    """The attributes of an object that may hold saved objects, in the order of the file."""
    if not isinstance(target, Layer):
        found = {name: value for name, value in vars(target).items() if _is_saved(value)}
        return sorted(found.items(), key=_private_last)
    layer: Any = target
    unsaved = getattr(layer, "_unsaved", ())
    found = {name: value for name, value in layer._holders.items() if name not in unsaved}
    for name in _property_names(type(target)):
        found.setdefault(name, _read(target, name))
    if not any(_kind(base) == "model" for base in type(target).__mro__):
        return sorted(found.items(), key=_private_last)
    found.pop("_optimizer", None)
    found["optimizer"] = getattr(target, "optimizer", None)
    layers = _layers_in_row(target)
    if layers is None:  # a subclass of Model: its list of layers is an attribute among others
        found["layers"] = layer.layers
        return sorted(found.items(), key=_private_last)
    return [("layers", layers), *sorted(found.items(), key=_private_last)]


def _layers_in_row(target: Any) -> list[Any] | None:
    """The layers that a Sequential or functional model has by itself, None for other models."""
    for name in ("_stack", "_graph_layers"):
        layers = getattr(target, name, None)
        if layers is not None:
            return list(layers)
    return None


def _private_last(item: tuple[str, Any]) -> str:
    return f"~{item[0]}" if item[0].startswith("_") else item[0]


def _kind(cls: type) -> str | None:
    entry = registry.entry_of(cls)
    return entry.kind if entry else None


def _property_names(cls: type) -> Iterator[str]:
    """Names of properties that a layer's class adds to what all layers and models have."""
    common = set(Layer.__mro__)
    for base in cls.__mro__:
        if _kind(base) == "model" and registry.is_own(base):
            common.update(base.__mro__)
    for base in cls.__mro__:
        if base not in common:
            for name, value in vars(base).items():
                if isinstance(value, property) and name not in _COMMON_NAMES:
                    yield name


def _read(target: Any, name: str) -> Any:
    # A person's property may need what is not there yet; then it holds nothing to save either.
    try:
        return getattr(target, name)
    except Exception:
        return None
