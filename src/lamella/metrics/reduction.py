"""Sums and means of values per sample."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import InvalidShape, publish, with_defaults
from lamella._base.registry import entry_of, register
from lamella._layer.masking import get_mask
from lamella._state import frame as frames
from lamella.losses.base import Loss, with_function
from lamella.losses.reduction import apply_mask, as_array, divide_no_nan, same_rank
from lamella.metrics.base import Metric

_DIRECTIONS = {"loss": "down", "metric_function": "up"}
_Reduce = Callable[..., jax.Array]


def _samplewise(
    values: Any, sample_weight: Any, reduce: _Reduce, dtype: str
) -> tuple[jax.Array, jax.Array | None]:
    """Values and weights with one axis, that of the samples."""
    mask = get_mask(values)
    array = as_array(values).astype(dtype)
    if sample_weight is None:
        return _all_but_first(array, reduce), None
    weight = jnp.asarray(sample_weight).astype(dtype)
    if mask is not None:
        weight = apply_mask(weight, mask, dtype, "sum")
    array, weight = same_rank(array, weight)
    if array.ndim > weight.ndim:
        array = reduce(array, axis=tuple(range(weight.ndim, array.ndim)))
    sizes = zip(weight.shape, array.shape)
    if weight.ndim > array.ndim or any(have not in (1, want) for have, want in sizes):
        raise InvalidShape(
            f"Weights of shape {weight.shape} do not fit values of shape {array.shape}.",
            help="Give one weight per sample, shape (batch,), or one per time step.",
        )
    weight = jnp.broadcast_to(weight, array.shape)
    return _all_but_first(array * weight, reduce), _all_but_first(weight, reduce)


def _all_but_first(array: jax.Array, reduce: _Reduce) -> jax.Array:
    return reduce(array, axis=tuple(range(1, array.ndim))) if array.ndim > 1 else array


@register("metric", "sum", module="keras.metrics")
class Sum(Metric):
    """The weighted sum of all values.

    Args:
        name: its name.
        dtype: its number type, None for the default float type.

    Example:
        >>> float(Sum()([1.0, 3.0], sample_weight=[1.0, 2.0]))
        7.0
    """

    def __init__(self, name: str = "sum", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), "zeros", self.dtype, name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        values, _ = _samplewise(values, sample_weight, jnp.sum, self.dtype)
        self.total.assign_add(jnp.sum(values))

    def result(self) -> jax.Array:
        return self.total.value


@register("metric", "mean", module="keras.metrics")
class Mean(Metric):
    """The weighted mean of all values.

    sum(weight * value) / sum(weight)

    Args:
        name: its name.
        dtype: its number type, None for the default float type.

    Example:
        >>> float(Mean()([1.0, 4.0], sample_weight=[1.0, 2.0]))
        3.0
    """

    def __init__(self, name: str = "mean", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), "zeros", self.dtype, name="total")
        self.count = self.add_variable((), "zeros", self.dtype, name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        values, weight = _samplewise(values, sample_weight, jnp.mean, self.dtype)
        count = jnp.sum(weight) if weight is not None else (values.shape or (1,))[0]
        self.total.assign_add(jnp.sum(values))
        self.count.assign_add(count)

    def result(self) -> jax.Array:
        return divide_no_nan(self.total.value, self.count.value)


@register("metric", "mean_metric_wrapper", module="keras.metrics")
class MeanMetricWrapper(Mean):
    """The mean of a function of truth and prediction.

    Args:
        fn: takes (y_true, y_pred) and gives a value per sample.
        name: its name, automatic if None.
        dtype: its number type, None for the default float type.
        **kwargs: further arguments of the function.

    Example:
        >>> gap = MeanMetricWrapper(lambda t, p: jnp.abs(jnp.array(t) - jnp.array(p)), "gap")
        >>> float(gap([1.0, 2.0], [1.0, 5.0]))
        1.5
    """

    def __init__(
        self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(name=name, dtype=dtype)  # type: ignore[arg-type]
        self.fn = fn
        self._fn_kwargs = kwargs
        # The settings are attributes too: that is where the config of a subclass finds them.
        for key, value in kwargs.items():
            setattr(self, key, value)
        entry = entry_of(fn) or entry_of(type(fn))
        kind = "loss" if isinstance(fn, Loss) else entry.kind if entry else ""
        self._direction = self._direction or _DIRECTIONS.get(kind)

    def update_state(  # type: ignore[override]
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        mask = get_mask(y_pred)
        # A frame, so that a mask set by the function is remembered also for traced arrays.
        with frames.changed():
            values = self.fn(y_true, y_pred, **self._fn_kwargs)
            weight = apply_mask(sample_weight, mask, self.dtype, "sum")
            super().update_state(values, sample_weight=weight)

    def get_config(self) -> dict[str, Any]:
        return with_function(super().get_config(), self.fn, self._fn_kwargs)


class FunctionMetric(MeanMetricWrapper):
    """The mean of one function without settings; a leaf says which, and is named like it.

    Args:
        name: the metric's name.
        dtype: its number type, None for the default float type.
    """

    _function: Callable[..., Any]

    def __init_subclass__(
        cls, function: Callable[..., Any] | None = None, name: str = "", **options: Any
    ) -> None:
        super().__init_subclass__(**options)
        if function is not None:
            cls._function = staticmethod(function)
            with_defaults(name=name or function.__name__)(cls)

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(self._function, name, dtype)


publish(__name__, "FunctionMetric")
