"""Old functions that make penalties."""

from __future__ import annotations

from lamella.regularizers.penalties import L1L2


def l1l2(l1: float = 0.01, l2: float = 0.01) -> L1L2:
    """Both penalties at once, with the factors that Keras 1 had.

    Args:
        l1, l2: the factors, >= 0.

    Example:
        >>> l1l2(l1=0.5)
        L1L2(l1=0.5, l2=0.01)
    """
    return L1L2(l1, l2)
