"""The folder in which lamella keeps what it fetched and what it compiled."""

import os
from pathlib import Path


def home_folder() -> Path:
    """~/.lamella, or what the environment says."""
    return Path(os.environ.get("LAMELLA_HOME") or "~/.lamella").expanduser()
