"""Automatic names: snake case of the class, numbered from the second one on."""

import re
from collections import Counter

_counts: Counter[str] = Counter()


def snake_case(name: str) -> str:
    """A class name in the form that automatic names have.

    Example:
        >>> [snake_case(name) for name in ("Dense", "MaxPooling2D", "LSTM", "BatchNormalization")]
        ['dense', 'max_pooling2d', 'lstm', 'batch_normalization']
    """
    plain = re.sub(r"\W+", "", name)
    split = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", plain)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", split).lower()


def unique_name(prefix: str) -> str:
    """The prefix, with a number from its second use on: "dense", "dense_1" ..."""
    seen = _counts[prefix]
    _counts[prefix] += 1
    return f"{prefix}_{seen}" if seen else prefix


def name_for(cls: type) -> str:
    """A fresh automatic name for an object of that class."""
    return unique_name(snake_case(cls.__name__))


def clear_session(free_memory: bool = True) -> None:
    """Starts the numbering of automatic names again.

    Args:
        free_memory: accepted for old code; memory is freed as soon as models are.
    """
    _counts.clear()
