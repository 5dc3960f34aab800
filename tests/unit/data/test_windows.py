"""Windows of a time series: beside windows cut by hand, and beside the checks of Keras."""

from __future__ import annotations

import itertools
from typing import Any

import keras as oracle
import numpy as np
import pytest

import lamella as keras
from lamella import LamellaError
from lamella.utils import timeseries_dataset_from_array as windows_of

SERIES = np.random.default_rng(0).normal(size=(40, 2)).astype("float32")
TARGETS = np.arange(40)


def by_hand(length: int, stride: int, rate: int, start: int, end: int) -> list[int]:
    """The first steps of all windows whose steps lie in start..end-1."""
    return [
        first
        for first in range(start, end, stride)
        if all(first + number * rate < end for number in range(length))
    ]


@pytest.mark.parametrize(
    ("length", "stride", "rate", "start", "end"),
    [*itertools.product((1, 5), (1, 3), (1, 4), (None, 7), (None, 30))],
)
def test_windows_are_those_cut_by_hand(
    length: int, stride: int, rate: int, start: int | None, end: int | None
) -> None:
    got = windows_of(
        SERIES, TARGETS, length, stride, rate, batch_size=4, start_index=start, end_index=end
    )
    firsts = by_hand(length, stride, rate, start or 0, end or 40)
    batches = list(got)
    assert len(got) == len(batches) == -(-len(firsts) // 4)
    x, y = (np.concatenate(parts) for parts in zip(*batches))
    np.testing.assert_array_equal(y, firsts)
    for window, first in zip(x, firsts, strict=True):
        np.testing.assert_array_equal(window, [SERIES[first + n * rate] for n in range(length)])


def test_without_targets_and_without_batches() -> None:
    windows = windows_of(SERIES, None, 3, batch_size=None)
    assert len(windows) == 38
    np.testing.assert_array_equal(next(iter(windows)), SERIES[:3])
    x, y = next(iter(windows_of(SERIES, TARGETS, 3, batch_size=None, start_index=2)))
    assert x.shape == (3, 2) and y == 2 and np.shape(y) == ()


def test_windows_without_a_target_are_left_out() -> None:
    ((x, y),) = windows_of(SERIES, TARGETS[:5], 3, start_index=2)
    assert y.tolist() == [2, 3, 4] and len(x) == 3


def test_a_seed_gives_new_orders_that_come_again() -> None:
    def orders(seed: int) -> list[list[int]]:
        windows = windows_of(SERIES, TARGETS, 3, shuffle=True, seed=seed, batch_size=8)
        return [np.concatenate([y for _, y in windows]).tolist() for _ in range(3)]

    first, second, third = orders(1)
    assert first != second != third != first
    assert sorted(first) == sorted(second) == list(range(38))
    assert orders(1) == [first, second, third] != orders(2)


@pytest.mark.parametrize(
    "bad",
    [
        {"sequence_stride": 0},
        {"sequence_stride": 40},
        {"sampling_rate": 0},
        {"sampling_rate": 40},
        {"start_index": -1},
        {"start_index": 40},
        {"end_index": -2},
        {"end_index": 40},
        {"start_index": 5, "end_index": 5},
        {"format": "x"},
    ],
)
def test_what_keras_refuses_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must be|should be"):
        oracle.utils.timeseries_dataset_from_array(SERIES, None, 3, **{"format": "grain"} | bad)
    with pytest.raises(LamellaError) as caught:
        windows_of(SERIES, None, 3, **bad)
    assert [*bad][-1] in str(caught.value)


@pytest.mark.parametrize("bad", [{"sequence_length": 41}, {"start_index": 39}, {"end_index": 2}])
def test_no_window_at_all_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(LamellaError, match="No window fits"):
        windows_of(SERIES, None, **{"sequence_length": 3} | bad)


def model() -> Any:
    made = keras.Sequential(
        [keras.Input((4, 2)), keras.layers.Flatten(), keras.layers.Dense(1, "tanh")]
    )
    made.compile(keras.optimizers.SGD(0.01), "mse")
    return made


def test_fit_evaluate_and_predict_take_windows() -> None:
    windows = windows_of(SERIES, TARGETS / 40, 4, batch_size=8)
    made = model()
    kept = made.get_weights()
    history = made.fit(windows, epochs=2, validation_data=windows, shuffle=True, verbose=0)
    assert len(history.epoch) == 2
    by_arrays = model()
    by_arrays.set_weights(kept)
    x, y = (np.concatenate(parts) for parts in zip(*windows))
    by_arrays.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    for one, other in zip(made.get_weights(), by_arrays.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    assert made.predict(windows, verbose=0).shape == (37, 1)
    assert np.isfinite(made.evaluate(windows, verbose=0))


class Stops(keras.callbacks.Callback):
    """Breaks the run off before an epoch, as a kill would."""

    def __init__(self, epoch: int, batch: int | None) -> None:
        super().__init__()
        self.place = epoch, batch
        self.epoch = 0

    def get_state(self) -> dict[str, Any]:
        return {}

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch
        if (epoch, None) == self.place:
            raise KeyboardInterrupt

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if (self.epoch, batch) == self.place:
            raise KeyboardInterrupt


@pytest.mark.parametrize("place", [(0, 2), (1, None), (2, None), (2, 2)])
@pytest.mark.parametrize("steps", [None, 3])
def test_a_run_that_goes_on_has_the_orders_of_one_that_was_not_stopped(
    tmp_path: Any, place: tuple[int, int | None], steps: int | None
) -> None:
    start = model().get_weights()

    def run(folder: str, stops: Any) -> list[np.ndarray]:
        made = model()
        made.set_weights(start)
        windows = windows_of(SERIES, TARGETS / 40, 4, batch_size=7, shuffle=True, seed=3)
        backup = keras.callbacks.BackupAndRestore(
            str(tmp_path / folder), save_freq=1, delete_checkpoint=False
        )
        made.fit(windows, epochs=4, steps_per_epoch=steps, callbacks=[backup, stops], verbose=0)
        return made.get_weights()

    whole = run("whole", Stops(-1, None))
    with pytest.raises(KeyboardInterrupt):
        run("cut", Stops(*place))
    for one, other in zip(run("cut", Stops(-1, None)), whole, strict=True):
        np.testing.assert_array_equal(one, other)
