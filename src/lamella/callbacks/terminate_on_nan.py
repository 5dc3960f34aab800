"""TerminateOnNaN: stops when the loss is not a number."""

import math
from typing import Any

from lamella._base import InvalidData, register
from lamella.callbacks.base import Callback


@register("callback", module="keras.callbacks")
class TerminateOnNaN(Callback):
    """Stops training at the first step whose loss or weights are not finite.

    The loop itself looks, before it takes the new weights: the model keeps those from before that
    step. What is printed, or raised, names the first layer, weight or row.

    Args:
        raise_error: whether to raise an error instead of ending training.

    Raises: InvalidData, with raise_error.

    Example:
        >>> TerminateOnNaN(raise_error=True).raise_error
        True
    """

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = raise_error

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        loss = (logs or {}).get("loss")  # in a loop of a person's own; fit does not get here
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise InvalidLoss(
                f"The loss of batch {batch} is {loss}; training was ended.",
                help="Look for NaN in the data, or try a smaller learning rate.",
            )
        print(f"Batch {batch}: the loss is {loss}; training ends.")
        self.model.stop_training = True


class InvalidLoss(InvalidData, RuntimeError):
    """The loss is NaN or infinite."""
