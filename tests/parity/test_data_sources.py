"""The same source gives real Keras and lamella the same batches in the same order."""

from __future__ import annotations

import itertools
import random
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import keras as oracle
import numpy as np
import pytest
import scipy.sparse

import lamella as keras
from lamella.data import StreamData

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 3)).astype("float32")
Y = RNG.integers(0, 3, 24)


def rows(index: int) -> tuple[np.ndarray, np.ndarray]:
    return X[index * 4 : index * 4 + 4], Y[index * 4 : index * 4 + 4]


def data_set(base: type, count: int | None, workers: int) -> Any:
    """A PyDataset that notes what it is asked for and told, with a random order of its own."""

    class Noted(base):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(workers=workers)
            self.order = list(range(6))
            self.noted: list[Any] = []

        @property
        def num_batches(self) -> int | None:
            return count

        def __getitem__(self, index: int) -> tuple:
            self.noted.append(index)
            return rows(self.order[index % 6])

        def on_epoch_begin(self) -> None:
            self.noted.append("begin")

        def on_epoch_end(self) -> None:
            self.noted.append("end")
            random.shuffle(self.order)

    return Noted()


class Recorder:
    """A model of each library that knows the batches that it was trained with."""

    def __init__(self, library: Any) -> None:
        self.model = library.Sequential([library.Input((3,)), library.layers.Dense(3)])
        self.model.set_weights([np.ones((3, 3)) * [[1], [2], [3]], np.zeros(3)])
        loss = library.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.model.compile("sgd", loss)


def epochs_of_keras(source: Any, epochs: int, **arguments: Any) -> None:
    model = Recorder(oracle).model
    random.seed(7)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what Keras says when data runs out
        model.fit(source, epochs=epochs, verbose=0, **arguments)


def epochs_of_lamella(source: Any, epochs: int, steps: int | None) -> None:
    """What fit does with a model that it has to build."""
    stream = StreamData(source, shuffle=True)
    random.seed(7)
    stream.first()
    stream.reset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(epochs):
            list(stream.batches(steps))


@pytest.mark.parametrize(("count", "steps"), [(6, None), (6, 2), (6, 6), (6, 4), (6, 8), (None, 4)])
def test_a_data_set_is_asked_and_told_the_same(count: int | None, steps: int | None) -> None:
    noted = []
    for base, run in ((oracle.utils.PyDataset, 0), (keras.utils.PyDataset, 1)):
        source = data_set(base, count, workers=1)
        if run:
            epochs_of_lamella(source, 3, steps)
        else:
            epochs_of_keras(source, 3, steps_per_epoch=steps)
        noted.append(source.noted)
    assert noted[0] == noted[1]


def test_threads_keep_the_order_of_keras() -> None:
    orders = []
    for base, run in ((oracle.utils.PyDataset, 0), (keras.utils.PyDataset, 1)):
        source = data_set(base, 6, workers=2)
        random.seed(7)
        if run:
            list(StreamData(source, shuffle=True).batches(None))
        else:
            model = Recorder(oracle).model
            model.fit(*rows(0), verbose=0)  # nothing is left to build
            source.on_epoch_end = lambda: None
            random.seed(7)
            model.fit(source, verbose=0)
        orders.append(sorted(item for item in source.noted if item not in ("begin", "end")))
    assert orders[0] == orders[1] == list(range(6))


def generator() -> Iterator:
    return (rows(index % 6) for index in itertools.count())


def losses(library: Any, source: Any, **arguments: Any) -> list[float]:
    history = Recorder(library).model.fit(source, verbose=0, **arguments)
    return history.history["loss"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("make", [generator, lambda: [X, Y]], ids=["generator", "arrays"])
def test_the_same_losses(make: Callable[[], Any]) -> None:
    found = []
    for library in (oracle, keras):
        source = make()
        arguments: dict[str, Any] = {"epochs": 3, "shuffle": False}
        if isinstance(source, list):
            found.append(losses(library, source[0], y=source[1], **arguments))
        else:
            found.append(losses(library, source, steps_per_epoch=4, **arguments))
    np.testing.assert_allclose(*found, rtol=1e-5)


def test_class_weights_in_the_loss() -> None:
    weight = {0: 0.5, 2: 4.0}
    found = [
        losses(library, X, y=Y, class_weight=weight, shuffle=False, epochs=2)
        for library in (oracle, keras)
    ]
    np.testing.assert_allclose(*found, rtol=1e-5)
    batches = StreamData(rows(index) for index in range(6)).with_class_weight(weight)
    from_stream = np.concatenate([data.sample_weight for data in batches.batches(None)])
    theirs = oracle.src.trainers.data_adapters.data_adapter_utils.class_weight_to_sample_weights
    np.testing.assert_array_equal(from_stream, theirs(Y, weight))


def test_tables_and_sparse_matrices_in_fit() -> None:
    pandas = pytest.importorskip("pandas")
    table, labels = pandas.DataFrame(X, columns=["a", "b", "c"]), pandas.Series(Y)
    found = [losses(library, table, y=labels, shuffle=False) for library in (oracle, keras)]
    np.testing.assert_allclose(*found, rtol=1e-5)
    np.testing.assert_allclose(found[0], losses(keras, X, y=Y, shuffle=False), rtol=1e-5)
    sparse = scipy.sparse.csr_matrix(X)
    np.testing.assert_allclose(losses(keras, sparse, y=Y, shuffle=False), found[0], rtol=1e-5)


def test_torch_data_loaders_in_fit() -> None:
    torch = pytest.importorskip("torch")
    dataset = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y))
    found = []
    for library in (oracle, keras):
        loader = torch.utils.data.DataLoader(dataset, batch_size=8)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found.append(losses(library, loader, shuffle=False, epochs=2))
    np.testing.assert_allclose(*found, rtol=1e-5)
