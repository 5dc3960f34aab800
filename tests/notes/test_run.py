"""The programs of five study notes, line for line, under `lamella run`.

Their lines are those of the notes. Snippets are moved to the left margin; what a note uses without
importing or defining it stands on top.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import lamella
from lamella.cli import main

PROGRAMS = Path(__file__).with_name("programs")
REPLACED = ("tensorflow", "keras", "tf_keras")
ROW = re.compile(r"│ (\S+) \((\w+)\)\s*│ (\(.*?\))\s*│\s*([\d,]+) ")

DENSE = [("Dense", "(None, 28, 300)", 8700), ("Dense", "(None, 28, 100)", 30100)]
FLAT = [
    ("InputLayer", "(None, 28, 28, 1)", 0),
    ("Flatten", "(None, 784)", 0),
    ("Dense", "(None, 300)", 235500),
    ("Dense", "(None, 100)", 30100),
    ("Dense", "(None, 10)", 1010),
]
BIG = [
    ("Flatten", "(None, 30000)", 0),
    ("Dense", "(None, 400)", 12000400),
    ("Dense", "(None, 200)", 80200),
    ("Dense", "(None, 100)", 20100),
]
CNN = [
    ("Conv2D", "(None, 28, 28, 32)", 320),
    ("MaxPooling2D", "(None, 14, 14, 32)", 0),
    ("Conv2D", "(None, 14, 14, 64)", 18496),
    ("MaxPooling2D", "(None, 7, 7, 64)", 0),
    ("Flatten", "(None, 3136)", 0),
    ("Dense", "(None, 100)", 313700),
    ("Dropout", "(None, 100)", 0),
    ("Dense", "(None, 10)", 1010),
]
DENSE.append(("Dense", "(None, 28, 10)", 1010))
# Program -> the rows of the tables that it prints, one after another.
TABLES: dict[str, list[tuple[str, str, int]]] = {
    "note1_layers": [],
    "note2_functional": [*CNN, ("InputLayer", "(None, 28, 28, 1)", 0), *CNN],
    "note3_models": [*DENSE, *FLAT, *BIG, *[("InputLayer", "(None, 100, 100, 3)", 0), *BIG] * 2],
    "note4_layers": [],
    "note5_sequential": [],
}


def rows_of(printed: str) -> list[tuple[str, str, int]]:
    found = [ROW.search(line) for line in printed.splitlines()]
    return [(m[2], m[3], int(m[4].replace(",", ""))) for m in found if m]


@pytest.fixture
def aside(tmp_path: Path, monkeypatch: Any) -> Iterator[None]:
    """An empty folder, and a process that has never seen the real Keras."""
    monkeypatch.chdir(tmp_path)
    names = [name for name in sys.modules if name.split(".")[0] in REPLACED]
    kept = {name: sys.modules.pop(name) for name in names}
    lamella.utils.clear_session()
    yield
    sys.modules.update(kept)


def run(name: str) -> int:
    return main(["run", str(PROGRAMS / f"{name}.py")])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", TABLES)
def test_programs_run(aside: None, name: str, capfd: Any) -> None:
    assert run(name) == 0
    printed = capfd.readouterr().out
    assert rows_of(printed) == TABLES[name]
    if name == "note1_layers":
        assert printed == "(None, 784)\n"


@pytest.mark.filterwarnings("ignore")
def test_the_models_of_the_first_note(aside: None, capfd: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("PATH", "")
    assert run("note1_models") == 0
    printed = capfd.readouterr().out
    totals = re.findall(r"Total params: ([\d,]+)", printed)
    assert totals == ["39,810", "39,810", "266,610", "5,989", "3,931", "2,132", "3,942"]
    assert "Dense1 (Dense)" in printed and "Input_2" in printed and "sum_output" in printed
    assert [path.stem for path in Path().iterdir()] == ["model"]


def test_tensors_of_the_third_note(aside: None, capfd: Any) -> None:
    assert run("note3_tensors") == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[0] == "[[[ 1  2  3]" and lines[-2:] == ["3", "2.0"]


def test_the_forgotten_tensor_of_the_third_note(aside: None, capfd: Any) -> None:
    assert run("note3_reshape") == 1
    told = capfd.readouterr().err
    assert "data = tf.reshape((-1, 100, 100, 3))" in told
    assert told.count('File "') == 1, "only the program's own line"
    message = told[told.index("WrongType") :].strip().splitlines()
    assert len(message) <= 3 and "missing the argument: 'shape'" in message[0]
    assert message[-1] == "help: Probably meant: tf.reshape(data, (-1, 100, 100, 3))."


def command(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lamella", "run", *words],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_training_of_the_third_note(tmp_path: Path) -> None:
    """matplotlib is not needed by lamella: a stand-in is there in its place."""
    plots = tmp_path / "stand_ins" / "matplotlib"
    plots.mkdir(parents=True)
    (plots / "__init__.py").write_text("")
    (plots / "pyplot.py").write_text("def scatter(x, y): pass\ndef show(): pass\n")
    path = os.pathsep.join([str(plots.parent), os.environ.get("PYTHONPATH", "")])
    done = command(tmp_path, str(PROGRAMS / "note3_training.py"), PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    assert rows_of(done.stdout) == [("Dense", "(None, 1)", 2)]
    assert "(160, 1) (160, 1)\n(40, 1) (40, 1)" in done.stdout
    assert "Epoch 40/40" in done.stdout and "mae: " in done.stdout


def test_the_notebook_of_the_fourth_note(tmp_path: Path) -> None:
    done = command(tmp_path, str(PROGRAMS / "note4_cnn.py"))
    assert done.returncode == 0, done.stderr
    assert "notebook commands in line 22 are left out" in done.stderr


def test_a_program_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("WORD = 'beside'\n")
    program = tmp_path / "program.py"
    program.write_text(
        "import sys, helper, tensorflow as tf\n"
        "text = '''\n%kept\n!kept\n'''\n"
        "number = (7\n  % 4)\n"
        "if number:\n    !pip install tensorflow\n"
        "print(helper.WORD, sys.argv[1:], __name__, number, text.count('kept'), __file__)\n"
        "sys.exit(int(sys.argv[-1]))\n"
    )
    done = command(Path("/"), str(program), "--flag", "5")
    assert done.returncode == 5, done.stderr
    assert done.stdout == f"beside ['--flag', '5'] __main__ 3 2 {program}\n"
    assert done.stderr == "lamella: notebook commands in line 9 are left out.\n"


def test_what_cannot_run_says_why(aside: None, tmp_path: Path, capfd: Any) -> None:
    assert main(["run", "nowhere.py"]) == 1
    assert "There is no program 'nowhere.py'" in capfd.readouterr().err
    program = tmp_path / "program.py"
    for text, told in [
        ("import seaborn", "help: pip install seaborn"),
        ("import keras.wrappers.scikit_learn", "There is no module"),
        ("from keras.layers import Dens", "Did you mean 'Dense'"),
        ("x = = 2", "SyntaxError"),
        ("raise SystemExit('stopped')", "stopped"),
    ]:
        program.write_text(text)
        before = sys.argv, list(sys.path), sys.modules["__main__"]
        assert main(["run", str(program)]) == 1
        assert told in capfd.readouterr().err
        assert before == (sys.argv, sys.path, sys.modules["__main__"])
