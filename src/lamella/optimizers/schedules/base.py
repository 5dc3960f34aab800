"""Learning rates that depend on the step."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from lamella._base import Configurable, InvalidArgument, check, publish, register, registry
from lamella._base.serialize import resolve
from lamella._base.serialize import serialize as serialize_object

_MODULE = "keras.optimizers.schedules"


@register("schedule", module=_MODULE)
class LearningRateSchedule(Configurable):
    """A function of the step that gives the learning rate; override `__call__`.

    Example:
        >>> class Halving(LearningRateSchedule):
        ...     def __call__(self, step):
        ...         return 0.1 * 0.5 ** (step // 100)
        >>> Halving()(200)
        0.025
    """

    def __call__(self, step: Any) -> Any:
        """The learning rate of a step, counted from 0."""
        raise NotImplementedError(f"{type(self).__name__} has no `__call__` method.")


def _number(value: Any) -> jax.Array:
    return jnp.asarray(value, jnp.float32)


@dataclass(eq=False, repr=False)
class _Decay(LearningRateSchedule):
    """What those have in common that start somewhere and have a length."""

    initial_learning_rate: float
    decay_steps: int

    def __post_init__(self) -> None:
        check.positive(self.decay_steps, "decay_steps")


@dataclass(eq=False, repr=False)
class _RateDecay(_Decay):
    """What the two have in common that multiply or divide by a rate."""

    decay_rate: float
    staircase: bool = False
    name: str = ""

    def _periods(self, step: Any) -> jax.Array:
        periods = _number(step) / _number(self.decay_steps)
        return jnp.floor(periods) if self.staircase else periods


@register("schedule", module=_MODULE)
@dataclass(eq=False, repr=False)
class ExponentialDecay(_RateDecay):
    """Multiplies the rate by a factor every so many steps.

    rate = initial * decay_rate ^ (step / decay_steps)

    Args:
        initial_learning_rate: where it starts.
        decay_steps: steps in which it is multiplied once.
        decay_rate: the factor.
        staircase: whether it falls at once every decay_steps and not step by step.
        name: its name.

    Example:
        >>> float(ExponentialDecay(1.0, 10, 0.5)(20))
        0.25
    """

    name: str = "ExponentialDecay"

    def __call__(self, step: Any) -> jax.Array:
        share = jnp.power(_number(self.decay_rate), self._periods(step))
        return _number(self.initial_learning_rate) * share


@register("schedule", module=_MODULE)
@dataclass(eq=False, repr=False)
class InverseTimeDecay(_RateDecay):
    """Divides the rate by a number that grows with the step.

    rate = initial / (1 + decay_rate * step / decay_steps)

    Args:
        initial_learning_rate: where it starts.
        decay_steps: steps in which the divisor grows by decay_rate.
        decay_rate: how fast it grows.
        staircase: whether it falls at once every decay_steps and not step by step.
        name: its name.

    Example:
        >>> float(InverseTimeDecay(1.0, 10, 1.0)(10))
        0.5
    """

    name: str = "InverseTimeDecay"

    def __call__(self, step: Any) -> jax.Array:
        divisor = 1 + _number(self.decay_rate) * self._periods(step)
        return _number(self.initial_learning_rate) / divisor


@register("schedule", module=_MODULE)
@dataclass(eq=False, repr=False)
class PolynomialDecay(_Decay):
    """Lets the rate fall to an end value along a power of the remaining steps.

    rate = (initial - end) * (1 - step / decay_steps) ^ power + end

    Args:
        initial_learning_rate: where it starts.
        decay_steps: when it has reached its end.
        end_learning_rate: its end.
        power: 1.0 for a straight line.
        cycle: whether to go on with ever longer decays and not to stay at the end.
        name: its name.

    Example:
        >>> float(PolynomialDecay(1.0, 10, end_learning_rate=0.0)(5))
        0.5
    """

    end_learning_rate: float = 0.0001
    power: float = 1.0
    cycle: bool = False
    name: str = "PolynomialDecay"

    def __call__(self, step: Any) -> jax.Array:
        step, length = _number(step), _number(self.decay_steps)
        if self.cycle:
            length = length * jnp.where(step == 0, 1.0, jnp.ceil(step / length))
        else:
            step = jnp.minimum(step, length)
        start, end = _number(self.initial_learning_rate), _number(self.end_learning_rate)
        return (start - end) * jnp.power(1 - step / length, _number(self.power)) + end


@register("schedule", module=_MODULE)
@dataclass(eq=False, repr=False)
class PiecewiseConstantDecay(LearningRateSchedule):
    """Gives one rate up to each boundary.

    Args:
        boundaries: steps, ascending; each is the last one of its rate.
        values: rates, one more than boundaries.
        name: its name.

    Example:
        >>> float(PiecewiseConstantDecay([100, 200], [1.0, 0.5, 0.25])(150))
        0.5
    """

    boundaries: list[Any]
    values: list[float]
    name: str = "PiecewiseConstant"

    def __post_init__(self) -> None:
        if len(self.boundaries) != len(self.values) - 1:
            raise InvalidArgument(
                f"PiecewiseConstantDecay needs one more rate than boundaries. Received: "
                f"{len(self.boundaries)} boundaries and {len(self.values)} values.",
                help="Give a rate for before the first boundary and after each one.",
            )

    def __call__(self, step: Any) -> jax.Array:
        step = jnp.asarray(step)
        edges = jnp.stack([jnp.asarray(edge).astype(step.dtype) for edge in self.boundaries])
        return _number(jnp.asarray(self.values, jnp.float32)[jnp.sum(edges < step)])


@register("schedule", module=_MODULE)
@dataclass(eq=False, repr=False)
class CosineDecay(_Decay):
    """Lets the rate fall along half a cosine, after a rise if wanted.

    rate = initial * ((1 - alpha) * (1 + cos(pi * step / decay_steps)) / 2 + alpha)

    Args:
        initial_learning_rate: where it starts.
        decay_steps: the length of the fall.
        alpha: its end, as a share of where the fall starts.
        name: its name.
        warmup_target: where a rise before the fall ends; None for no rise.
        warmup_steps: the length of the rise.

    Example:
        >>> round(float(CosineDecay(1.0, 10)(5)), 3)
        0.5

    Source: Loshchilov and Hutter 2017, arXiv:1608.03983.
    """

    alpha: float = 0.0
    name: str = "CosineDecay"
    warmup_target: float | None = None
    warmup_steps: int = 0

    def _fall(self, step: jax.Array, top: jax.Array) -> jax.Array:
        cosine = 0.5 * (1.0 + jnp.cos(math.pi * (step / _number(self.decay_steps))))
        return top * ((1 - self.alpha) * cosine + self.alpha)

    def __call__(self, step: Any) -> jax.Array:
        start, length = _number(self.initial_learning_rate), _number(self.decay_steps)
        step = _number(step)
        if self.warmup_target is None:
            return self._fall(jnp.minimum(step, length), start)
        target, rise = _number(self.warmup_target), _number(self.warmup_steps)
        step = jnp.minimum(step, length + rise)
        rising = (target - start) * (step / jnp.maximum(rise, 1)) + start
        return jnp.where(step < rise, rising, self._fall(step - rise, target))


@register("schedule", module=_MODULE)
@dataclass(eq=False, repr=False)
class CosineDecayRestarts(LearningRateSchedule):
    """Falls along half a cosine again and again, each time from a new start and for longer.

    rate = initial * ((1 - alpha) * m_mul^i * (1 + cos(pi * share)) / 2 + alpha), in the i-th fall

    Args:
        initial_learning_rate: where it starts.
        first_decay_steps: the length of the first fall.
        t_mul: how much longer each fall is than the one before.
        m_mul: how much higher each start is than the one before.
        alpha: the end of a fall, as a share of the initial rate.
        name: its name.

    Example:
        >>> float(CosineDecayRestarts(1.0, 10)(10))
        1.0

    Source: Loshchilov and Hutter 2017, arXiv:1608.03983.
    """

    initial_learning_rate: float
    first_decay_steps: int
    t_mul: float = 2.0
    m_mul: float = 1.0
    alpha: float = 0.0
    name: str = "SGDRDecay"

    def __post_init__(self) -> None:
        check.positive(self.first_decay_steps, "first_decay_steps")

    def __call__(self, step: Any) -> jax.Array:
        done = _number(step) / _number(self.first_decay_steps)
        longer = _number(self.t_mul)
        if self.t_mul == 1:
            fall = jnp.floor(done)
            share = done - fall
        else:
            fall = jnp.floor(jnp.log(1.0 - done * (1.0 - longer)) / jnp.log(longer))
            before = (1.0 - jnp.power(longer, fall)) / (1.0 - longer)
            share = (done - before) / jnp.power(longer, fall)
        top = jnp.power(_number(self.m_mul), fall)
        cosine = 0.5 * top * (1.0 + jnp.cos(math.pi * share))
        alpha = _number(self.alpha)
        return _number(self.initial_learning_rate) * ((1 - alpha) * cosine + alpha)


def serialize(learning_rate_schedule: Any) -> Any:
    """The config of a schedule.

    Args:
        learning_rate_schedule: the schedule.
    Example:
        >>> from lamella.optimizers.schedules import ExponentialDecay
        >>> serialize(ExponentialDecay(0.1, 10, 0.9))["class_name"]
        'ExponentialDecay'
    """
    return serialize_object(learning_rate_schedule)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The schedule that a config describes.

    Args:
        config: what `serialize` gave.
        custom_objects: a person's own classes by name.
    Example:
        >>> node = {"class_name": "ExponentialDecay", "config": {"initial_learning_rate": 0.1,
        ...         "decay_steps": 10, "decay_rate": 0.9}}
        >>> deserialize(node).decay_steps
        10
    """
    with registry.custom_objects(custom_objects):
        return resolve("schedule", config)


publish(__name__)
