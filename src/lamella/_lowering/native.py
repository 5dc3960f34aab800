"""Kernels in C for CPUs, which XLA calls in the middle of a program.

XLA's convolutions and recurrent loops run at half of what a processor can do. Where there is a C
compiler, `kernels/` is compiled for this very processor, once for each version and machine, and
kept beside the compiled programs; where there is none, XLA's forms are used and nothing else
changes.

The kernels are taken only inside of what `fit`, `evaluate` and `predict` compile (`Frame.native`):
a function of a person's own, an exported file or several devices get XLA's operations.
"""

import ctypes
import functools
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import jaxlib.version
import numpy as np

from lamella._base.home import home_folder, kind_of_machine
from lamella._base.warn import warn_person
from lamella._state import frame as frames

VARIABLE = "LAMELLA_NATIVE"
FOLDER = Path(__file__).with_name("kernels")
TARGETS = (
    "lamella_attention",
    "lamella_attention_gradient",
    "lamella_convolution",
    "lamella_convolution_kernel_gradient",
    "lamella_lstm",
    "lamella_lstm_gradient",
    "lamella_gru",
    "lamella_gru_gradient",
    "lamella_rows",
    "lamella_adam_rows",
)
# Without -ffast-math: NaN and infinity mean what they mean elsewhere.
FLAGS = ("-O3", "-march=native", "-fno-math-errno", "-std=gnu11", "-shared", "-fPIC")


@functools.cache
def library() -> Any:
    """The compiled kernels, known to XLA; None where there are none.

    LAMELLA_NATIVE=0 in the environment turns them off.
    """
    compiler = shutil.which(os.environ.get("CC") or "cc")
    if os.environ.get(VARIABLE) == "0" or jax.default_backend() != "cpu" or compiler is None:
        return None
    try:
        found = ctypes.CDLL(str(_compiled(compiler)))
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        warn_person(
            f"lamella's kernels could not be compiled with '{compiler}': {said.strip()[-300:]}\n"
            "help: XLA's own are used, which are slower. LAMELLA_NATIVE=0 silences this."
        )
        return None
    for target in TARGETS:
        capsule = jax.ffi.pycapsule(getattr(found, target))
        jax.ffi.register_ffi_target(target, capsule, platform="cpu")
    return found


def _compiled(compiler: str) -> Path:
    """The library's file, made if it is not there yet."""
    sources = sorted(FOLDER.glob("*.[ch]"))
    said = [compiler, kind_of_machine(), jaxlib.version.__version__, *FLAGS]
    key = hashlib.sha256("\n".join(said).encode())
    for source in sources:
        key.update(source.read_bytes())
    path = home_folder() / "kernels" / f"{key.hexdigest()[:20]}.so"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            made = Path(folder) / path.name
            files = [str(source) for source in sources if source.suffix == ".c"]
            command = [compiler, *FLAGS, f"-I{jax.ffi.include_dir()}", *files, "-o", str(made)]
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
            made.replace(path)
    return path


def lanes() -> int:
    """How many numbers a kernel takes at a time: sizes must be multiples of it."""
    return ctypes.c_int.in_dll(library(), "lamella_lanes").value


def wanted(*arrays: jax.Array | None) -> bool:
    """Whether kernels may take these arrays, here and now."""
    return (
        frames.ambient().native
        and all(one is None or _plain(one) for one in arrays)
        and library() is not None
    )


def _plain(array: jax.Array) -> bool:
    sizes = array.shape
    return array.dtype == jnp.float32 and all(isinstance(n, int) and n > 0 for n in sizes)


def call(
    target: str,
    shapes: Sequence[tuple[int, ...]],
    *arrays: jax.Array,
    numbers: Any = None,
    written_over: int = 0,
) -> list[jax.Array]:
    """What a kernel gives, all of float32.

    Args:
        target: which one, of TARGETS.
        shapes: those of its results.
        arrays: what it takes.
        numbers: what else it must know, integers.
        written_over: so many first results lie where the first arrays did.
    """
    results = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    attributes = {} if numbers is None else {"numbers": np.array(numbers, np.int64)}
    aliases = {place: place for place in range(written_over)}
    run = jax.ffi.ffi_call(target, results, vmap_method="sequential", input_output_aliases=aliases)
    return list(run(*arrays, **attributes))
