"""Imports only go down, facades only re-export, nothing is imported inside a function."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "lamella"

# Rooms of one line are strangers to each other.
FLOORS = [
    ["_base"],
    ["_chart"],
    ["_state"],
    ["_graph"],
    ["_lowering"],
    ["random"],
    ["ops"],
    ["activations", "initializers", "regularizers", "constraints", "distribution"],
    ["_layer"],
    ["losses", "optimizers"],
    ["layers", "metrics"],
    ["saving", "export", "visualization", "data", "callbacks"],
    ["_training"],
    ["models"],
    ["datasets", "compat"],
    ["cli"],
]
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
FACADES = {path.stem for path in PACKAGE.glob("*.py")} - {"__main__"}
FILES = sorted(PACKAGE.rglob("*.py"))


def own_imports(tree: ast.AST) -> list[tuple[ast.stmt, str]]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "lamella":
            parts = (node.module or "").split(".")
            names = [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]
            found += [(node, name) for name in names]
        elif isinstance(node, ast.Import):
            for alias in node.names:
                parts = alias.name.split(".")
                if parts[0] == "lamella":
                    found.append((node, parts[1] if len(parts) > 1 else "__init__"))
    return found


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_only_go_down(path: Path) -> None:
    room = room_of(path)
    if room in FACADES or room == "__main__":
        return
    assert room in FLOOR_OF, f"{room} has no floor: enter it in FLOORS"
    for node, other in own_imports(ast.parse(path.read_text())):
        if other == room:
            continue
        assert other not in FACADES, f"line {node.lineno} imports the facade {other}"
        assert FLOOR_OF[other] < FLOOR_OF[room], f"line {node.lineno}: {room} imports {other}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_of_ours_is_imported_inside_a_function(path: Path) -> None:
    tree = ast.parse(path.read_text())
    for function in ast.walk(tree):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert not own_imports(function), f"{function.name} imports inside"


@pytest.mark.parametrize("name", sorted(FACADES))
def test_facades_only_re_export(name: str) -> None:
    allowed = (ast.ImportFrom, ast.Import)
    for node in ast.parse((PACKAGE / f"{name}.py").read_text()).body:
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        version = isinstance(node, ast.Assign) and name == "__init__"
        assert isinstance(node, allowed) or docstring or version, f"line {node.lineno}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_keras_is_never_imported(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            assert name.split(".")[0] not in ("keras", "tensorflow", "torch")
