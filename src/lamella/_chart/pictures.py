"""Pictures as files: pixels and SVG as PNG."""

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from lamella._base import InvalidData

SCREEN_DPI = 96
_COLOUR_TYPES = {1: 0, 3: 2, 4: 6}
_FONTS = sorted((Path(__file__).parent / "_data").glob("*.ttf"))


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
    if pixels.dtype != np.uint8:
        values = np.nan_to_num(pixels.astype(np.float64))
        least, most = values.min(), values.max()
        if pixels.dtype.kind != "f" or least < 0 or most > 1:
            values = (values - least) / ((most - least) or 1.0)
        pixels = np.round(values * 255).astype(np.uint8)
    height, width, channels = pixels.shape
    # Each line starts with its filter; 0 leaves the bytes as they are.
    lines = np.pad(pixels.reshape(height, -1), ((0, 0), (1, 0)))
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[channels], 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def svg_to_png(svg: str, resvg: Any) -> bytes:
    """Draws an SVG as PNG, at its own size.

    Args:
        svg: the text of the file.
        resvg: the package resvg_py.
    """
    # Without any font, as in a small container, all text would be left out in silence. Ours have
    # Latin and Greek letters; with them alone the picture is the same on each machine.
    known = all(ord(character) < 0x180 or 0x391 <= ord(character) < 0x3CA for character in svg)
    fonts = {"font_files": [str(path) for path in _FONTS], "skip_system_fonts": known}
    family = "DejaVu Sans"
    picture = resvg.svg_to_bytes(svg_string=svg, dpi=SCREEN_DPI, sans_serif_family=family, **fonts)
    return bytes(picture)
