"""The progress of a run: a live line in a terminal, one plain line for each pass in a log."""

from __future__ import annotations

import sys
import time
from typing import Any

from lamella.callbacks.base import Callback

_WIDTH = 24


class ProgressBar(Callback):
    """Shows how far a pass is, how long it takes, and the running losses and metrics.

    Args:
        verbose: 1 shows a live bar where the output is a terminal; everything else gets one line
            for each pass, without colour codes or backspaces.
        training: whether passes are numbered.

    Example:
        >>> bar = ProgressBar(verbose=2, training=False)
        >>> bar.set_params({"epochs": 1, "steps": 4})
        >>> bar.update("test", 4, {"loss": 0.5})
    """

    def __init__(self, verbose: int = 1, training: bool = True) -> None:
        self.verbose = verbose
        self.training = training
        self.live = verbose == 1 and sys.stdout.isatty()
        self._started = 0.0
        self._epoch = 0
        self._done = 0
        self._width = 0

    def update(self, kind: str, done: int, logs: dict[str, Any]) -> None:
        """Redraws the live line; called some ten times a second."""
        if self.training and kind != "train":
            return
        self._done = done
        if self.live:
            self._draw(logs, final=False)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._start(epoch)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._draw(logs or {}, final=True)

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        if not self.training:
            self._start(0)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        if not self.training:
            self._draw(logs or {}, final=True)

    def on_predict_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._start(0)

    def on_predict_end(self, logs: dict[str, Any] | None = None) -> None:
        self._draw({}, final=True)

    def _start(self, epoch: int) -> None:
        self._epoch, self._done = epoch, 0
        self._started = time.perf_counter()

    def _draw(self, logs: dict[str, Any], final: bool) -> None:
        elapsed = time.perf_counter() - self._started
        steps = self.params.get("steps") or (self._done if final else None)
        parts = []
        if self.training:
            parts.append(f"Epoch {self._epoch + 1}/{self.params.get('epochs', 1)}")
        if self.live:
            parts.append(_bar(self._done, steps))
        else:
            parts.append(f"{self._done}/{steps or self._done}")
        if final or not steps:
            parts.append(f"{elapsed:.0f}s {_per_step(elapsed, self._done)}")
        else:
            left = elapsed / max(self._done, 1) * (steps - self._done)
            parts.append(f"{left:.0f}s left")
        parts += [f"{name}: {_number(value)}" for name, value in logs.items()]
        line = " - ".join(parts)
        if self.live:
            sys.stdout.write("\r" + line.ljust(self._width) + ("\n" if final else ""))
            self._width = 0 if final else len(line)
        else:
            sys.stdout.write(line + "\n")
        sys.stdout.flush()


def _bar(done: int, steps: int | None) -> str:
    if not steps:
        return f"{done} steps"
    filled = min(_WIDTH, _WIDTH * done // steps)
    return f"{done}/{steps} {'━' * filled}{'─' * (_WIDTH - filled)}"


def _per_step(seconds: float, steps: int) -> str:
    each = seconds / max(steps, 1)
    return f"{each * 1e3:.0f}ms/step" if each >= 1e-3 else f"{each * 1e6:.0f}us/step"


def _number(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.4f}" if abs(value) >= 1e-3 or value == 0 else f"{value:.4e}"
