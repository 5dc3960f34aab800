"""The outputs of a model by position and by name, and what was said about each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax

from lamella._base import InvalidArgument, near_miss


@dataclass(frozen=True)
class Outputs:
    """How the outputs of a model are arranged.

    Args:
        names: one for each output, in order; for a single output its name or None.
        single: whether the output is one array and not a list or dictionary.
        keyed: whether the outputs are a dictionary.
    """

    names: tuple[str, ...]
    single: bool
    keyed: bool

    @staticmethod
    def of(y_pred: Any, output_names: list[str] | None) -> Outputs:
        """The arrangement of the given outputs."""
        if isinstance(y_pred, dict):
            keys = list(y_pred)
            same = output_names is not None and set(output_names) == set(keys)
            names = tuple(output_names or keys) if same else tuple(sorted(keys))
            return Outputs(names, single=False, keyed=True)
        if not isinstance(y_pred, (list, tuple)):
            return Outputs(tuple(output_names or ["output"])[:1], True, False)
        count = len(jax.tree.leaves(y_pred))
        if output_names is None or len(output_names) != count:
            output_names = [f"output_{index + 1}" for index in range(count)]
        return Outputs(tuple(output_names), False, False)

    @property
    def count(self) -> int:
        return len(self.names)

    def arrays(self, value: Any, role: str) -> list[Any]:
        """One item for each output, from a structure by position or by name; None stays None."""
        if value is None:
            return [None] * self.count
        if isinstance(value, dict):
            # An output that nothing looks at needs no target.
            self.check_names(value, role, complete=not role.endswith("y"))
            return [value.get(name) for name in self.names]
        if isinstance(value, (list, tuple)):
            items = list(value)
            if len(items) == self.count:
                return items
            if self.count == 1:
                return [value]
            raise InvalidArgument(
                f"The model has {self.count} outputs {list(self.names)}. "
                f"Received: {len(items)} items of `{role}`.",
                help=f"Pass one for each output, by name: {role}={{'{self.names[0]}': ...}}.",
            )
        if self.count == 1:
            return [value]
        raise InvalidArgument(
            f"The model has {self.count} outputs {list(self.names)}. Received: one `{role}`.",
            help=f"Pass a list of {self.count}, or a dictionary by those names.",
        )

    def require(self, targets: list[Any], index: int, role: str) -> None:
        """Refuses an output that has a loss or a metric and no target."""
        if targets[index] is None:
            raise InvalidArgument(
                f"There is no target for output '{self.names[index]}', which has a {role}.",
                help=f"Pass y for it, or give it the {role} None.",
            )

    def check_names(self, value: dict[str, Any], role: str, *, complete: bool = True) -> None:
        """Refuses names that no output has, and with `complete` also missing ones."""
        for key in value:
            if key not in self.names:
                raise InvalidArgument(
                    f"`{role}` names the output '{key}', which the model does not have. "
                    f"{near_miss(str(key), self.names)}".rstrip(),
                    help=f"Its outputs are {list(self.names)}.",
                )
        missing = [name for name in self.names if name not in value]
        if missing and complete:
            raise InvalidArgument(
                f"`{role}` has nothing for the output(s) {missing}.",
                help=f"Add {role}={{'{missing[0]}': ...}}; None leaves an output out on purpose.",
            )
