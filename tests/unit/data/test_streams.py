"""Streams give the same batches again and again, lose none, and say what is wrong with one."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from lamella import LamellaError
from lamella.data import ArrayData, StreamData, is_stream


def batch(number: int, rows: int = 2) -> tuple:
    return np.full((rows, 3), number, "float32"), np.full(rows, number)


class Again:
    """An iterable that starts again."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __iter__(self) -> Iterator:
        return (batch(number) for number in range(self.count))


class Sequence:
    """Without __iter__."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.asked: list[int] = []
        self.told: list[str] = []

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple:
        self.asked.append(index)
        return batch(index)

    def on_epoch_begin(self) -> None:
        self.told.append("begin")

    def on_epoch_end(self) -> None:
        self.told.append("end")


def seen(stream: StreamData, most: int | None = None, **kwargs: Any) -> list[int]:
    return [int(data.y[0]) for data in stream.batches(most, **kwargs)]


def test_a_whole_pass_each_time() -> None:
    for source in (Again(3), Sequence(3)):
        stream = StreamData(source)
        assert [seen(stream), seen(stream)] == [[0, 1, 2]] * 2


def test_an_epoch_of_some_steps_goes_on_where_the_last_one_stopped() -> None:
    for source in (Again(4), Sequence(4)):
        stream = StreamData(source)
        # The end of an epoch at the end of the data is nothing to warn of.
        assert [seen(stream, 2) for _ in range(4)] == [[0, 1], [2, 3], [0, 1], [2, 3]]
        with pytest.warns(UserWarning, match="it gave 1 batches, steps_per_epoch asks for 3"):
            assert [seen(stream, 3), seen(stream, 3)] == [[0, 1, 2], [3]]
        with warnings.catch_warnings():  # once is enough
            warnings.simplefilter("error")
            assert [seen(stream, 3), seen(stream, 3)] == [[0, 1, 2], [3]]


def test_a_generator_is_used_once() -> None:
    stream = StreamData(iter(Again(5)))
    assert stream.once
    assert seen(stream, 2) == [0, 1]
    assert seen(StreamData(stream.source), 1) == [2]
    assert [seen(stream), seen(stream)] == [[3, 4], []]
    endless = StreamData(batch(number) for number in itertools.count())
    assert [seen(endless, 3), seen(endless, 2)] == [[0, 1, 2], [3, 4]]


def test_the_first_batch_is_not_lost() -> None:
    for source in (Again(3), Sequence(3), iter(Again(3))):
        stream = StreamData(source)
        for _ in range(2):
            first = stream.first()
            assert first is not None
            assert first.y[0] == 0
        assert seen(stream) == [0, 1, 2]
    assert StreamData(Again(0)).first() is None
    assert seen(StreamData(Again(0))) == []


def test_a_look_at_the_first_batch_between_epochs() -> None:
    stream = StreamData(Again(4))
    for expected in ([0, 1], [2, 3], [0, 1]):
        assert stream.first().y[0] == expected[0]  # type: ignore[union-attr]
        assert seen(stream, 2) == expected


def test_skipped_batches_are_not_made() -> None:
    source = Sequence(6)
    assert seen(StreamData(source), skip=4) == [4, 5]
    assert source.asked == [4, 5]
    stream = StreamData(source)
    stream.first()
    assert seen(stream, 4, skip=2) == [2, 3]
    assert seen(StreamData(Again(6)), 5, skip=2) == [2, 3, 4]
    assert seen(StreamData(iter(Again(6))), skip=2) == [2, 3, 4, 5]
    assert seen(StreamData(Again(2)), skip=3) == []
    numbers: list[int] = []
    list(StreamData(Again(4)).batches(None, skip=2, check=lambda data, n: numbers.append(n)))
    assert numbers == [2, 3]


def test_sources_are_told_of_epochs() -> None:
    source = Sequence(4)
    stream = StreamData(source)
    stream.first()
    stream.reset()
    assert source.told == ["begin", "end"]
    seen(stream, 2)
    seen(stream, 2)
    assert source.told == ["begin", "end"] * 3
    part = stream.batches(2)
    next(part)
    part.close()  # Ctrl-C: the epoch did not end
    assert source.told == [*["begin", "end"] * 3, "begin"]
    assert len(seen(stream)) == 4


def test_the_order_of_numbered_batches_is_random() -> None:
    stream = StreamData(Sequence(30), shuffle=True)
    epochs = [seen(stream), seen(stream)]
    assert epochs[0] != epochs[1] != list(range(30))
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(30))
    assert seen(StreamData(Again(5), shuffle=True)) == list(range(5))


@pytest.mark.parametrize("source", [itertools.cycle([batch(0)]), itertools.repeat(batch(0))])
def test_what_never_ends_needs_a_number_of_steps(source: Any) -> None:
    stream = StreamData(source, steps_name="validation_steps")
    with pytest.raises(LamellaError, match=r"(?s)never ends.*validation_steps=100"):
        stream.batches(None)
    assert seen(stream, 3) == [0, 0, 0]
    assert not StreamData(itertools.repeat(batch(0), 3)).endless


def test_what_is_no_stream_is_explained() -> None:
    def make_batches() -> Iterator:
        yield from Again(1)

    for value, message in (
        (make_batches, r"the function make_batches.*make_batches\(...\)"),
        (Again, r"the class Again.*Again\(...\)"),
    ):
        assert not is_stream(value)
        with pytest.raises(LamellaError, match=f"(?s){message}"):
            ArrayData.read(value)


class Torch:
    """A stand-in for a torch Dataset."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> Any:
        return np.ones(3), index


Torch.__name__, Torch.__module__ = "Dataset", "torch.utils.data.dataset"


def test_a_torch_dataset_is_to_be_wrapped() -> None:
    with pytest.raises(LamellaError, match=r"(?s)single samples.*DataLoader"):
        StreamData(Torch())


X = np.ones((2, 3), "float32")


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ((X[:, 0], X), r"`x` of batch 1 has shape \(2,\).*\(2, 3\)"),
        (({"a": X}, X), r"Batch 1 has the parts \[\"x\['a'\]\", 'y'\]; the first one had"),
        (X, r"Batch 1 has the parts \['x'\]"),
        ((X.astype("int32"), X), r"`x` of batch 1 has dtype int32.*float32"),
        ((X, X[:1]), r"batch 1: x has 2, y has 1"),
        (({"a": ["cat", "dog"]}, X), r"batch 1: x\['a'\].*'cat'"),
        ((X, X, None, None), "Received: 4 items"),
        ((None, X), "batch 1: it has no inputs"),
    ],
)
def test_a_batch_that_is_not_like_the_first(second: Any, message: str) -> None:
    stream = StreamData(iter([(X, X), second]))
    with pytest.raises(LamellaError, match=f"(?s){message}"):
        list(stream.batches(None))


def test_sequences_may_have_another_length_in_each_batch() -> None:
    lengths = [np.ones((2, 5), "int32"), np.ones((3, 8), "int32")]
    assert [data.x.shape for data in StreamData(iter(lengths)).batches(None)] == [(2, 5), (3, 8)]


def test_an_error_of_the_source_keeps_its_place() -> None:
    def broken() -> Iterator:
        yield batch(0)
        raise OSError("disk")

    with pytest.raises(OSError, match="disk") as caught:
        seen(StreamData(broken()))
    assert "raised by the generator at batch 1" in caught.value.__notes__[0]
    assert caught.traceback[-1].name == "broken"


def test_class_weights_batch_by_batch() -> None:
    stream = StreamData(Again(3)).with_class_weight({1: 5.0})
    assert [data.sample_weight.tolist() for data in stream.batches(None)] == [
        [1.0, 1.0],
        [5.0, 5.0],
        [1.0, 1.0],
    ]


def test_tables_as_batches() -> None:
    pandas = pytest.importorskip("pandas")
    frames = [pandas.DataFrame({"a": [1, 2], "b": [0.5, 1.5]})] * 2
    stream = StreamData(((frame, frame["a"]) for frame in frames), names=["b", "a"])
    assert [list(data.x) for data in stream.batches(None)] == [["b", "a"]] * 2


def test_torch_data_loaders() -> None:
    torch = pytest.importorskip("torch")
    x = torch.arange(12, dtype=torch.float32).reshape(6, 2)
    dataset = torch.utils.data.TensorDataset(x, torch.arange(6))
    stream = StreamData(torch.utils.data.DataLoader(dataset, batch_size=4))
    assert stream.steps == 2
    for _ in range(2):
        found = list(stream.batches(None))
        assert [data.x.shape for data in found] == [(4, 2), (2, 2)]
        assert all(isinstance(data.x, np.ndarray) for data in found)
    with pytest.raises(LamellaError, match="TensorDataset is a torch Dataset"):
        StreamData(dataset)
    nested = [{"a": x, "b": [x.bfloat16(), x.requires_grad_()]}, torch.ones(6, dtype=torch.int64)]
    data = next(StreamData(iter([nested])).batches(None))
    np.testing.assert_array_equal(data.x["b"][1], data.x["a"])
    assert data.x["b"][0].dtype == np.float32
    assert ArrayData.read(x, torch.ones(6)).x.shape == (6, 2)


class Ragged:
    """A stand-in for a tensor of TensorFlow with rows of unlike length."""


Ragged.__name__, Ragged.__module__ = "RaggedTensor", "tensorflow.python.ops.ragged"


class Tensor:
    """A stand-in for a tensor of TensorFlow: a shape, no ndim."""

    def __init__(self, value: np.ndarray) -> None:
        self.value, self.shape = value, value.shape

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.value


class DatasetV2:
    """A stand-in for a tf.data.Dataset."""

    def __init__(self, count: int, size: int) -> None:
        self.count, self.size = count, size

    def __iter__(self) -> Iterator:
        for number in range(self.count):
            x, y = batch(number)
            yield (Tensor(x), Tensor(x)), Tensor(y)

    def __len__(self) -> int:
        if self.size < 0:
            raise TypeError("The dataset is infinite.")
        return self.size

    def cardinality(self) -> Tensor:
        return np.int64(self.size)  # type: ignore[return-value]


DatasetV2.__module__ = "tensorflow.python.data.ops.dataset_ops"


def test_tf_data_sets() -> None:
    stream = StreamData(DatasetV2(3, 3))
    assert stream.steps == 3
    assert [seen(stream), seen(stream, 2)] == [[0, 1, 2], [0, 1]]
    assert len(next(stream.batches(None)).x) == 2
    assert (StreamData(DatasetV2(3, -1)).endless, StreamData(DatasetV2(3, -2)).endless) == (
        True,
        False,
    )
    with pytest.raises(LamellaError, match=r"(?s)a RaggedTensor.*to_tensor\(\)"):
        ArrayData.read(Ragged())


def test_a_grain_data_set_without_end() -> None:
    class MapDataset(Again):
        def __len__(self) -> int:
            return 2**63 - 1

        def __getitem__(self, index: int) -> tuple:
            return batch(index)

    MapDataset.__module__ = "grain._src.python.dataset.dataset"
    stream = StreamData(MapDataset(3))
    assert (stream.steps, stream.endless) == (None, True)
