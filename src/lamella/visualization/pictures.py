"""Small images as PNG, without an imaging package."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import numpy as np

from lamella._base.errors import InvalidData

_COLOUR_TYPES = {1: 0, 3: 2, 4: 6}


def encode_png(image: Any) -> bytes:
    """Encodes an image as PNG.

    Args:
        image: uint8 as they are; floats within [0, 1] count as shares of white, other numbers are
            stretched so that the least is black and the greatest white.

    Shapes: (height, width), or (height, width, channels) with 1, 3 or 4 channels.

    Raises: InvalidData, if the shape is none of those.

    Example:
        >>> encode_png(np.zeros((2, 2), np.uint8))[:8]
        b'\\x89PNG\\r\\n\\x1a\\n'

    Source: W3C, Portable Network Graphics (PNG) Specification, third edition.
    """
    pixels = np.asarray(image)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.ndim != 3 or pixels.shape[2] not in _COLOUR_TYPES or 0 in pixels.shape:
        raise InvalidData(
            f"An image must have the shape (height, width) or (height, width, 1, 3 or 4). "
            f"Received: {np.shape(image)}.",
            help="Pass one image at a time, with the channels last.",
        )
    levels = _to_bytes(pixels)
    height, width, channels = levels.shape
    # Each line starts with its filter; 0 leaves the bytes as they are.
    lines = np.zeros((height, 1 + width * channels), np.uint8)
    lines[:, 1:] = levels.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[channels], 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def data_uri(image: Any) -> str:
    """Gives an image as an address that holds it whole, for `src` in HTML.

    Args:
        image: as for `encode_png`.
    """
    return "data:image/png;base64," + base64.b64encode(encode_png(image)).decode()


def _to_bytes(pixels: np.ndarray) -> np.ndarray:
    if pixels.dtype == np.uint8:
        return pixels
    values = np.nan_to_num(pixels.astype(np.float64))
    least, most = values.min(), values.max()
    if pixels.dtype.kind != "f" or least < 0 or most > 1:
        values = (values - least) / ((most - least) or 1.0)
    return np.round(values * 255).astype(np.uint8)


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
