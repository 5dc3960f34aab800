"""The arguments that every optimizer takes, and checks of them."""

import numbers
from typing import Any, TypedDict

from lamella._base import InvalidArgument, WrongType, check, near_miss, tell
from lamella._state.variable import Variable
from lamella.optimizers.schedules.base import InverseTimeDecay


class MoreOptions(TypedDict, total=False):
    """What an optimizer with a `weight_decay` of its own takes; see `Optimizer` for the words."""

    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    loss_scale_factor: float | None
    gradient_accumulation_steps: int | None
    name: str | None


class Options(MoreOptions, total=False):
    """What every other optimizer takes."""

    weight_decay: float | None


KERAS_2_ENTRIES = ("jit_compile", "is_legacy_optimizer", "decay")
_COMMON = ("learning_rate", *Options.__annotations__)


def with_old_decay(class_name: str, rate: Any, kwargs: dict[str, Any]) -> Any:
    """The learning rate, which the `decay` of old Keras makes fall; other arguments are refused."""
    unknown = [name for name in kwargs if name != "decay"]
    if unknown:
        raise WrongType(
            f"{class_name} does not take the argument `{unknown[0]}`. "
            f"{near_miss(unknown[0], _COMMON)}".rstrip(),
            help=f"See help({class_name}) for what it takes.",
        )
    decay = kwargs.get("decay")
    if not decay:
        return rate
    if callable(rate):
        raise InvalidArgument(
            f"{class_name} received both a schedule as learning_rate and decay={decay!r}.",
            help="Pass the schedule only.",
        )
    learning_rate(rate)
    tell(
        f"{class_name}.decay",
        f"{class_name}(decay={decay!r}) is an old spelling. Write {class_name}(learning_rate="
        f"schedules.InverseTimeDecay({rate!r}, decay_steps=1, decay_rate={decay!r})); other "
        "arguments stay.",
    )
    return InverseTimeDecay(float(rate), 1, float(decay))


def learning_rate(value: Any) -> None:
    """Refuses a learning rate that is neither a number, nor a schedule, nor a function."""
    number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if number or (callable(value) and not isinstance(value, (type, Variable))):
        return
    raise WrongType(
        "Argument `learning_rate` must be a number, a learning rate schedule, or a function "
        f"without arguments. Received: {value!r}.",
        help="Pass for example learning_rate=0.001.",
    )


def one_clipping(*limits: float | None) -> None:
    """Refuses two ways of clipping at once."""
    if sum(limit is not None for limit in limits) > 1:
        norm, value, total = limits
        raise InvalidArgument(
            "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. Received: "
            f"clipnorm={norm}, clipvalue={value}, global_clipnorm={total}.",
            help="Keep one of them.",
        )


def averaging(use_ema: bool, momentum: float, frequency: int | None) -> None:
    """Refuses moving averages that cannot be computed."""
    if use_ema:
        check.fraction(momentum, "ema_momentum", closed=True)
    if use_ema and frequency:
        check.positive_int(frequency, "ema_overwrite_frequency")


def accumulation(steps: int | None) -> None:
    """Refuses a number of accumulation steps below 2."""
    if steps and (not isinstance(steps, numbers.Integral) or steps < 2):
        raise InvalidArgument(
            "Argument `gradient_accumulation_steps` must be a whole number >= 2. "
            f"Received: {steps!r}.",
            help="Pass None to update at every step.",
        )


def within(value: Any, low: float, high: float, name: str) -> float:
    """Gives `value` if it is a number from low to high."""
    number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    ok = number and low <= float(value) <= high
    if not ok:
        raise InvalidArgument(
            f"Argument `{name}` must be a number in the range [{low}, {high}]. "
            f"Received: {value!r}.",
            help=f"Pass for example {name}={min(high, max(low, 0.9))}.",
        )
    return value
