"""Right and wrong decisions, counted at many thresholds at once."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lamella._base import InvalidArgument, InvalidShape, epsilon
from lamella._state.variable import Variable
from lamella.losses.reduction import as_array, same_rank
from lamella.metrics.base import Metric

_BELOW_ALL = -1e10


class Counts(NamedTuple):
    """Decisions at each threshold, and with `multi_label` of each label.

    Shapes: (thresholds,) or (thresholds, labels)
    """

    true_positives: jax.Array
    false_positives: jax.Array
    true_negatives: jax.Array
    false_negatives: jax.Array


class Options(NamedTuple):
    """What a metric counts.

    Args:
        top_k: only the k largest predictions of a sample can be positive; None for all.
        class_id: the only class that counts, None for all.
        multi_label: whether labels are counted one by one.
        label_weights: how much each label counts, None for 1.
    """

    top_k: int | None = None
    class_id: int | None = None
    multi_label: bool = False
    label_weights: Any = None


def thresholds_list(thresholds: Any, default: float = 0.5) -> list[float]:
    """A `thresholds` argument as a list.

    Raises: InvalidArgument, if one is not between 0 and 1.

    Example:
        >>> thresholds_list(None), thresholds_list(0.3)
        ([0.5], [0.3])
    """
    if thresholds is None:
        return [default]
    found = list(thresholds) if isinstance(thresholds, (list, tuple, np.ndarray)) else [thresholds]
    wrong = [value for value in found if value is None or not 0 <= value <= 1]
    if wrong:
        raise InvalidArgument(
            f"Argument `thresholds` must lie between 0 and 1. Received: {wrong}.",
            help="Pass for example thresholds=0.5, or a list of such numbers.",
        )
    return found


def even_thresholds(count: int, spare: float = 0.0) -> list[float]:
    """Thresholds at equal distances from 0 to 1, the ends moved outward by `spare`.

    Example:
        >>> even_thresholds(3)
        [0.0, 0.5, 1.0]
    """
    inner = [(index + 1) * 1.0 / (count - 1) for index in range(count - 2)]
    return [0.0 - spare, *inner, 1.0 + spare]


def are_even(thresholds: Sequence[float]) -> bool:
    """Whether thresholds lie at equal distances from 0 to 1, so that buckets can count them.

    Example:
        >>> are_even([0.0, 0.5, 1.0]), are_even([0.5])
        (True, False)
    """
    count = len(thresholds)
    if count < 3:
        return False
    even = np.arange(count, dtype=np.float32) / (count - 1)
    return bool(np.allclose(thresholds, even, atol=epsilon()))


def update_counts(
    variables: Mapping[str, Variable],
    y_true: Any,
    y_pred: Any,
    sample_weight: Any,
    thresholds: Sequence[float],
    options: Options = Options(),  # noqa: B008  (it cannot be changed)
    even: bool = False,
) -> None:
    """Adds a batch to counters.

    Args:
        variables: the counters to add to, by the names of Counts.
        y_true: labels, 0 and 1.
        y_pred: shares.
        sample_weight: a weight per sample, or None.
        thresholds: a share above one is a positive decision there.
        options: what is counted.
        even: whether thresholds are `even_thresholds`, which is counted in one pass.
    """
    dtype = next(iter(variables.values())).dtype
    prediction, truth = same_rank(_array(y_pred, dtype), _array(y_true, dtype))
    weight = None
    if sample_weight is not None:
        weight = _array(sample_weight, dtype)[..., None]
        _, weight = same_rank(truth, weight, expand=False)
    if options.top_k is not None:
        prediction = _keep_top(prediction, options.top_k)
    if options.class_id is not None:
        if prediction.ndim == 1:
            raise InvalidShape(
                f"With `class_id`, y_pred needs an axis of classes; got shape {prediction.shape}.",
                help="Give predictions of shape (batch, classes), or leave out class_id.",
            )
        one = slice(options.class_id, options.class_id + 1)
        truth, prediction = truth[..., one], prediction[..., one]
    if truth.shape != prediction.shape:
        raise InvalidShape(
            f"y_true has shape {truth.shape} and y_pred has shape {prediction.shape}; "
            "decisions are compared one by one.",
            help="Give labels 0 and 1 of the shape of the predictions, one-hot for classes.",
        )
    weights = _weights(prediction, weight, options)
    if not options.multi_label:
        truth, prediction, weights = (x.reshape(-1) for x in (truth, prediction, weights))
    count = _count_even if even else _count_any
    counts = count(truth.astype(bool), prediction, weights, thresholds)
    for name, variable in variables.items():
        variable.assign_add(getattr(counts, name))


def _array(x: Any, dtype: str) -> jax.Array:
    return as_array(x).astype(dtype)


def _weights(prediction: jax.Array, weight: Any, options: Options) -> jax.Array:
    weights = jnp.ones(prediction.shape, prediction.dtype)
    for part in (weight, options.label_weights):
        if part is None:
            continue
        array = jnp.asarray(part, prediction.dtype)
        missing = prediction.ndim - array.ndim
        # Weights per sample meet the first axes, those per label the last one.
        if part is not options.label_weights and array.size > 1:
            array = array.reshape(array.shape + (1,) * missing)
        else:
            array = array.reshape((1,) * missing + array.shape)
        weights = weights * jnp.broadcast_to(array, prediction.shape)
    return weights


def _keep_top(prediction: jax.Array, k: int) -> jax.Array:
    _, best = jax.lax.top_k(prediction, k)
    kept = jnp.any(jax.nn.one_hot(best, prediction.shape[-1], dtype=bool), axis=-2)
    return jnp.where(kept, prediction, _BELOW_ALL)


def _count_any(
    truth: jax.Array, prediction: jax.Array, weights: jax.Array, thresholds: Sequence[float]
) -> Counts:
    levels = jnp.asarray(thresholds, prediction.dtype).reshape((-1,) + (1,) * prediction.ndim)
    positive = prediction[None] > levels

    def total(label: jax.Array, decision: jax.Array) -> jax.Array:
        return jnp.sum(jnp.where(label[None] & decision, weights[None], 0), axis=1)

    right, wrong = total(truth, positive), total(~truth, positive)
    return Counts(right, wrong, total(~truth, ~positive), total(truth, ~positive))


def _count_even(
    truth: jax.Array, prediction: jax.Array, weights: jax.Array, thresholds: Sequence[float]
) -> Counts:
    """Puts each prediction in the bucket below it; sums from above give all thresholds."""
    count = len(thresholds)
    bucket = jnp.ceil(jnp.clip(prediction, 0.0, 1.0) * (count - 1)) - 1
    if thresholds[0] < 0.0 or thresholds[-1] > 1.0:
        bucket = jnp.maximum(bucket, 0)
    bucket = bucket.astype("int32")

    def above(values: jax.Array) -> jax.Array:
        if values.ndim == 1:
            totals = jax.ops.segment_sum(values, bucket, count)
        else:
            by_label = jax.vmap(lambda v, b: jax.ops.segment_sum(v, b, count), (1, 1), 1)
            totals = by_label(values, bucket)
        return jnp.flip(jnp.cumsum(jnp.flip(totals, 0), axis=0), 0)

    right, wrong = jnp.where(truth, weights, 0), jnp.where(truth, 0, weights)
    true_positives, false_positives = above(right), above(wrong)
    negatives, positives = (jnp.sum(part, axis=0)[None] for part in (wrong, right))
    below = negatives - false_positives, positives - true_positives
    return Counts(true_positives, false_positives, *below)


class CountMetric(Metric):
    """A metric made of counts of decisions at some thresholds."""

    thresholds: list[float]
    true_positives: Variable
    false_positives: Variable
    true_negatives: Variable
    false_negatives: Variable

    def _add_counts(self, shape: tuple[int, ...], *names: str, dtype: Any = None) -> None:
        for name in names:
            setattr(self, name, self.add_variable(shape, "zeros", dtype, name=name))

    def _count(
        self, y_true: Any, y_pred: Any, sample_weight: Any, options: Options, even: bool
    ) -> None:
        held = {variable.name: variable for variable in self.variables}
        update_counts(held, y_true, y_pred, sample_weight, self.thresholds, options, even)
