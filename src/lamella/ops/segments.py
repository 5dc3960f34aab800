"""Reductions by group, and distances."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from lamella._graph.operation import op
from lamella.ops._arrays import MATH, array, inexact


def _by_segment(reduce: Any, data: Any, segment_ids: Any, count: Any, ascending: bool) -> jax.Array:
    ids = array(segment_ids)
    total = int(jnp.max(ids)) + 1 if count is None else count
    return reduce(array(data), ids, total, indices_are_sorted=ascending)


@op("segment_sum", module=MATH, arrays=2)
def segment_sum(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> jax.Array:
    """The sum of the rows of each segment.

    Args:
        data: rows.
        segment_ids: the number of the segment of each row.
        num_segments: how many segments; needed in compiled code.
        sorted: whether those numbers ascend.
    Example:
        >>> segment_sum([1, 2, 3], [0, 0, 1]).tolist()
        [3, 3]
    """
    return _by_segment(jax.ops.segment_sum, data, segment_ids, num_segments, sorted)


@op("segment_max", module=MATH, arrays=2)
def segment_max(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> jax.Array:
    """The maximum of the rows of each segment.

    Args:
        data: rows.
        segment_ids: the number of the segment of each row.
        num_segments: how many segments; needed in compiled code.
        sorted: whether those numbers ascend.
    Example:
        >>> segment_max([1, 2, 3], [0, 0, 1]).tolist()
        [2, 3]
    """
    return _by_segment(jax.ops.segment_max, data, segment_ids, num_segments, sorted)


@op("segment_min", module=MATH, arrays=2)
def segment_min(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> jax.Array:
    """The minimum of the rows of each segment.

    Args:
        data: rows.
        segment_ids: the number of the segment of each row.
        num_segments: how many segments; needed in compiled code.
        sorted: whether those numbers ascend.
    Example:
        >>> segment_min([1, 2, 3], [0, 0, 1]).tolist()
        [1, 3]
    """
    return _by_segment(jax.ops.segment_min, data, segment_ids, num_segments, sorted)


@op("segment_prod", module=MATH, arrays=2)
def segment_prod(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> jax.Array:
    """The product of the rows of each segment.

    Args:
        data: rows.
        segment_ids: the number of the segment of each row.
        num_segments: how many segments; needed in compiled code.
        sorted: whether those numbers ascend.
    Example:
        >>> segment_prod([1, 2, 3], [0, 0, 1]).tolist()
        [2, 3]
    """
    return _by_segment(jax.ops.segment_prod, data, segment_ids, num_segments, sorted)


@op("cdist", module=MATH, arrays=2, class_name="CDist")
def cdist(x: Any, y: Any) -> jax.Array:
    """The Euclidean distances of all pairs of rows.

    Args:
        x: (..., n, features).
        y: (..., m, features).
    Example:
        >>> cdist([[0.0, 0.0]], [[3.0, 4.0]]).tolist()
        [[5.0]]
    """
    x, y = inexact(x), inexact(y)
    gap = jnp.expand_dims(x, -2) - jnp.expand_dims(y, -3)
    return jnp.sqrt(jnp.sum(jnp.square(gap), axis=-1))
