"""The command does the main job from end to end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree
from pathlib import Path
from typing import Any

import pytest

from lamella.cli import main
from lamella.datasets import fashion_mnist


def test_the_demo_writes_what_it_says(tmp_path: Path, capsys: Any) -> None:
    assert main(["demo", "--epochs", "1", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "Total params: 45,526" in printed
    assert "the reloaded model predicts the same: yes" in printed
    picture = xml.etree.ElementTree.parse(tmp_path / "model.svg").getroot()
    assert picture.tag.endswith("svg")
    report = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Confusion matrix" in report
    assert not re.search(r"(src|href)=[\"']?https?:", report)
    assert (tmp_path / "model.keras").stat().st_size > 100_000


def test_a_wrong_path_is_told_in_three_lines(capsys: Any) -> None:
    assert main(["demo", "fashion-mnist", "--data-path", "nowhere"]) == 1
    told = capsys.readouterr().err
    assert "help:" in told and len(told.strip().splitlines()) <= 3


def accuracy_of(data: str, folder: Path) -> float:
    """The held-out accuracy that the command prints, in a process of its own."""
    environment = {key: value for key, value in os.environ.items() if key != "XLA_FLAGS"}
    command = [sys.executable, "-m", "lamella", "demo", data, "--out", str(folder)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found = re.search(r"accuracy: ([\d.]+)%\n", run.stdout)
    assert found is not None
    return float(found[1])


@pytest.mark.slow
def test_digits_are_read(tmp_path: Path) -> None:
    assert accuracy_of("digits", tmp_path) >= 98.0


@pytest.mark.slow
def test_clothes_are_read(tmp_path: Path) -> None:
    try:
        fashion_mnist.load_data()
    except OSError:
        pytest.skip("Fashion-MNIST is not on this machine")
    assert accuracy_of("fashion-mnist", tmp_path) >= 90.0
