"""Masks that travel with arrays: which time steps count."""

from typing import Any

import jax

from lamella._graph.symbolic import KerasTensor
from lamella._state import frame as frames


def get_mask(array: Any) -> Any:
    """The mask that travels with an array, None if there is none."""
    if isinstance(array, KerasTensor) or array is None:
        return None
    attached = getattr(array, "_keras_mask", None)
    if attached is not None:
        return attached
    known = frames.ambient().masks.get(id(array))
    return None if known is None else known[1]


def set_mask(array: Any, mask: Any) -> None:
    """Lets a mask travel with an array.

    A concrete array carries it itself; a traced one cannot, so the frame remembers it.
    """
    if isinstance(array, jax.core.Tracer):
        frame = frames.current()
        if frame is not None:
            frame.masks[id(array)] = (array, mask)
    elif isinstance(array, jax.Array):
        array._keras_mask = mask  # type: ignore[attr-defined]


def masks_of(value: Any) -> Any:
    """The masks of a structure of arrays, in the same structure; None if there is none at all."""
    if not isinstance(value, (list, tuple, dict)):
        return get_mask(value)
    masks = jax.tree.map(get_mask, value)
    if isinstance(value, (list, tuple)):
        items = [masks_of(item) for item in value]
        return None if all(item is None for item in items) else items
    return masks if jax.tree.leaves(masks) else None


def set_masks(outputs: Any, masks: Any) -> None:
    """Attaches masks to the arrays of a structure, where there is one."""
    arrays = jax.tree.leaves(outputs)
    given = masks if isinstance(masks, (list, tuple)) else [masks]
    flat = [mask for item in given for mask in (item if isinstance(item, list) else [item])]
    for array, mask in zip(arrays, flat):
        if mask is not None:
            set_mask(array, mask)
