"""TensorBoard's event files, written by hand: records with checksums around protocol buffers."""

from __future__ import annotations

import itertools
import os
import socket
import struct
import time
from typing import Any

import numpy as np

from lamella._chart import encode_png

_FLOAT, _DOUBLE, _STRING = 1, 2, 7  # TensorFlow's numbers of types
_CLASSES = {"scalars": 1, "histograms": 2, "graph_keras_model": 2, "images": 3}
_BUCKETS = 30
_count = itertools.count()


class EventFile:
    """Writes one event file in a folder; it is made with the first value.

    Each value is on the disk when its method returns, and no file stays open.

    Args:
        folder: TensorBoard's name for a run.

    Source: TensorFlow's record_writer.h, event.proto, summary.proto and tensor.proto.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._path = ""

    def scalar(self, tag: str, value: float, step: int) -> None:
        """A point of a curve."""
        self._write(tag, "scalars", _tensor(_FLOAT, (), _bytes(4, struct.pack("<f", value))), step)

    def histogram(self, tag: str, values: Any, step: int) -> None:
        """How often values of an array fall into each of 30 ranges; only finite ones count."""
        content = _bytes(4, buckets(values).astype("<f8").tobytes())
        self._write(tag, "histograms", _tensor(_DOUBLE, (_BUCKETS, 3), content), step)

    def images(self, tag: str, images: np.ndarray, step: int) -> None:
        """At most three pictures, (count, height, width, channels), from black to white."""
        count, height, width, _ = images.shape
        texts = [b"%d" % width, b"%d" % height, *(png(image) for image in images[:3])]
        content = b"".join(_bytes(8, text) for text in texts)
        self._write(tag, "images", _tensor(_STRING, (2 + min(count, 3),), content), step)

    def model(self, tag: str, config: str, step: int) -> None:
        """A model's config as JSON, from which TensorBoard draws its graph."""
        content = _tensor(_STRING, (), _bytes(8, config.encode()))
        self._write(tag, "graph_keras_model", content, step, b"1")

    def _write(self, tag: str, plugin: str, tensor: bytes, step: int, content: bytes = b"") -> None:
        data = _bytes(1, plugin.encode()) + (_bytes(2, content) if content else b"")
        metadata = _bytes(1, data) + _number(4, _CLASSES[plugin])
        value = _bytes(1, tag.encode()) + _bytes(9, metadata) + _bytes(8, tensor)
        event = _time() + _number(2, step) + _bytes(5, _bytes(1, value))
        start = b""
        if not self._path:
            os.makedirs(self.folder, exist_ok=True)
            name = f"{int(time.time())}.{socket.gethostname()}.{os.getpid()}.{next(_count)}.v2"
            self._path = os.path.join(self.folder, f"events.out.tfevents.{name}")
            start = _record(_time() + _bytes(3, b"brain.Event:2"))
        with open(self._path, "ab") as file:
            file.write(start + _record(event))


def buckets(values: Any) -> np.ndarray:
    """Left edge, right edge and count of 30 ranges of equal width.

    Args:
        values: numbers; those that are not finite do not count.

    Shapes: any -> (30, 3)

    Example:
        >>> buckets([0.0, 30.0, 30.0])[[0, -1]].tolist()
        [[0.0, 1.0, 1.0], [29.0, 30.0, 2.0]]
    """
    flat = np.asarray(values, np.float64).ravel()
    flat = flat[np.isfinite(flat)]
    if not flat.size:
        return np.zeros((_BUCKETS, 3))
    if flat.min() == flat.max():
        counts, edges = np.zeros(_BUCKETS), np.full(_BUCKETS + 1, flat[0])
        counts[-1] = flat.size
    else:
        counts, edges = np.histogram(flat, _BUCKETS)
    return np.stack([edges[:-1], edges[1:], counts], axis=1)


def png(image: np.ndarray) -> bytes:
    """An image as PNG, stretched so that the least value is black and the greatest white.

    Args:
        image: numbers.

    Shapes: (height, width, channels), with 1, 3 or 4 channels

    Example:
        >>> png(np.zeros((2, 2, 1)))[1:4]
        b'PNG'
    """
    values = np.nan_to_num(np.asarray(image, np.float64))
    span = values.max() - values.min()
    return encode_png((values - values.min()) / (span or 1.0))


def _time() -> bytes:
    return b"\x09" + struct.pack("<d", time.time())


def _varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _tensor(kind: int, shape: tuple[int, ...], content: bytes) -> bytes:
    sizes = b"".join(_bytes(2, _number(1, size)) for size in shape)
    return _number(1, kind) + _bytes(2, sizes) + content


def _record(content: bytes) -> bytes:
    length = struct.pack("<Q", len(content))
    return length + _masked(length) + content + _masked(content)


def _masked(content: bytes) -> bytes:
    checksum = crc32c(content)
    rotated = (checksum >> 15 | checksum << 17) + 0xA282EAD8
    return struct.pack("<I", rotated & 0xFFFFFFFF)


def _row(number: int) -> int:
    for _ in range(8):
        number = number >> 1 ^ (0x82F63B78 if number & 1 else 0)
    return number


_TABLE = [_row(number) for number in range(256)]


def crc32c(content: bytes) -> int:
    """The checksum of records, CRC-32 with Castagnoli's polynomial.

    Args:
        content: any bytes.

    Example:
        >>> hex(crc32c(bytes(32)))
        '0x8a9136aa'

    Source: RFC 3720, appendix B.4.
    """
    checksum = 0xFFFFFFFF
    for byte in content:
        checksum = _TABLE[(checksum ^ byte) & 255] ^ checksum >> 8
    return checksum ^ 0xFFFFFFFF
