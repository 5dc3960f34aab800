"""The examples of pages of the documentation run as they stand, each after the page's first."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


def cases() -> list[Any]:
    found = []
    for page in ("data", "training", "distribution"):
        first, *others = re.findall(
            r"```python\n(.*?)```", (DOCS / f"{page}.md").read_text(), re.DOTALL
        )
        found += [
            pytest.param(first, code, id=f"{page}-{number}") for number, code in enumerate(others)
        ]
    return found


@pytest.mark.parametrize(("first", "code"), cases())
def test_example(first: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in re.findall(r"^import (\w+)", code, re.MULTILINE):
        if package != "tensorflow":
            pytest.importorskip(package)
        else:  # not lamella's stand-in of that name
            pytest.importorskip("tensorflow.python", exc_type=ImportError)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(first, names)
    exec(code, names)


def test_what_the_page_shows_is_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (DOCS / "training.md").read_text()
    first = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0]
    code, shown = re.findall(r"```python\n([^`]*?)```\n\n```\n(.*?)```", text, re.DOTALL)[0]
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(first, names)
    exec(code, names)
    assert capsys.readouterr().out == shown
