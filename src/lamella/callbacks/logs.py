"""Values by the names of losses and metrics."""

from typing import Any

from lamella._base import UnknownName, near_miss, tell

_OTHER_NAMES = {"acc": "accuracy", "accuracy": "acc", "lr": "learning_rate"}


class Logs(dict[str, Any]):
    """A dictionary that also finds "val_acc" as "val_accuracy", the other way round, and "lr".

    Raises: UnknownName with the nearest names.

    Example:
        >>> Logs(loss=0.5)["los"]
        Traceback (most recent call last):
        lamella._base.errors.UnknownName: The logs have no 'los'. Did you mean 'loss'?
        help: They have loss.
    """

    def __missing__(self, name: str) -> Any:
        bare = str(name).removeprefix("val_")
        other = str(name).removesuffix(bare) + _OTHER_NAMES.get(bare, bare)
        if other in self:
            tell(f"logs {name}", f"The logs have no '{name}'; it is read as '{other}'. Write that.")
            return self[other]
        raise UnknownName(
            f"The logs have no {name!r}. {near_miss(str(name), self)}".rstrip(),
            help=f"They have {', '.join(self) or 'nothing yet'}.",
        )
