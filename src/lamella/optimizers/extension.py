"""State for variables that an optimizer did not know when it was built: layers that thawed."""

from collections.abc import Sequence
from typing import Any

from lamella._state.variable import Variable

_NO_SLOTS = ("_variables", "_trainable_variables")


def extend(optimizer: Any, variables: Sequence[Variable]) -> None:
    """Builds an optimizer anew if it lacks some of the variables; what it knew stays.

    The state is then in the order that a fresh optimizer would have, which is that of files.

    Args:
        optimizer: one that is built.
        variables: what is to be trained now.
    """
    known = optimizer._indices
    if not known or all(id(variable) in known for variable in variables):
        return
    given = {id(variable) for variable in variables}
    before = optimizer._trainable_variables
    slots = {key: _slots(key, value, len(before)) for key, value in vars(optimizer).items()}
    kept = (optimizer._iterations, optimizer._learning_rate)
    optimizer._variables = [one for one in optimizer._variables if any(one is k for k in kept)]
    optimizer.built = False
    optimizer.build([*variables, *(one for one in before if id(one) not in given)])
    places = [optimizer._indices[id(one)] for one in before]
    for key, olds in slots.items():
        if not olds:
            continue
        new = getattr(optimizer, key)
        fresh = [new] * len(olds) if isinstance(new, Variable) else [new[i] for i in places]
        for old, one in zip(olds, fresh, strict=True):
            if old is not None and old is not one:
                one.assign(old.value)


def _slots(key: str, value: Any, count: int) -> list[Any]:
    """The state that an attribute holds: one variable, or one for each that is trained."""
    if isinstance(value, Variable):
        return [value]
    if key in _NO_SLOTS or not isinstance(value, (list, tuple)) or len(value) != count:
        return []
    return list(value) if any(isinstance(one, Variable) for one in value) else []
