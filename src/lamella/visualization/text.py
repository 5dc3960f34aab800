"""How wide a text will be, without a font at hand."""

import tomllib
import unicodedata
from pathlib import Path

_BY_WIDTH = tomllib.loads((Path(__file__).parent / "_data" / "font_widths.toml").read_text("utf-8"))
_WIDTHS = {character: int(width) for width, row in _BY_WIDTH.items() for character in row}
# The font on the reader's machine may be wider (DejaVu Sans is, by a tenth).
_ALLOWANCE = 1.1
_BOLD = 1.07


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Estimates the width of a line of text, rather too wide than too narrow.

    Args:
        text: one line.
        size: font size in pixels.
        bold: whether it is set in bold.

    Example:
        >>> round(text_width("Dense", 10), 1)
        31.8
    """
    units = sum(_WIDTHS.get(character) or _unknown(character) for character in text)
    return units / 1000 * size * _ALLOWANCE * (_BOLD if bold else 1.0)


def shorten(text: str, most: int) -> str:
    """Cuts a text in its middle so that it has at most `most` characters.

    Example:
        >>> shorten("abcdefghij", 7)
        'abc...j'
    """
    if len(text) <= most:
        return text
    tail = max((most - 3) // 3, 1)
    return f"{text[: most - 3 - tail]}...{text[-tail:]}"


def _unknown(character: str) -> int:
    return 1000 if unicodedata.east_asian_width(character) in "WF" else 620
