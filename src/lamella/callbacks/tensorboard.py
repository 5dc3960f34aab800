"""TensorBoard: curves, histograms and graphs of a run for TensorBoard's pages."""

import os
import time
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from lamella._base import InvalidArgument, UnknownName, check, near_miss, register, warn_person
from lamella.callbacks.base import Callback, Phase
from lamella.callbacks.event_file import EventFile
from lamella.layers import Embedding


@register("callback", module="keras.callbacks")
@dataclass(eq=False, repr=False)
class TensorBoard(Callback):
    """Writes what TensorBoard shows: run `tensorboard --logdir logs`. TensorFlow is not needed.

    Args:
        log_dir: the folder; "train" and "validation" are made in it.
        histogram_freq: after how many epochs to write histograms of the weights, 0 for never.
        write_graph: whether to write the graph of a Sequential or Functional model.
        write_images: whether to write weights as pictures too, whenever histograms are written.
        write_steps_per_second: whether to write the speed.
        update_freq: "epoch", or after how many batches to write the losses and metrics so far;
            "batch" means 1. Training comes back to Python after every batch then.
        profile_batch: the number of a batch (the first is 1), or the first and last, in which to
            record where time goes; 0 for none.
        embeddings_freq: after how many epochs to write the tables of Embedding layers, 0 for never.
        embeddings_metadata: a file that names the rows, or a dictionary of them by layer name.

    Raises: InvalidArgument for an update_freq or profile_batch that cannot be; UnknownName for a
        layer in embeddings_metadata that is no Embedding of the model.

    Example:
        >>> TensorBoard("logs/first", histogram_freq=1).wants_batches("train")
        False
    """

    writes_files = True

    log_dir: str | os.PathLike[str] = "logs"
    histogram_freq: int = 0
    write_graph: bool = True
    write_images: bool = False
    write_steps_per_second: bool = False
    update_freq: str | int = "epoch"
    profile_batch: int | str | tuple[int, int] = 0
    embeddings_freq: int = 0
    embeddings_metadata: str | dict[str, str] | None = None

    def __post_init__(self) -> None:
        self.log_dir = os.fspath(self.log_dir)
        known = {"epoch": 0, "batch": 1}
        self._every = (
            known[check.one_of(self.update_freq, list(known), "update_freq")]
            if isinstance(self.update_freq, str)
            else check.positive_int(self.update_freq, "update_freq")
        )
        self._profiled = _range(self.profile_batch)
        self._tracing = False
        self._batches = 0
        self._epoch_started = self._batch_started = 0.0
        self._iterations_before = 0
        self._train = EventFile(os.path.join(self.log_dir, "train"))
        self._validation = EventFile(os.path.join(self.log_dir, "validation"))

    def wants_batches(self, phase: Phase) -> bool:
        return phase == "train" and bool(self._every or self._profiled)

    def get_state(self) -> dict[str, Any]:
        """The number of batches so far. A run that goes on writes files of its own."""
        return {"_batches": self._batches}

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        self._train = EventFile(self._train.folder)
        self._validation = EventFile(self._validation.folder)
        kinds = [kind.__name__ for kind in type(model).__mro__]
        if self.write_graph and ("Sequential" in kinds or "Functional" in kinds):
            try:
                self._train.model("keras", model.to_json(), 0)
            except Exception as cause:
                warn_person(f"TensorBoard gets no graph of '{model.name}': {cause}")
        if self.embeddings_freq:
            self._describe_embeddings()

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._batches = 0

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._stop_trace()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._iterations_before = self._iterations()
        self._epoch_started = time.perf_counter()

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._batches += 1
        self._batch_started = time.perf_counter()
        if self._profiled and self._batches == self._profiled[0]:
            self._start_trace()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self._profiled and self._batches >= self._profiled[1]:
            self._stop_trace()
        if not self._every or self._batches % self._every:
            return
        found = dict(logs or {})
        if self.write_steps_per_second:
            found["steps_per_second"] = 1 / (time.perf_counter() - self._batch_started)
        _write_all(self._train, "batch_{}", found, self._batches)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        values = logs if logs and self.model.optimizer is not None else {}
        _write_all(self._validation, "evaluation_{}_vs_iterations", values, self._iterations())

    def _iterations(self) -> int:
        return 0 if self.model.optimizer is None else int(self.model.optimizer.iterations)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        logs = logs or {}
        train = {name: value for name, value in logs.items() if not name.startswith("val_")}
        if self.model.optimizer is not None:
            train["learning_rate"] = float(self.model.optimizer.learning_rate)
        if self.write_steps_per_second:
            done = self._iterations() - self._iterations_before
            train["steps_per_second"] = done / (time.perf_counter() - self._epoch_started)
        _write_all(self._train, "epoch_{}", train, epoch)
        validation = {name[4:]: logs[name] for name in logs if name.startswith("val_")}
        _write_all(self._validation, "epoch_{}", validation, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            for layer in self._embeddings():
                path = os.path.join(self.log_dir, _table_of(layer))
                np.savetxt(path, np.asarray(layer.embeddings, np.float32), delimiter="\t")

    def _write_weights(self, epoch: int) -> None:
        for weight in (weight for layer in self.model.layers for weight in layer.weights):
            values = np.asarray(weight.value, np.float32)
            name = weight.path.replace(":", "_")
            self._train.histogram(f"{name}/histogram", values, epoch)
            images = _as_images(values)
            if self.write_images and images is not None:
                self._train.images(f"{name}/image", images, epoch)

    def _embeddings(self) -> list[Any]:
        return [layer for layer in self.model.layers if isinstance(layer, Embedding)]

    def _describe_embeddings(self) -> None:
        given = self.embeddings_metadata or {}
        names = [layer.name for layer in self._embeddings()]
        for name in given if isinstance(given, dict) else ():
            if name not in names:
                raise UnknownName(
                    f"embeddings_metadata of TensorBoard names '{name}', which is no Embedding of "
                    f"this model. {near_miss(name, names)}".rstrip(),
                    help=f"It has {', '.join(names) or 'none'}.",
                )
        text = ""
        for layer in self._embeddings():
            rows = given.get(layer.name) if isinstance(given, dict) else given
            text += f'embeddings {{\n  tensor_name: "{layer.name}"\n'
            text += f'  tensor_path: "{_table_of(layer)}"\n'
            text += f'  metadata_path: "{rows}"\n}}\n' if rows else "}\n"
        os.makedirs(self.log_dir, exist_ok=True)
        with open(os.path.join(self.log_dir, "projector_config.pbtxt"), "w") as file:
            file.write(text)

    def _start_trace(self) -> None:
        try:
            jax.profiler.start_trace(self._train.folder)
            self._tracing = True
        except RuntimeError as cause:
            warn_person(f"TensorBoard records no profile: {cause}")

    def _stop_trace(self) -> None:
        if self._tracing:
            jax.block_until_ready([weight.value for weight in self.model.weights])
            jax.profiler.stop_trace()
        self._tracing = False


def _write_all(file: EventFile, tag: str, values: dict[str, Any], step: int) -> None:
    for name, value in values.items():
        if np.ndim(value) == 0:
            file.scalar(tag.format(name), float(value), step)


def _table_of(layer: Any) -> str:
    return f"embedding_{layer.name}.tsv"


def _as_images(values: np.ndarray) -> np.ndarray | None:
    """A bias as one line, a kernel as one picture or one for each channel, None if that fails."""
    values = np.squeeze(values)
    if values.ndim == 1:
        values = values[None, :, None, None]
    elif values.ndim == 2:
        values = (values.T if values.shape[0] > values.shape[1] else values)[None, :, :, None]
    elif values.ndim == 3:
        values = values.transpose(2, 0, 1)[..., None]
    fits = values.ndim == 4 and values.shape[-1] in (1, 3, 4) and values.size
    return values if fits else None


def _range(profile_batch: Any) -> tuple[int, int] | None:
    """The first and the last batch to profile."""
    try:
        given = profile_batch.split(",") if isinstance(profile_batch, str) else profile_batch
        ends = [int(end) for end in (given if isinstance(given, (list, tuple)) else [given])]
        first, last = ends if len(ends) == 2 else ends * 2
    except (TypeError, ValueError):
        first, last = -1, -1
    if first < 0 or last < first:
        raise InvalidArgument(
            "Argument `profile_batch` of TensorBoard must be the number of a batch or the first "
            f"and last one. Received: {profile_batch!r}.",
            help="Pass for example profile_batch=5 or profile_batch=(10, 20).",
        )
    return (first, last) if last else None
