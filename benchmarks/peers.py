"""One workload in the hands of one library. Nothing here measures time."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from benchmarks.workloads import ALL, Workload, whole_data

FIRST_STEPS = 2
EVALUATED_EPOCHS = 4  # as many times the training data


class Peer(Protocol):
    """What a library must be able to do with a workload. Losses are means over all rows."""

    def first(self) -> None:
        """Makes the model and trains it for two steps."""

    def train(self, epochs: int, shuffle: bool = True) -> float:
        """Trains for some epochs; gives the last one's loss."""

    def evaluate(self) -> float:
        """The loss over four times the data."""

    def predict(self) -> Any:
        """The outputs for four times the data, as NumPy arrays."""

    def predict_one(self) -> Any:
        """The outputs for one row, as NumPy arrays."""


class KerasApi:
    """lamella, and Keras on any backend: the same lines.

    Args:
        module: "lamella" or "keras".
        workload: what to do.
        weights: the first ones.
    """

    def __init__(self, module: str, workload: Workload, weights: list[np.ndarray]) -> None:
        self.keras = importlib.import_module(module)
        self.workload, self.weights, self.batch = workload, weights, workload.batch
        self.x, self.y = (_one_or_all(part) for part in whole_data(workload))
        self.model: Any = None

    def first(self) -> None:
        self.model = self.workload.model(self.keras)
        self.model.set_weights(self.weights)
        losses = _one_or_all(list(self.workload.losses))
        self.model.compile(optimizer=self.workload.optimizer, loss=losses)
        x, y = (_rows(part, slice(FIRST_STEPS * self.batch)) for part in (self.x, self.y))
        self.model.fit(x, y, batch_size=self.batch, verbose=0, shuffle=False)

    def train(self, epochs: int, shuffle: bool = True) -> float:
        history = self.model.fit(
            self.x, self.y, batch_size=self.batch, epochs=epochs, verbose=0, shuffle=shuffle
        )
        return float(history.history["loss"][-1])

    @functools.cached_property
    def more(self) -> tuple[Any, Any]:
        """The data several times over, made when it is asked for: training needs no room for it."""
        x, y = (
            [np.concatenate([one] * EVALUATED_EPOCHS) for one in part]
            for part in whole_data(self.workload)
        )
        return _one_or_all(x), _one_or_all(y)

    def evaluate(self) -> float:
        found = self.model.evaluate(*self.more, batch_size=self.batch, verbose=0)
        return float(np.ravel(found)[0])

    def predict(self) -> Any:
        return self.model.predict(self.more[0], batch_size=self.batch, verbose=0)

    def predict_one(self) -> Any:
        return self.model.predict(_rows(self.x, slice(1)), verbose=0)


class PlainJax:
    """JAX and optax by hand: one compiled step, a Python loop.

    Args:
        workload: what to do.
        weights: the first ones.
    """

    def __init__(self, workload: Workload, weights: list[np.ndarray]) -> None:
        import jax
        import jax.numpy as jnp
        import optax

        from benchmarks.plain_jax import MODELS, Cursor

        self.jnp, self.weights, self.batch = jnp, weights, workload.batch
        self.x, self.y = whole_data(workload)
        rate = {"adam": 1e-3, "sgd": 1e-2}[workload.optimizer]
        optimizer = getattr(optax, workload.optimizer)(rate)
        model, names = MODELS[workload.name], workload.losses

        def outputs(weights: Any, x: Any, training: bool, key: Any) -> Any:
            cursor = Cursor(weights, training, key)
            found = model(cursor, *x)
            return (found if isinstance(found, tuple) else (found,)), cursor.moved

        def total(weights: Any, x: Any, y: Any, training: bool, key: Any) -> Any:
            found, moved = outputs(weights, x, training, key)
            losses = [_jax_loss(*three) for three in zip(names, y, found)]
            return sum(losses), moved

        def step(weights: Any, state: Any, sum_of_losses: Any, x: Any, y: Any, key: Any) -> Any:
            key, now = jax.random.split(key)
            (loss, moved), slopes = jax.value_and_grad(total, has_aux=True)(
                weights, x, y, True, now
            )
            updates, state = optimizer.update(slopes, state)
            weights = optax.apply_updates(weights, updates)
            weights = [moved.get(index, one) for index, one in enumerate(weights)]
            return weights, state, sum_of_losses + loss, key

        def answer(weights: Any, x: Any) -> Any:
            found, _ = outputs(weights, x, False, None)
            last = {"sparse_categorical_crossentropy": jax.nn.softmax, "bce": jax.nn.sigmoid}
            return [last.get(name, lambda one: one)(one) for name, one in zip(names, found)]

        self.optimizer = optimizer
        self.key = jax.random.key(0)
        self.step = jax.jit(step, donate_argnums=(0, 1, 2))
        self.loss = jax.jit(lambda weights, x, y: total(weights, x, y, False, None)[0])
        self.answer = jax.jit(answer)

    def first(self) -> None:
        self.weights = [self.jnp.asarray(one) for one in self.weights]
        self.state = self.optimizer.init(self.weights)
        rows = np.arange(FIRST_STEPS * self.batch)
        self._epoch(rows)

    def _batches(self, order: np.ndarray) -> Iterator[Any]:
        for at in range(0, len(order), self.batch):
            index = order[at : at + self.batch]
            yield [one[index] for one in self.x], [one[index] for one in self.y]

    def _epoch(self, order: np.ndarray) -> float:
        summed = self.jnp.zeros(())
        for x, y in self._batches(order):
            self.weights, self.state, summed, self.key = self.step(
                self.weights, self.state, summed, x, y, self.key
            )
        return float(summed) * self.batch / len(order)

    def train(self, epochs: int, shuffle: bool = True) -> float:
        rows = len(self.x[0])
        for _ in range(epochs):
            found = self._epoch(np.random.permutation(rows) if shuffle else np.arange(rows))
        return found

    def evaluate(self) -> float:
        found = []
        for _ in range(EVALUATED_EPOCHS):
            found += [self.loss(self.weights, *b) for b in self._batches(np.arange(len(self.x[0])))]
        return float(np.mean(found))

    def predict(self) -> Any:
        found = []
        for _ in range(EVALUATED_EPOCHS):
            batches = self._batches(np.arange(len(self.x[0])))
            found += [self.answer(self.weights, x) for x, _ in batches]
        return [np.concatenate(parts) for parts in zip(*found)]

    def predict_one(self) -> Any:
        return [np.asarray(one) for one in self.answer(self.weights, [a[:1] for a in self.x])]


class Torch:
    """PyTorch, with its training loop written out.

    Args:
        workload: what to do.
        weights: the first ones.
        compiled: whether the model goes through torch.compile.
    """

    def __init__(self, workload: Workload, weights: list[np.ndarray], compiled: bool) -> None:
        import torch

        from benchmarks.plain_torch import MODELS, load

        torch.set_num_threads(2)
        self.torch, self.load, self.weights, self.compiled = torch, load, weights, compiled
        self.batch = workload.batch
        self.make, self.adam = MODELS[workload.name], workload.optimizer == "adam"
        x, y = whole_data(workload)
        self.x = [torch.from_numpy(_channels_first(one)) for one in x]
        self.y = [torch.from_numpy(np.asarray(one, _torch_dtype(one))) for one in y]
        functions = torch.nn.functional
        losses = {
            "sparse_categorical_crossentropy": functions.cross_entropy,
            "bce": functions.binary_cross_entropy_with_logits,
            "mse": functions.mse_loss,
        }
        self.losses = [losses[name] for name in workload.losses]
        last = {"sparse_categorical_crossentropy": lambda a: torch.softmax(a, -1)}
        last["bce"] = torch.sigmoid
        self.last = [last.get(name, lambda a: a) for name in workload.losses]

    def first(self) -> None:
        model = self.make()
        self.load(model, self.weights)
        learnt = [one for one in model.parameters() if one.requires_grad]
        chosen = self.torch.optim.Adam if self.adam else self.torch.optim.SGD
        self.optimizer = chosen(learnt, lr=1e-3 if self.adam else 1e-2)
        self.model = self.torch.compile(model) if self.compiled else model
        self.model.train()
        self._epoch(self.torch.arange(FIRST_STEPS * self.batch))

    def _epoch(self, order: Any) -> float:
        summed = self.torch.zeros(())
        for index in order.split(self.batch):
            self.optimizer.zero_grad()
            loss = self._loss([one[index] for one in self.x], [one[index] for one in self.y])
            loss.backward()
            self.optimizer.step()
            summed += loss.detach()
        return float(summed) * self.batch / len(order)

    def _outputs(self, x: Any) -> Any:
        found = self.model(*x)
        return found if isinstance(found, tuple) else (found,)

    def _loss(self, x: Any, y: Any) -> Any:
        found = self._outputs(x)
        return sum(loss(out, target) for loss, out, target in zip(self.losses, found, y))

    def train(self, epochs: int, shuffle: bool = True) -> float:
        self.model.train()
        rows, torch = len(self.x[0]), self.torch
        for _ in range(epochs):
            found = self._epoch(torch.randperm(rows) if shuffle else torch.arange(rows))
        return found

    def evaluate(self) -> float:
        self.model.eval()
        with self.torch.no_grad():
            found = [
                self._loss(
                    *([one[at : at + self.batch] for one in part] for part in (self.x, self.y))
                )
                for _ in range(EVALUATED_EPOCHS)
                for at in range(0, len(self.x[0]), self.batch)
            ]
        return float(sum(found)) / len(found)

    def _answer(self, x: Any) -> Any:
        return [last(one) for last, one in zip(self.last, self._outputs(x))]

    def predict(self) -> Any:
        self.model.eval()
        with self.torch.no_grad():
            found = [
                self._answer([one[at : at + self.batch] for one in self.x])
                for _ in range(EVALUATED_EPOCHS)
                for at in range(0, len(self.x[0]), self.batch)
            ]
        return [self.torch.cat(parts).numpy() for parts in zip(*found)]

    def predict_one(self) -> Any:
        self.model.eval()
        with self.torch.no_grad():
            return [one.numpy() for one in self._answer([a[:1] for a in self.x])]


def _jax_loss(name: str, y: Any, found: Any) -> Any:
    import jax.numpy as jnp
    import optax

    if name == "mse":
        return jnp.mean(jnp.square(y - found))
    if name == "bce":
        return optax.sigmoid_binary_cross_entropy(found, y).mean()
    return optax.softmax_cross_entropy_with_integer_labels(found, y).mean()


def _one_or_all(parts: list[Any]) -> Any:
    return parts if len(parts) > 1 else parts[0]


def _rows(part: Any, rows: slice) -> Any:
    return [one[rows] for one in part] if isinstance(part, list) else part[rows]


def _channels_first(x: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.moveaxis(x, -1, 1)) if x.ndim == 4 else x


def _torch_dtype(y: np.ndarray) -> str:
    return "int64" if y.dtype.kind == "i" else "float32"


# Name, what must be installed, and the environment of its process.
PEERS: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "lamella": (("lamella",), {}),
    "keras-jax": (("keras",), {"KERAS_BACKEND": "jax"}),
    "keras-tensorflow": (("keras", "tensorflow"), {"KERAS_BACKEND": "tensorflow"}),
    "keras-torch": (("keras", "torch"), {"KERAS_BACKEND": "torch"}),
    "torch": (("torch",), {}),
    "torch-compile": (("torch",), {}),
    "plain-jax": (("jax", "optax"), {}),
}


def missing(name: str) -> list[str]:
    """What is not installed of what a peer needs."""
    return [one for one in PEERS[name][0] if importlib.util.find_spec(one) is None]


def make(name: str, workload: str, weights: list[np.ndarray]) -> Peer:
    """A peer in this process, which must have the peer's environment."""
    chosen = ALL[workload]
    if name == "plain-jax":
        return PlainJax(chosen, weights)
    if name.startswith("torch"):
        return Torch(chosen, weights, name == "torch-compile")
    if name.startswith("keras"):
        os.environ.setdefault("KERAS_BACKEND", name.removeprefix("keras-"))
        return KerasApi("keras", chosen, weights)
    return KerasApi("lamella", chosen, weights)
