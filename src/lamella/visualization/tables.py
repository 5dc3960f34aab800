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
from lamella.visualization import notebook
from lamella.visualization.costs import Costs, costs_of
from lamella.visualization.counting import count, flops_text, memory, memory_text
from lamella.visualization.listing import Row, list_layers, rows_of, select

CHAIN_WIDTH, GRAPH_WIDTH = 88, 108
# Columns on request, wide enough for the word in their header or for a large number.
EXTRA_WIDTHS = {"Trainable": 12, "FLOPs": 18, "Memory": 13}
NARROWEST_COLUMN = 4
RIGHT = ("Param #", "FLOPs", "Memory")
NUMBER, OPEN, SYMBOL, YES, NO = "green", "cyan", "blue", "bold green", "bold red"


def summary(
    model: Any,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    print_fn: Callable[[str], Any] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
    show_flops: bool = False,
    show_memory: bool = False,
) -> None:
    """Prints a table of a model's layers and the numbers of its weights.

    In a terminal the table has colours, in a notebook it is a part of the page; anywhere else it
    is plain text.

    Args:
        model: any model. What is not built yet is shown with "?" and 0.
        line_length: width of the table in characters; None takes 88 (108 if the layers do not form
            a plain chain), or less if the terminal is narrower. A notebook finds its own.
        positions: where each column ends, as shares of the width, rising to 1; without the columns
            that the arguments below add.
        print_fn: called once with the whole text instead of printing it.
        expand_nested: whether the layers of models inside the model get rows too.
        show_trainable: whether a column tells if training changes a layer.
        layer_range: first and last layer to show, as names or regular expressions.
        show_flops: whether a column tells how many operations on floating numbers a layer needs
            to predict one row, a multiplication with its addition counting as 2. They are counted
            in JAX's program of the model (its jaxpr), over all calls of the layer.
        show_memory: whether a column tells how many bytes a layer's outputs take for one row; for
            a model, those of all its layers.

    Raises: InvalidArgument, if the range fits no layer or a column is narrower than 4 characters.

    Example:
        >>> import lamella
        >>> layers = [lamella.layers.Input((4,)), lamella.layers.Dense(2, name="head")]
        >>> model = lamella.Sequential(layers, name="net")
        >>> summary(model, print_fn=lambda text: print(text.splitlines()[-3]))
         Total params: 10 (40.00 B)
    """
    options = _Options(
        line_length, positions, expand_nested, show_trainable, layer_range, show_flops, show_memory
    )
    if print_fn is not None:
        print_fn(_page(model, options, None).plain())
    elif notebook.in_notebook():
        page = _page(model, options, None)
        notebook.show(page.html(), page.plain())
    elif Console().is_terminal:
        page = _page(model, options, shutil.get_terminal_size().columns - 4)
        Console(highlight=False).print(page.title, page.table(), *page.totals, sep="\n")
    else:
        print(_page(model, options, None).plain(ascii_only=not _can_print_lines()))


def summary_text(
    model: Any,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
    show_flops: bool = False,
    show_memory: bool = False,
) -> str:
    """Gives the table of `summary` as plain text.

    Args:
        model, line_length, positions, expand_nested, show_trainable, layer_range, show_flops,
            show_memory: as for `summary`.

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
    options = _Options(
        line_length, positions, expand_nested, show_trainable, layer_range, show_flops, show_memory
    )
    return _page(model, options, None).plain()


@dataclass(frozen=True)
class _Options:
    line_length: int | None
    positions: Sequence[float] | None
    expand_nested: bool
    show_trainable: bool
    layer_range: Sequence[str] | None
    show_flops: bool
    show_memory: bool

    @property
    def extras(self) -> list[str]:
        shown = (self.show_trainable, self.show_flops, self.show_memory)
        return [name for name, wanted in zip(EXTRA_WIDTHS, shown, strict=True) if wanted]


@dataclass
class _Page:
    title: Text
    headers: list[str]
    widths: list[int]
    rows: list[list[Text]]
    totals: list[Text]
    width: int

    def table(self) -> Table:
        table = Table(width=self.width, show_lines=True, header_style="bold")
        for header, size in zip(self.headers, self.widths, strict=True):
            justify: Any = "right" if header in RIGHT else "left"
            justify = "center" if header == "Trainable" else justify
            table.add_column(header, width=size, justify=justify, overflow="fold")
        for row in self.rows:
            table.add_row(*row)
        return table

    def html(self) -> str:
        right = frozenset(place for place, name in enumerate(self.headers) if name in RIGHT)
        rows = [[cell.plain for cell in row] for row in self.rows]
        totals = [total.plain for total in self.totals]
        return notebook.table_html(self.title.plain, self.headers, rows, totals, right)

    def plain(self, ascii_only: bool = False) -> str:
        table = self.table()
        if ascii_only:
            table.box = rich.box.ASCII
        buffer = io.StringIO()
        console = Console(
            file=buffer,
            width=self.width,
            color_system=None,
            force_terminal=False,
            force_jupyter=False,
            legacy_windows=False,
        )
        console.print(table)
        lines = [str(self.title), *buffer.getvalue().splitlines(), *map(str, self.totals)]
        text = "\n".join(line.rstrip() for line in lines)
        return text.replace("└", "`") if ascii_only else text


def _can_print_lines() -> bool:
    try:
        "└━".encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _page(model: Any, options: _Options, widest: int | None) -> _Page:
    listing = list_layers(model)
    listing.layers = select(listing.layers, options.layer_range)
    extras = options.extras
    extra = sum(EXTRA_WIDTHS[name] for name in extras)
    width = options.line_length or (CHAIN_WIDTH if listing.chain else GRAPH_WIDTH) + extra
    if options.line_length is None and widest is not None:
        width = min(width, widest)
    headers = ["Layer (type)", "Output Shape", "Param #"]
    usual = [0.45, 0.80, 1.0] if listing.chain else [0.3, 0.56, 0.74, 1.0]
    if not listing.chain:
        headers.append("Connected to")
    widths = _widths(list(options.positions or usual), max(width - extra, 0), len(headers))
    headers += extras
    widths += [EXTRA_WIDTHS[name] for name in extras]
    wanted = options.show_flops or options.show_memory
    costs = costs_of(model) if wanted else None
    rows = []
    for row in rows_of(listing, options.expand_nested, costs=costs):
        cells = [_name(row), _numbers(row.shape), _numbers(row.params)]
        if not listing.chain:
            cells.append(Text(row.connections))
        rows.append(cells + [_extra(row, name) for name in extras])
    title = Text(f'Model: "{model.name}"', style="bold")
    totals = _totals(model) + _total_costs(costs, options)
    return _Page(title, headers, widths, rows, totals, width)


def _extra(row: Row, column: str) -> Text:
    if column == "Trainable":
        return Text(row.trainable, style={"Y": YES, "N": NO}.get(row.trainable, ""))
    return _numbers(row.flops if column == "FLOPs" else row.memory)


def _total_costs(costs: Costs | None, options: _Options) -> list[Text]:
    flops, held = "?", "?"
    if costs is not None:
        flops = flops_text(costs.total_flops)
        held = memory_text(costs.total_memory)
    lines = []
    if options.show_flops:
        lines.append(Text.assemble((" FLOPs for one row: ", "bold"), (flops, NUMBER)))
    if options.show_memory:
        lines.append(Text.assemble((" Outputs of all layers for one row: ", "bold"), held))
    return lines


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
