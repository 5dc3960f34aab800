"""Files, functions and the whole stay small."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "lamella"
FILES = sorted(PACKAGE.rglob("*.py"))
MOST_LINES = 600
MOST_LINES_OF_A_FUNCTION = 60
MOST_LINES_OF_CODE = 25_000
MOST_LINES_OF_C = 1_500


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines without the signature's and the docstring's: those may be as long as they must."""
    body = function.body
    first = body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(body) > 1:
        first = body[1]
    return (function.end_lineno or 0) - first.lineno + 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_functions_are_short(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert code_lines(node) <= MOST_LINES_OF_A_FUNCTION, f"{node.name}"


def lines_of_code(path: Path) -> int:
    """Lines that do something: docstrings (their examples are tests) and comments are free."""
    text = path.read_text()
    free: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(
            node
        ):
            free.update(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    lines = enumerate(text.splitlines(), start=1)
    return sum(
        1
        for number, line in lines
        if number not in free and line.strip() and not line.strip().startswith("#")
    )


def test_kernels_are_small() -> None:
    """C has a budget of its own. Comments and blank lines are free here too."""
    sources = sorted(PACKAGE.rglob("*.[ch]"))
    lengths = [len(path.read_text().splitlines()) for path in sources]
    assert lengths and max(lengths) <= MOST_LINES
    code = [
        line
        for path in sources
        for line in re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL).splitlines()
    ]
    assert sum(1 for line in code if line.strip()) < MOST_LINES_OF_C


def test_the_whole_is_small() -> None:
    assert sum(lines_of_code(path) for path in FILES) < MOST_LINES_OF_CODE
