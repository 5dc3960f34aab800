from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from io import BytesIO, StringIO, TextIOWrapper
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from lamella._base.errors import InvalidArgument
from lamella.visualization.costs import count, memory
from lamella.visualization.tables import summary, summary_text

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = pytest.importorskip("keras")


def of_keras(model: Any, **arguments: Any) -> str:
    lines: list[str] = []
    model.summary(print_fn=lines.append, **arguments)
    return "\n".join(line.rstrip() for line in "".join(lines).splitlines())


def keras_sequential() -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((784,)),
            layers.Dense(128, activation="relu", name="hidden"),
            layers.Dropout(0.2, name="drop"),
            layers.Dense(10, name="head"),
        ],
        name="mlp",
    )


def keras_branches() -> Any:
    layers = keras.layers
    left, right = layers.Input((4,), name="left"), layers.Input((3,), name="right")
    shared = layers.Dense(4, name="shared")
    both = [shared(shared(left)), layers.Dense(4, name="other")(right)]
    joined = layers.Add(name="join")(both)
    return keras.Model(
        [left, right], [joined, layers.Dense(1, name="out")(joined)], name="branches"
    )


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")  # or Keras wraps its table


def test_a_chain_is_printed_as_keras_prints_it(fake: SimpleNamespace) -> None:
    text = summary_text(fake.sequential())
    assert text == of_keras(keras_sequential())
    assert text == of_keras(keras_sequential(), line_length=88)


def test_the_trainable_column(fake: SimpleNamespace) -> None:
    ours, theirs = fake.sequential(), keras_sequential()
    ours.layers[0].trainable = theirs.layers[0].trainable = False
    text = summary_text(ours, show_trainable=True)
    rows = table_rows(text)
    assert rows == table_rows(of_keras(theirs, show_trainable=True, line_length=120))
    assert [cells[-1] for cells in rows.values()] == ["N", "-", "Y"]
    assert " Trainable " in text.splitlines()[2]
    assert text.splitlines()[-3:] == of_keras(theirs).splitlines()[-3:]


def table_rows(text: str) -> dict[str, list[str]]:
    rows = [line.strip("│").split("│") for line in text.splitlines() if line.startswith("│")]
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in rows}


def test_branches_are_told_as_keras_tells_them(fake: SimpleNamespace) -> None:
    ours = table_rows(summary_text(fake.branches(), line_length=200))
    theirs = table_rows(of_keras(keras_branches(), line_length=200))
    assert ours.pop("join (Add)")[:1] == theirs["join (Add)"][:1]
    theirs.pop("join (Add)")
    # Keras counts calls from the layer's first one, before this model's own; the names agree.
    assert {k: v[:2] for k, v in ours.items()} == {k: v[:2] for k, v in theirs.items()}
    assert ours["out (Dense)"][2] == "join[0][0]"
    assert ours["shared (Dense)"][2] == "left[0][0], shared[0][0]"
    assert ours["left (InputLayer)"][2] == "-"


def test_nested_layers_are_indented_as_in_keras(fake: SimpleNamespace) -> None:
    start = keras.layers.Input((784,), name="start")
    inner = keras_sequential()
    inner.name = "block"
    theirs = keras.Model(start, keras.layers.Dense(2, name="end")(inner(start)), name="outer")
    text = summary_text(fake.nested(), expand_nested=True, line_length=88)
    got = [line for line in text.splitlines() if "└" in line and "│" in line]
    wanted = of_keras(theirs, expand_nested=True, line_length=88)
    assert got == [line for line in wanted.splitlines() if "└ " in line and "│" in line]
    assert len(got) == 3


def test_the_totals_of_frozen_and_shared_weights(fake: SimpleNamespace) -> None:
    model = fake.branches()
    shared = next(layer for layer in model.layers if layer.name == "shared")
    shared.trainable = False
    twin = fake.make("Dense", "twin", own=shared.own, trainable=False)
    model.layers.append(twin)
    lines = summary_text(model).splitlines()[-3:]
    assert lines == [
        " Total params: 41 (164.00 B)",
        " Trainable params: 21 (84.00 B)",
        " Non-trainable params: 20 (80.00 B)",
    ]


def test_the_optimizer_is_counted_once_it_is_built(fake: SimpleNamespace) -> None:
    model = fake.sequential()
    model.optimizer = SimpleNamespace(built=False, variables=[])
    assert "Optimizer" not in summary_text(model)
    model.optimizer = SimpleNamespace(built=True, variables=[fake.Weight((101_770 * 2,))])
    text = summary_text(model)
    assert " Optimizer params: 203,540 (795.08 KB)" in text
    assert " Total params: 305,310 (1.16 MB)" in text


def test_an_unbuilt_model_shows_question_marks(fake: SimpleNamespace) -> None:
    layers = [fake.dense("a", 2, 3, built=False), fake.dense("b", 3, 1, built=False)]
    model = fake.make("Net", "net", fake.Model, layers=layers, built=False)
    rows = table_rows(summary_text(model))
    assert rows["a (Dense)"] == ["?", "0 (unbuilt)"]


@pytest.mark.parametrize(
    ("noted", "shown"),
    [
        ((), "?"),
        ((None, 3), "(None, 3)"),
        (((None, 3),), "(None, 3)"),
        (((None, 3), (None, 4)), "[(None, 3), (None, 4)]"),
        ({"a": (None, 3), "b": [(None, 4)]}, "[(None, 3), (None, 4)]"),
    ],
)
def test_recorded_shapes_of_a_subclassed_model(
    fake: SimpleNamespace, noted: Any, shown: str
) -> None:
    layer = fake.make("Mine", "mine", _output_shapes=noted)
    model = fake.make("Net", "net", fake.Model, layers=[layer])
    assert table_rows(summary_text(model))["mine (Mine)"][0] == shown


def test_layer_range(fake: SimpleNamespace) -> None:
    model = fake.sequential()
    rows = table_rows(summary_text(model, layer_range=("drop", "he.*")))
    assert list(rows) == ["drop (Dropout)", "head (Dense)"]
    assert rows == table_rows(summary_text(model, layer_range=("head", "drop")))
    for bad in [("drop",), "drop", (1, 2)]:
        with pytest.raises(InvalidArgument, match="layer_range"):
            summary_text(model, layer_range=bad)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="nothing"):
        summary_text(model, layer_range=("hidden", "nothing"))


def test_columns(fake: SimpleNamespace) -> None:
    model = fake.sequential()
    with pytest.raises(InvalidArgument, match="narrower"):
        summary_text(model, line_length=12)
    with pytest.raises(InvalidArgument, match="3 columns"):
        summary_text(model, positions=[0.5, 1.0])
    absolute = summary_text(model, line_length=80, positions=[40, 60, 80])
    assert absolute == summary_text(model, line_length=80, positions=[0.5, 0.75, 1.0])


def test_names_are_not_markup(fake: SimpleNamespace) -> None:
    model = fake.make("Net", "a[bold]b", fake.Model, layers=[fake.make("Mine", "x[red]y")])
    text = summary_text(model)
    assert 'Model: "a[bold]b"' in text and "x[red]y (Mine)" in text


def test_print_fn_gets_the_text_once_and_plain(fake: SimpleNamespace) -> None:
    got: list[str] = []
    summary(fake.sequential(), print_fn=got.append)
    (text,) = got
    assert text == summary_text(fake.sequential()) and "\x1b" not in text


def test_a_file_gets_no_colours_and_a_terminal_does(
    fake: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")

    class Terminal(StringIO):
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

    for stream, coloured in ((StringIO(), False), (Terminal(), True)):
        monkeypatch.setattr(sys, "stdout", stream)
        summary(fake.sequential())
        text = stream.getvalue()
        assert ("\x1b[" in text) == coloured
        assert "101,770" in text and "hidden" in text


def test_a_stream_without_unicode_gets_ascii(
    fake: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = BytesIO()
    stream = TextIOWrapper(raw, encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    summary(fake.nested(), expand_nested=True)
    stream.flush()
    text = raw.getvalue().decode("ascii")
    assert "| hidden" in text or "` hidden" in text


def test_counting(fake: SimpleNamespace) -> None:
    weights = [fake.Weight((3, 4)), fake.Weight((), "int64"), fake.Weight((5,), "bfloat16")]
    weights += [fake.Weight((3,), "int4"), fake.Weight((2,), "bool"), weights[0]]
    assert count(weights) == 12 + 1 + 5 + 3 + 2
    assert memory(weights) == 48 + 8 + 10 + 1.5 + 2


class Kernel:
    """What IPython offers in a notebook, as far as it is asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, running: bool) -> None:
        self.shown: list[Any] = []
        shell = SimpleNamespace(kernel=object()) if running else SimpleNamespace()
        display = ModuleType("IPython.display")
        display.display = lambda data, raw: self.shown.append(data)  # type: ignore[attr-defined]
        ipython = ModuleType("IPython")
        ipython.get_ipython = lambda: shell  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "IPython", ipython)
        monkeypatch.setitem(sys.modules, "IPython.display", display)


def test_a_notebook_gets_html(
    fake: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kernel = Kernel(monkeypatch, running=True)
    model = fake.nested()
    model.name = '<b>&"'
    summary(model, expand_nested=True)
    ((html, text),) = [(data["text/html"], data["text/plain"]) for data in kernel.shown]
    root = ElementTree.fromstring(html)
    assert root.findtext("p/b") == 'Model: "<b>&""'
    cells = [[cell.text for cell in row.findall("td")] for row in root.iter("tr")][1:]
    names = ["start (InputLayer)", "block (Sequential)", "   └ hidden (Dense)"]
    assert [row[0] for row in cells][:3] == names
    assert cells[2][1:] == ["(None, 128)", "100,480"]
    assert [p.text for p in root.findall("p")][1:] == [
        line.strip() for line in text.splitlines()[-3:]
    ]
    assert text == summary_text(model, expand_nested=True)
    got: list[str] = []
    summary(model, print_fn=got.append)
    assert len(got) == len(kernel.shown) == 1 and capsys.readouterr().out == ""


def test_ipython_in_a_terminal_is_no_notebook(
    fake: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kernel = Kernel(monkeypatch, running=False)
    summary(fake.sequential())
    assert kernel.shown == [] and "hidden (Dense)" in capsys.readouterr().out


def test_ipython_is_not_imported_to_find_out() -> None:
    code = (
        "import sys, lamella as l\n"
        "l.Sequential([l.Input((4,)), l.layers.Dense(2)]).summary()\n"
        "assert 'IPython' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_positions_are_of_keras_own_columns(fake: SimpleNamespace) -> None:
    text = summary_text(fake.sequential(), positions=[0.5, 0.75, 1.0], show_trainable=True)
    widths = [len(part) for part in text.splitlines()[1].strip("┏┓").split("┳")]
    assert len(widths) == 4 and widths[0] > 40
    assert table_rows(text)["drop (Dropout)"][-1] == "-"


def test_costs_of_a_model_that_cannot_run_are_open(fake: SimpleNamespace) -> None:
    text = summary_text(fake.sequential(), show_flops=True, show_memory=True)
    assert table_rows(text)["head (Dense)"][-2:] == ["?", "?"]
    assert text.splitlines()[-2:] == [
        " FLOPs for one row: ?",
        " Outputs of all layers for one row: ?",
    ]
