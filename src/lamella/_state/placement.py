"""Where arrays lie, when there are several devices.

The library below a distribution asks here and knows none of its kinds.
"""

from typing import Any, Protocol

import jax


class Placement(Protocol):
    """What the rooms below ask of a distribution."""

    def for_weight(self, path: str, shape: tuple[int, ...]) -> Any:
        """The sharding of a layer's weight, None if nothing is said of it."""

    def with_output(self, path: str, outputs: Any) -> Any:
        """What a layer gives, split as a rule for "<path>/output" says."""

    def copied(self) -> Any:
        """The sharding of what every device has whole."""

    def split(self, batch: Any) -> Any:
        """A batch inside compiled code, its rows shared out among the devices."""

    def tell_if_uneven(self, rows: int) -> None:
        """Warns if a batch of so many rows cannot be shared out."""

    def check(self, paths: list[str]) -> None:
        """Refuses rules that match none of the paths of a model."""


_current: list[Placement | None] = [None]


def current() -> Placement | None:
    """The placement in force, None where there is only one device to think of."""
    return _current[0]


def use(placement: Placement | None) -> None:
    """Puts a placement in force for all models and threads."""
    _current[0] = placement


def copied(array: Any) -> Any:
    """An array on every device, where a placement is in force."""
    placement = current()
    return array if placement is None else jax.device_put(array, placement.copied())
