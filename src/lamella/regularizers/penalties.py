"""Penalties on the size or the direction of weights, added to the loss."""

import math
import numbers
from collections.abc import Mapping
from typing import Any, Literal

import jax
import jax.numpy as jnp

from lamella._base import Configurable, check, epsilon, publish, register, registry
from lamella._base import serialize as plain
from lamella._base.errors import InvalidArgument, InvalidShape
from lamella._state.variable import Variable


def _array(x: Any) -> jax.Array:
    return x.value if isinstance(x, Variable) else jnp.asarray(x)


def _factor(value: Any, name: str) -> float:
    ok = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not ok or not math.isfinite(value) or value < 0:
        raise InvalidArgument(
            f"Argument `{name}` must be a finite number >= 0. Received: {value!r}.",
            help=f"Pass for example {name}=0.01.",
        )
    return float(value)


@register("regularizer", "regularizer", module="keras.regularizers")
class Regularizer(Configurable):
    """A penalty on an array. Subclasses write `__call__`.

    Example:
        >>> class Mean(Regularizer):
        ...     def __call__(self, x):
        ...         return 0.1 * jnp.mean(x)
        >>> float(Mean()(jnp.array([10.0])))
        1.0
    """

    def __call__(self, x: Any) -> Any:
        """The penalty, one number.

        Args:
            x: the weights or the output to judge.
        """
        return 0.0


@register("regularizer", "l1", module="keras.regularizers")
class L1(Regularizer):
    """Pulls weights to zero, most of them all the way.

    penalty = l1 * sum(|x|)

    Args:
        l1: the factor, >= 0.

    Example:
        >>> float(L1(0.5)(jnp.array([1.0, -3.0])))
        2.0
    """

    def __init__(self, l1: float | None = 0.01) -> None:
        self.l1 = _factor(0.01 if l1 is None else l1, "l1")

    def __call__(self, x: Any) -> jax.Array:
        return self.l1 * jnp.sum(jnp.abs(_array(x)))


@register("regularizer", "l2", module="keras.regularizers")
class L2(Regularizer):
    """Pulls weights to zero, large ones the most.

    penalty = l2 * sum(x^2)

    Args:
        l2: the factor, >= 0.

    Example:
        >>> float(L2(0.5)(jnp.array([1.0, -3.0])))
        5.0
    """

    def __init__(self, l2: float | None = 0.01) -> None:
        self.l2 = _factor(0.01 if l2 is None else l2, "l2")

    def __call__(self, x: Any) -> jax.Array:
        return self.l2 * jnp.sum(jnp.square(_array(x)))


@register("regularizer", "l1_l2", "l1l2", module="keras.regularizers")
class L1L2(Regularizer):
    """Both penalties at once.

    penalty = l1 * sum(|x|) + l2 * sum(x^2)

    Args:
        l1, l2: the factors, >= 0; None means 0.

    Example:
        >>> float(L1L2(0.5, 0.5)(jnp.array([1.0, -3.0])))
        7.0
    """

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0) -> None:
        self.l1 = _factor(l1 or 0.0, "l1")
        self.l2 = _factor(l2 or 0.0, "l2")

    def __call__(self, x: Any) -> jax.Array:
        array = _array(x)
        penalty = jnp.zeros((), array.dtype)
        if self.l1:
            penalty = penalty + self.l1 * jnp.sum(jnp.abs(array))
        if self.l2:
            penalty = penalty + self.l2 * jnp.sum(jnp.square(array))
        return penalty


@register("regularizer", "orthogonal_regularizer", module="keras.regularizers")
class OrthogonalRegularizer(Regularizer):
    """Pushes the rows or the columns of a matrix to be perpendicular to each other.

    penalty = factor * mean over pairs of |cos(angle)|

    Args:
        factor: >= 0.
        mode: whether "rows" or "columns" are compared.

    Raises: InvalidShape, if what it is called on is not a matrix.

    Example:
        >>> float(OrthogonalRegularizer(1.0)(jnp.array([[1.0, 0.0], [3.0, 0.0]])))
        1.0
    """

    def __init__(self, factor: float = 0.01, mode: Literal["rows", "columns"] = "rows") -> None:
        self.factor = _factor(factor, "factor")
        self.mode = check.one_of(mode, ("rows", "columns"), "mode")

    def __call__(self, x: Any) -> jax.Array:
        array = _array(x)
        if array.ndim != 2:
            raise InvalidShape(
                f"OrthogonalRegularizer expects a matrix; got shape {array.shape}.",
                help="Use it on kernels of two axes, as Dense has.",
            )
        rows = array if self.mode == "rows" else array.T
        length = jnp.sqrt(jnp.maximum(jnp.sum(jnp.square(rows), 1, keepdims=True), epsilon() ** 2))
        cosines = jnp.matmul(rows / length, (rows / length).T)
        count = rows.shape[0]
        others = jnp.abs(cosines * (1.0 - jnp.eye(count, dtype=array.dtype)))
        pairs = count * (count - 1.0) / 2.0
        return self.factor * 0.5 * jnp.sum(others) / pairs


# The second names that Keras has for them.
l1 = L1
l2 = L2
l1_l2 = L1L2
orthogonal_regularizer = OrthogonalRegularizer


def get(identifier: Any) -> Any:
    """The regularizer that an argument means.

    Args:
        identifier: a name, a config, a class, an object, a function, or None, which gives None.

    Raises: UnknownName, if there is none of that name; WrongType, if it is none of those.

    Example:
        >>> get("l2")
        L2()
    """
    return plain.resolve("regularizer", identifier)


def serialize(regularizer: Any) -> Any:
    """A regularizer as a plain dictionary.

    Args:
        regularizer: the object.

    Example:
        >>> serialize(get("l2"))["class_name"]
        'L2'
    """
    return plain.serialize(regularizer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The regularizer that a plain dictionary describes.

    Args:
        config: what `serialize` gave.
        custom_objects: your own classes by name.

    Example:
        >>> deserialize(serialize(get("l2")))
        L2()
    """
    with registry.custom_objects(custom_objects):
        return get(config)


def _l1l2(l1: float = 0.01, l2: float = 0.01) -> L1L2:
    """Both penalties at once, with the factors that Keras 1 had.

    Args:
        l1, l2: the factors, >= 0.

    Example:
        >>> _l1l2(l1=0.5)
        L1L2(l1=0.5, l2=0.01)
    """
    return L1L2(l1, l2)


publish(__name__)
