"""Compiled programs are kept on disk, so that the second start of a script compiles nothing.

JAX does the keeping, by the program and all that it depends on. Here it is told where, and what is
old goes when the folder has grown too large.
"""

import contextlib
import os
from pathlib import Path

import jax

from lamella._base.home import home_folder, kind_of_machine

VARIABLE = "LAMELLA_CACHE"
MOST_BYTES = 2 << 30
# What is compiled faster than this is not worth a file.
LEAST_SECONDS = 0.2


def turn_on() -> Path | None:
    """Keeps compiled programs from now on, unless JAX was told where to, or not to.

    LAMELLA_CACHE=0 in the environment turns it off, a path there is used in place of
    ~/.lamella/compiled. JAX_COMPILATION_CACHE_DIR and jax.config come first.

    Returns the folder, None if there is none of ours.
    """
    chosen = os.environ.get(VARIABLE, "")
    if chosen == "0" or jax.config.jax_compilation_cache_dir is not None:  # type: ignore[attr-defined]
        return None
    folder = Path(chosen).expanduser() if chosen else home_folder() / "compiled"
    folder /= kind_of_machine()
    with contextlib.suppress(OSError):  # a home that cannot be written to costs time and no more
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _forget_the_oldest(folder)
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", LEAST_SECONDS)
        return folder
    return None


def _forget_the_oldest(folder: Path) -> None:
    known = [(entry.stat(), entry.path) for entry in os.scandir(folder)]
    excess = sum(file.st_size for file, _ in known) - MOST_BYTES
    for file, path in sorted(known, key=lambda one: one[0].st_mtime):
        if excess <= 0:
            break
        Path(path).unlink(missing_ok=True)
        excess -= file.st_size
