"""Callback: what is told of the course of training."""

from __future__ import annotations

from typing import Any, Literal

from lamella._base.configurable import Configurable
from lamella._base.registry import register

Phase = Literal["train", "test", "predict"]
_BATCH_HOOKS: dict[str, tuple[str, ...]] = {
    "train": ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end"),
    "test": ("on_test_batch_begin", "on_test_batch_end"),
    "predict": ("on_predict_batch_begin", "on_predict_batch_end"),
}


@register("callback", module="keras.callbacks")
class Callback(Configurable):
    """Is told when passes and batches begin and end: override what you need.

    `model` is the model that is trained; `params` has "verbose", "epochs" and "steps".
    `model.stop_training = True` ends training after the epoch.

    Overriding a hook of batches makes training come back to Python after every batch; without one,
    many steps run in one go.

    Example:
        >>> class Printer(Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         print(epoch, logs)
        >>> Printer().on_epoch_end(0, {"loss": 0.5})
        0 {'loss': 0.5}
    """

    params: dict[str, Any] | None = None
    _model: Any = None

    def __init__(self) -> None:
        self.params = None
        self._model = None

    @property
    def model(self) -> Any:
        """The model that is trained."""
        return self._model

    def set_params(self, params: dict[str, Any]) -> None:
        """Takes the settings of the run."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Takes the model."""
        self._model = model

    def wants_batches(self, phase: Phase) -> bool:
        """Whether the hooks of batches of a phase do anything."""
        return any(self._overrides(hook) for hook in _BATCH_HOOKS[phase])

    def _overrides(self, hook: str) -> bool:
        own = getattr(type(self), hook, None)
        return hook in self.__dict__ or own is not getattr(Callback, hook)

    def on_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Before a batch of training."""

    def on_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """After a batch of training."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Before an epoch; the first has the number 0."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """After an epoch, with its losses and metrics; those of validation start with "val_"."""

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Before a batch of training."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """After a batch of training, with the losses and metrics of the epoch so far."""
        self.on_batch_end(batch, logs=logs)

    def on_test_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Before a batch of evaluation or validation."""

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """After a batch of evaluation or validation."""

    def on_predict_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Before a batch of prediction."""

    def on_predict_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """After a batch of prediction, with its outputs in logs["outputs"]."""

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Before training."""

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """After training, with the logs of the last epoch."""

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Before evaluation or validation."""

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        """After evaluation or validation, with its losses and metrics."""

    def on_predict_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Before prediction."""

    def on_predict_end(self, logs: dict[str, Any] | None = None) -> None:
        """After prediction."""
