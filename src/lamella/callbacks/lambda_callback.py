"""LambdaCallback: a callback from functions."""

from collections.abc import Callable
from typing import Any

from lamella._base import WrongType, near_miss, register
from lamella.callbacks.base import Callback

Hook = Callable[..., Any] | None


@register("callback", module="keras.callbacks")
class LambdaCallback(Callback):
    """Calls functions at the moments they are given for.

    Args:
        on_epoch_begin, on_epoch_end: functions of (epoch, logs).
        on_train_begin, on_train_end: functions of (logs).
        on_train_batch_begin, on_train_batch_end: functions of (batch, logs).
        kwargs: functions for the other hooks, by the hook's name.

    Raises: WrongType for a hook that there is not.

    Example:
        >>> LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch)).on_epoch_end(3, {})
        3
    """

    def __init__(
        self,
        on_epoch_begin: Hook = None,
        on_epoch_end: Hook = None,
        on_train_begin: Hook = None,
        on_train_end: Hook = None,
        on_train_batch_begin: Hook = None,
        on_train_batch_end: Hook = None,
        **kwargs: Any,
    ) -> None:
        hooks = {name: hook for name, hook in locals().items() if name.startswith("on_")}
        known = [name for name in dir(Callback) if name.startswith("on_")]
        for name, function in {**hooks, **kwargs}.items():
            if name.startswith("on_") and name not in known:
                raise WrongType(
                    f"LambdaCallback does not know the hook `{name}`. "
                    f"{near_miss(name, known)}".rstrip(),
                    help=f"Hooks: {', '.join(known)}.",
                )
            if function is not None:
                self.__dict__[name] = function
