"""History: the logs of all epochs."""

from __future__ import annotations

from typing import Any

from lamella._base.registry import register
from lamella.callbacks.base import Callback
from lamella.callbacks.logs import Logs


@register("callback", module="keras.callbacks")
class History(Callback):
    """Keeps the losses and metrics of every epoch; `fit` gives one back.

    `history` has a list for each name; `epoch` has the numbers of the epochs.

    Example:
        >>> kept = History()
        >>> kept.on_train_begin()
        >>> kept.on_epoch_end(0, {"loss": 0.5})
        >>> kept.history, kept.epoch
        ({'loss': [0.5]}, [0])
    """

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[Any]] = Logs()
        self.epoch: list[int] = []

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        if self.model is not None:
            self.model.history = self
