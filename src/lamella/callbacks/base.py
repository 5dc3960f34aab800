"""What every callback is: an object that is told of what happens."""

from __future__ import annotations

from typing import Any


class Callback:
    """Is told of the beginning and end of training, passes and batches. Override what you need.

    `self.model` is the model, `self.params` has "epochs", "steps" and "verbose".

    Example:
        >>> class Count(Callback):
        ...     passes = 0
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         self.passes += 1
        >>> Count().passes
        0
    """

    model: Any = None
    params: dict[str, Any] = {}

    def set_params(self, params: dict[str, Any]) -> None:
        """Takes the settings of the run."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Takes the model."""
        self.model = model

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Before the first pass."""

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """After the last pass; `logs` are that pass's."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Before a pass; the first has number 0."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """After a pass and its validation; `logs` has all losses and metrics by name."""

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Before a training step. Overriding it makes each step a dispatch of its own."""

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """After a training step; `logs` are running values."""

    def on_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """The old name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """The old name of `on_train_batch_end`."""

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Before an evaluation, also one inside of fit."""

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        """After an evaluation."""

    def on_test_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Before a step of an evaluation."""

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """After a step of an evaluation."""

    def on_predict_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Before a prediction."""

    def on_predict_end(self, logs: dict[str, Any] | None = None) -> None:
        """After a prediction."""

    def on_predict_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Before a step of a prediction."""

    def on_predict_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """After a step of a prediction; `logs` has its "outputs"."""
