"""One-line checks of arguments, each with an error that says how to go on."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lamella._base.errors import InvalidArgument, WrongType
from lamella._base.registry import near_miss

REAL = (int, float, np.integer, np.floating)
INTEGRAL = (int, np.integer)


def one_of(value: Any, options: Sequence[Any], name: str) -> Any:
    """Gives `value` if it is one of the options."""
    if value not in options:
        raise InvalidArgument(
            f"Argument `{name}` must be one of {list(options)}. Received: {value!r}.",
            help=near_miss(str(value), [str(option) for option in options]) or "Pass one of those.",
        )
    return value


def of_kind(value: Any, kind: type, name: str, help: str) -> Any:
    """Gives the value back if it is an object of a class.

    Args:
        help: what to do if it is not.

    Raises: WrongType.
    """
    if not isinstance(value, kind):
        raise WrongType(
            f"{name} must be a {kind.__name__}. Received: {value!r:.60} of type "
            f"{type(value).__name__}.",
            help=help,
        )
    return value


def positive_int(value: Any, name: str) -> int:
    """Gives `value` as an int if it is a whole number of 1 or more."""
    if isinstance(value, bool) or not isinstance(value, REAL) or int(value) != value:
        raise WrongType(
            f"Argument `{name}` must be a positive whole number. Received: {value!r}.",
            help=f"Pass a whole number, for example {name}=32.",
        )
    if value < 1:
        raise InvalidArgument(
            f"Argument `{name}` must be a positive whole number. Received: {value!r}.",
            help=f"Pass 1 or more, for example {name}=32.",
        )
    return int(value)


def positive(value: Any, name: str) -> float:
    """Gives `value` if it is a number above zero."""
    if not isinstance(value, REAL) or not value > 0:
        raise InvalidArgument(
            f"Argument `{name}` must be a number above 0. Received: {value!r}.",
            help=f"Pass for example {name}=0.001.",
        )
    return float(value)


def fraction(value: Any, name: str, *, closed: bool = False, zero: bool = True) -> float:
    """Gives `value` if 0 <= value < 1, with `closed` also 1 itself, without `zero` not 0 itself."""
    ok = isinstance(value, REAL) and value >= 0 and (value <= 1 if closed else value < 1)
    if not ok or (value == 0 and not zero):
        lower, upper = "<=" if zero else "<", "<=" if closed else "<"
        raise InvalidArgument(
            f"Argument `{name}` must satisfy 0 {lower} {name} {upper} 1. Received: {value!r}.",
            help=f"It is a share, not a percentage: pass for example {name}=0.3.",
        )
    return float(value)


def tuple_of_ints(value: Any, rank: int, name: str, *, allow_zero: bool = False) -> tuple[int, ...]:
    """Gives `value` as a tuple of `rank` whole numbers; one number stands for all of them."""
    items = (value,) * rank if isinstance(value, INTEGRAL) else value
    least = 0 if allow_zero else 1
    try:
        items = tuple(int(item) for item in items)
        ok = len(items) == rank and all(item >= least for item in items)
    except (TypeError, ValueError):
        ok = False
    if not ok:
        raise InvalidArgument(
            f"Argument `{name}` must be a whole number >= {least} or a tuple of {rank} of them. "
            f"Received: {value!r}.",
            help=f"Pass for example {name}=2 or {name}={(2,) * rank}.",
        )
    return tuple(items)


def absent(**arguments: Any) -> None:
    """Refuses arguments that Keras has and lamella does not, unless they are None."""
    for name, value in arguments.items():
        if value is not None:
            raise InvalidArgument(
                f"Argument `{name}` is not supported by lamella. Received: {value!r}.",
                help=f"Leave `{name}` out.",
            )
