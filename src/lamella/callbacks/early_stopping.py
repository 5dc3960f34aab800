"""EarlyStopping: ends training that does not get better."""

from dataclasses import dataclass
from typing import Any

from lamella._base import register
from lamella.callbacks.monitor import MonitorCallback


@register("callback", module="keras.callbacks")
@dataclass(eq=False, repr=False)
class EarlyStopping(MonitorCallback):
    """Ends training when a watched value has not got better for some epochs.

    Args:
        monitor: its name in the logs.
        min_delta: by how much it must be better.
        patience: after how many epochs without getting better to stop.
        verbose: 1 prints when it stops.
        mode: "min", "max", or "auto" to tell by the metric.
        baseline: a value that must be beaten for patience to start again.
        restore_best_weights: whether to end with the weights of the best epoch.
        start_from_epoch: epochs before this one do not count.

    Raises: UnknownName after the first epoch, if no log has that name.

    Example:
        >>> EarlyStopping("val_accuracy", patience=3).better_up()
        True
    """

    monitor: str = "val_loss"
    min_delta: float = 0
    patience: int = 0
    verbose: int = 0
    mode: str = "auto"
    baseline: float | None = None
    restore_best_weights: bool = False
    start_from_epoch: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        EarlyStopping.on_train_begin(self)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best = self.best_weights = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        current = self.watched(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights = self.model.get_weights()
            self.best_epoch = epoch
        self.wait += 1
        if self.is_improvement(current, self.best):
            self.best = current
            self.best_epoch = epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self.is_improvement(current, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                print(f"Restoring the weights of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)
