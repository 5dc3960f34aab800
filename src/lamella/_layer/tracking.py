"""What a layer owns: variables, child layers, and anything else that has variables."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Self, TypeVar

from lamella._graph.node import Operation
from lamella._state.variable import Variable

T = TypeVar("T")

_clock = itertools.count()


class Tracking(Operation):
    """Files what is assigned to attributes; lists and dictionaries are walked when collecting.

    Children come in the order in which they became known, as in Keras, since the order of weights
    in files depends on it. A child that was appended to a list later counts from its own birth.
    """

    # Counts what was assigned anywhere: what is known of a model may be kept as long as it stands.
    changes: ClassVar[int] = 0

    _born: int
    _trainable: bool
    _own_variables: dict[int, Variable]
    _holders: dict[str, Any]
    _known_since: dict[int, int]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        made = super().__new__(cls, *args, **kwargs)
        # Before any __init__, so that attributes may be set ahead of super().__init__().
        object.__setattr__(made, "_born", next(_clock))
        object.__setattr__(made, "_own_variables", {})
        object.__setattr__(made, "_holders", {})
        object.__setattr__(made, "_known_since", {})
        return made

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Variable):
            self._track_variable(value)
        elif not name.startswith("__") and name not in self._untracked:
            if _may_hold(value):
                Tracking.changes += 1
                self._holders[name] = value
                now = next(_clock)
                for item in _items(value):
                    self._known_since.setdefault(id(item), now)
            else:
                self._holders.pop(name, None)
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        value = getattr(self, name, None)
        Tracking.changes += 1
        self._own_variables.pop(id(value), None)
        self._holders.pop(name, None)
        object.__delattr__(self, name)

    # Attributes that hold operations without owning them.
    _untracked: tuple[str, ...] = ("_inbound_nodes", "_outbound_nodes", "_passed")

    def _track_variable(self, variable: Variable) -> None:
        Tracking.changes += 1
        self._own_variables[id(variable)] = variable

    def _owned(self) -> list[Any]:
        """All owned objects that have variables, once each, in order."""
        found = {id(item): item for holder in self._holders.values() for item in _items(holder)}
        known = self._known_since
        return sorted(found.values(), key=lambda item: known.get(id(item), _born(item)))

    def _child_layers(self) -> list[Tracking]:
        """Layers that are held directly."""
        return [item for item in self._owned() if isinstance(item, Tracking)]

    def _other_owned(self) -> list[Any]:
        """Seed generators, metrics and the like that are held directly."""
        return [item for item in self._owned() if not isinstance(item, Tracking)]

    def _walk(self, frozen: bool = True) -> Iterator[Tracking]:
        """This layer and all below it, once each, parents first; with frozen ones or without."""
        seen: set[int] = set()
        stack: list[Tracking] = [self]
        while stack:
            layer = stack.pop()
            if id(layer) not in seen and (frozen or layer._trainable):
                seen.add(id(layer))
                yield layer
                stack.extend(reversed(layer._child_layers()))

    def _own_weights(self) -> list[Variable]:
        """Own variables, trainable ones first, as they stand in files."""
        own = list(self._own_variables.values())
        return [v for v in own if v.trainable] + [v for v in own if not v.trainable]

    def _own_stored(self) -> list[Variable]:
        """Own variables and own seeds, without those of metrics."""
        seeds = [item for item in self._other_owned() if _is_seed(item)]
        return self._own_weights() + [variable for seed in seeds for variable in seed.variables]

    def _collect(self, part: str) -> list[Variable]:
        return unique(variable for layer in self._walk() for variable in getattr(layer, part)())


def unique(items: Iterable[T]) -> list[T]:
    """Variables or other objects once each, in order."""
    return list({id(item): item for item in items}.values())


def _is_seed(item: Any) -> bool:
    return getattr(item, "state", None) is not None and callable(getattr(item, "next", None))


def _may_hold(value: Any) -> bool:
    return isinstance(value, (list, tuple, dict)) or _has_variables(value)


def _has_variables(value: Any) -> bool:
    return hasattr(type(value), "variables") and not isinstance(value, type)


def _born(item: Any) -> int:
    return getattr(item, "_born", 1 << 62)


def _items(holder: Any) -> Iterator[Any]:
    """Owned objects in a value: itself, or members of nested containers."""
    if isinstance(holder, dict):
        for item in holder.values():
            yield from _items(item)
    elif isinstance(holder, (list, tuple)):
        for item in holder:
            yield from _items(item)
    elif _has_variables(holder):
        yield holder
