"""The examples of docs/data.md run as they stand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).resolve().parents[3] / "docs" / "data.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
FIRST, *OTHERS = BLOCKS
# Until fit tells ArrayData.read the names of inputs and outputs.
WAITS = pytest.mark.xfail(strict=True)
CASES = [pytest.param(code, marks=WAITS if "name=" in code else ()) for code in OTHERS]


@pytest.mark.parametrize("code", CASES)
def test_example(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in re.findall(r"^import (\w+)", code, re.MULTILINE):
        if package != "tensorflow":
            pytest.importorskip(package)
        else:  # not lamella's stand-in of that name
            pytest.importorskip("tensorflow.python", exc_type=ImportError)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(FIRST, names)
    exec(code, names)
