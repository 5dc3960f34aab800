"""A model as a table: layers, output shapes, numbers of weights."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import rich.box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lamella._base.errors import InvalidArgument
from lamella.visualization.counting import count, memory, memory_text
from lamella.visualization.listing import Row, list_layers, rows_of, select

CHAIN_WIDTH, GRAPH_WIDTH, TRAINABLE_WIDTH = 88, 108, 12
NARROWEST_COLUMN = 4
# Wide enough for the word in its header.
TRAINABLE_SHARE = 0.12
NUMBER, OPEN, SYMBOL, YES, NO = "green", "cyan", "blue", "bold green", "bold red"


def summary(
    model: Any,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    print_fn: Callable[[str], Any] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
) -> None:
    """Prints a table of a model's layers and the numbers of its weights.

    In a terminal or a notebook the table has colours; anywhere else it is plain text.

    Args:
        model: any model. What is not built yet is shown with "?" and 0.
        line_length: width of the table in characters; None takes 88 (108 if the layers do not form
            a plain chain), or less if the terminal is narrower.
        positions: where each column ends, as shares of the width, rising to 1.
        print_fn: called once with the whole text instead of printing it.
        expand_nested: whether the layers of models inside the model get rows too.
        show_trainable: whether a column tells if training changes a layer.
        layer_range: first and last layer to show, as names or regular expressions.

    Raises: InvalidArgument, if the range fits no layer or a column is narrower than 4 characters.

    Example:
        >>> import lamella
        >>> layers = [lamella.layers.Input((4,)), lamella.layers.Dense(2, name="head")]
        >>> model = lamella.Sequential(layers, name="net")
        >>> summary(model, print_fn=lambda text: print(text.splitlines()[-3]))
         Total params: 10 (40.00 B)
    """
    interactive = Console()
    coloured = print_fn is None and (interactive.is_terminal or interactive.is_jupyter)
    widest = shutil.get_terminal_size().columns - 4 if coloured else None
    page = _page(model, line_length, positions, expand_nested, show_trainable, layer_range, widest)
    if coloured:
        Console(highlight=False).print(*page.parts(), sep="\n")
        return
    text = page.plain(ascii_only=print_fn is None and not _can_print_lines())
    if print_fn is None:
        print(text)
    else:
        print_fn(text)


def summary_text(
    model: Any,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
) -> str:
    """Gives the table of `summary` as plain text.

    Args:
        model, line_length, positions, expand_nested, show_trainable, layer_range: as for `summary`.

    Example:
        >>> import lamella
        >>> layers = [lamella.layers.Input((4,)), lamella.layers.Dense(2, name="head")]
        >>> model = lamella.Sequential(layers, name="net")
        >>> print(summary_text(model, line_length=50))
        Model: "net"
        ┏━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━┳━━━━━━━━━┓
        ┃ Layer (type)        ┃ Output Shape   ┃ Param # ┃
        ┡━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━╇━━━━━━━━━┩
        │ head (Dense)        │ (None, 2)      │      10 │
        └─────────────────────┴────────────────┴─────────┘
         Total params: 10 (40.00 B)
         Trainable params: 10 (40.00 B)
         Non-trainable params: 0 (0.00 B)
    """
    arguments = (line_length, positions, expand_nested, show_trainable, layer_range)
    return _page(model, *arguments, None).plain()


@dataclass
class _Page:
    title: Text
    table: Table
    totals: list[Text]
    width: int

    def parts(self) -> list[Any]:
        return [self.title, self.table, *self.totals]

    def plain(self, ascii_only: bool = False) -> str:
        if ascii_only:
            self.table.box = rich.box.ASCII
        buffer = io.StringIO()
        console = Console(
            file=buffer,
            width=self.width,
            color_system=None,
            force_terminal=False,
            force_jupyter=False,
            legacy_windows=False,
        )
        console.print(self.table)
        lines = [str(self.title), *buffer.getvalue().splitlines(), *map(str, self.totals)]
        text = "\n".join(line.rstrip() for line in lines)
        return text.replace("└", "`") if ascii_only else text


def _can_print_lines() -> bool:
    try:
        "└━".encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _page(
    model: Any,
    line_length: int | None,
    positions: Sequence[float] | None,
    expand_nested: bool,
    show_trainable: bool,
    layer_range: Sequence[str] | None,
    widest: int | None,
) -> _Page:
    listing = list_layers(model)
    listing.layers = select(listing.layers, layer_range)
    width = line_length or (CHAIN_WIDTH if listing.chain else GRAPH_WIDTH) + (
        TRAINABLE_WIDTH if show_trainable else 0
    )
    if line_length is None and widest is not None:
        width = min(width, widest)
    headers = ["Layer (type)", "Output Shape", "Param #"]
    shares = list(positions or ([0.45, 0.80, 1.0] if listing.chain else [0.3, 0.56, 0.74, 1.0]))
    if not listing.chain:
        headers.append("Connected to")
    if show_trainable:
        headers.append("Trainable")
        shares = [share * (1 - TRAINABLE_SHARE) for share in shares] + [1.0]
    table = _table(headers, _widths(shares, width, len(headers)), width)
    for row in rows_of(listing, expand_nested, 0):
        cells = [_name(row), _numbers(row.shape), _numbers(row.params)]
        if not listing.chain:
            cells.append(Text(row.connections))
        if show_trainable:
            style = {"Y": YES, "N": NO}.get(row.trainable, "")
            cells.append(Text(row.trainable, style=style))
        table.add_row(*cells)
    title = Text(f'Model: "{model.name}"', style="bold")
    return _Page(title, table, _totals(model), width)


def _table(headers: list[str], widths: list[int], width: int) -> Table:
    table = Table(width=width, show_lines=True, header_style="bold")
    for header, size in zip(headers, widths, strict=True):
        justify: Any = {"Param #": "right", "Trainable": "center"}.get(header, "left")
        table.add_column(header, width=size, justify=justify, overflow="fold")
    return table


def _widths(shares: list[float], width: int, columns: int) -> list[int]:
    if len(shares) != columns:
        raise InvalidArgument(
            f"`positions` must tell where each of {columns} columns ends. Received: {shares}.",
            help=f"Pass {columns} rising shares, the last 1.0, or leave it out.",
        )
    widths, taken = [], 0
    for share in shares:
        # 0.33 is a share of the line; code written for older Keras also says 40, a place in it.
        end = int(share * width) if share <= 1 else int(share)
        widths.append(end - taken)
        taken = end
    if min(widths) < NARROWEST_COLUMN:
        raise InvalidArgument(
            f"A summary of {width} characters has columns narrower than {NARROWEST_COLUMN}: "
            f"received positions={shares}.",
            help="Pass a larger line_length, for example line_length=88.",
        )
    return widths


def _name(row: Row) -> Text:
    return Text.assemble(row.name, " (", (row.kind, SYMBOL), ")")


def _numbers(text: str) -> Text:
    shown = Text(text)
    shown.highlight_regex(r"\d[\d,]*", NUMBER)
    shown.highlight_regex(r"None", OPEN)
    return shown


def _totals(model: Any) -> list[Text]:
    trainable, fixed = model.trainable_weights, model.non_trainable_weights
    optimizer = getattr(model, "optimizer", None)
    held = list(optimizer.variables) if optimizer is not None and optimizer.built else []
    lines = {
        "Total": [*trainable, *fixed, *held],
        "Trainable": trainable,
        "Non-trainable": fixed,
    }
    if held:
        lines["Optimizer"] = held
    return [
        Text.assemble(
            (f" {name} params: ", "bold"),
            (f"{count(weights):,}", NUMBER),
            f" ({memory_text(memory(weights))})",
        )
        for name, weights in lines.items()
    ]
