"""What `compile` was told, resolved for the outputs that the model really has."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from lamella import losses, metrics
from lamella._base import InvalidArgument, floatx
from lamella._base.registry import entry_of
from lamella._layer.masking import get_mask
from lamella._layer.rows import counting_rows, is_trusted, require_rows_apart
from lamella._state import frame as frames
from lamella._state.variable import Variable
from lamella._training.outputs import Outputs
from lamella.data import rows_of
from lamella.losses.reduction import align, apply_mask


def _kind_of_classes(y: Any, y_pred: Any) -> str:
    """Which family of a loss or metric fits: "binary", "sparse" or "categorical"."""
    if y_pred.shape[-1] == 1:
        return "binary"
    fewer_axes = len(y.shape) < len(y_pred.shape)
    one_column = y.shape[-1] == 1 and y_pred.shape[-1] > 1
    return "sparse" if fewer_axes or one_column else "categorical"


# What "accuracy" and "crossentropy" mean for each kind of classes.
_MEANT = {
    "binary": (metrics.BinaryAccuracy, losses.binary_crossentropy),
    "sparse": (metrics.SparseCategoricalAccuracy, losses.sparse_categorical_crossentropy),
    "categorical": (metrics.CategoricalAccuracy, losses.categorical_crossentropy),
}


def _name_of(identifier: Any, made: Any) -> str:
    if isinstance(identifier, str):
        return identifier
    name = getattr(made, "name", None) or getattr(made, "__name__", None)
    return str(name or type(made).__name__)


def resolve_loss(identifier: Any, y: Any, y_pred: Any) -> losses.Loss:
    """The loss that an argument of compile means for one output."""
    if isinstance(identifier, str) and identifier.lower() in ("crossentropy", "ce"):
        made: Any = _MEANT[_kind_of_classes(y, y_pred)][1]
    else:
        made = losses.get(identifier)
    if isinstance(made, losses.Loss):
        return made
    return losses.LossFunctionWrapper(made, name=_name_of(identifier, made))


def resolve_metric(identifier: Any, y: Any, y_pred: Any) -> metrics.Metric:
    """The metric that an argument of compile means for one output."""
    if isinstance(identifier, str) and identifier.lower() in ("accuracy", "acc"):
        return _MEANT[_kind_of_classes(y, y_pred)][0](name=identifier)
    made: Any = metrics.get(identifier)
    if not isinstance(made, metrics.Metric):
        return metrics.MeanMetricWrapper(made, name=_name_of(identifier, made))
    if isinstance(identifier, str):
        made.name = identifier
    return made


@dataclass
class OutputLoss:
    """The loss of one output.

    Args:
        index: which output.
        loss: how it is computed.
        weight: its share of the total, None for 1.
        tracker: its running mean, None for a model of one output.
    """

    index: int
    loss: losses.Loss
    weight: float | None
    tracker: metrics.Mean | None


def _by_output(compiled: Any, y: Any, y_pred: Any, weight: Any) -> tuple[list[Any], ...]:
    """Targets, predictions and weights by output; a first batch tells which outputs there are."""
    if compiled.outputs is None:
        compiled.build(Outputs.of(y_pred, None), y, y_pred)
    targets = compiled.outputs.arrays(y, "y")
    predictions = compiled.outputs.arrays(y_pred, "outputs")
    return targets, predictions, _sample_weights(weight, compiled.outputs)


class CompiledLoss:
    """The total loss over all outputs.

    Args:
        loss: as given to compile: one for all, a list, or a dictionary by name.
        loss_weights: a number, a list, or a dictionary.
    """

    def __init__(self, loss: Any, loss_weights: Any) -> None:
        if any(isinstance(leaf, str) or callable(leaf) for leaf in jax.tree.leaves(loss_weights)):
            raise InvalidArgument(
                f"Argument `loss_weights` must hold numbers. Received: {loss_weights!r}.",
                help="The third argument of compile is loss_weights; name metrics: metrics=[...].",
            )
        self.given = loss
        self.given_weights = loss_weights
        self.outputs: Outputs | None = None
        self.parts: list[OutputLoss] = []

    def build(self, outputs: Outputs, y: Any, y_pred: Any) -> None:
        """Resolves names for the model's outputs, given specs or arrays of targets and outputs."""
        chosen = _for_outputs(self.given, outputs, "loss")
        weights = _for_outputs(self.given_weights, outputs, "loss_weights", repeat=False)
        targets = outputs.arrays(y, "y")
        predictions = outputs.arrays(y_pred, "outputs")
        real = [(index, one) for index, one in enumerate(chosen) if one is not None]
        for index, _ in real:
            outputs.require(targets, index, "loss")
        parts = []
        for index, identifier in real:
            loss = resolve_loss(identifier, targets[index], predictions[index])
            several = len(real) > 1
            tracker = metrics.Mean(name=f"{outputs.names[index]}_loss") if several else None
            parts.append(OutputLoss(index, loss, weights[index], tracker))
        self.parts, self.outputs = parts, outputs

    def by_output(self) -> list[tuple[int, Any]]:
        """Each loss with the number of its output."""
        return [(part.index, part.loss) for part in self.parts]

    @property
    def metrics(self) -> list[metrics.Mean]:
        return [part.tracker for part in self.parts if part.tracker is not None]

    @property
    def variables(self) -> list[Variable]:
        return [variable for metric in self.metrics for variable in metric.variables]

    def __call__(self, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The total loss of a batch, None if no output has one."""
        targets, predictions, weights = _by_output(self, y, y_pred, sample_weight)
        assert self.outputs is not None
        total = None
        for part in self.parts:
            prediction = predictions[part.index]
            self.outputs.require(targets, part.index, "loss")
            require_rows_apart("loss", not is_trusted(type(part.loss)) or _own_code(part.loss))
            with _padding_masked(prediction):
                value = part.loss(targets[part.index], prediction, weights[part.index])
            value = jnp.asarray(value, "float32")
            if part.tracker is not None:
                part.tracker.update_state(value, sample_weight=rows_that_count(prediction))
            value = value if part.weight is None else value * part.weight
            total = value if total is None else total + value
        return total


class CompiledMetrics:
    """The metrics of all outputs, weighted or not.

    Args:
        given: as given to compile: a list, a list of lists, or a dictionary by output name.
        given_weighted: the same for `weighted_metrics`.
    """

    def __init__(self, given: Any, given_weighted: Any) -> None:
        for role, value in (("metrics", given), ("weighted_metrics", given_weighted)):
            if isinstance(value, str):
                raise InvalidArgument(
                    f"Argument `{role}` must be a list or a dictionary. Received: {value!r}.",
                    help=f"Write {role}=[{value!r}].",
                )
        self.given = given
        self.given_weighted = given_weighted
        self.outputs: Outputs | None = None
        self.plain: list[list[metrics.Metric]] = []
        self.weighted: list[list[metrics.Metric]] = []

    def build(self, outputs: Outputs, y: Any, y_pred: Any) -> None:
        """Resolves names for the model's outputs."""
        targets = outputs.arrays(y, "y")
        predictions = outputs.arrays(y_pred, "outputs")
        resolved = []
        for role, given in (("metrics", self.given), ("weighted_metrics", self.given_weighted)):
            lists = _metric_lists(given, outputs, role)
            for index, chosen in enumerate(lists):
                if chosen:
                    outputs.require(targets, index, "metric")
            triples = zip(lists, targets, predictions)
            resolved.append(
                [[resolve_metric(one, t, p) for one in chosen] for chosen, t, p in triples]
            )
        for groups in resolved:
            for group, target, prediction in zip(groups, targets, predictions):
                for metric in group:
                    metric.prepare(target, prediction)
        self.plain, self.weighted = resolved
        self.outputs = outputs

    def by_output(self) -> list[tuple[int, Any]]:
        """Each metric with the number of its output."""
        groups = zip(self.plain, self.weighted)
        return [(place, one) for place, pair in enumerate(groups) for one in pair[0] + pair[1]]

    @property
    def metrics(self) -> list[metrics.Metric]:
        return [metric for group in (*self.plain, *self.weighted) for metric in group]

    @property
    def variables(self) -> list[Variable]:
        return [variable for metric in self.metrics for variable in metric.variables]

    def update_state(self, y: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch to every metric."""
        targets, predictions, weights = _by_output(self, y, y_pred, sample_weight)
        for index, (target, prediction) in enumerate(zip(targets, predictions)):
            own = _only_counting(weights[index], prediction)
            plain = _only_counting(None, prediction)
            for metric in (*self.plain[index], *self.weighted[index]):
                require_rows_apart("metric", not is_trusted(type(metric)) or _own_code(metric))
            for metric in self.plain[index]:
                metric.update_state(target, prediction, *(() if plain is None else (plain,)))
            for metric in self.weighted[index]:
                metric.update_state(target, prediction, own)

    def result(self) -> dict[str, Any]:
        """The values by the names that histories have."""
        results: dict[str, Any] = {}
        if self.outputs is None:
            return results
        several = self.outputs.count > 1
        for is_weighted, groups in ((False, self.plain), (True, self.weighted)):
            for output, group in zip(self.outputs.names, groups):
                prefix = f"{output}_" if several else ""
                for metric in group:
                    name = self._fresh(prefix, metric.name, is_weighted, results)
                    results[name] = metric.result()
        return results

    def _fresh(self, prefix: str, name: str, weighted: bool, taken: dict[str, Any]) -> str:
        first = f"{prefix}{name}"
        if first in taken and weighted:
            first = f"{prefix}weighted_{name}"
        candidate, number = first, 1
        while candidate in taken:
            candidate, number = f"{first}_{number}", number + 1
        return candidate


def _for_outputs(value: Any, outputs: Outputs, role: str, repeat: bool = True) -> list[Any]:
    """One item for each output, from one for all, a list, or a dictionary by name."""
    if value is None:
        return [None] * outputs.count
    if isinstance(value, dict) and "class_name" not in value:
        outputs.check_names(value, role)
        return [value[name] for name in outputs.names]
    if isinstance(value, (list, tuple)):
        return outputs.arrays(list(value), role)
    if not repeat and outputs.count > 1:
        return outputs.arrays(value, role)
    return [value] * outputs.count


def _metric_lists(value: Any, outputs: Outputs, role: str) -> list[list[Any]]:
    if not value:
        return [[] for _ in outputs.names]
    if isinstance(value, dict):
        outputs.check_names(value, role, complete=False)
        return [_as_list(value.get(name)) for name in outputs.names]
    items = list(value)
    if outputs.count == 1:
        flat = items[0] if len(items) == 1 and isinstance(items[0], (list, tuple)) else items
        return [list(flat)]
    if len(items) != outputs.count:
        raise InvalidArgument(
            f"The model has {outputs.count} outputs {list(outputs.names)}. Received: {len(items)} "
            f"items of `{role}`.",
            help=f"Pass a list of lists, or {role}={{'{outputs.names[0]}': ['mae']}}.",
        )
    return [_as_list(item) for item in items]


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _own_code(part: Any) -> bool:
    """Whether a loss or metric calls what a person wrote, or gives one number for all rows."""
    function = getattr(part, "fn", None)
    return isinstance(function, losses.Loss) or not is_trusted(function)


def rows_that_count(batch: Any) -> Any:
    """The number of rows of a batch that are not there to fill it up."""
    rows = frames.ambient().rows
    return rows_of(batch) if rows is None else rows


def _only_counting(weights: Any, prediction: Any) -> Any:
    """Weights of rows, with 0 for those that fill up the batch; None if none are needed."""
    kept = counting_rows(rows_of(prediction))
    if kept is None or weights is None:
        return weights if kept is None else kept.astype("int32")  # exact in every number type
    return apply_mask(weights, kept, floatx(), "sum")


@contextlib.contextmanager
def _padding_masked(prediction: Any) -> Iterator[None]:
    """Lets rows that fill up a batch count as masked."""
    if frames.ambient().rows is None:
        yield
        return
    masks = dict(frames.ambient().masks)
    for array in jax.tree.leaves(prediction):
        kept, own = counting_rows(array.shape[0]), get_mask(array)
        assert kept is not None
        if own is not None:  # a mean over what is not masked
            frames.note_batchwise("mask")
        masks[id(array)] = (array, kept if own is None else jnp.logical_and(*align(own, kept)))
    with frames.changed(masks=masks):
        yield


def _sample_weights(value: Any, outputs: Outputs) -> list[Any]:
    if value is None or isinstance(value, (list, tuple, dict)):
        return outputs.arrays(value, "sample_weight")
    return [value] * outputs.count


def is_own_loss(loss: Any, *names: str) -> bool:
    """Whether a resolved loss computes one of lamella's functions of those names."""
    entry = entry_of(getattr(loss, "fn", None))
    return entry is not None and entry.name in names
