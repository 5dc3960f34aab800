"""Callback: what is told of the course of training."""

import inspect
from typing import Any, Literal

from lamella._base import InvalidArgument, check
from lamella._base.configurable import Configurable, constructor_parameters
from lamella._base.registry import is_own, register
from lamella.callbacks.state import plain_copy

Phase = Literal["train", "test", "predict"]
_SCALARS = (bool, int, float, str, type(None))
_NOT_STATE = {"params", "_model", "_passed"}
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

    # Whether it leaves files behind; a trial run with fit(fast_dev_run=True) does without.
    writes_files = False

    params: dict[str, Any] | None = None
    _model: Any = None

    def __init__(self) -> None:
        """Takes no arguments, and need not be called: nothing is set before training starts."""

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

    def get_state(self) -> dict[str, Any]:
        """What has to be known to go on later as if training had never stopped.

        By default all attributes that are None, numbers, text, NumPy or JAX arrays, or lists,
        tuples, sets, deques and dictionaries of those. Arguments of the constructor that still are
        as they were passed are settings, and those of the new run count. Override it for anything
        else.

        Example:
            >>> class Counter(Callback):
            ...     def __init__(self, every=2):
            ...         super().__init__()
            ...         self.every, self.seen = every, [0.5]
            >>> Counter().get_state()
            {'seen': [0.5]}
        """
        settings = self._settings()
        state = {}
        for name, value in self.__dict__.items():
            plain, copy = (False, None) if name in settings else plain_copy(value)
            if plain:
                state[name] = copy
        return state

    def set_state(self, state: dict[str, Any]) -> None:
        """Goes on from what `get_state` gave.

        A run that goes on calls `on_train_begin` first, so the state outlasts what that resets. A
        state from within an epoch also comes after that epoch's `on_epoch_begin`; one from between
        two epochs comes before it.

        Args:
            state: it.
        """
        for name, value in state.items():
            current = self.__dict__.get(name)
            if isinstance(current, dict) and isinstance(value, dict):
                # A dictionary may be of a special kind, a defaultdict for instance.
                current.clear()
                current.update(value)
            else:
                setattr(self, name, value)

    def _settings(self) -> set[str]:
        """Attributes that are no state."""
        found = set(_NOT_STATE)
        for cls in type(self).__mro__:
            if is_own(cls):
                found.update(constructor_parameters(cls))
        args, kwargs = self._passed  # type: ignore[attr-defined]
        bound = inspect.signature(type(self).__init__).bind(self, *args, **kwargs)
        bound.apply_defaults()
        for name, value in bound.arguments.items():
            now = self.__dict__.get(name)
            if type(now) is type(value) and isinstance(now, _SCALARS) and now == value:
                found.add(name)
        return found

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


def checked_frequency(save_freq: str | int) -> str | int:
    """Gives `save_freq` if it is "epoch" or a number of batches."""
    if save_freq == "epoch":
        return save_freq
    if isinstance(save_freq, str):
        raise InvalidArgument(
            'Argument `save_freq` must be "epoch" or a number of batches. '
            f"Received: {save_freq!r}.",
            help='Pass save_freq="epoch" or, for example, save_freq=100.',
        )
    return check.positive_int(save_freq, "save_freq")
