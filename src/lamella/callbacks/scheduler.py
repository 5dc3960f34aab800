"""LearningRateScheduler: a learning rate for each epoch."""

import inspect
import numbers
from collections.abc import Callable
from typing import Any

from lamella._base import InvalidArgument, register
from lamella.callbacks.base import Callback


@register("callback", module="keras.callbacks")
class LearningRateScheduler(Callback):
    """Sets the learning rate before each epoch.

    Args:
        schedule: a function of (epoch, learning rate so far), or of (epoch), that gives a float.
        verbose: 1 prints the rate.

    Raises: InvalidArgument, if the function gives no number.

    Example:
        >>> LearningRateScheduler(lambda epoch, rate: rate * 0.9).verbose
        0
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        self.schedule = schedule
        self.verbose = verbose

    def _arguments(self) -> int:
        try:
            signature = inspect.signature(self.schedule)
        except (TypeError, ValueError):
            return 2
        positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        kinds = [parameter.kind for parameter in signature.parameters.values()]
        if inspect.Parameter.VAR_POSITIONAL in kinds:
            return 2
        return sum(kind in positional for kind in kinds)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        optimizer = self.model.optimizer
        rate = float(optimizer.learning_rate)
        new = self.schedule(epoch, rate) if self._arguments() > 1 else self.schedule(epoch)
        array = getattr(new, "ndim", None) == 0
        if not array and (not isinstance(new, numbers.Real) or isinstance(new, bool)):
            raise InvalidArgument(
                "The function of LearningRateScheduler must give a number. "
                f"Received: {new!r} for epoch {epoch}.",
                help="Return the learning rate as a float.",
            )
        optimizer.learning_rate = float(new)
        if self.verbose > 0:
            print(f"Epoch {epoch + 1}: the learning rate is now {float(new):g}.")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)
