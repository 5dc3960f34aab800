"""A learning rate to start with, from the loss at many rates."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

from lamella._base import InvalidArgument, InvalidData, NotReady, check, warn_person
from lamella._chart import Chart, line_chart
from lamella._state.pure import pure, values_of
from lamella._state.variable import Variable
from lamella._training.loop import host_batches
from lamella._training.preparation import Preparation
from lamella.data import StreamData
from lamella.optimizers import LossScaleOptimizer

# A loss that has grown by this many times its least is not coming back.
_GROWN = 3.0
_FEWEST = 10


@dataclass(frozen=True)
class LearningRateCurve:
    """The loss at many learning rates.

    Args:
        rates: the learning rates that were tried, from small to large.
        losses: the loss of the batch before each was applied.
        smoothed: the same without most of the noise.
        suggestion: the rate at which the loss falls fastest, None if it never fell.
    """

    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray
    suggestion: float | None

    def __repr__(self) -> str:
        found = "none" if self.suggestion is None else f"{self.suggestion:.2g}"
        tried = f"{len(self.rates)} rates from {self.rates[0]:.2g} to {self.rates[-1]:.2g}"
        return f"<LearningRateCurve: {tried}, suggestion {found}>"

    def plot(self) -> Chart:
        """Draws the loss over the rates, with the suggestion pointed out."""
        mark = None
        if self.suggestion is not None:
            place = int(np.flatnonzero(self.rates == self.suggestion)[0])
            mark = (self.suggestion, float(self.smoothed[place]))
        series = {"loss": (self.rates, self.smoothed)}
        return line_chart(series, "loss", "learning rate", log_x=True, mark=mark)

    def _repr_svg_(self) -> str:
        return self.plot().svg


def find_learning_rate(
    model: Preparation,
    x: Any,
    y: Any = None,
    batch_size: int = 32,
    start_lr: float = 1e-7,
    end_lr: float = 10.0,
    steps: int = 100,
    smoothing: float = 0.9,
    sample_weight: Any = None,
    class_weight: Any = None,
) -> LearningRateCurve:
    """Trains a copy of a model's state for some steps, the learning rate growing with each.

    The model, its optimizer and all random numbers are left as they are; a model that is not built
    is built. It ends early once the loss explodes.

    Args:
        model: a compiled model.
        x, y, sample_weight, class_weight: the data, as for `fit`.
        batch_size: rows of one step.
        start_lr, end_lr: the first and the last rate, 0 < start_lr < end_lr.
        steps: how many rates.
        smoothing: the share of the losses so far in the smoothed one, 0 <= smoothing < 1.

    Raises: NotReady, if the model is not compiled; InvalidArgument, if the learning rate follows a
        schedule or the rates are in the wrong order; InvalidData, if the first loss is not finite.

    Source: Smith 2017, Cyclical Learning Rates for Training Neural Networks, arXiv:1506.01186.
    """
    check.positive(start_lr, "start_lr")
    check.fraction(smoothing, "smoothing")
    steps = check.positive_int(steps, "steps")
    if not end_lr > start_lr:
        raise InvalidArgument(
            f"Argument `end_lr` must be above start_lr={start_lr}. Received: {end_lr}.",
            help="Pass for example start_lr=1e-7, end_lr=10.",
        )
    rate = _rate_of(model)
    batches = _batches(model, x, y, sample_weight, class_weight, batch_size, steps)
    first = next(batches)
    program = model._program("train")
    # Steps run on values of their own; the variables themselves never hear of them.
    values = values_of(program.variables)
    _, reset = pure(model.reset_metrics, program.variables)(values)
    fresh = {index: new for index, new in enumerate(reset) if new is not values[index]}
    place = next(index for index, item in enumerate(program.variables) if item is rate)
    rates = np.geomspace(start_lr, end_lr, steps)
    losses: list[float] = []
    smoothed: list[float] = []
    mean = 0.0
    for count, tried in enumerate(rates, start=1):
        for index, value in fresh.items():
            values[index] = value
        values[place] = jnp.asarray(tried, values[place].dtype)
        logs, written = program.step(values, first if count == 1 else next(batches))
        for index, value in written.items():
            values[index] = value
        loss = float(logs["loss"])
        if not np.isfinite(loss):
            break
        losses.append(loss)
        mean = smoothing * mean + (1 - smoothing) * loss
        smoothed.append(mean / (1 - smoothing**count))
        least = min(smoothed)
        if count >= _FEWEST and smoothed[-1] - least > _GROWN * abs(least):
            break
    if not losses:
        raise InvalidData(
            f"The loss is {loss} before the first step.",
            help="Look for NaN in the data and for numbers that are far too large.",
        )
    return _curve(rates[: len(losses)], np.array(losses), np.array(smoothed))


def _curve(rates: np.ndarray, losses: np.ndarray, smoothed: np.ndarray) -> LearningRateCurve:
    least = int(np.argmin(smoothed))
    suggestion = None
    if least >= 1:
        falls = np.gradient(smoothed, np.log(rates))[: least + 1]
        suggestion = float(rates[int(np.argmin(falls))])
    else:
        warn_person(
            f"The loss did not fall at any learning rate from {rates[0]:.2g} to {rates[-1]:.2g}. "
            "Try a smaller start_lr, and look whether the data can be learned."
        )
    return LearningRateCurve(rates, losses, smoothed, suggestion)


def _rate_of(model: Any) -> Any:
    """Gives the variable that holds the learning rate."""
    model._require_compiled("lr_find")
    optimizer = model.optimizer
    if isinstance(optimizer, LossScaleOptimizer):
        optimizer = optimizer.inner_optimizer
    if optimizer is None:
        raise NotReady(
            "lr_find needs an optimizer; the model was compiled without one.",
            help='Call model.compile(optimizer="adam", ...).',
        )
    if not isinstance(getattr(optimizer, "_learning_rate", None), Variable):
        raise InvalidArgument(
            f"lr_find sets one learning rate; that of '{optimizer.name}' is not one number.",
            help="Compile with a number as learning_rate, find a rate, and use it in the schedule.",
        )
    return optimizer._learning_rate


def _batches(
    model: Any, x: Any, y: Any, weight: Any, class_weight: Any, size: int, steps: int
) -> Iterator[Any]:
    """So many batches as a step takes them, again from the start where the data ends."""
    data = model._read(x, y, weight, class_weight)
    size = check.positive_int(size, "batch_size")
    model._prepare(data, "train")
    random = np.random.default_rng(0)
    given = 0
    while given < steps:
        before = given
        if isinstance(data, StreamData):
            batches = data.batches(None)
        else:
            size = min(size, data.rows)
            order = random.permutation(data.rows)
            batches = host_batches(data, size, order, data.rows // size)
        for batch in batches:
            given += 1
            yield batch.on_device()
        if given == before:
            raise InvalidData(
                f"The data ended after {given} of {steps} steps and cannot be read again.",
                help="Pass arrays or a stream that starts again, or fewer steps.",
            )
