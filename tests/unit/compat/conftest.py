"""The old names in this process, with the real Keras of other tests put aside meanwhile."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from lamella import compat

ROOTS = ("tensorflow", "keras", "tf_keras", "IPython")


@pytest.fixture
def installed() -> Iterator[None]:
    names = [name for name in sys.modules if name.split(".")[0] in ROOTS]
    kept = {name: sys.modules.pop(name) for name in names}
    try:
        with compat.install():
            yield
    finally:
        sys.modules.update(kept)


@pytest.fixture
def tf(installed: None) -> Any:
    return importlib.import_module("tensorflow")


@pytest.fixture
def keras(installed: None) -> Any:
    return importlib.import_module("keras")
