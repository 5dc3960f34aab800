"""What every run of fit leaves behind: losses and metrics by pass."""

from __future__ import annotations

from typing import Any

from lamella.callbacks.base import Callback


class History(Callback):
    """Keeps the logs of every pass. `fit` gives one back.

    `history` has a list for each name, `epoch` the numbers of the passes.

    Example:
        >>> history = History()
        >>> history.on_train_begin()
        >>> history.on_epoch_end(0, {"loss": 1.5})
        >>> history.history
        {'loss': [1.5]}
    """

    def __init__(self) -> None:
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.history = {}
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
