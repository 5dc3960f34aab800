"""CallbackList: all callbacks of one run, as one."""

from typing import Any

import jax
import numpy as np

from lamella._base import WrongType, warn_person
from lamella.callbacks.base import Callback, Phase
from lamella.callbacks.history import History
from lamella.callbacks.progress import ProgressBar


def _to_all(hook: str) -> Any:
    """A hook that passes its arguments on: the batch or epoch, if there is one, and logs."""
    counted = "batch" in hook or "epoch" in hook

    def tell(self: Any, *args: Any, logs: dict[str, Any] | None = None) -> None:
        place, rest = (args[:1], args[1:]) if counted else ((), args)
        self._tell(hook, *place, plain(rest[0] if rest else logs))

    tell.__name__ = tell.__qualname__ = hook
    tell.__doc__ = getattr(Callback, hook).__doc__
    return tell


class CallbackList(Callback):
    """Passes everything on to several callbacks, in order.

    Args:
        callbacks: a callback, or lists of them.
        add_history: whether to add a History if there is none.
        add_progbar: whether to add a progress bar if there is none.
        model: the model that is trained.
        params: settings of the run: verbose, epochs, steps. With verbose a bar is added too.

    Raises: WrongType, if something is not a callback.

    Example:
        >>> told = CallbackList([History()], epochs=1, steps=10)
        >>> told.wants_batches("train")
        False
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        self.callbacks = [_checked(item) for item in jax.tree.leaves(callbacks)]
        self.history = self._first(History)
        self.bar = self._first(ProgressBar)
        self.seconds = 0.0
        if self.history is None and add_history:
            self.history = History()
            self.callbacks.append(self.history)
        if self.bar is None and (add_progbar or params.get("verbose")):
            self.bar = ProgressBar()
            self.callbacks.append(self.bar)
        self._wanted = {
            phase: any(item.wants_batches(phase) for item in self.callbacks)
            for phase in ("train", "test", "predict")
        }
        self.set_model(model)
        self.set_params(params)

    def _first(self, kind: type) -> Any:
        return next((item for item in self.callbacks if isinstance(item, kind)), None)

    def wants_batches(self, phase: Phase = "train") -> bool:
        """Whether a callback has a hook for every batch of a phase."""
        return self._wanted[phase]

    def append(self, callback: Any) -> None:
        """Adds a callback at the end."""
        callback = _checked(callback)
        self.callbacks.append(callback)
        for phase in self._wanted:
            self._wanted[phase] |= callback.wants_batches(phase)
        callback.set_model(self._model)
        callback.set_params(self.params or {})

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        if params:
            for callback in self.callbacks:
                callback.set_params(params)

    def set_model(self, model: Any) -> None:
        if model is None:
            return
        super().set_model(model)
        if self.history is not None:
            model.history = self.history
        for callback in self.callbacks:
            callback.set_model(model)

    def _named(self) -> dict[str, Callback]:
        """The callbacks by class; a second one of a class is EarlyStopping_1."""
        named: dict[str, Callback] = {}
        for callback in self.callbacks:
            name = type(callback).__name__
            count = sum(type(other) is type(callback) for other in named.values())
            named[f"{name}_{count}" if count else name] = callback
        return named

    def get_state(self) -> dict[str, Any]:
        """The states of all callbacks that have one, by class."""
        states = {name: callback.get_state() for name, callback in self._named().items()}
        return {name: state for name, state in states.items() if state}

    def set_state(self, state: dict[str, Any]) -> None:
        """Gives each callback its own; warns of what fits none.

        Args:
            state: what `get_state` gave.
        """
        named = self._named()
        for name in state.keys() & named.keys():
            named[name].set_state(state[name])
        if lost := sorted(state.keys() - named.keys()):
            warn_person(
                f"The saved run had callbacks that this one has not: {', '.join(lost)}. "
                "What they knew is left out."
            )

    def progress(self, phase: Phase, step: int, logs: dict[str, Any]) -> None:
        """Shows how far a pass is; the loop calls it some times a second."""
        if self.bar is not None:
            self.bar.progress(phase, step, logs)

    def close(self) -> None:
        """Leaves the terminal as it was, however the run ended."""
        if self.bar is not None:
            self.bar.close()

    def _tell(self, hook: str, *args: Any) -> None:
        for callback in self.callbacks:
            getattr(callback, hook)(*args)

    def on_batch_begin(  # type: ignore[override]
        self, phase: Any, batch: Any = None, logs: Any = None
    ) -> None:
        """Before a batch of a phase; `on_batch_begin(3)` means training."""
        phase, batch = ("train", phase) if batch is None else (phase, batch)
        self._tell(f"on_{phase}_batch_begin", batch, plain(logs))

    def on_batch_end(  # type: ignore[override]
        self, phase: Any, batch: Any = None, logs: Any = None
    ) -> None:
        """After a batch of a phase; `on_batch_end(3)` means training."""
        phase, batch = ("train", phase) if batch is None else (phase, batch)
        self._tell(f"on_{phase}_batch_end", batch, plain(logs))


for _hook in dir(Callback):
    if _hook.startswith("on_") and _hook not in vars(CallbackList):
        setattr(CallbackList, _hook, _to_all(_hook))


def plain(logs: dict[str, Any] | None) -> dict[str, Any]:
    """A dictionary of its own, with Python numbers where there is one number."""
    return {name: _number(value) for name, value in (logs or {}).items()}


def _number(value: Any) -> Any:
    if isinstance(value, (jax.Array, np.ndarray, np.generic)) and np.ndim(value) == 0:
        return float(value)
    return value


def _checked(callback: Any) -> Callback:
    if isinstance(callback, Callback):
        return callback
    name = callback.__name__ if isinstance(callback, type) else type(callback).__name__
    raise WrongType(
        f"`callbacks` must hold callbacks. Received: {callback!r}.",
        help=f"Write {name}(...) with parentheses."
        if isinstance(callback, type)
        else "Make its class a subclass of lamella.callbacks.Callback.",
    )
