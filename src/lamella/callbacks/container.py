"""All callbacks of a run as one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lamella._base.errors import WrongType
from lamella.callbacks.base import Callback
from lamella.callbacks.history import History
from lamella.callbacks.progress import ProgressBar

_BATCH_HOOKS = {
    "train": ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end"),
    "test": ("on_test_batch_begin", "on_test_batch_end"),
    "predict": ("on_predict_batch_begin", "on_predict_batch_end"),
}


class CallbackList(Callback):
    """Passes on what happens, in order.

    Args:
        callbacks: one callback or several, None for none.
        model: the model they are about.
        verbose: "auto", 0, 1 or 2.
        epochs, steps: the run's length; `steps` is None if it is not known.
        add_history: whether the run is training, so that the model gets a History.
    """

    def __init__(
        self,
        callbacks: Any = None,
        model: Any = None,
        verbose: str | int = 0,
        epochs: int = 1,
        steps: int | None = None,
        add_history: bool = False,
    ) -> None:
        self.callbacks = _as_list(callbacks)
        shown = 1 if verbose == "auto" else int(verbose)
        self.progress_bar = ProgressBar(shown, training=add_history) if shown else None
        if add_history:
            found = [one for one in self.callbacks if isinstance(one, History)]
            history = found[0] if found else History()
            if not found:
                self.callbacks.append(history)
            model.history = history
        for callback in self._all():
            callback.set_params({"epochs": epochs, "steps": steps, "verbose": shown})
            callback.set_model(model)

    def _all(self) -> list[Callback]:
        bar = [] if self.progress_bar is None else [self.progress_bar]
        return [*bar, *self.callbacks]

    def wants_batches(self, kind: str) -> bool:
        """Whether a callback wants to be told of every batch of that kind of pass."""
        return any(
            getattr(type(callback), hook) is not getattr(Callback, hook)
            for callback in self.callbacks
            for hook in _BATCH_HOOKS[kind]
        )

    def progress(self, kind: str, done: int, logs: dict[str, Any]) -> None:
        """Moves the progress bar; called some ten times a second."""
        if self.progress_bar is not None:
            self.progress_bar.update(kind, done, logs)

    def batch_begin(self, kind: str, batch: int) -> None:
        """Before a step of that kind of pass."""
        for callback in self.callbacks:
            getattr(callback, f"on_{kind}_batch_begin")(batch, {})
            if kind == "train":
                callback.on_batch_begin(batch, {})

    def batch_end(self, kind: str, batch: int, logs: dict[str, Any]) -> None:
        """After a step of that kind of pass."""
        for callback in self.callbacks:
            getattr(callback, f"on_{kind}_batch_end")(batch, logs)
            if kind == "train":
                callback.on_batch_end(batch, logs)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        for callback in self._all():
            callback.on_train_begin(logs or {})

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        for callback in self._all():
            callback.on_train_end(logs or {})

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        for callback in self._all():
            callback.on_epoch_begin(epoch, logs or {})

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        values = {} if logs is None else logs
        for callback in self._all():
            callback.on_epoch_end(epoch, values)

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        for callback in self._all():
            callback.on_test_begin(logs or {})

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        for callback in self._all():
            callback.on_test_end(logs or {})

    def on_predict_begin(self, logs: dict[str, Any] | None = None) -> None:
        for callback in self._all():
            callback.on_predict_begin(logs or {})

    def on_predict_end(self, logs: dict[str, Any] | None = None) -> None:
        for callback in self._all():
            callback.on_predict_end(logs or {})


def _as_list(callbacks: Any) -> list[Callback]:
    if callbacks is None:
        return []
    given = list(callbacks) if isinstance(callbacks, Iterable) else [callbacks]
    flat = [one for item in given for one in (item if isinstance(item, (list, tuple)) else [item])]
    for callback in flat:
        if not isinstance(callback, Callback):
            made = " It is a class: add ()." if isinstance(callback, type) else ""
            raise WrongType(
                f"Argument `callbacks` must hold callbacks. Received: {callback!r}.{made}",
                help="Pass objects such as lamella.callbacks.EarlyStopping(patience=3).",
            )
    return flat

