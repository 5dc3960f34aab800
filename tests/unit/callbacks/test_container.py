"""CallbackList and what it shows."""

from __future__ import annotations

import io
import sys
from typing import Any

import numpy as np
import pytest

from lamella import callbacks
from lamella._base.errors import WrongType


class Told(callbacks.Callback):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Any] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.heard.append((epoch, logs))


class EveryBatch(callbacks.Callback):
    def on_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        pass


class EveryTestBatch(callbacks.Callback):
    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        pass


def phases(callback: callbacks.Callback) -> list[bool]:
    told = callbacks.CallbackList([callback], add_progbar=True, add_history=True)
    return [told.wants_batches(phase) for phase in ("train", "test", "predict")]


def test_batches_are_wanted_only_where_a_hook_is_there() -> None:
    assert phases(Told()) == [False, False, False]
    assert phases(EveryBatch()) == [True, False, False]
    assert phases(EveryTestBatch()) == [False, True, False]
    assert phases(callbacks.LambdaCallback(on_epoch_end=print)) == [False, False, False]
    assert phases(callbacks.LambdaCallback(on_train_batch_end=print)) == [True, False, False]
    assert phases(callbacks.ModelCheckpoint("m.keras")) == [False, False, False]
    assert phases(callbacks.ModelCheckpoint("m.keras", save_freq=10)) == [True, False, False]
    assert phases(callbacks.TerminateOnNaN()) == [True, False, False]


def test_hooks_of_batches_reach_the_old_names() -> None:
    heard = []
    own = callbacks.LambdaCallback(on_batch_end=lambda batch, logs: heard.append((batch, logs)))
    told = callbacks.CallbackList([own])
    told.on_train_batch_end(3, {"loss": np.float32(0.5)})
    told.on_batch_end("train", 4, {})
    told.on_batch_end("test", 5, {})
    assert heard == [(3, {"loss": 0.5}), (4, {})]
    assert type(heard[0][1]["loss"]) is float


def test_logs_are_shared_by_the_callbacks_of_one_epoch() -> None:
    adds = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(extra=1.0))
    told = callbacks.CallbackList([adds], add_history=True)
    told.on_train_begin()
    told.on_epoch_end(0, {"loss": 0.5})
    assert told.history.history == {"loss": [0.5], "extra": [1.0]}


def test_unknown_hooks_are_refused() -> None:
    with pytest.raises(WrongType, match="on_epoch_end"):
        callbacks.LambdaCallback(on_epoch_ends=print)


def run_bar(verbose: Any) -> None:
    told = callbacks.CallbackList(verbose=verbose, epochs=2, steps=4)
    told.on_train_begin()
    for epoch in range(2):
        told.on_epoch_begin(epoch)
        told.progress("train", 2, {"loss": 1.0})
        told.progress("train", 4, {"loss": 0.5})
        told.progress("test", 1, {"loss": 0.5})
        told.on_epoch_end(epoch, {"loss": 0.5, "val_loss": 0.25})
    told.on_train_end()
    told = callbacks.CallbackList(verbose=verbose, epochs=1, steps=4)
    told.on_test_begin()
    told.progress("test", 4, {"loss": 0.5})
    told.on_test_end({"loss": 0.5})


@pytest.mark.parametrize("verbose", [1, 2, "auto"])
def test_a_log_file_gets_one_plain_line_an_epoch(
    verbose: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    run_bar(verbose)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("Epoch 2/2 - 0s - ")
    assert lines[1].endswith("/step - loss: 0.5000 - val_loss: 0.2500")
    assert lines[2].startswith("Evaluate - 0s - ")
    assert not any(mark in line for line in lines for mark in "\b\r\x1b")


def test_verbose_0_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    run_bar(0)
    assert capsys.readouterr().out == ""


def test_a_terminal_gets_a_moving_bar_and_the_same_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("TERM", "xterm")
    run_bar(1)
    text = screen.getvalue()
    assert "2/4" in text
    assert "\x1b[" in text
    assert text.count("val_loss: 0.2500") == 2
    # What stays on the screen ends with a cursor that can be seen.
    assert text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l")
