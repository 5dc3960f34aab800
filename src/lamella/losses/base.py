"""What every loss is: a value per sample, and one way to reduce them; and losses by name."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lamella._base import Configurable, check, floatx, name_for, publish, register, registry
from lamella._base import serialize as plain
from lamella._base.signatures import with_defaults
from lamella._layer.masking import get_mask
from lamella._state import frame as frames
from lamella._state.policy import policy_from
from lamella._state.variable import Variable
from lamella.losses.reduction import align, as_array, reduce_weighted, same_rank

REDUCTIONS = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None)
_MEANS = ("sum_over_batch_size", "mean")
_HALVES = ("float16", "bfloat16")


@register("loss", module="keras.losses")
class Loss(Configurable):
    """How far predictions are from the truth. Subclasses write `call`.

    Args:
        name: its name, automatic if None.
        reduction: "sum_over_batch_size" or "mean" (the same), "sum", "mean_with_sample_weight"
            (divides by the sum of the weights), "none" or None (a value per sample).
        dtype: the number type to compute in, None for the default float type.

    Raises: InvalidArgument, if there is no such reduction.

    Example:
        >>> class Gap(Loss):
        ...     def call(self, y_true, y_pred):
        ...         return jnp.max(jnp.abs(y_true - y_pred), axis=-1)
        >>> float(Gap()(jnp.array([[1.0, 2.0]]), jnp.array([[1.0, 5.0]])))
        3.0
    """

    _not_in_config: tuple[str, ...] = ("dtype",)

    def __init__(
        self,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None:
        self.name = name or name_for(type(self))
        self.reduction = check.one_of(reduction, REDUCTIONS, "reduction")
        self._dtype_policy = policy_from(dtype or floatx())

    @property
    def dtype(self) -> str:
        return self._dtype_policy.compute_dtype

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> jax.Array:
        """The reduced loss.

        Args:
            y_true: the truth, an array or a structure of them.
            y_pred: the prediction, of the same structure. Its mask, if it carries one, counts.
            sample_weight: how much each sample (or each time step) counts, None for 1.
        """
        mask = get_mask(y_pred)
        # A frame, so that a mask set by `call` is remembered also for traced arrays.
        with frames.changed():
            truth = _cast_all(y_true, self.dtype, labels=True)
            values = self.call(truth, _cast_all(y_pred, self.dtype))
            own_mask = get_mask(values)
        if own_mask is not None or self.reduction not in _MEANS:
            frames.note_batchwise(self.name)
        if mask is not None and own_mask is not None:
            mask = jnp.logical_and(*align(jnp.asarray(mask), jnp.asarray(own_mask)))
        elif mask is None:
            mask = own_mask
        return reduce_weighted(values, sample_weight, mask, self.reduction, self.dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each sample.

        Args:
            y_true: the truth.
            y_pred: the prediction.
        """
        raise NotImplementedError(f"{type(self).__name__} has to define call(y_true, y_pred).")

    def _base_config(self) -> dict[str, Any]:
        return {"name": self.name, "reduction": self.reduction}


@register("loss", module="keras.losses")
class LossFunctionWrapper(Loss):
    """A loss made of a function.

    Args:
        fn: takes (y_true, y_pred) and gives a loss per sample.
        reduction: how the values are reduced.
        name: its name, automatic if None.
        dtype: the number type to compute in, None for the default float type.
        **kwargs: further arguments of the function.

    Example:
        >>> gap = LossFunctionWrapper(lambda t, p: jnp.max(jnp.abs(t - p), axis=-1))
        >>> float(gap(jnp.array([[1.0, 2.0]]), jnp.array([[1.0, 5.0]])))
        3.0
    """

    fn: Callable[..., Any]

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.fn = fn
        self._fn_kwargs = kwargs
        # The settings are attributes too: that is where the config of a subclass finds them.
        vars(self).update(kwargs)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        # One map for each: a pair would be taken for a part of the structure.
        truth = jax.tree.map(lambda *pair: same_rank(*pair)[0], y_true, y_pred)
        prediction = jax.tree.map(lambda *pair: same_rank(*pair)[1], y_true, y_pred)
        return self.fn(truth, prediction, **self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        return with_function(super().get_config(), self.fn, self._fn_kwargs)


def with_function(config: dict[str, Any], fn: Any, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The config of what wraps a function; a leaf, which knows its function, has none in it."""
    if "fn" not in config:
        return config
    held = {"fn": fn, **settings}
    return {**config, **{name: plain.serialize(value) for name, value in held.items()}}


class FunctionLoss(LossFunctionWrapper):
    """A loss that is one function without settings; a leaf says which, and is named like it.

    Args:
        reduction: how the losses of a batch become one number.
        name: the loss's name.
        dtype: type or policy to compute in.
    """

    _function: Callable[..., Any]

    def __init_subclass__(cls, function: Callable[..., Any] | None = None, **options: Any) -> None:
        super().__init_subclass__(**options)
        if function is not None:
            cls._function = staticmethod(function)
            with_defaults(name=function.__name__)(cls)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(self._function, reduction, name, dtype)


def _cast_all(structure: Any, dtype: str, labels: bool = False) -> Any:
    def cast(item: Any) -> jax.Array:
        array = as_array(item)
        whole = not jnp.issubdtype(array.dtype, jnp.inexact)
        # Half types cannot count beyond 256: class numbers would become other classes.
        return array if labels and whole and dtype in _HALVES else array.astype(dtype)

    return jax.tree.map(cast, structure, is_leaf=_is_array)


def _is_array(item: Any) -> bool:
    """Whether an item is one array: a variable, or a list of (lists of) plain numbers."""
    if not isinstance(item, (list, tuple)):
        return isinstance(item, Variable)
    leaves = jax.tree.leaves(item)
    return bool(item) and all(isinstance(leaf, (int, float, np.generic)) for leaf in leaves)


def get(identifier: Any) -> Any:
    """The loss that an argument means.

    Args:
        identifier: a name, a config, a class, an object, a function, or None, which gives None.

    Raises: UnknownName, if there is none of that name; WrongType, if it is none of those.

    Example:
        >>> get("mse").__name__, get("MeanSquaredError").name
        ('mean_squared_error', 'mean_squared_error')
    """
    return plain.resolve("loss", identifier)


def serialize(loss: Any) -> Any:
    """A loss as a plain dictionary.

    Args:
        loss: the object.

    Example:
        >>> serialize(get("MeanSquaredError"))["class_name"]
        'MeanSquaredError'
    """
    return plain.serialize(loss)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The loss that a plain dictionary describes.

    Args:
        config: what `serialize` gave.
        custom_objects: your own classes by name.

    Example:
        >>> deserialize(serialize(get("MeanSquaredError"))).name
        'mean_squared_error'
    """
    with registry.custom_objects(custom_objects):
        return get(config)


publish(__name__, "FunctionLoss", "with_function")
