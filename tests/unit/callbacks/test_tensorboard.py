"""TensorBoard's files, read back by a reader of its own and, if it is there, by TensorBoard."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lamella
from lamella import callbacks, layers
from lamella._base.errors import InvalidArgument, UnknownName, WrongType
from lamella.callbacks.event_file import EventFile, buckets, crc32c, png

# RFC 3720, appendix B.4, and the check value that is given for CRC-32C.
VECTORS = {
    bytes(32): 0x8A9136AA,
    b"\xff" * 32: 0x62A8AB43,
    bytes(range(32)): 0x46DD794E,
    bytes(range(31, -1, -1)): 0x113FDB5C,
    b"123456789": 0xE3069283,
}


@pytest.mark.parametrize("content", VECTORS)
def test_the_checksum_is_that_of_the_standard(content: bytes) -> None:
    assert crc32c(content) == VECTORS[content]


def bitwise(content: bytes) -> int:
    """CRC-32C as long division."""
    rest = 0xFFFFFFFF
    for byte in content:
        rest ^= byte
        for _ in range(8):
            rest = (rest >> 1) ^ (0x82F63B78 * (rest & 1))
    return rest ^ 0xFFFFFFFF


def masked(content: bytes) -> int:
    checksum = bitwise(content)
    return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) % (1 << 32)


def records(path: Path) -> Iterator[bytes]:
    data = path.read_bytes()
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        assert struct.unpack("<I", data[8:12])[0] == masked(data[:8])
        content = data[12 : 12 + length]
        assert len(content) == length
        assert struct.unpack("<I", data[12 + length : 16 + length])[0] == masked(content)
        yield content
        data = data[16 + length :]


def fields(message: bytes) -> dict[int, list[Any]]:
    """A protocol buffer by field number: integers, bytes, or bytes of fixed size."""
    found: dict[int, list[Any]] = {}
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        key = varint()
        kind = key & 7
        if kind == 0:
            value: Any = varint()
        else:
            size = {1: 8, 5: 4}.get(kind) or varint()
            value = message[at : at + size]
            assert len(value) == size
            at += size
        found.setdefault(key >> 3, []).append(value)
    return found


def read(folder: Path) -> list[tuple[str, str, int, Any]]:
    """(tag, plugin, step, value) of all events."""
    values = []
    for path in sorted(folder.glob("events.out.tfevents.*")):
        first, *rest = (fields(record) for record in records(path))
        assert first[3] == [b"brain.Event:2"]
        for event in rest:
            (value,) = (fields(item) for item in fields(event[5][0])[1])
            metadata = fields(value[9][0])
            plugin = fields(metadata[1][0])[1][0].decode()
            step = event.get(2, [0])[0]
            values.append((value[1][0].decode(), plugin, step, tensor(value[8][0])))
    return values


def tensor(message: bytes) -> Any:
    parts = fields(message)
    shape = [fields(size)[1][0] for size in fields(parts[2][0]).get(2, [])]
    if parts[1] == [7]:
        return parts[8] if shape else parts[8][0]
    dtype = {1: "<f4", 2: "<f8"}[parts[1][0]]
    return np.frombuffer(parts[4][0], dtype).reshape(shape)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any, Any]:
    folder = tmp_path_factory.mktemp("logs")
    x = np.random.default_rng(0).integers(0, 9, (20, 3))
    model = lamella.Sequential(
        [
            layers.Input((3,)),
            layers.Embedding(9, 4, name="words"),
            layers.Flatten(),
            layers.Dense(1, name="head"),
        ],
        name="net",
    )
    model.compile("sgd", "mse", metrics=["mae"])
    board = callbacks.TensorBoard(
        folder,
        histogram_freq=2,
        write_images=True,
        write_steps_per_second=True,
        update_freq=2,
        embeddings_freq=1,
        embeddings_metadata={"words": "names.tsv"},
    )
    history = model.fit(
        x[:15],
        x[:15, :1] / 9,
        epochs=3,
        batch_size=5,
        validation_data=(x[15:], x[15:, :1] / 9),
        callbacks=[board],
        verbose=0,
    )
    return folder, model, history.history


def curve(values: list[Any], tag: str) -> dict[int, float]:
    return {
        step: float(value)
        for name, plugin, step, value in values
        if (name, plugin) == (tag, "scalars")
    }


def test_curves_have_keras_names_steps_and_values(logs: Any) -> None:
    folder, _, history = logs
    train, validation = read(folder / "train"), read(folder / "validation")
    for name in ("loss", "mae"):
        for values, key in ((train, name), (validation, f"val_{name}")):
            wanted = dict(enumerate(np.float32(history[key]).tolist()))
            assert curve(values, f"epoch_{name}") == wanted
        wanted = dict(zip((3, 6, 9), np.float32(history[f"val_{name}"]).tolist()))
        assert curve(validation, f"evaluation_{name}_vs_iterations") == wanted
        # Keras: every second batch, counted over all epochs.
        assert list(curve(train, f"batch_{name}")) == [2, 4, 6, 8]
    assert curve(train, "batch_loss")[6] == pytest.approx(history["loss"][1])
    assert curve(train, "epoch_learning_rate") == dict.fromkeys(range(3), float(np.float32(0.01)))
    assert list(curve(train, "epoch_steps_per_second")) == [0, 1, 2]
    assert list(curve(train, "batch_steps_per_second")) == [2, 4, 6, 8]


def test_weights_and_the_graph_are_there(logs: Any) -> None:
    folder, model, _ = logs
    values = read(folder / "train")
    tag, plugin, step, config = values[0]
    assert (tag, plugin, step) == ("keras", "graph_keras_model", 0)
    assert json.loads(config) == json.loads(model.to_json())
    steps = [(name, step) for name, plugin, step, _ in values if plugin == "histograms"]
    paths = ["net/words/embeddings", "net/head/kernel", "net/head/bias"]
    assert steps == [(f"{path}/histogram", step) for step in (0, 2) for path in paths]
    last = {name: value for name, _, step, value in values if step == 2}
    kernel = np.asarray(model.get_layer("head").kernel.value, np.float64)
    np.testing.assert_array_equal(last["net/head/kernel/histogram"], buckets(kernel))
    width, height, picture = last["net/words/embeddings/image"]
    assert (width, height) == (b"9", b"4")
    assert struct.unpack(">II", picture[16:24]) == (9, 4)


def test_tables_of_embeddings_are_described(logs: Any) -> None:
    folder, model, _ = logs
    text = (folder / "projector_config.pbtxt").read_text()
    assert 'tensor_path: "embedding_words.tsv"' in text
    assert 'metadata_path: "names.tsv"' in text
    table = np.loadtxt(folder / "embedding_words.tsv", delimiter="\t", dtype=np.float32)
    np.testing.assert_array_equal(table, model.get_layer("words").get_weights()[0])


def test_tensorboard_itself_reads_the_files(logs: Any) -> None:
    room = "tensorboard.backend.event_processing.event_accumulator"
    accumulator = pytest.importorskip(room)
    found = accumulator.EventAccumulator(str(logs[0] / "train"), {"tensors": 0})
    found.Reload()
    assert [event.step for event in found.Tensors("batch_loss")] == [2, 4, 6, 8]


def test_histograms_count_finite_values_in_equal_ranges() -> None:
    random = np.random.default_rng(0).normal(size=1000)
    found = buckets([*random, np.nan, np.inf])
    counts, edges = np.histogram(random, 30)
    np.testing.assert_array_equal(found, np.stack([edges[:-1], edges[1:], counts], 1))
    assert buckets([2.0, 2.0])[-1].tolist() == [2.0, 2.0, 2.0]
    assert buckets([2.0, 2.0])[:-1, 2].sum() == 0
    assert not buckets([np.nan]).any()


def test_pictures_hold_the_stretched_values() -> None:
    image = np.array([[[-1.0], [1.0], [0.0]], [[1.0], [-1.0], [-1.0]]])
    content = png(image)
    at = content.index(b"IDAT")
    (size,) = struct.unpack(">I", content[at - 4 : at])
    lines = zlib.decompress(content[at + 4 : at + 4 + size])
    assert list(lines) == [0, 0, 255, 128, 0, 255, 0, 0]


def test_a_file_survives_large_steps_and_odd_names(tmp_path: Path) -> None:
    file = EventFile(str(tmp_path))
    file.scalar("größe", float("nan"), 2**40)
    file.scalar("größe", float("inf"), 0)
    (first, second) = read(tmp_path)
    assert first[:3] == ("größe", "scalars", 2**40)
    assert np.isnan(first[3])
    assert second[2:] == (0, np.inf)


def test_batches_are_counted_on_after_a_break() -> None:
    board = callbacks.TensorBoard(update_freq="batch")
    for batch in range(3):
        board.on_train_batch_begin(batch)
    fresh = callbacks.TensorBoard(update_freq="batch")
    fresh.on_train_begin()
    fresh.set_state(board.get_state())
    assert fresh.get_state() == {"_batches": 3}


def test_batches_are_wanted_only_for_what_needs_them() -> None:
    def wants(**options: Any) -> bool:
        return callbacks.TensorBoard("logs", **options).wants_batches("train")

    assert not wants(histogram_freq=1, write_steps_per_second=True)
    assert wants(update_freq="batch")
    assert wants(update_freq=100)
    assert wants(profile_batch="2,3")


def test_wrong_settings_are_refused(tmp_path: Path) -> None:
    for options in ({"update_freq": "batches"}, {"profile_batch": (3, 2)}, {"profile_batch": "x"}):
        with pytest.raises(InvalidArgument, match="Received"):
            callbacks.TensorBoard(**options)
    with pytest.raises(WrongType, match="update_freq"):
        callbacks.TensorBoard(update_freq=1.5)
    model = lamella.Sequential([layers.Input((3,)), layers.Embedding(9, 4, name="words")])
    board = callbacks.TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata={"word": "x"})
    with pytest.raises(UnknownName, match="Did you mean 'words'"):
        board.set_model(model)
