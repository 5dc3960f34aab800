"""The overlap of predicted and true regions."""

import math
import warnings
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import InvalidArgument, continues, epsilon, publish, register
from lamella.losses.reduction import as_array
from lamella.metrics.base import Metric


@register("metric", "io_u", "iou", module="keras.metrics")
class IoU(Metric):
    """The mean over some classes of how much of true and predicted entries is both.

    intersection / union = true_positives / (true_positives + false_positives + false_negatives)

    Args:
        num_classes: how many classes there are.
        target_class_ids: the classes whose mean is taken.
        name, dtype: see Metric; counts are whole numbers unless dtype says otherwise.
        ignore_class: a label whose entries do not count.
        sparse_y_true: whether labels are class numbers, not one-hot.
        sparse_y_pred: whether predictions are class numbers, not a number per class.
        axis: the axis of the classes, where there is one.

    Raises: InvalidArgument, if a target is not one of the classes.

    Example:
        >>> round(float(IoU(2, [0])([0, 0, 1, 1], [0, 1, 0, 1])), 3)
        0.333
    """

    _direction = "up"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(name=name, dtype=dtype or "int")
        self.num_classes = num_classes
        self.target_class_ids = list(target_class_ids)
        if max(self.target_class_ids) >= num_classes:
            raise InvalidArgument(
                f"Target class {max(self.target_class_ids)} is not one of {num_classes} classes.",
                help=f"Pass numbers from 0 to {num_classes - 1}.",
            )
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis
        shape = (num_classes, num_classes)
        self.total_cm = self.add_variable(shape, "zeros", self.dtype, name="total_confusion_matrix")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        truth, prediction = as_array(y_true), as_array(y_pred)
        truth = truth if self.sparse_y_true else jnp.argmax(truth, axis=self.axis)
        prediction = prediction if self.sparse_y_pred else jnp.argmax(prediction, axis=self.axis)
        shape = truth.shape
        truth, prediction = (y.reshape(-1).astype("int32") for y in (truth, prediction))
        counted = (truth >= 0) & (truth < self.num_classes)
        counted &= (prediction >= 0) & (prediction < self.num_classes)
        if self.ignore_class is not None:
            counted &= truth != self.ignore_class
        weight = jnp.where(counted, self._weights(sample_weight, shape), 0)
        rows, columns = (jnp.where(counted, y, 0) for y in (truth, prediction))
        matrix = jnp.zeros(self.total_cm.shape, self.dtype).at[rows, columns].add(weight)
        self.total_cm.assign_add(matrix)

    def _weights(self, sample_weight: Any, shape: tuple[int, ...]) -> jax.Array:
        if sample_weight is None:
            return jnp.ones(math.prod(shape), self.dtype)
        weight = as_array(sample_weight)
        if jnp.issubdtype(weight.dtype, jnp.floating) and "int" in self.dtype:
            warnings.warn(
                f"The weights of {type(self).__name__} '{self.name}' are cut to whole numbers, as "
                "its dtype is a whole number type; pass dtype='float32' to keep them.",
                stacklevel=3,
            )
        weight = weight.astype(self.dtype)
        if weight.shape and weight.shape == shape[: weight.ndim]:  # one for all entries of a row
            weight = weight.reshape(weight.shape + (1,) * (len(shape) - weight.ndim))
            weight = jnp.broadcast_to(weight, shape)
        return jnp.broadcast_to(weight.reshape(-1), (math.prod(shape),))

    def result(self) -> jax.Array:
        matrix = self.total_cm.value
        both = jnp.diag(matrix)
        either = jnp.sum(matrix, axis=0) + jnp.sum(matrix, axis=1) - both
        targets = jnp.asarray(self.target_class_ids)
        both, either = (x[targets].astype("float32") for x in (both, either))
        seen = either > 1e-9
        shares = jnp.where(seen, both / (either + epsilon()), 0.0)
        return jnp.sum(shares) / (jnp.sum(seen) + epsilon())


@register("metric", "binary_io_u", "binary_iou", module="keras.metrics")
class BinaryIoU(IoU):
    """The overlap of two regions given by a threshold.

    Args:
        target_class_ids: (0, 1) for both sides of the threshold, (1,) for the upper one.
        threshold: a share of at least that is class 1.
        name, dtype: see Metric.

    Example:
        >>> round(float(BinaryIoU([1])([0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9])), 3)
        0.333
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        decided = (as_array(y_pred).astype("float32") >= self.threshold).astype("int32")
        super().update_state(y_true, decided, sample_weight)


@register("metric", "mean_io_u", "mean_iou", module="keras.metrics")
class MeanIoU(IoU):
    """The mean overlap over all classes.

    Args:
        num_classes: how many classes there are.
        name, dtype: see Metric.
        ignore_class: a label whose entries do not count.
        sparse_y_true: whether labels are class numbers, not one-hot.
        sparse_y_pred: whether predictions are class numbers, not a number per class.
        axis: the axis of the classes, where there is one.

    Example:
        >>> round(float(MeanIoU(2)([0, 0, 1, 1], [0, 1, 0, 1])), 3)
        0.333
    """

    @continues(IoU, without=("target_class_ids",))
    def __init__(self, num_classes: int, *more: Any, **named: Any) -> None:
        super().__init__(num_classes, range(num_classes), *more, **named)


@register("metric", "one_hot_io_u", "one_hot_iou", module="keras.metrics")
class OneHotIoU(IoU):
    """The mean overlap over some classes, given one-hot labels.

    Args:
        num_classes: how many classes there are.
        target_class_ids: the classes whose mean is taken.
        name, dtype: see Metric.
        ignore_class: a label whose entries do not count.
        sparse_y_pred: whether predictions are class numbers, not a number per class.
        axis: the axis of the classes.

    Example:
        >>> round(float(OneHotIoU(2, [1])([[0, 1], [1, 0]], [[0.2, 0.8], [0.9, 0.1]])), 3)
        1.0
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(
            num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis
        )


@register("metric", "one_hot_mean_io_u", "one_hot_mean_iou", module="keras.metrics")
class OneHotMeanIoU(MeanIoU):
    """The mean overlap over all classes, given one-hot labels.

    Args:
        num_classes: how many classes there are.
        name, dtype: see Metric.
        ignore_class: a label whose entries do not count.
        sparse_y_pred: whether predictions are class numbers, not a number per class.
        axis: the axis of the classes.

    Example:
        >>> round(float(OneHotMeanIoU(2)([[0, 1], [1, 0]], [[0.2, 0.8], [0.9, 0.1]])), 3)
        1.0
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)


publish(__name__)
