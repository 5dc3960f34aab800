"""History: the logs of all epochs."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from lamella._base import NotReady, register
from lamella._chart import Chart, beside, line_chart
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
        self.history: dict[str, list[Any]] = Logs()
        self.epoch: list[int] = []
        self._places: dict[str, list[int]] = {}
        self._count = 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.epoch.append(epoch)
        self._count += 1
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
            # Validation may come every few epochs only.
            self._places.setdefault(name, []).append(self._count)
        if self.model is not None:
            self.model.history = self

    def plot(
        self, names: str | Sequence[str] | None = None, path: str | os.PathLike[str] | None = None
    ) -> Chart:
        """Draws losses and metrics over the epochs: training solid, validation dashed.

        Args:
            names: which ones, for instance "loss" or ["loss", "accuracy"]; all by default.
            path: a file to write too, ending in ".svg" or ".png".

        Returns a Chart: a notebook shows it, `save` writes it.

        Raises: UnknownName for a name that was not kept; NotReady, if there is no epoch yet.

        Example:
            >>> kept = History()
            >>> kept.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.75})
            >>> kept.plot("loss")
            <Chart of 1 panels>
        """
        plain = [name for name, values in self.history.items() if np.ndim(values) == 1]
        if not plain:
            raise NotReady("There is nothing to draw yet.", help="Call fit first.")
        if names is None:
            names = sorted({name.removeprefix("val_") for name in plain}, key=_order)
        names = [names] if isinstance(names, str) else list(names)
        chart = beside([self._panel(name.removeprefix("val_")) for name in names])
        if path is not None:
            chart.save(path)
        return chart

    def _panel(self, name: str) -> Chart:
        series = {}
        for label, key in (("training", name), ("validation", f"val_{name}")):
            if label == "training" or key in self.history:
                values = Logs(self.history)[key]
                places = self._places.get(key, [])
                if len(places) != len(values):
                    places = list(range(1, len(values) + 1))
                series[label] = (places, values)
        return line_chart(series, name, "epoch", dashed=["validation"])


def _order(name: str) -> tuple[bool, bool, str]:
    """The loss first, the learning rate last."""
    return (name != "loss", name == "learning_rate", name)
