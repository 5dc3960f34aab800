"""How wide a text will be, without a font at hand."""

import unicodedata

# Advance widths of a common sans-serif (Helvetica, Arial, Liberation Sans), in 1/1000 em.
_BY_WIDTH = {
    191: "'",
    222: "ijl",
    260: "|",
    278: " !,./:;I[\\]ft",
    333: "()-`r",
    334: "{}",
    355: '"',
    389: "*",
    469: "^",
    500: "Jcksvxyz",
    556: "#$0123456789?L_abdeghnopqu",
    584: "+<=>~",
    611: "FTZ",
    667: "&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    889: "%",
    944: "W",
    1015: "@",
}
_WIDTHS = {character: width for width, row in _BY_WIDTH.items() for character in row}
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
