"""A model as a table: layers, output shapes, numbers of weights."""

import io
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from lamella._base import InvalidArgument, optional
from lamella.visualization.costs import Costs, costs_of, count, flops_text, memory, memory_text
from lamella.visualization.listing import list_layers, rows_of, select

CHAIN_WIDTH, GRAPH_WIDTH = 88, 108
# Columns on request, wide enough for the word in their header or for a large number.
EXTRA_WIDTHS = {"Trainable": 12, "FLOPs": 18, "Memory": 13}
NARROWEST_COLUMN = 4
RIGHT = ("Param #", "FLOPs", "Memory")
NUMBER, OPEN, SYMBOL = "green", "cyan", "blue"
TRAINED = {"Y": "bold green", "N": "bold red"}
STYLE = Path(__file__).parent / "_data" / "summary.css"


def _rich(name: str, of_module: str = "") -> Any:
    # Imported when it is used: it takes a third of what `import lamella` adds to `import jax`.
    part = optional.require(f"rich.{name.lower()}", purpose="to print a summary")
    return getattr(part, of_module or name)


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
    in_terminal = print_fn is None and not _in_notebook() and _rich("Console")().is_terminal
    widest = shutil.get_terminal_size().columns - 4 if in_terminal else None
    wanted = zip(EXTRA_WIDTHS, (show_trainable, show_flops, show_memory), strict=True)
    extras = [column for column, shown in wanted if shown]
    page = _page(model, line_length, widest, positions, expand_nested, layer_range, extras)
    if print_fn is not None:
        print_fn(page.plain())
    elif in_terminal:
        _rich("Console")(highlight=False).print(page.title, page.table(), *page.totals, sep="\n")
    elif _in_notebook():
        display = optional.require("IPython.display", purpose="to show HTML in a notebook")
        display.display({"text/html": page.html(), "text/plain": page.plain()}, raw=True)
    else:
        print(page.plain(ascii_only=not _can_print_lines()))


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
    texts: list[str] = []
    layout = line_length, positions, texts.append, expand_nested, show_trainable, layer_range
    summary(model, *layout, show_flops, show_memory)
    return texts[0]


def _in_notebook() -> bool:
    """Whether this is a notebook's kernel; IPython is never imported to find out."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


@dataclass
class _Page:
    title: Any
    headers: list[str]
    widths: list[int]
    rows: list[list[Any]]
    totals: list[Any]
    width: int

    def table(self) -> Any:
        table = _rich("Table")(width=self.width, show_lines=True, header_style="bold")
        for header, size in zip(self.headers, self.widths, strict=True):
            justify: Any = "right" if header in RIGHT else "left"
            justify = "center" if header == "Trainable" else justify
            table.add_column(header, width=size, justify=justify, overflow="fold")
        for row in self.rows:
            table.add_row(*row)
        return table

    def html(self) -> str:
        """A part of a page, with the page's own colours, light or dark."""
        styles = [' class="number"' if name in RIGHT else "" for name in self.headers]

        def line(kind: str, cells: Sequence[Any]) -> str:
            pairs = zip(styles, cells, strict=True)
            made = [f"<{kind}{style}>{escape(str(cell))}</{kind}>" for style, cell in pairs]
            return f"<tr>{''.join(made)}</tr>"

        body = "\n".join(line("td", row) for row in self.rows)
        below = "\n".join(f"<p>{escape(str(total).strip())}</p>" for total in self.totals)
        style = STYLE.read_text(encoding="utf-8").strip()
        return (
            f'<div class="lamella-summary"><style>{style}</style>\n'
            f"<p><b>{escape(str(self.title))}</b></p>\n<table>\n"
            f"<thead>{line('th', self.headers)}</thead>\n<tbody>\n{body}\n</tbody>\n</table>\n"
            f"{below}\n</div>"
        )

    def plain(self, ascii_only: bool = False) -> str:
        table, buffer = self.table(), io.StringIO()
        if ascii_only:
            table.box = _rich("box", "ASCII")
        never: Any = dict.fromkeys(("force_terminal", "force_jupyter", "legacy_windows"), False)
        _rich("Console")(file=buffer, width=self.width, color_system=None, **never).print(table)
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
    widest: int | None,
    positions: Sequence[float] | None,
    expand_nested: bool,
    layer_range: Sequence[str] | None,
    extras: list[str],
) -> _Page:
    listing = list_layers(model)
    listing.layers = select(listing.layers, layer_range)
    extra = sum(EXTRA_WIDTHS[name] for name in extras)
    usual, shares = CHAIN_WIDTH, [0.45, 0.80, 1.0]
    headers = ["Layer (type)", "Output Shape", "Param #"]
    if not listing.chain:
        usual, shares = GRAPH_WIDTH, [0.3, 0.56, 0.74, 1.0]
        headers.append("Connected to")
    width = line_length or min(usual + extra, widest or sys.maxsize)
    widths = _widths(list(positions or shares), max(width - extra, 0), len(headers))
    headers += extras
    widths += [EXTRA_WIDTHS[name] for name in extras]
    costs = costs_of(model) if {"FLOPs", "Memory"} & {*extras} else None
    listed = rows_of(listing, expand_nested, costs)
    rows = [[_cell(row, header) for header in headers] for row in listed]
    title = _rich("Text")(f'Model: "{model.name}"', style="bold")
    return _Page(title, headers, widths, rows, _totals(model, costs, extras), width)


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


def _cell(row: dict[str, str], column: str) -> Any:
    if column == "Layer (type)":
        return _rich("Text").assemble(row["name"], " (", (row["kind"], SYMBOL), ")")
    if column in ("Connected to", "Trainable"):
        return _rich("Text")(row[column], style=TRAINED.get(row[column], ""))
    shown = _rich("Text")(row[column])
    shown.highlight_regex(r"\d[\d,]*", NUMBER)
    shown.highlight_regex(r"None", OPEN)
    return shown


def _totals(model: Any, costs: Costs | None, extras: list[str]) -> list[Any]:
    trainable, fixed = model.trainable_weights, model.non_trainable_weights
    optimizer = getattr(model, "optimizer", None)
    held = list(optimizer.variables) if optimizer is not None and optimizer.built else []
    groups = {"Total": [*trainable, *fixed, *held], "Trainable": trainable, "Non-trainable": fixed}
    if held:
        groups["Optimizer"] = held
    lines = [
        (f"{name} params", f"{count(weights):,}", f" ({memory_text(memory(weights))})")
        for name, weights in groups.items()
    ]
    if "FLOPs" in extras:
        flops = flops_text(costs.total_flops) if costs else "?"
        lines.append(("FLOPs for one row", flops, ""))
    if "Memory" in extras:
        size = memory_text(costs.total_memory) if costs else "?"
        lines.append(("Outputs of all layers for one row", "", size))
    return [
        _rich("Text").assemble((f" {label}: ", "bold"), (number, NUMBER), rest)
        for label, number, rest in lines
    ]
