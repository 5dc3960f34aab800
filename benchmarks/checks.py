"""Prints what looking at data before training costs: `python -m benchmarks.checks`.

The MLP 784-300-100-10 on 10,000 rows: the checks of one fit, against one epoch; those of one batch
of a stream, against one step; and the search for NaN while it is off.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np

import lamella as keras
from lamella import layers
from lamella._training.checks import check_targets
from lamella.data import ArrayData

ROWS, BATCH = 10_000, 32


def seconds(function: Callable[[], Any], times: int) -> float:
    """The median time of some calls, after one that does not count."""
    found = []
    for _ in range(times + 1):
        started = time.perf_counter()
        function()
        found.append(time.perf_counter() - started)
    return statistics.median(found[1:])


class Batches:
    """The rows as a stream that starts again in each epoch."""

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        self.x, self.y = x, y

    def __iter__(self) -> Iterator[Any]:
        for at in range(0, len(self.x), BATCH):
            yield self.x[at : at + BATCH], self.y[at : at + BATCH]


def mlp() -> Any:
    """The model, compiled for class numbers."""
    model = keras.Sequential(
        [
            layers.Input((784,)),
            layers.Dense(300, activation="relu"),
            layers.Dense(100, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def main() -> None:
    """Measures and prints each share."""
    random = np.random.default_rng(0)
    x = random.normal(size=(ROWS, 784)).astype("float32")
    y = random.integers(0, 10, ROWS)
    model = mlp()
    epoch = seconds(lambda: model.fit(x, y, batch_size=BATCH, verbose=0), 5)
    steps = -(-ROWS // BATCH)
    batches = Batches(x, y)
    streamed = seconds(lambda: model.fit(batches, verbose=0), 5)
    data, batch = ArrayData.read(x, y), ArrayData.read(x[:BATCH], y[:BATCH])
    whole = seconds(lambda: model._check_data(data), 20)
    one = seconds(lambda: model._check_data(batch), 200)
    shapes = model._output_shapes_for(batch.x, model._compiled_loss.outputs)
    compiled = model._compiled_loss, model._compiled_metrics
    labels = seconds(lambda: check_targets(*compiled, batch.y, shapes), 200)
    suspect = seconds(lambda: model._suspect(data), 20)
    print(
        f"one epoch {epoch * 1e3:.0f} ms, one step {epoch / steps * 1e6:.0f} us, "
        f"of a stream {streamed / steps * 1e6:.0f} us"
    )
    for name, cost, of in (
        ("data of a fit", whole, epoch),
        ("model against loss, once", suspect, epoch),
        ("a batch of a stream", one, streamed / steps),
        ("its labels alone", labels, streamed / steps),
    ):
        print(f"{name}: {cost * 1e6:.0f} us, {cost / of:.2%}")
    text = jax.jit(lambda x: model(x)).lower(x[:BATCH]).as_text()
    print(f"search for NaN, off: {text.count('is_finite')} operations compiled in")


if __name__ == "__main__":
    main()
