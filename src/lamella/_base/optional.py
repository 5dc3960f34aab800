"""Third-party packages that are imported only when they are used."""

import importlib
from typing import Any

from lamella._base.errors import MissingPackage


def require(package: str, *, purpose: str, extra: str | None = None) -> Any:
    """Imports a package, or says what needs it and how to install it.

    Args:
        package: the import name, for instance "h5py".
        purpose: what it is needed for, as the end of "... is needed".
        extra: the name of lamella's extra that brings it, if there is one.

    Raises: MissingPackage, if it is not installed.
    """
    try:
        return importlib.import_module(package)
    except ImportError as cause:
        root = package.split(".")[0]
        wanted = f'pip install "lamella[{extra}]"' if extra else f"pip install {root}"
        raise MissingPackage(
            f"The package '{root}' is needed {purpose}; it is not installed.", help=f"Run: {wanted}"
        ) from cause


def find(package: str) -> Any | None:
    """Imports a package if it is installed, otherwise gives None."""
    try:
        return importlib.import_module(package)
    except ImportError:
        return None
