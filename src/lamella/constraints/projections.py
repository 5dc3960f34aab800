"""Projections of weights onto what is allowed, after every step of training."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import Configurable, epsilon, publish, register, registry
from lamella._base import serialize as plain
from lamella._state.variable import Variable


def _array(x: Any) -> jax.Array:
    return x.value if isinstance(x, Variable) else jnp.asarray(x)


def _norm(w: jax.Array, axis: Any) -> jax.Array:
    axes = tuple(axis) if isinstance(axis, (list, tuple)) else axis
    return jnp.sqrt(jnp.sum(jnp.square(w), axis=axes, keepdims=True))


@register("constraint", "constraint", module="keras.constraints")
class Constraint(Configurable):
    """What weights are brought back to after each step. Subclasses write `__call__`.

    Example:
        >>> Constraint()(jnp.array([1.0, -2.0])).tolist()     # allows everything
        [1.0, -2.0]
    """

    def __call__(self, w: Any) -> Any:
        """The nearest allowed weights.

        Args:
            w: the weights.

        Shapes: (...,) -> same
        """
        return w


@register("constraint", "max_norm", module="keras.constraints")
class MaxNorm(Constraint):
    """Shortens vectors that are too long.

    Args:
        max_value: the greatest length, >= 0.
        axis: the axis or axes along which lengths are measured: 0 for the incoming weights of a
            Dense kernel, (0, 1, 2) for those of a Conv2D kernel.

    Example:
        >>> MaxNorm(1.0)(jnp.array([[4.0, 0.0]])).tolist()
        [[1.0, 0.0]]
    """

    def __init__(self, max_value: float = 2, axis: Any = 0) -> None:
        self.max_value = max_value
        self.axis = axis

    def __call__(self, w: Any) -> jax.Array:
        array = _array(w)
        norm = _norm(array, self.axis)
        return array * (jnp.clip(norm, 0, self.max_value) / (epsilon() + norm))


@register("constraint", "non_neg", "nonneg", module="keras.constraints")
class NonNeg(Constraint):
    """Replaces negative weights by zero.

    Example:
        >>> NonNeg()(jnp.array([1.0, -2.0])).tolist()
        [1.0, 0.0]
    """

    def __call__(self, w: Any) -> jax.Array:
        return jnp.maximum(_array(w), 0)


@register("constraint", "unit_norm", module="keras.constraints")
class UnitNorm(Constraint):
    """Gives every vector the length 1.

    Args:
        axis: the axis or axes along which lengths are measured.

    Example:
        >>> UnitNorm()(jnp.array([[4.0, -2.0]])).tolist()
        [[1.0, -1.0]]
    """

    def __init__(self, axis: Any = 0) -> None:
        self.axis = axis

    def __call__(self, w: Any) -> jax.Array:
        array = _array(w)
        return array / (epsilon() + _norm(array, self.axis))


@register("constraint", "min_max_norm", module="keras.constraints")
@dataclass(eq=False, repr=False)
class MinMaxNorm(Constraint):
    """Brings the length of every vector into a range, wholly or in part.

    length' = rate * clip(length, min_value, max_value) + (1 - rate) * length

    Args:
        min_value: the least length, >= 0.
        max_value: the greatest length.
        rate: how much of the way is gone at each step, 0 to 1.
        axis: the axis or axes along which lengths are measured.

    Example:
        >>> MinMaxNorm(2.0, 3.0)(jnp.array([[4.0, 2.0]])).tolist()
        [[3.0, 2.0]]
    """

    min_value: float = 0.0
    max_value: float = 1.0
    rate: float = 1.0
    axis: Any = 0

    def __call__(self, w: Any) -> jax.Array:
        array = _array(w)
        norm = _norm(array, self.axis)
        wanted = self.rate * jnp.clip(norm, self.min_value, self.max_value)
        return array * ((wanted + (1 - self.rate) * norm) / (epsilon() + norm))


# The second names that Keras has for them.
max_norm = MaxNorm
min_max_norm = MinMaxNorm
non_neg = NonNeg
unit_norm = UnitNorm


def get(identifier: Any) -> Any:
    """The constraint that an argument means.

    Args:
        identifier: a name, a config, a class, an object, a function, or None, which gives None.

    Raises: UnknownName, if there is none of that name; WrongType, if it is none of those.

    Example:
        >>> get("non_neg")
        NonNeg()
    """
    return plain.resolve("constraint", identifier)


def serialize(constraint: Any) -> Any:
    """A constraint as a plain dictionary.

    Args:
        constraint: the object.

    Example:
        >>> serialize(get("non_neg"))["class_name"]
        'NonNeg'
    """
    return plain.serialize(constraint)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The constraint that a plain dictionary describes.

    Args:
        config: what `serialize` gave.
        custom_objects: your own classes by name.

    Example:
        >>> deserialize(serialize(get("non_neg")))
        NonNeg()
    """
    with registry.custom_objects(custom_objects):
        return get(config)


publish(__name__)
