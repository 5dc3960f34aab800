"""What is probably not what was meant: each is said once, with its repair."""

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from lamella import metrics
from lamella._state import frame as frames
from lamella._state.pure import TRACING, pure, values_of
from lamella._training.checks import CROSSENTROPIES
from lamella._training.compile import CompiledLoss, CompiledMetrics, is_own_loss
from lamella._training.last_layer import activation_of, ending_of, graph_of
from lamella.data import ArrayData
from lamella.layers.activations.rectified import ReLU

# None of these gives shares between 0 and 1.
_NO_SHARES = ("linear", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "tanh", "softplus")
_CLASS_LOSSES = ("sparse_categorical_crossentropy", *CROSSENTROPIES)
_ROWS_LOOKED_AT = 4096
_ROWS_RUN = 256
# Rows that come in another order give another rounding.
_SAME = 1e-6


def suspicions_of_compile(model: Any, compiled: CompiledLoss | None) -> list[str]:
    """Losses that do not go with how the model ends."""
    graph = graph_of(model)
    outputs = None if compiled is None else compiled.outputs
    if compiled is None or graph is None or outputs is None or len(graph.outputs) != outputs.count:
        return []
    found = []
    for index, loss in compiled.by_output():
        ending = ending_of(graph.outputs[index])
        if ending is not None and is_own_loss(loss, *_CLASS_LOSSES):
            who = "The model" if outputs.single else f"The output '{outputs.names[index]}'"
            logits = loss._fn_kwargs.get("from_logits", False)
            said = _mismatch(ending.activation, ending.shape[-1], loss.fn.__name__, logits)
            found += [f"{who} ends in {said}"] * bool(said)
    return found


def _mismatch(activation: str, units: int | None, loss: str, logits: bool) -> str:
    binary = loss.startswith("binary")
    right = "sigmoid" if binary else "softmax"
    if logits:
        if activation not in ("softmax", "sigmoid"):
            return ""
        return (
            f"'{activation}', and {loss} has from_logits=True, which takes the {right} once more. "
            "Write from_logits=False, or leave the last activation out."
        )
    if activation in _NO_SHARES:
        kind = "".join(word.capitalize() for word in loss.split("_"))
        return (
            f"activation '{activation}', but {loss} wants shares between 0 and 1. Give the last "
            f"layer activation='{right}', or write loss=losses.{kind}(from_logits=True)."
        )
    if activation == "sigmoid" and not binary and (units or 2) > 1:
        return (
            f"'sigmoid', whose units are independent, but {loss} wants shares that sum to one. "
            "Use 'softmax', or binary_crossentropy if several labels can be true at once."
        )
    if activation == "softmax" and binary and (units or 3) > 2:
        return (
            f"'softmax', but {loss} takes each unit for a question of its own. Use "
            "categorical_crossentropy, or 'sigmoid' if several labels can be true at once."
        )
    return ""


def suspicions_of_targets(compiled: CompiledMetrics | None, y: Any) -> list[str]:
    """Accuracies of numbers that are no labels."""
    if compiled is None or compiled.outputs is None:
        return []
    targets = compiled.outputs.arrays(y, "y")
    for index, metric in compiled.by_output():
        if type(metric) not in (metrics.BinaryAccuracy, metrics.CategoricalAccuracy):
            continue
        some = np.asarray(targets[index][:_ROWS_LOOKED_AT], "float32")
        wrong = some[(some != 0) & (some != 1)]
        soft = type(metric) is metrics.CategoricalAccuracy and _sums_to_one(some)
        if wrong.size and not soft:
            return [
                f"The metric '{metric.name}' compares labels 0 and 1, but y has numbers such as "
                f"{wrong[0]:g}: what it says means nothing. For numbers take metrics=['mae']."
            ]
    return []


def suspicions_of_split(compiled: CompiledLoss | None, trained: Any, validated: Any) -> list[str]:
    """A validation_split of sorted rows: the last ones are other than the rest.

    Args:
        compiled: built for the model's outputs.
        trained, validated: the targets of both parts.
    """
    if compiled is None or compiled.outputs is None:
        return []
    sides = [compiled.outputs.arrays(y, "y") for y in (trained, validated)]
    for index, loss in compiled.by_output():
        first, last = (np.asarray(side[index]) for side in sides)
        said = ""
        if is_own_loss(loss, *_CLASS_LOSSES):
            first, last = _classes(first), _classes(last)
            said = _unseen(first, last)
        if said := said or _ordered(np.concatenate([first, last])):
            return [
                f"validation_split takes the last rows as they lie, and {said}. Shuffle before: "
                "p = np.random.permutation(len(x)); x, y = x[p], y[p]."
            ]
    return []


def _sums_to_one(y: np.ndarray) -> bool:
    return y.ndim > 1 and y.shape[-1] > 1 and np.allclose(y.sum(-1), 1, atol=1e-3)


def _classes(y: np.ndarray) -> np.ndarray:
    return y.argmax(-1) if _sums_to_one(y) else y


def _unseen(first: np.ndarray, last: np.ndarray) -> str:
    missing = np.setdiff1d(last, first)
    share = np.isin(last, missing).mean() if missing.size else 0
    if share < 0.05:  # a rare class may well be in one part only
        return ""
    shown = ", ".join(f"{label:g}" for label in missing[:5])
    return f"{share:.0%} of them are of classes that training never sees ({shown})"


def _ordered(y: np.ndarray) -> str:
    if y.size != len(y) or len(y) <= 20:
        return ""
    steps = np.diff(y.ravel().astype("float64"))  # unsigned numbers would wrap
    ordered = steps.any() and ((steps >= 0).all() or (steps <= 0).all())
    return "the targets are sorted, so these rows are not like the rest" if ordered else ""


class AfterEpochs:
    """Looks at what an epoch left behind, for signs that nothing is learned.

    A training whose loss falls never pays for it: the model is run after the first epoch
    whose loss did not fall, and after the first one whose loss stayed as it was.
    """

    def __init__(self) -> None:
        self._ran: set[bool] = set()
        self._said = False

    def suspicions(self, model: Any, data: Any, records: list[dict[str, Any]]) -> list[str]:
        """What is suspicious after an epoch.

        Args:
            model: what is trained.
            data: what it is trained on.
            records: the logs of all epochs so far.
        """
        found = [record.get("loss") for record in records[-2:]]
        losses = [loss for loss in found if isinstance(loss, float)]
        if self._said or len(losses) < 2:
            return []
        same = abs(losses[1] - losses[0]) <= _SAME * abs(losses[0])
        if not losses[1] or not (same or losses[1] > losses[0]):
            return []
        dead: list[str] = []
        if isinstance(data, ArrayData) and same not in self._ran:
            self._ran.add(same)
            dead = dead_layers(model, data)
        # Later on, a loss that stays the same may also have reached its goal.
        stuck = same and len(records) == 2 and bool(model.trainable_variables)
        if not stuck and not dead:
            return []
        self._said = True
        said = f"The loss did not fall in epoch {len(records)}: {losses[1]:g}"
        if same:
            said += ", as in the one before"
        return [f"{said}. {' '.join(dead) or _cause(model)}"]


def _cause(model: Any) -> str:
    optimizer = model.optimizer
    if optimizer is not None and not float(optimizer.learning_rate):
        return "The learning rate is 0."
    return (
        "Nothing is learned: no gradient reaches the weights that are to be trained. Look for "
        "frozen layers, functions without a slope, and a loss that does not depend on them."
    )


def dead_layers(model: Any, data: ArrayData) -> list[str]:
    """The relu layers of which most units give 0 for every row of a sample of the data.

    Args:
        model: one with a graph; of others nothing is known.
        data: of its rows at most 256 are run.
    """
    layers = dict(_relus(model))
    if not layers:
        return []
    rows = data.take(np.arange(min(_ROWS_RUN, data.rows))).x
    shares: dict[int, Any] = {}

    def watch(layer: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        outputs = layer.call(*args, **kwargs)
        if id(layer) in layers:
            first = vars(layer).get("data_format") == "channels_first"
            axis = 1 if first else outputs.ndim - 1
            idle = (outputs <= 0).all(axis=[one for one in range(outputs.ndim) if one != axis])
            shares[id(layer)] = idle.mean()
        return outputs

    def run(x: Any) -> dict[int, Any]:
        # As in training: the averages that inference would use are not there yet.
        with frames.changed(around=watch, training=True, called=True):
            model(x)
        return shares

    variables = model._state_of("predict")
    key = ("relus", graph_of(model), *map(id, variables))  # compiled once, not in every fit
    with TRACING:
        compiled = model._programs.setdefault(key, jax.jit(pure(run, variables)))
        found, _ = compiled(values_of(variables), rows)
    return [
        f"{share:.0%} of the units of layer '{layers[key].name}' give 0 for every row that was "
        "looked at: they are dead. Lower the learning rate, scale the inputs, or use 'leaky_relu'."
        for key, share in ((key, float(found[key])) for key in layers if key in found)
        if share > 0.901  # float32 writes 0.9 a little above itself
    ]


def _relus(model: Any) -> Iterator[tuple[int, Any]]:
    """The relu layers that stand in a model's own graph."""
    graph = graph_of(model)
    for layer in [] if graph is None else graph.operations:
        plain = isinstance(layer, ReLU) and not layer.negative_slope
        if plain or activation_of(layer) == "relu":
            yield id(layer), layer
