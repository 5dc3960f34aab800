"""ProgressBar: what `verbose` shows."""

import sys
import time
from typing import Any

import numpy as np

from lamella._base import optional, register
from lamella.callbacks.base import Callback, Phase


@register("callback", module="keras.callbacks", name="ProgbarLogger")
class ProgressBar(Callback):
    """Shows how far training is, and one line for each epoch.

    In a terminal and with verbose=1, a bar moves while an epoch runs. Files, pipes and notebooks
    get the lines only, so that logs stay readable. The loop calls `update` some times a second; the
    bar needs no hook of batches.

    Example:
        >>> bar = ProgressBar()
        >>> bar.set_params({"verbose": 2, "epochs": 3, "steps": 10})
        >>> bar.on_epoch_begin(0)
        >>> bar.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.25})
        Epoch 1/3 - 0s - ... - loss: 0.5000 - val_loss: 0.2500
    """

    def __init__(self) -> None:
        self.verbose = 1
        self.epochs = 1
        self.steps: int | None = None
        self._done = 0
        self._title = ""
        self._started = 0.0
        self._fitting = False
        self._live: Any = None
        self._task: Any = None

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params(params)
        verbose = params.get("verbose", 1)
        self.verbose = 1 if verbose == "auto" else int(verbose)
        self.epochs = params.get("epochs") or 1
        self.steps = params.get("steps")

    def wants_batches(self, phase: Phase) -> bool:
        return False

    def get_state(self) -> dict[str, Any]:
        """Nothing: what is on the screen is of this run."""
        return {}

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._fitting = True

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._fitting = False
        self.close()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._fitting = True
        self._start(f"Epoch {epoch + 1}/{self.epochs}")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._finish(logs)

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        if not self._fitting:
            self._start("Evaluate")

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        if not self._fitting:
            self._finish(logs)

    def on_predict_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._start("Predict")

    def on_predict_end(self, logs: dict[str, Any] | None = None) -> None:
        self._finish(None)

    def progress(self, phase: Phase, step: int, logs: dict[str, Any] | None) -> None:
        """Takes how far a pass of some phase is; validation inside of training is not shown."""
        if phase != "test" or not self._fitting:
            self.update(step, logs, self.steps)

    def update(
        self, step: int, logs: dict[str, Any] | None = None, steps: int | None = None
    ) -> None:
        """Shows that so many of `steps` are done; cheap, but not meant for every step.

        Args:
            step: how many steps are done.
            logs: losses and metrics so far.
            steps: how many there are, None if unknown.
        """
        self._done = step
        self.steps = self.steps if steps is None else steps
        if self.verbose != 1 or not sys.stdout.isatty():
            return
        if self._live is None:
            self._open()
        told = {"completed": step, "total": self.steps, "logs": log_text(logs), "done": step}
        self._live.update(self._task, **told)
        self._live.refresh()

    def _start(self, title: str) -> None:
        self.close()
        self._title = title
        self._done = 0
        self._started = time.perf_counter()

    def _open(self) -> None:
        progress = optional.require("rich.progress", purpose="to show a progress bar")
        console = optional.require("rich.console", purpose="to show a progress bar")
        screen = console.Console(file=sys.stdout)
        text, bar = progress.TextColumn, progress.BarColumn(bar_width=24)
        count, left = text("{task.fields[done]}/{task.total}"), progress.TimeRemainingColumn()
        columns = text("{task.description}"), bar, count, left, text("{task.fields[logs]}")
        self._live = progress.Progress(*columns, console=screen, auto_refresh=False, transient=True)
        self._task = self._live.add_task(self._title, total=self.steps, logs="", done=0)
        self._live.start()
        # An error must not leave a person without a cursor.
        screen.show_cursor(True)

    def close(self) -> None:
        """Takes the live line off the terminal."""
        if self._live is not None:
            self._live.stop()
        self._live = None

    def _finish(self, logs: dict[str, Any] | None) -> None:
        self.close()
        if not self.verbose:
            return
        elapsed = time.perf_counter() - self._started
        steps = self._done or self.steps or 1
        parts = [self._title, f"{elapsed:.0f}s", f"{duration(elapsed / steps)}/step"]
        text = log_text(logs)
        print(" - ".join([*parts, text] if text else parts), flush=True)


# Keras's name for it.
ProgbarLogger = ProgressBar


def log_text(logs: dict[str, Any] | None) -> str:
    """Logs in one line.

    Example:
        >>> log_text({"accuracy": 0.9, "loss": 0.00001})
        'accuracy: 0.9000 - loss: 1.0000e-05'
    """
    return " - ".join(f"{name}: {_value(value)}" for name, value in (logs or {}).items())


def _value(value: Any) -> str:
    if np.ndim(value) or not isinstance(value, (int, float, np.number)):
        return str(value)
    value = float(value)
    return f"{value:.4f}" if abs(value) > 1e-3 or value == 0 else f"{value:.4e}"


def duration(seconds: float) -> str:
    """A time in the unit that suits it.

    Example:
        >>> duration(2.0), duration(0.012), duration(0.000012)
        ('2s', '12ms', '12us')
    """
    if seconds >= 1:
        return f"{seconds:.0f}s"
    return f"{seconds * 1e3:.0f}ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f}us"
