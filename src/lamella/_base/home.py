"""The folder in which lamella keeps what it fetched and what it compiled."""

import contextlib
import hashlib
import os
import platform
from pathlib import Path


def home_folder() -> Path:
    """~/.lamella, or what the environment says."""
    return Path(os.environ.get("LAMELLA_HOME") or "~/.lamella").expanduser()


def kind_of_machine() -> str:
    """A name for the processor: machines that share a home do not run each other's code."""
    said = platform.machine() + platform.processor()
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        said += next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return hashlib.sha256(said.encode()).hexdigest()[:12]
