"""SwapEMAWeights: evaluation with the moving average of the weights."""

from typing import Any

from lamella._base import InvalidArgument, register
from lamella.callbacks.base import Callback


@register("callback", module="keras.callbacks")
class SwapEMAWeights(Callback):
    """Puts the optimizer's moving averages into the model for evaluation and prediction.

    Args:
        swap_on_epoch: whether to do so at the end of each epoch too, so that a checkpoint saves
            the averages. Put it before the checkpoint in the list, and after EarlyStopping.

    Raises: InvalidArgument, if the optimizer keeps no averages.

    Example:
        >>> SwapEMAWeights(swap_on_epoch=True).swap_on_epoch
        True
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        self.swap_on_epoch = swap_on_epoch
        self._swapped = False

    def _pairs(self) -> list[tuple[Any, Any]]:
        pairs = [pair for pair in self.model.optimizer.averages if pair[1] is not None]
        if not pairs:
            raise InvalidArgument(
                "SwapEMAWeights needs an optimizer that keeps moving averages.",
                help="Make the optimizer with use_ema=True.",
            )
        return pairs

    def _swap(self, swapped: bool) -> None:
        if self._swapped == swapped:
            return
        for variable, average in self._pairs():
            value = variable.value
            variable.assign(average.value)
            average.assign(value)
        self._swapped = swapped

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.swap_on_epoch:
            self._swap(False)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if not self.swap_on_epoch:
            return
        self._swap(True)
        last = epoch == (self.params or {}).get("epochs", 0) - 1
        if last or self.model.stop_training:
            # At the end of training the averages become the weights, so they must be the averages.
            for variable, average in self._pairs():
                average.assign(variable.value)

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._swap(True)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        self._swap(False)

    on_predict_begin, on_predict_end = on_test_begin, on_test_end
