"""CSVLogger: the logs of all epochs in a file."""

from __future__ import annotations

import csv
import os
from typing import IO, Any

import numpy as np

from lamella._base.registry import register
from lamella.callbacks.base import Callback


@register("callback", module="keras.callbacks")
class CSVLogger(Callback):
    """Writes a line for every epoch into a CSV file.

    Args:
        filename: where.
        separator: what stands between values.
        append: whether to go on with a file that is there.

    Columns are those of the first epoch, sorted; what a later epoch lacks is written as NA.

    Example:
        >>> CSVLogger("training.csv").append
        False
    """

    def __init__(
        self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False
    ) -> None:
        super().__init__()
        self.filename = os.fspath(filename)
        self.separator = separator
        self.append = append
        self._file: IO[str] | None = None
        self._writer: Any = None
        self._keys: list[str] = []
        self._has_header = False

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._close()
        filled = os.path.exists(self.filename) and os.path.getsize(self.filename) > 0
        self._has_header = self.append and filled
        self._file = open(  # noqa: SIM115
            self.filename, "a" if self.append else "w", newline="", encoding="utf-8"
        )
        self._writer = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        logs = logs or {}
        if self._file is None:
            self.on_train_begin()
        if self._writer is None:
            self._keys = sorted(logs)
            if not any(key.startswith("val_") for key in self._keys):
                # Validation may come later, every few epochs.
                self._keys += [f"val_{key}" for key in self._keys]
            self._writer = csv.DictWriter(
                self._file,  # type: ignore[arg-type]
                ["epoch", *self._keys],
                delimiter=self.separator,
                lineterminator="\n",
            )
            if not self._has_header:
                self._writer.writeheader()
        row = {key: _text(logs.get(key, "NA")) for key in self._keys}
        self._writer.writerow({"epoch": epoch, **row})
        self._file.flush()  # type: ignore[union-attr]

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = self._writer = None


def _text(value: Any) -> Any:
    return f"[{', '.join(map(str, value))}]" if np.ndim(value) else value
