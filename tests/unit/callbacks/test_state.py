"""What callbacks know goes from one run to the next."""

from __future__ import annotations

import json
import math
import struct
from collections import defaultdict, deque
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest

from lamella import callbacks, optimizers
from lamella._base.errors import InvalidArgument, InvalidData, WrongType
from lamella._state.variable import Variable
from lamella.callbacks.state import flatten, plain_copy, unflatten


def travelled(value: Any) -> Any:
    """As through a file: JSON text and bytes of arrays."""
    plain, arrays = flatten(value)
    assert all(type(array) is np.ndarray for array in arrays)
    text = json.dumps(plain, allow_nan=False)
    return unflatten(json.loads(text), arrays)


ODD_NAN = struct.unpack(">d", bytes.fromhex("fff8000000000123"))[0]
PLAIN = [
    None,
    True,
    0,
    10**30,
    -0.0,
    0.1 + 0.2,
    5e-324,
    math.inf,
    -math.inf,
    "a\n\ud83d",
    [],
    (),
    {},
    set(),
    [1, (2, [3.5, None]), {"a": (1,), 2: "b", (1, "c"): {True: []}, None: 1}],
    {"float": 1.0},
    {"dict": [[1, 2]]},
    [{"array": 0}],
    {(2, "x")},
]


@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_plain_values_come_back_equal_and_of_the_same_kind(value: Any) -> None:
    found = travelled(value)
    assert repr(found) == repr(value)
    assert found == value


def test_sets_come_back() -> None:
    value = {1, (2, "x"), "b", 0.5}
    found = travelled(value)
    assert type(found) is set
    assert found == value


def test_floats_come_back_to_the_bit() -> None:
    random = np.random.default_rng(0)
    bits = random.integers(0, 2**63, 200, dtype=np.uint64) * 2 + 1
    floats = [*bits.view(np.float64).tolist(), ODD_NAN, math.nan, -0.0]
    assert struct.pack(f"{len(floats)}d", *travelled(floats)) == struct.pack(
        f"{len(floats)}d", *floats
    )


def test_deques_keep_their_length() -> None:
    found = travelled(deque([1.5, 2.5], maxlen=2))
    found.append(3.5)
    assert found == deque([2.5, 3.5])


@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "bool", ml_dtypes.bfloat16])
def test_arrays_keep_kind_shape_and_values(dtype: Any) -> None:
    array = np.arange(6).reshape(3, 1, 2).astype(dtype)
    found = travelled({"a": [array, array[1, 0, 1], np.zeros((0, 3), dtype)]})["a"]
    assert [type(item) for item in found] == [np.ndarray, array.dtype.type, np.ndarray]
    assert found[0].tobytes() == array.tobytes()
    assert [item.shape for item in found] == [(3, 1, 2), (), (0, 3)]
    assert {item.dtype for item in found} == {array.dtype}


def test_jax_arrays_and_keys_come_back_as_such() -> None:
    array, key = travelled((jnp.ones((2,), jnp.bfloat16), jax.random.key(3)))
    assert isinstance(array, jax.Array)
    assert array.dtype == jnp.bfloat16
    assert jax.random.bits(key) == jax.random.bits(jax.random.key(3))


def test_what_is_not_plain_is_refused() -> None:
    for value in (print, object(), [np.array(["a"])], {1: {2: open}}, np.array([None])):
        with pytest.raises(WrongType, match="cannot hold"):
            flatten(value)
        assert not plain_copy(value)[0]
    endless: list[Any] = []
    endless.append(endless)
    assert not plain_copy(endless)[0]
    with pytest.raises(InvalidData, match="damaged"):
        unflatten({"code": "print(1)"}, [])


class Own(callbacks.Callback):
    def __init__(self, every: int = 2, offset: int = 1) -> None:
        super().__init__()
        self.every, self.offset = every, offset
        self.seen: Any = defaultdict(list)
        self.recent = deque([1.0], maxlen=3)
        self.function = print
        self.model_of_own = object()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.offset += self.every
        self.seen[epoch].append(self.offset)


def test_a_persons_callback_keeps_its_plain_attributes_and_takes_new_settings() -> None:
    first = Own()
    first.set_params({"epochs": 3})
    first.on_epoch_end(0)
    state = first.get_state()
    first.on_epoch_end(1)
    assert sorted(state) == ["offset", "recent", "seen"]
    second = Own(every=10)
    second.set_state(travelled(state))
    second.on_epoch_end(1)
    assert (second.every, second.offset) == (10, 13)
    assert second.seen == {0: [3], 1: [13]}
    assert second.seen[5] == []  # still a defaultdict


class Model:
    def __init__(self, rate: float = 0.5) -> None:
        self.optimizer = optimizers.SGD(rate)
        self.stop_training = False
        self.metrics: list[Any] = []
        self.weights = [np.zeros(2)]
        self.saved: list[str] = []
        self.history: Any = None

    def get_weights(self) -> list[Any]:
        return [weight.copy() for weight in self.weights]

    def set_weights(self, weights: list[Any]) -> None:
        self.weights = [weight.copy() for weight in weights]

    def save(self, path: str, overwrite: bool = True) -> None:
        self.saved.append(Path(path).name)


LOSSES = np.random.default_rng(3).random(12).round(2).tolist()
MADE: dict[str, Any] = {
    "stopping": lambda path: callbacks.EarlyStopping("loss", patience=3, restore_best_weights=True),
    "plateau": lambda path: callbacks.ReduceLROnPlateau("loss", patience=2, cooldown=1),
    "best": lambda path: callbacks.ModelCheckpoint(
        path / "{epoch}.keras", "loss", save_best_only=True
    ),
    "batches": lambda path: callbacks.ModelCheckpoint(path / "{epoch}-{batch}.keras", save_freq=7),
    "rate": lambda path: callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.7),
    "csv": lambda path: callbacks.CSVLogger(path / "log.csv"),
    "history": lambda path: callbacks.History(),
}


def epoch_of(told: Any, model: Model, epoch: int) -> None:
    model.weights = [np.full(2, float(epoch))]
    for batch in range(5):
        told.on_train_batch_begin(batch)
        told.on_train_batch_end(batch, {"loss": LOSSES[epoch]})
    told.on_epoch_end(epoch, {"loss": LOSSES[epoch], "mae": LOSSES[-epoch]})


def listed(path: Path, name: str, model: Model) -> Any:
    return callbacks.CallbackList([MADE[name](path)], model=model, epochs=12)


def outcome(told: Any, model: Model, epochs: int) -> Any:
    told.on_train_end({})
    return (
        epochs,
        model.stop_training,
        [weight.tolist() for weight in model.weights],
        float(model.optimizer.learning_rate),
        model.saved,
        told.get_state(),
        getattr(model.history, "history", None),
    )


def whole(path: Path, name: str) -> Any:
    model = Model()
    told = listed(path, name, model)
    told.on_train_begin()
    for epoch in range(12):
        told.on_epoch_begin(epoch)
        epoch_of(told, model, epoch)
        if model.stop_training:
            break
    return outcome(told, model, epoch)


def cut(path: Path, name: str, between: bool) -> Any:
    """The same, but after three epochs only the state is left, and the epoch after was lost."""
    model = Model()
    told = listed(path, name, model)
    told.on_train_begin()
    for epoch in range(3):
        told.on_epoch_begin(epoch)
        epoch_of(told, model, epoch)
    if not between:
        told.on_epoch_begin(3)
    state = json.dumps(flatten(told.get_state())[0]), flatten(told.get_state())[1]
    fresh = Model(float(model.optimizer.learning_rate))
    fresh.saved = list(model.saved)
    if between:
        told.on_epoch_begin(3)
    epoch_of(told, model, 3)

    told = listed(path, name, fresh)
    told.on_train_begin()
    if not between:
        rate = float(fresh.optimizer.learning_rate)
        told.on_epoch_begin(3)
        fresh.optimizer.learning_rate = rate  # the engine puts variables back after it
    told.set_state(unflatten(json.loads(state[0]), state[1]))
    for epoch in range(3, 12):
        if epoch > 3 or between:
            told.on_epoch_begin(epoch)
        epoch_of(told, fresh, epoch)
        if fresh.stop_training:
            break
    return outcome(told, fresh, epoch)


@pytest.mark.parametrize("between", [True, False])
@pytest.mark.parametrize("name", MADE)
def test_a_run_that_was_cut_ends_as_one_that_was_not(
    name: str, between: bool, tmp_path: Path
) -> None:
    wanted = whole(tmp_path, name)
    text = (tmp_path / "log.csv").read_bytes() if name == "csv" else b""
    found = cut(tmp_path, name, between)
    assert repr(found) == repr(wanted)
    if name == "csv":
        assert (tmp_path / "log.csv").read_bytes() == text
        assert len(text.splitlines()) == 13


def test_moving_averages_that_were_in_the_model_are_taken_out_again() -> None:
    def made(weight: float, average: float) -> tuple[Any, Any]:
        variable = Variable(weight)
        optimizer = optimizers.SGD(1.0, use_ema=True, ema_momentum=0.5)
        optimizer.apply([np.float32(0.0)], [variable])
        variable.assign(weight)
        optimizer.averages[0][1].assign(average)
        model = Model()
        model.optimizer = optimizer
        swap = callbacks.SwapEMAWeights(swap_on_epoch=True)
        swap.set_model(model)
        swap.set_params({"epochs": 9})
        return variable, swap

    variable, swap = made(1.0, 7.0)
    swap.on_epoch_begin(0)
    swap.on_epoch_end(0)
    assert float(variable) == 7.0
    state = travelled(swap.get_state())
    variable, swap = made(7.0, 1.0)  # as the variables were saved
    swap.set_state(state)
    swap.on_epoch_begin(1)
    assert float(variable) == 1.0


def test_states_find_their_callbacks_and_lost_ones_are_told_of() -> None:
    first = callbacks.CallbackList([Own(), callbacks.EarlyStopping(), Own()], add_progbar=True)
    first.callbacks[2].on_epoch_end(0)
    state = first.get_state()
    assert sorted(state) == ["EarlyStopping", "Own", "Own_1"]
    second = callbacks.CallbackList([callbacks.History(), Own(), Own()])
    with pytest.warns(UserWarning, match="had callbacks that this one has not: EarlyStopping"):
        second.set_state(state)
    assert [item.offset for item in second.callbacks[1:]] == [1, 3]


def test_a_backup_is_checked_at_once() -> None:
    backup = callbacks.BackupAndRestore(Path("runs"), 5)
    assert (backup.backup_dir, backup.save_freq) == ("runs", 5)
    assert not backup.wants_batches("train")
    for wrong in ({"backup_dir": ""}, {"save_freq": "batch"}, {"save_freq": 0}):
        with pytest.raises(InvalidArgument, match=r"backup_dir|save_freq"):
            callbacks.BackupAndRestore(**{"backup_dir": "runs", **wrong})
    with pytest.raises(WrongType, match="save_freq"):
        callbacks.BackupAndRestore("runs", save_freq=False)
