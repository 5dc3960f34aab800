"""Numbers and sizes of weights."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import ml_dtypes  # noqa: F401  teaches NumPy the names bfloat16, float8_e4m3fn ...
import numpy as np

UNITS = ("B", "KB", "MB", "GB", "TB")


def count(weights: Iterable[Any]) -> int:
    """How many numbers the weights hold; a weight that is listed twice counts once."""
    return sum(math.prod(weight.shape) for weight in _distinct(weights))


def memory(weights: Iterable[Any]) -> float:
    """How many bytes they take; a weight that is listed twice counts once."""
    return sum(math.prod(weight.shape) * _bytes(weight.dtype) for weight in _distinct(weights))


def memory_text(size: float) -> str:
    """A size in the largest unit that leaves a number of 1 or more.

    Example:
        >>> memory_text(0), memory_text(1023), memory_text(407_080)
        ('0.00 B', '1023.00 B', '397.54 KB')
    """
    unit = 0
    while size >= 1024 and unit < len(UNITS) - 1:
        size /= 1024
        unit += 1
    return f"{size:.2f} {UNITS[unit]}"


def flops_text(flops: int) -> str:
    """A number of operations in full, and in thousands, millions ... if it is long.

    Example:
        >>> flops_text(18), flops_text(2_500_000)
        ('18', '2,500,000 (2.50 M)')
    """
    size, unit = float(flops), 0
    while size >= 1000 and unit < 4:
        size, unit = size / 1000, unit + 1
    return f"{flops:,} ({size:.2f} {' KMGT'[unit]})" if unit else str(flops)


def _distinct(weights: Iterable[Any]) -> Iterable[Any]:
    return {id(weight): weight for weight in weights}.values()


def _bytes(dtype: Any) -> float:
    name = dtype if isinstance(dtype, str) else np.dtype(dtype).name
    return 0.5 if name in ("int4", "uint4") else np.dtype(name).itemsize
