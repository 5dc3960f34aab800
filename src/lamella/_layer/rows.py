"""Batches that are filled up with rows that do not count, and who can live with them.

A batch of another size is another program to compile. A last batch that is too short is filled up
instead, where every row is computed apart from the others: then the rows that were added can be
left out of the loss and of the metrics exactly.
"""

from typing import Any

import jax
import jax.numpy as jnp

from lamella._state import frame as frames

_TRUSTED = ("lamella", "jax", "jaxlib", "numpy")


class RowsMatter(Exception):
    """Something in a step may look across rows: the batch must be run at its true size."""


def require_rows_apart(who: str, mixes: bool) -> None:
    """Refuses what looks across rows, while a batch is filled up.

    Raises: RowsMatter.
    """
    if mixes and frames.ambient().rows is not None:
        raise RowsMatter(who)


def counting_rows(size: int) -> jax.Array | None:
    """True for the rows of a batch that count, None if all do.

    Args:
        size: how many rows the batch has.
    """
    rows = frames.ambient().rows
    return None if rows is None else jnp.arange(size) < rows


def is_trusted(function: Any) -> bool:
    """Whether a function is a known one; what a person wrote may look across rows.

    Example:
        >>> is_trusted(jnp.tanh), is_trusted(sorted)
        (True, False)
    """
    if function is None:
        return True
    module = getattr(function, "__module__", None) or type(function).__module__
    return module.partition(".")[0] in _TRUSTED


def call_is_known(layer_class: type) -> bool:
    """Whether a class says itself if it mixes rows, or has the `call` of one that does."""
    for base in layer_class.__mro__:
        if "mixes_rows" in vars(base):
            return True
        if "call" in vars(base) and not is_trusted(base):
            return False
    return False
