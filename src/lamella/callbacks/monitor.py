"""Watching one loss or metric, which several callbacks do."""

import re
from typing import Any

from lamella._base import InvalidArgument, UnknownName, near_miss, warn_person
from lamella.callbacks.base import Callback
from lamella.callbacks.logs import Logs

_BETTER_UP = re.compile(
    "acc|auc|precision|recall|f1|f_beta|fbeta|iou|r2|top_k|similarity|positives|negatives|pearson|"
    "concordance|specificity|sensitivity"
)
_BETTER_DOWN = re.compile(
    "loss|error|mae|mse|mape|msle|entropy|divergence|hinge|poisson|false_|log_?cosh|perplexity"
)


class MonitorCallback(Callback):
    """Decides whether a watched value got better.

    A subclass keeps these as attributes before `__post_init__` runs.

    Args:
        monitor: its name in the logs.
        mode: "min", "max", or "auto" to tell by the metric.
        min_delta: by how much it must be better.
    """

    monitor: str
    mode: str
    min_delta: float = 0
    best: Any = None

    def __post_init__(self) -> None:
        if self.mode not in ("auto", "min", "max"):
            warn_person(
                f"{type(self).__name__} does not know the mode '{self.mode}' and takes 'auto'. "
                "Modes: 'auto', 'min', 'max'."
            )
            self.mode = "auto"
        self.min_delta = abs(self.min_delta)
        self._up: bool | None = None
        self._looks = 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._looks = 0

    def better_up(self) -> bool:
        """Whether a greater value is a better one."""
        if self._up is None:
            self._up = self.mode == "max" if self.mode != "auto" else self._direction()
        return self._up

    def _direction(self) -> bool:
        name = self.monitor.removeprefix("val_")
        if name == "loss":
            return False
        for metric in getattr(self.model, "metrics", None) or ():
            direction = getattr(metric, "_direction", None)
            if metric.name == name and direction is not None:
                return direction == "up"
        if _BETTER_DOWN.search(name):
            return False
        if _BETTER_UP.search(name):
            return True
        raise InvalidArgument(
            f"{type(self).__name__} cannot tell whether a greater or a smaller '{self.monitor}' "
            "is better.",
            help="Pass mode='max' or mode='min'.",
        )

    def is_improvement(self, value: Any, reference: Any) -> bool:
        """Whether a value is better than another one by more than `min_delta`."""
        if reference is None:
            return True
        if self.better_up():
            return bool(value - self.min_delta > reference)
        return bool(value + self.min_delta < reference)

    def find(self, logs: dict[str, Any] | None) -> Any:
        """The watched value; "val_acc" also finds "val_accuracy". None if it is not there."""
        try:
            return Logs(logs or {})[self.monitor]
        except UnknownName:
            return None

    def watched(self, logs: dict[str, Any] | None) -> Any:
        """The watched value of an epoch. If it is not there: an error first, later a warning."""
        self._looks += 1
        current = self.find(logs)
        if current is None:
            self.missing(logs, fatal=self._looks == 1)
        return current

    def missing(self, logs: dict[str, Any] | None, fatal: bool = False) -> None:
        """Says that the watched value is not in the logs, and what is."""
        names = sorted(logs or {})
        what = (
            f"{type(self).__name__} watches '{self.monitor}', which is not among the logs: "
            f"{', '.join(names) or 'none'}."
        )
        hint = near_miss(self.monitor, names)
        validated = any(name.startswith("val_") for name in names)
        if self.monitor.startswith("val_") and not validated:
            # It may only be the turn of another epoch to validate.
            fatal = fatal and (self.params or {}).get("validation") is False
            hint = "There was no validation in this epoch: pass validation_data to fit."
        if fatal:
            raise UnknownName(what, help=hint or "Pass one of those as monitor.")
        warn_person(f"{what} {hint}".rstrip())
