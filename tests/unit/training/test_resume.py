"""A run that was killed goes on to the bits of one that was never stopped."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lamella
from lamella import layers
from lamella._base.errors import InvalidData
from lamella.callbacks import BackupAndRestore, Callback

SCRIPT = Path(__file__).with_name("killed_run.py")


def run(folder: Path, result: Path, how: str, kill_after: float | None) -> bool:
    """Runs the program; whether it came to its end."""
    words = [sys.executable, str(SCRIPT), str(folder), str(result), how]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    if kill_after is not None:
        while process.stdout.readline().strip() not in ("ready", ""):
            pass
        time.sleep(kill_after)
        process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == 0


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("undisturbed")
    assert run(folder / "run", folder / "result.npz", "resume", None)
    return dict(np.load(folder / "result.npz"))


def same(found: Path, wanted: dict[str, Any], folder: Path) -> None:
    got = dict(np.load(found))
    assert sorted(got) == sorted(wanted)
    for name, value in wanted.items():
        assert np.array_equal(got[name], value, equal_nan=True), name
    lines = (folder / "history.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == list(range(len(wanted["epochs"])))


@pytest.mark.parametrize(
    "chain", [0, *(pytest.param(chain, marks=pytest.mark.slow) for chain in range(1, 5))]
)
def test_killed_twenty_times(chain: int, undisturbed: dict[str, Any], tmp_path: Path) -> None:
    """Five times four kills, at moments that nobody chose; what went on is killed again.

    The first four stand for the others but in the long run.
    """
    how = ("resume", "backup")[chain % 2]
    kills = attempt = 0
    folder, result = tmp_path / "run", tmp_path / "result.npz"
    while kills < 4:
        if not run(folder, result, how, random.uniform(0.0, 1.0)):
            kills += 1
            continue
        same(result, undisturbed, folder)  # it came to its end first: once more from the start
        attempt += 1
        folder = tmp_path / f"run{attempt}"
    assert run(folder, result, how, None)
    same(result, undisturbed, folder)


class Stop(Callback):
    """Fails, or presses Ctrl-C, after some batches of one epoch."""

    def __init__(self, epoch: int, batch: int, press: bool = False) -> None:
        super().__init__()
        self.epoch, self.batch, self.press, self.now = epoch, batch, press, 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.now = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if (self.now, batch) == (self.epoch, self.batch):
            if not self.press:
                raise OSError("the disk is gone")
            signal.raise_signal(signal.SIGINT)


class Seen(layers.Layer):
    """Keeps the first entries of all rows that it is called on."""

    mixes_rows = False

    def build(self, input_shape: Any) -> None:
        self.count = self.add_weight((64,), "zeros", trainable=False, name="count")

    def call(self, inputs: Any) -> Any:
        self.count.assign(self.count.value.at[inputs[:, 0].astype("int32")].add(1))
        return inputs


def made(seen: bool = False, seed: int = 3) -> Any:
    lamella.utils.set_random_seed(seed)
    parts = [layers.Dense(8, "relu"), layers.Dropout(0.5), layers.Dense(1)]
    model = lamella.Sequential([layers.Input((4,)), *([Seen()] if seen else []), *parts])
    model.compile(lamella.optimizers.Adam(0.01), "mse", metrics=["mae"])
    return model


def rows(count: int = 64) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).normal(size=(count, 4)).astype("float32")
    x[:, 0] = np.arange(count)
    return x, x[:, :1] * 0.1


def everything(model: Any) -> list[np.ndarray]:
    return [*model.get_weights(), *(one.numpy() for one in model.optimizer.variables)]


def equal(one: Any, other: Any) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(everything(one), everything(other)))


@pytest.mark.parametrize("freq", [1, 3, "epoch"])
def test_a_failure_within_an_epoch(freq: Any, tmp_path: Path) -> None:
    x, y = rows()
    whole = made(seen=True)
    wanted = whole.fit(x, y, batch_size=8, epochs=4, verbose=0)
    backup = BackupAndRestore(tmp_path, save_freq=freq)
    broken = made(seen=True)
    with pytest.raises(OSError, match="disk"):
        broken.fit(x, y, batch_size=8, epochs=4, verbose=0, callbacks=[backup, Stop(2, 4)])
    again = made(seen=True, seed=99)  # a new process need not have the seed
    told = [BackupAndRestore(tmp_path, save_freq=freq), Stop(-1, -1)]
    found = again.fit(x, y, batch_size=8, epochs=4, verbose=0, callbacks=told)
    assert equal(again, whole)
    assert found.history == wanted.history
    assert found.epoch == [0, 1, 2, 3]
    assert again.layers[0].count.numpy().tolist() == [4.0] * 64  # each row once an epoch
    assert not list(tmp_path.glob("checkpoint-*"))


def test_ctrl_c_leaves_a_model_and_a_checkpoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    x, y = rows()
    whole, stopped = made(), made()
    np.random.seed(5)
    whole.fit(x, y, batch_size=8, epochs=3, verbose=0)
    np.random.seed(5)
    with pytest.raises(KeyboardInterrupt) as caught:
        stopped.fit(
            x,
            y,
            batch_size=8,
            epochs=3,
            verbose=0,
            callbacks=[Stop(1, 2, press=True)],
            resume=tmp_path,
        )
    assert "Stopped after step 3 of epoch 2; the model is whole." in caught.value.__notes__[0]
    assert int(stopped.optimizer.iterations.value) == 8 + 3
    assert stopped.predict(x, verbose=0).shape == (64, 1)
    again = made(seed=99)
    with pytest.warns(UserWarning, match="had callbacks that this one has not: Stop"):
        again.fit(x, y, batch_size=8, epochs=3, verbose=2, resume=tmp_path)
    assert f"Going on from '{tmp_path}': epoch 2, step 4." in capsys.readouterr().out
    assert equal(again, whole)


def test_a_finished_run_is_not_repeated_and_can_be_longer(tmp_path: Path) -> None:
    x, y = rows()
    whole, parts = made(), made()
    np.random.seed(5)
    wanted = whole.fit(x, y, epochs=4, verbose=0)
    np.random.seed(5)
    parts.fit(x, y, epochs=2, verbose=0, resume=tmp_path)
    before = everything(parts)
    parts.fit(x, y, epochs=2, verbose=0, resume=tmp_path)
    assert all(np.array_equal(a, b) for a, b in zip(before, everything(parts)))
    again = made(seed=9)
    found = again.fit(x, y, epochs=4, verbose=0, resume=tmp_path)
    assert equal(again, whole) and found.history == wanted.history


def test_what_the_folder_holds(tmp_path: Path) -> None:
    x, y = rows()
    for epochs in range(1, 6):
        made().fit(x, y, epochs=epochs, verbose=0, resume=tmp_path / "run")
    names = sorted(path.name for path in (tmp_path / "run").iterdir())
    assert names == [
        *(f"checkpoint-{epoch:05d}-00000000.safetensors" for epoch in (3, 4, 5)),
        *("config.json", "environment.json", "history.jsonl"),
    ]
    said = json.loads((tmp_path / "run" / "config.json").read_text())
    assert said["fit"]["epochs"] == 5 and said["model"]["class_name"] == "Sequential"
    lines = (tmp_path / "run" / "history.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [0, 1, 2, 3, 4]
    assert set(json.loads(lines[0])) == {"epoch", "loss", "mae"}


def test_a_damaged_checkpoint_falls_back_to_the_one_before(tmp_path: Path) -> None:
    x, y = rows()
    for epochs in (1, 2):
        made().fit(x, y, epochs=epochs, verbose=0, resume=tmp_path)
    newest = max(tmp_path.glob("checkpoint-*"))
    newest.write_bytes(newest.read_bytes()[:-9])
    whole = made()
    whole.fit(x, y, epochs=2, verbose=0)
    again = made(seed=8)
    with pytest.warns(UserWarning, match="An older checkpoint is tried"):
        again.fit(x, y, epochs=2, verbose=0, resume=tmp_path)
    assert equal(again, whole)


def test_another_model_or_other_data_are_refused(tmp_path: Path) -> None:
    x, y = rows()
    backup = BackupAndRestore(tmp_path, save_freq=1)
    with pytest.raises(OSError):
        made().fit(x, y, batch_size=8, verbose=0, callbacks=[backup, Stop(0, 3)])
    with pytest.raises(InvalidData, match="of another model or optimizer"):
        made(seen=True).fit(x, y, batch_size=8, verbose=0, resume=tmp_path)
    with pytest.raises(InvalidData, match=r"64 rows in batches of 8\. Received: 32 rows"):
        made().fit(x[:32], y[:32], batch_size=8, verbose=0, resume=tmp_path)


def test_another_environment_is_told_of(tmp_path: Path) -> None:
    x, y = rows()
    made().fit(x, y, verbose=0, resume=tmp_path)
    path = tmp_path / "environment.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "jax": "0.0.1"}))
    with pytest.warns(UserWarning, match="another environment: jax 0.0.1 -> "):
        made().fit(x, y, epochs=2, verbose=0, resume=tmp_path)


def test_frozen_layers_stay_frozen(tmp_path: Path) -> None:
    x, y = rows()

    class Freeze(Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if epoch == 0:
                self.model.layers[0].trainable = False

    whole = made()
    whole.fit(x, y, epochs=3, verbose=0, callbacks=[Freeze()])
    made().fit(x, y, epochs=1, verbose=0, callbacks=[Freeze()], resume=tmp_path)
    again = made(seed=7)
    again.fit(x, y, epochs=3, verbose=0, callbacks=[Freeze()], resume=tmp_path)
    assert equal(again, whole)


def test_a_checkpoint_that_cannot_be_written_does_not_end_training(tmp_path: Path) -> None:
    x, y = rows()

    class Gone(Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            for path in tmp_path.iterdir():
                path.unlink()
            tmp_path.rmdir()

    with pytest.warns(UserWarning, match="A checkpoint could not be written"):
        made().fit(x, y, verbose=0, callbacks=[Gone()], resume=tmp_path)


def numbered(kind: str) -> Any:
    """A source of batches of eight rows in a random order; the same for each run."""
    x, y = rows()

    class Numbered(lamella.utils.PyDataset):
        def __len__(self) -> int:
            return 8

        def __getitem__(self, index: int) -> Any:
            part = slice(index * 8, index * 8 + 8)
            return x[part] + np.float32(1e-3 * np.random.random()), y[part]

    class Again:
        def __iter__(self) -> Any:
            for index in np.random.permutation(8):
                yield Numbered()[index]

    def endless() -> Any:
        while True:
            yield from Again()

    return {"dataset": Numbered, "iterable": Again, "generator": endless}[kind]()


@pytest.mark.parametrize("place", [(0, 3), (1, 0), (2, 5)])
@pytest.mark.parametrize("kind", ["dataset", "iterable", "generator"])
def test_streams_go_on_at_the_batch(kind: str, place: tuple[int, int], tmp_path: Path) -> None:
    settings: dict[str, Any] = {"epochs": 4, "verbose": 0}
    if kind == "generator":
        settings["steps_per_epoch"] = 6
    if kind == "generator" and place == (2, 5):
        settings["validation_data"], settings["validation_steps"] = numbered(kind), 3
    whole = made()
    wanted = whole.fit(numbered(kind), **settings)
    if "validation_data" in settings:
        settings["validation_data"] = numbered(kind)
    broken = made()
    backup = BackupAndRestore(tmp_path, save_freq=2)
    with pytest.raises(OSError, match="disk"):
        broken.fit(numbered(kind), callbacks=[backup, Stop(*place)], **settings)
    if "validation_data" in settings:
        settings["validation_data"] = numbered(kind)
    again = made(seed=99)
    told = [BackupAndRestore(tmp_path, save_freq=2), Stop(-1, -1)]
    found = again.fit(numbered(kind), callbacks=told, **settings)
    assert found.history == wanted.history
    assert equal(again, whole)


def test_rows_from_a_file_larger_than_memory(tmp_path: Path) -> None:
    x, y = rows()
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lamella.data.host.STREAMS_ABOVE_BYTES", 8)
        whole, broken, again = made(), made(), made()
        np.random.seed(5)
        wanted = whole.fit(x, y, batch_size=10, epochs=3, verbose=0)
        np.random.seed(5)
        with pytest.raises(OSError, match="disk"):
            told = [BackupAndRestore(tmp_path / "run", save_freq=2), Stop(1, 4)]
            broken.fit(mapped, y, batch_size=10, epochs=3, verbose=0, callbacks=told)
        told = [BackupAndRestore(tmp_path / "run", save_freq=2), Stop(-1, -1)]
        found = again.fit(mapped, y, batch_size=10, epochs=3, verbose=0, callbacks=told)
        predicted = again.predict(mapped, batch_size=10, verbose=0)
    assert found.history == wanted.history
    assert equal(again, whole)
    np.testing.assert_array_equal(predicted, whole.predict(x, batch_size=10, verbose=0))
