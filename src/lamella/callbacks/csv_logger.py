"""CSVLogger: the logs of all epochs in a file."""

import csv
import os
from typing import Any

import numpy as np

from lamella._base import register, write_whole
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

    writes_files = True

    def __init__(
        self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False
    ) -> None:
        self.filename = os.fspath(filename)
        self.separator = separator
        self.append = append
        self._keys: list[str] = []

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._keys = []
        os.makedirs(os.path.dirname(self.filename) or ".", exist_ok=True)
        # Opened for each line anew: a run that is cut off leaves nothing open.
        with open(self.filename, "a" if self.append else "w", encoding="utf-8"):
            pass

    def get_state(self) -> dict[str, Any]:
        """The columns, and the text of the file so far."""
        with open(self.filename, "a+", newline="", encoding="utf-8") as file:
            file.seek(0)
            return {"keys": list(self._keys), "text": file.read()}

    def set_state(self, state: dict[str, Any]) -> None:
        """Writes the file as it was, so that each epoch stands in it once.

        Args:
            state: what `get_state` gave.
        """
        write_whole(self.filename, state["text"].encode())
        self._keys = list(state["keys"])

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        logs = logs or {}
        first = not self._keys
        if first:
            self._keys = sorted(logs)
            if not any(key.startswith("val_") for key in self._keys):
                # Validation may come later, every few epochs.
                self._keys += [f"val_{key}" for key in self._keys]
        with open(self.filename, "a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, delimiter=self.separator, lineterminator="\n")
            if first and not file.tell():
                writer.writerow(["epoch", *self._keys])
            writer.writerow([epoch, *(_text(logs.get(key, "NA")) for key in self._keys)])


def _text(value: Any) -> Any:
    # The quotation marks are Keras's.
    return f'"[{", ".join(map(str, value))}]"' if np.ndim(value) else value
