"""compile, fit, evaluate, predict and their relatives."""

import contextlib
import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from lamella import callbacks as callbacks_room
from lamella import losses as losses_room
from lamella import metrics as metrics_room
from lamella import optimizers
from lamella._base import InvalidArgument, InvalidData, check, drop_own_frames, warn_person
from lamella._base.old_spellings import understood
from lamella._base.serialize import deserialize, serialize
from lamella._lowering import native
from lamella._state.seeds import set_random_states
from lamella._training.compile import CompiledLoss, CompiledMetrics
from lamella._training.fitting import Fitting, first_batches, folder_of, origin_of
from lamella._training.last_layer import graph_of
from lamella._training.learning_rate import LearningRateCurve, find_learning_rate
from lamella._training.loop import Kind, Loop, batches_of
from lamella._training.loop import interrupt_at_the_edge as interruptible
from lamella._training.preparation import KnownProgram, Preparation
from lamella._training.quick import Prepared, keep, quick
from lamella._training.reports import Compile, CompileReport, Profile, profiled
from lamella.data import ArrayData, StreamData
from lamella.data.arrays import warn_nan


def public(method: Callable[..., Any]) -> Callable[..., Any]:
    """Leaves only the person's own lines in the traceback of an error; reads old arguments."""
    method = understood(method)

    @functools.wraps(method)
    def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except (Exception, KeyboardInterrupt) as error:
            raise drop_own_frames(error) from error.__cause__

    return wrapped


class Trainer(Preparation):
    """A layer that can be compiled, fitted, evaluated and asked for predictions."""

    def _init_trainer(self) -> None:
        self.compiled = False
        self.stop_training = False
        self.stop_evaluating = False
        self.stop_predicting = False
        self.optimizer = None
        self.loss: Any = None
        self.history: Any = None
        self.run_eagerly = False
        self.jit_compile = True
        self.steps_per_execution = 1
        self._loss_tracker = None
        self._compiled_loss = None
        self._compiled_metrics = None
        self._programs: dict[Any, Any] = {}
        self._known_programs: dict[str, KnownProgram] = {}
        self._shapes_of: dict[Any, tuple[Any, list[tuple]]] = {}
        self._prepared: dict[Any, Prepared] = {}
        self._compiles: list[Compile] = []
        self._compile_arguments: dict[str, Any] = {}

    _untracked = (
        *Preparation._untracked,
        *("_programs", "_known_programs", "_shapes_of", "_prepared", "_compiles"),
        *("_compile_arguments", "loss", "history"),
    )

    @public
    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Says how to train: weights stay as they are.

        Args:
            optimizer: a name or an object.
            loss: a name, an object or a function; for several outputs a list, or a dictionary by
                output name.
            loss_weights: a number, list or dictionary of shares in the total.
            metrics: a list of names, objects or functions, or a dictionary of lists by output name.
            weighted_metrics: the same, computed with sample weights.
            run_eagerly: whether steps run without being compiled, for looking into them.
            steps_per_execution: at least that many steps in one dispatch; lamella chooses itself.
            jit_compile: False runs eagerly.
            auto_scale_loss: whether losses of "mixed_float16" models are scaled.
        """
        made = optimizers.get(optimizer)
        if auto_scale_loss and self.dtype_policy.name == "mixed_float16" and made is not None:
            made = optimizers.LossScaleOptimizer(made)
        compiled_metrics = None
        if metrics is not None or weighted_metrics is not None:
            compiled_metrics = CompiledMetrics(metrics, weighted_metrics)
        check.positive_int(steps_per_execution, "steps_per_execution")
        _check_names(loss, metrics, weighted_metrics)
        self.optimizer = made
        self.loss = loss
        self._compiled_loss = None if loss is None else CompiledLoss(loss, loss_weights)
        self._compiled_metrics = compiled_metrics
        self._loss_tracker = metrics_room.Mean(name="loss")
        self.run_eagerly = bool(run_eagerly)
        self.jit_compile = jit_compile is not False
        self.steps_per_execution = steps_per_execution
        self.stop_training = False
        self.compiled = True
        self._forget_programs()
        self._shapes_of.clear()
        self._compile_arguments = {
            "optimizer": made,
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": self.run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": self.jit_compile,
        }

    def get_compile_config(self) -> dict[str, Any]:
        """What `compile` was told, as plain values."""
        return {key: serialize(value) for key, value in self._compile_arguments.items()}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles with what `get_compile_config` gave."""
        if type(self).compile is not Trainer.compile:
            warn_person(
                f"{self._who()} has a compile method of its own, which a file cannot call: call it "
                "before training goes on."
            )
            return
        self.compile(**deserialize(config))
        if self.built and self.optimizer is not None:
            self.optimizer.build(self.trainable_variables)

    @public
    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: str | int = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | list[int] = 1,
        resume: Any = None,
        debug_nans: bool = False,
        fast_dev_run: bool | int = False,
        overfit_batches: int = 0,
    ) -> Any:
        """Trains for a number of passes over the data.

        Args:
            x: inputs: an array, a list or dictionary of them, or a stream of batches.
            y: targets, in the structure of the outputs; part of the batches of a stream.
            batch_size: rows of one step, 32 by default.
            epochs: the number of the last pass.
            verbose: 0 silent, 1 a progress bar, 2 a line for each pass.
            callbacks: objects that are told of what happens.
            validation_split: share of the last rows that is kept for validation, 0 to 1.
            validation_data: (x, y) or (x, y, sample_weight), or a stream.
            shuffle: whether rows are in a new random order in each pass.
            class_weight: weights by class number.
            sample_weight: a weight for each row.
            initial_epoch: the number of passes that are done already.
            steps_per_epoch: steps of one pass, by default all of the data.
            validation_steps, validation_batch_size: the same for validation.
            validation_freq: after how many passes to validate, or which ones.
            resume: a folder for checkpoints, of which the last three are kept. A run that was
                killed goes on from there, to the bits of one that never stopped; the folder also
                has the history, one line of JSON for each pass, and what the run was.
            debug_nans: whether to stop with an error at the first number that is not finite; it
                names the layer, weight or row, and the weights are those from before that step.
            fast_dev_run: True or a number of batches: trains and validates on so few, once, without
                the callbacks that write files, to see whether everything works.
            overfit_batches: train on the first so many batches only, unshuffled, and validate on
                the same: a model that cannot learn them by heart has a mistake.

        Returns a History; its `history` has a list for each loss and metric.

        Raises: NotReady, if not compiled; InvalidData and InvalidShape before the first step.
        """
        self._require_compiled("fit")
        epochs = check.positive_int(epochs, "epochs")
        data = self._read(x, y, sample_weight, class_weight, shuffle=shuffle)
        validation = self._read_validation(validation_data)
        if validation_split and validation is None:
            if isinstance(data, StreamData):
                raise InvalidArgument(
                    "validation_split needs arrays; a stream has no last rows.",
                    help="Pass validation_data instead.",
                )
            check.fraction(validation_split, "validation_split")
            data, validation = data.split(validation_split)
        size = check.positive_int(batch_size or 32, "batch_size")
        if overfit_batches:
            data = validation = first_batches(data, overfit_batches, size)
            shuffle = False
        if fast_dev_run:
            epochs, steps_per_epoch = initial_epoch + 1, int(fast_dev_run)
            validation_steps, resume = steps_per_epoch, None
            callbacks = [one for one in jax.tree.leaves(callbacks) if not one.writes_files]
        steps, validated = _steps_of(data, size, steps_per_epoch), validation is not None
        told = self._heard_by(
            callbacks, verbose, steps, epochs=epochs, add_history=True, validation=validated
        )
        folder = folder_of(resume, told)
        kept = None if folder is None else folder.load()
        if kept is not None and isinstance(data, StreamData):
            set_random_states(origin_of(kept))  # the first batch is looked at now
        if self._prepare(data, "train") and shuffle and isinstance(data, ArrayData):
            # Keras draws an order when it looks at a first batch to build from. With the same
            # seed the rows shall come in the same order here.
            np.random.permutation(data.rows)
        self._check_validation(data, validation, split=validation_data is None)
        Fitting(
            self,
            data,
            validation,
            told,
            folder,
            batch_size=size,
            steps=steps_per_epoch,
            shuffle=shuffle,
            validation_batch_size=validation_batch_size or size,
            validation_steps=validation_steps,
            validates=functools.partial(_due, validation_freq),
            verbose=bool(verbose),
            debug_nans=debug_nans,
        ).run(initial_epoch, epochs, kept)
        return self.history

    @public
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """The loss and metrics on data, without training.

        Args: as in `fit`; `return_dict` gives the values by name instead of a list.
        """
        self._require_compiled("evaluate")
        data = self._read(x, y, sample_weight, steps_name="steps")
        size = check.positive_int(batch_size or 32, "batch_size")
        self._prepare(data, "test")
        told = self._heard_by(callbacks, verbose, _steps_of(data, size, steps))
        with contextlib.closing(told), interruptible() as pressed:

            def look() -> None:
                if pressed():
                    raise KeyboardInterrupt

            logs = self._tested(data, size, steps, told, look)
        return logs if return_dict else self._in_order(logs)

    @public
    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """The outputs for inputs, as NumPy arrays.

        Args: as in `fit`.
        """
        if verbose == 0 and callbacks is None and (found := quick(self, x, batch_size)) is not None:
            return found
        size = check.positive_int(batch_size or 32, "batch_size")
        data = self._read(x, steps_name="steps")
        if isinstance(data, ArrayData):
            warn_nan(data.glimpse().x, "x")
        self._prepare(data, "predict")
        told = self._heard_by(callbacks, verbose, _steps_of(data, size, steps))
        loop = Loop(self._program("predict"), "predict", told)
        at_once = 1 if steps is not None else loop.batches_at_once(data, size, graph_of(self))
        self.stop_predicting = False
        told.on_predict_begin()
        with contextlib.closing(told), interruptible() as pressed:

            def report(done: int) -> bool:
                told.progress("predict", done * at_once, {})
                if pressed():
                    raise KeyboardInterrupt
                return self.stop_predicting

            found = loop.outputs(batches_of(data, size * at_once, steps), report)
        loop.finish()
        told.on_predict_end()
        if not found:
            raise InvalidData("There was nothing to predict: the data gave no batch.")
        if isinstance(data, ArrayData) and data.rows <= size and not loop.has_written:
            keep(self, x, data.x, loop.program, loop.most)
        return jax.tree.map(lambda *parts: np.concatenate(parts), *found)

    def compile_report(self) -> CompileReport:
        """What was compiled for this model so far, how long it took, and why it was done again."""
        return CompileReport(self._compiles, native.said())

    @public
    def profile(
        self, x: Any, y: Any = None, batch_size: int = 32, sample_weight: Any = None
    ) -> Profile:
        """Times a training step: compiling against running, data against computing, each layer.

        The model, its optimizer and its random numbers stay as they are.

        Args:
            x, y, sample_weight: arrays, as in `fit`.
            batch_size: rows of a step.
        """
        self._require_compiled("profile")
        data = self._read(x, y, sample_weight)
        if isinstance(data, StreamData):
            raise InvalidArgument("profile needs arrays.", help="Pass some rows: x[:256], y[:256].")
        self._prepare(data, "train")
        return profiled(self, data, check.positive_int(batch_size, "batch_size"), repeats=10)

    @public
    def lr_find(self, x: Any = None, y: Any = None, **settings: Any) -> LearningRateCurve:
        """The loss at many learning rates, to choose one from; see `LearningRateCurve`.

        The model, its optimizer and all random numbers are the same to the bit afterwards.

        Args:
            x, y: as in `fit`.
            **settings: of `find_learning_rate`: batch_size, start_lr, end_lr, steps ...
        """
        return find_learning_rate(self, x, y, **settings)

    @public
    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """One update on one batch. Gives the loss and metrics of that batch, from before it."""
        return self._on_batch("train", return_dict, x, y, sample_weight, classes=class_weight)

    @public
    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """The loss and metrics of one batch."""
        return self._on_batch("test", return_dict, x, y, sample_weight)

    @public
    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for one batch, as NumPy arrays."""
        data = self._read(x)
        self._prepare(data, "predict")
        loop = Loop(self._program("predict"), "predict")
        found = loop.outputs(iter([data.on_device()]), None)
        loop.finish()
        return found[0]

    def _on_batch(self, kind: Kind, return_dict: bool, *given: Any, classes: Any = None) -> Any:
        self._require_compiled(f"{kind}_on_batch")
        data = self._read(*given)
        if classes is not None:  # one batch need not have all of them
            names = getattr(self, "output_names", None)
            data = data.with_class_weight(classes, names, warn=False)
        self._prepare(data, kind)
        loop = Loop(self._program(kind), kind, before=self.reset_metrics, live=kind == "train")
        logs = loop.dispatch_step(data.on_device())
        loop.finish()
        return logs if return_dict else self._in_order(logs)

    def _heard_by(self, callbacks: Any, verbose: Any, steps: int | None, **more: Any) -> Any:
        """The callbacks of a pass, told of it."""
        known = {"verbose": verbose, "epochs": 1, "steps": steps, **more}
        return callbacks_room.CallbackList(callbacks, model=self, **known)

    def _in_order(self, logs: dict[str, Any]) -> Any:
        """Logs as a list in Keras's order; a single value alone."""
        names = [name for name in self.metrics_names if name in logs]
        names += [name for name in sorted(logs) if name not in names]
        values = [logs[name] for name in names]
        return values[0] if len(values) == 1 else values


def _check_names(loss: Any, metrics: Any, weighted_metrics: Any) -> None:
    """Looks up every name now, so that a misspelt one is told of by compile and not by fit."""
    from_loss = jax.tree.leaves(
        loss, is_leaf=lambda one: isinstance(one, dict) and "class_name" in one
    )
    for name in from_loss:
        if isinstance(name, str) and name.lower() not in ("crossentropy", "ce"):
            losses_room.get(name)
    for name in jax.tree.leaves((metrics, weighted_metrics)):
        if isinstance(name, str) and name.lower() not in ("accuracy", "acc", "crossentropy", "ce"):
            metrics_room.get(name)


def _steps_of(data: Any, batch_size: int, steps: int | None) -> int | None:
    if steps is not None:
        return check.positive_int(steps, "steps")
    return data.steps if isinstance(data, StreamData) else -(-data.rows // batch_size)


def _due(frequency: int | list[int], epoch: int) -> bool:
    if isinstance(frequency, int):
        return (epoch + 1) % frequency == 0
    return epoch + 1 in frequency
