"""What callbacks decide from logs, against Keras on JAX."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from lamella import callbacks, optimizers
from lamella._base.errors import InvalidArgument, InvalidData, UnknownName, WrongType
from lamella._base.old_spellings import OldSpellingWarning, forget

# Keras's own variables have not met NumPy 2's `copy` argument.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")


class Model:
    """What callbacks need of a model, with the epoch as its only weight."""

    def __init__(self, optimizer: Any) -> None:
        self.optimizer = optimizer
        self.stop_training = False
        self.metrics: list[Any] = []
        self.weight = -1
        self.saved: list[tuple[str, str]] = []

    def get_weights(self) -> list[Any]:
        return [self.weight]

    def set_weights(self, weights: list[Any]) -> None:
        self.weight = weights[0]

    def save(self, path: str, overwrite: bool = True) -> None:
        self.saved.append(("model", Path(path).name))

    def save_weights(self, path: str, overwrite: bool = True) -> None:
        self.saved.append(("weights", Path(path).name))


def drive(library: Any, optimizer: Any, callback: Any, sequence: list[dict[str, Any]]) -> Model:
    """One run of `fit` over given logs."""
    model = Model(optimizer)
    listed = callback if isinstance(callback, list) else [callback]
    told = library.CallbackList(listed, model=model, epochs=len(sequence), verbose=0)
    told.on_train_begin()
    logs: dict[str, Any] = {}
    for epoch, values in enumerate(sequence):
        model.weight = epoch
        logs = dict(values)
        told.on_epoch_begin(epoch)
        for batch in range(3):
            told.on_train_batch_begin(batch)
            told.on_train_batch_end(batch, {"loss": values.get("loss", 0.0)})
        told.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    told.on_train_end(logs)
    return model


def both(name: str, options: dict[str, Any], sequence: list[dict[str, Any]]) -> tuple[Any, ...]:
    ours = getattr(callbacks, name)(**options)
    theirs = getattr(keras.callbacks, name)(**options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return (
            ours,
            theirs,
            drive(callbacks, optimizers.SGD(0.5), ours, sequence),
            drive(keras.callbacks, keras.optimizers.SGD(0.5), theirs, sequence),
        )


def values(seed: int, name: str, count: int = 14) -> list[dict[str, Any]]:
    random = np.random.default_rng(seed)
    return [{"loss": float(x), name: float(x)} for x in random.random(count).round(1)]


STOPPING: list[dict[str, Any]] = [
    {},
    {"patience": 2},
    {"patience": 2, "min_delta": 0.15},
    {"patience": 3, "mode": "max"},
    {"patience": 1, "baseline": 0.2},
    {"patience": 2, "restore_best_weights": True},
    {"patience": 1, "start_from_epoch": 4, "restore_best_weights": True},
]


@pytest.mark.parametrize("options", STOPPING, ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_early_stopping_stops_where_keras_stops(options: dict[str, Any], seed: int) -> None:
    ours, theirs, model, wanted = both("EarlyStopping", options, values(seed, "val_loss"))
    assert ours.stopped_epoch == theirs.stopped_epoch
    assert ours.best_epoch == theirs.best_epoch
    assert (model.stop_training, model.weight) == (wanted.stop_training, wanted.weight)


PLATEAU: list[dict[str, Any]] = [
    {"patience": 1},
    {"patience": 2, "factor": 0.5, "min_lr": 0.2},
    {"patience": 1, "cooldown": 2, "factor": 0.7},
    {"patience": 1, "min_delta": 0.2, "mode": "max"},
]


@pytest.mark.parametrize("options", PLATEAU, ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_plateaus_lower_the_rate_as_in_keras(options: dict[str, Any], seed: int) -> None:
    sequence = values(seed, "val_loss")
    _, _, model, wanted = both("ReduceLROnPlateau", options, sequence)
    assert float(model.optimizer.learning_rate) == pytest.approx(
        float(wanted.optimizer.learning_rate)
    )


CHECKPOINTS: list[dict[str, Any]] = [
    {"filepath": "m.keras"},
    {"filepath": "m-{epoch:02d}-{val_loss:.2f}.keras", "save_best_only": True},
    {"filepath": "m{epoch}.weights.h5", "save_weights_only": True, "mode": "max"},
    {"filepath": "m.keras", "save_best_only": True, "initial_value_threshold": 0.3},
    {"filepath": "m-{epoch}-{batch}.keras", "save_freq": 4},
]


@pytest.mark.parametrize("options", CHECKPOINTS, ids=str)
def test_checkpoints_are_saved_when_keras_saves_them(
    options: dict[str, Any], tmp_path: Path
) -> None:
    options = {**options, "filepath": str(tmp_path / "runs" / options["filepath"])}
    _, _, model, wanted = both("ModelCheckpoint", options, values(1, "val_loss"))
    assert model.saved == wanted.saved
    assert model.saved


def test_history_and_learning_rates_are_those_of_keras() -> None:
    def schedule(epoch: int, rate: float) -> float:
        return rate * 0.5 if epoch else rate

    sequence = values(0, "val_loss", 4)
    kept = []
    for library, optimizer in (
        (callbacks, optimizers.SGD(0.5)),
        (keras.callbacks, keras.optimizers.SGD(0.5)),
    ):
        history = library.History()
        scheduler = library.LearningRateScheduler(schedule)
        drive(library, optimizer, [scheduler, history], sequence)
        kept.append((history.history, history.epoch))
    assert kept[0] == kept[1]
    assert kept[0][0]["learning_rate"] == [0.5, 0.25, 0.125, 0.0625]


def test_csv_files_are_those_of_keras(tmp_path: Path) -> None:
    sequence = [{"loss": 0.5, "acc": 0.25}, {"loss": 0.25, "acc": 0.5, "val_loss": 1.0}]
    for library, optimizer in (
        (callbacks, optimizers.SGD()),
        (keras.callbacks, keras.optimizers.SGD()),
    ):
        path = str(tmp_path / f"{library.__name__}.csv")
        for append in (False, True):
            drive(library, optimizer, library.CSVLogger(path, append=append), sequence)
    ours = (tmp_path / f"{callbacks.__name__}.csv").read_text()
    theirs = (tmp_path / f"{keras.callbacks.__name__}.csv").read_text()
    assert ours.splitlines() == theirs.splitlines()
    assert ours.splitlines()[0] == "epoch,acc,loss,val_acc,val_loss"


def test_a_loss_that_is_not_a_number_ends_training() -> None:
    sequence = [{"loss": 1.0}, {"loss": float("nan")}, {"loss": 1.0}]
    model = drive(callbacks, optimizers.SGD(), callbacks.TerminateOnNaN(), sequence)
    assert model.stop_training
    assert model.weight == 1
    with pytest.raises(InvalidData, match="NaN"):
        drive(callbacks, optimizers.SGD(), callbacks.TerminateOnNaN(raise_error=True), sequence)


def test_a_name_that_no_log_has_is_refused_with_the_names_there_are() -> None:
    stopping = callbacks.EarlyStopping("val_acuracy", mode="max")
    logs = {"loss": 1.0, "val_accuracy": 0.5}
    with pytest.raises(UnknownName, match="among the logs: loss, val_accuracy"):
        drive(callbacks, optimizers.SGD(), stopping, [logs])
    with pytest.raises(UnknownName, match="Did you mean 'val_accuracy'"):
        drive(callbacks, optimizers.SGD(), stopping, [logs])


def test_validation_that_comes_every_few_epochs_only_warns() -> None:
    stopping = callbacks.EarlyStopping("val_loss", patience=1)
    with pytest.warns(UserWarning, match="validation_data"):
        model = drive(
            callbacks,
            optimizers.SGD(),
            stopping,
            [{"loss": 1.0}, {"loss": 1.0, "val_loss": 1.0}, {"loss": 1.0, "val_loss": 2.0}],
        )
    assert model.stop_training


def test_val_acc_finds_val_accuracy() -> None:
    stopping = callbacks.EarlyStopping("val_acc")
    sequence = [{"val_accuracy": 0.5}, {"val_accuracy": 0.75}, {"val_accuracy": 0.5}]
    forget()
    with pytest.warns(OldSpellingWarning, match="val_accuracy"):
        drive(callbacks, optimizers.SGD(), stopping, sequence)
    assert (stopping.best, stopping.stopped_epoch) == (0.75, 2)


def test_a_metric_without_a_known_direction_is_asked_for() -> None:
    with pytest.raises(InvalidArgument, match="mode"):
        drive(callbacks, optimizers.SGD(), callbacks.EarlyStopping("mine"), [{"mine": 1.0}] * 2)


def test_what_is_no_callback_is_refused() -> None:
    with pytest.raises(WrongType, match="parentheses"):
        callbacks.CallbackList([callbacks.EarlyStopping])
    with pytest.raises(WrongType, match="subclass"):
        callbacks.CallbackList([print])


def test_checkpoint_paths_are_checked_at_once() -> None:
    with pytest.raises(InvalidArgument, match="weights"):
        callbacks.ModelCheckpoint("m.keras", save_weights_only=True)
    with pytest.raises(InvalidArgument, match="save_freq"):
        callbacks.ModelCheckpoint("m.keras", save_freq="batch")
    saver = callbacks.ModelCheckpoint("{val_los:.2f}.keras")
    with pytest.raises(UnknownName, match="val_loss"):
        drive(callbacks, optimizers.SGD(), saver, [{"val_loss": 1.0}])


def test_moving_averages_are_in_the_model_while_it_is_evaluated() -> None:
    from lamella._state.variable import Variable

    variable = Variable(0.0)
    optimizer = optimizers.SGD(1.0, use_ema=True, ema_momentum=0.5)
    for gradient in (-1.0, -1.0):
        optimizer.apply([np.float32(gradient)], [variable])
    swap = callbacks.SwapEMAWeights()
    swap.set_model(Model(optimizer))
    swap.on_test_begin()
    assert float(variable) == 1.5
    swap.on_test_end()
    assert float(variable) == 2.0


@pytest.mark.parametrize("name", ["EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint"])
def test_every_callback_that_watches_refuses_a_name_that_cannot_come(
    name: str, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"monitor": "val_acuracy", "mode": "max"}
    if name == "ModelCheckpoint":
        options.update(filepath=tmp_path / "m.keras", save_best_only=True)
    watching = getattr(callbacks, name)(**options)
    logs = {"loss": 1.0, "val_accuracy": 0.5}
    with pytest.raises(UnknownName, match=f"{name} watches 'val_acuracy'"):
        drive(callbacks, optimizers.SGD(), watching, [logs])
    watching.monitor = "val_accuracy"
    with pytest.warns(UserWarning, match="validation_data"):  # it may be missing later
        drive(callbacks, optimizers.SGD(), watching, [logs, {"loss": 1.0}])


def test_plateaus_know_their_arguments() -> None:
    with pytest.raises(WrongType, match=r"`patince`\. Did you mean 'patience'"):
        callbacks.ReduceLROnPlateau(patince=3)
    forget()
    with pytest.warns(OldSpellingWarning, match="min_delta=0.5"):
        assert callbacks.ReduceLROnPlateau(epsilon=0.5).min_delta == 0.5


def test_checkpoints_need_a_number_of_batches_above_zero() -> None:
    with pytest.raises(InvalidArgument, match="save_freq"):
        callbacks.ModelCheckpoint("m.keras", save_freq=0)


def test_averages_stay_if_training_ends_early() -> None:
    from lamella._state.variable import Variable

    variable = Variable(0.0)
    optimizer = optimizers.SGD(1.0, use_ema=True, ema_momentum=0.5)
    for gradient in (-1.0, -1.0):
        optimizer.apply([np.float32(gradient)], [variable])
    model = Model(optimizer)
    model.stop_training = True
    swap = callbacks.SwapEMAWeights(swap_on_epoch=True)
    swap.set_model(model)
    swap.set_params({"epochs": 9})
    swap.on_epoch_begin(0)
    swap.on_epoch_end(0)
    optimizer.finalize_variable_values([variable])
    assert float(variable) == 1.5
