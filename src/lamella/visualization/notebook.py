"""Shows things in a notebook, when one is running."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from html import escape

from lamella._base import optional

_STYLE = """
.lamella-summary table { border-collapse: collapse; font-size: 13px; margin: 6px 0;
  color: inherit; }
.lamella-summary th, .lamella-summary td { text-align: left; padding: 4px 14px;
  border: 1px solid rgba(128, 128, 128, .35); white-space: pre-wrap; background: transparent; }
.lamella-summary th { background: rgba(128, 128, 128, .15); }
.lamella-summary .number { text-align: right; font-variant-numeric: tabular-nums; }
.lamella-summary p { margin: 2px 0; }
""".strip()


def in_notebook() -> bool:
    """Whether this is a notebook's kernel; IPython is never imported to find out."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def show(html: str, text: str) -> None:
    """Shows HTML in the notebook; where it cannot be shown, the reader gets the text.

    Args:
        html: a part of a page.
        text: the same in plain characters.
    """
    display = optional.require("IPython.display", purpose="to show HTML in a notebook")
    display.display({"text/html": html, "text/plain": text}, raw=True)


def table_html(
    title: str,
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    totals: Sequence[str],
    numbers: frozenset[int],
) -> str:
    """A table as part of a page; its colours are those of the page, light or dark.

    Args:
        title: stands above it.
        headers: of the columns.
        rows: a text for each column.
        totals: lines below it.
        numbers: which columns are set to the right.

    Example:
        >>> page = table_html("net", ["Layer", "Param #"], [["a<b", "10"]], [], frozenset({1}))
        >>> "<td>a&lt;b</td>" in page, '<td class="number">10</td>' in page
        (True, True)
    """

    def line(kind: str, cells: Sequence[str]) -> str:
        made = []
        for place, cell in enumerate(cells):
            style = ' class="number"' if place in numbers else ""
            made.append(f"<{kind}{style}>{escape(cell)}</{kind}>")
        return f"<tr>{''.join(made)}</tr>"

    body = "\n".join(line("td", row) for row in rows)
    below = "\n".join(f"<p>{escape(total.strip())}</p>" for total in totals)
    return (
        f'<div class="lamella-summary"><style>{_STYLE}</style>\n<p><b>{escape(title)}</b></p>\n'
        f"<table>\n<thead>{line('th', headers)}</thead>\n<tbody>\n{body}\n</tbody>\n</table>\n"
        f"{below}\n</div>"
    )
