"""Masks of scores, whose axes are: batch axes, heads, axes of the targets, axes of the sources."""

import functools
from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import InvalidShape
from lamella._layer.input_spec import shown


def of_steps(mask: Any, rank: int, axes: tuple[int, ...], *, targets: bool) -> jax.Array:
    """The mask of a sequence as one of scores.

    Args:
        mask: (batch, steps...), one entry for each step that the sequence has.
        rank: the number of axes of the sequence.
        axes: those over which attention goes.
        targets: whether it is the sequence that looks, and not the one that is looked at.
    """
    inner = rank - 1 - len(axes)
    mask = jnp.expand_dims(mask.astype(bool), tuple(range(1, rank - mask.ndim)))
    mask = jnp.moveaxis(mask, axes, tuple(range(inner, rank - 1)))
    others = tuple(range(rank, rank + len(axes))) if targets else tuple(range(inner + 1, rank))
    return jnp.expand_dims(jnp.expand_dims(mask, inner), others)


def of_pairs(mask: Any, sizes: tuple[Any, ...], axes: tuple[int, ...], who: str) -> jax.Array:
    """A mask of (targets, sources), with or without batch and heads in front, as one of scores.

    Args:
        mask: its last axes are those of targets and sources, the first one, if any, the batch.
        sizes: those of the scores.
        axes: the axes over which attention goes.
        who: the layer, for messages.

    Raises: InvalidShape, if it does not broadcast to the scores.
    """
    given = mask.shape
    mask = mask.astype(bool)
    while mask.ndim < len(sizes):
        mask = jnp.expand_dims(mask, -2 * len(axes) - 1)
    clash = any(
        isinstance(one, int) and isinstance(size, int) and one not in (1, size)
        for one, size in zip(mask.shape, sizes)
    )
    if clash or mask.ndim > len(sizes):
        raise InvalidShape(
            f"{who} expects an attention_mask that broadcasts to the scores {shown(sizes)}. "
            f"Received: shape {shown(given)}.",
            help="Pass (targets, sources), (batch, targets, sources) or with heads behind the "
            "batch; true where a target may look at a source.",
        )
    return mask


def together(masks: list[jax.Array]) -> jax.Array | None:
    """True where all are; None if there are none."""
    return functools.reduce(jnp.logical_and, masks) if masks else None
