"""ReduceLROnPlateau: a smaller learning rate when nothing gets better."""

from typing import Any

import numpy as np

from lamella._base import InvalidArgument, WrongType, near_miss, register
from lamella._base.configurable import constructor_parameters
from lamella.callbacks.monitor import MonitorCallback


@register("callback", module="keras.callbacks")
class ReduceLROnPlateau(MonitorCallback):
    """Multiplies the learning rate by a factor when a watched value has not got better for a while.

    Args:
        monitor: its name in the logs.
        factor: the factor, below 1.
        patience: after how many epochs without getting better.
        verbose: 1 prints the new rate.
        mode: "min", "max", or "auto" to tell by the metric.
        min_delta: by how much it must be better.
        cooldown: epochs after a change that do not count.
        min_lr: the least learning rate.

    Raises: InvalidArgument for a factor of 1 or more; WrongType for an argument that there is not;
        UnknownName after the first epoch, if no log has the watched name.

    Example:
        >>> ReduceLROnPlateau(factor=0.5, patience=2).factor
        0.5
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **kwargs: Any,
    ) -> None:
        for name in kwargs:
            raise WrongType(
                f"ReduceLROnPlateau has no argument `{name}`. "
                f"{near_miss(name, constructor_parameters(ReduceLROnPlateau))}".rstrip(),
                help="Look at its name; a wrong one would change nothing.",
            )
        if factor >= 1.0:
            raise InvalidArgument(
                f"Argument `factor` of ReduceLROnPlateau must be below 1. Received: {factor}.",
                help="Pass for example factor=0.1.",
            )
        self.monitor, self.mode, self.min_delta = monitor, mode, min_delta
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = min_lr
        super().__post_init__()
        ReduceLROnPlateau.on_train_begin(self)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        self.best = None
        self.cooldown_counter = self.wait = 0

    def in_cooldown(self) -> bool:
        """Whether the last change is too recent to count."""
        return self.cooldown_counter > 0

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        logs = {} if logs is None else logs
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)
        current = self.watched(logs)
        if current is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.is_improvement(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def _reduce(self, epoch: int) -> None:
        optimizer = self.model.optimizer
        old = float(optimizer.learning_rate)
        # Compared in the precision that the rate is kept in.
        if old <= np.float32(self.min_lr):
            return
        new = max(old * self.factor, self.min_lr)
        optimizer.learning_rate = new
        self.cooldown_counter = self.cooldown
        self.wait = 0
        if self.verbose > 0:
            print(f"Epoch {epoch + 1}: the learning rate falls to {new:g}.")
