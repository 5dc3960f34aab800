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
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
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
# Without -ffast-math: NaN and infinity mean what they mean elsewhere.
FLAGS = ("-O3", "-march=native", "-fno-math-errno", "-std=gnu11", "-shared", "-fPIC", "-pthread")


def library() -> Any:
    """The compiled kernels, known to XLA; None where there are none.

    LAMELLA_NATIVE=0 in the environment turns them off.
    """
    return _found()[0]


def said() -> str:
    """Whether there are kernels, and why not, in a line."""
    return _found()[1]


@functools.cache
def _found() -> tuple[Any, str]:
    name = os.environ.get("CC") or "cc"
    compiler = shutil.which(name)
    if jax.default_backend() != "cpu":
        return None, "no kernels in C: they are for CPUs"
    if os.environ.get(VARIABLE) == "0":
        return None, f"no kernels in C: {VARIABLE}=0 turns them off"
    if compiler is None:
        return None, f"no kernels in C: there is no compiler '{name}' (Debian: apt install gcc)"
    sources = "".join(path.read_text() for path in sorted(FOLDER.glob("*.[ch]")))
    try:
        kernels = ctypes.CDLL(str(_compiled(compiler, sources)))
    except (OSError, subprocess.SubprocessError) as error:
        why = (getattr(error, "stderr", None) or str(error)).strip()[-300:]
        warn_person(
            f"lamella's kernels could not be compiled with '{compiler}': {why}\n"
            f"help: XLA's own are used, which are slower. {VARIABLE}=0 silences this."
        )
        return None, f"no kernels in C: '{compiler}' did not compile them"
    for target in re.findall(r"^XLA_FFI_Error \*(lamella_\w+)", sources, re.MULTILINE):
        capsule = jax.ffi.pycapsule(getattr(kernels, target))
        jax.ffi.register_ffi_target(target, capsule, platform="cpu")
    return kernels, "with kernels in C"


def _compiled(compiler: str, sources: str) -> Path:
    """The library's file, made if it is not there yet."""
    made_of = [compiler, kind_of_machine(), jaxlib.version.__version__, *FLAGS, sources]
    key = hashlib.sha256("\n".join(made_of).encode()).hexdigest()[:20]
    path = home_folder() / "kernels" / f"{key}.so"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            made = Path(folder) / path.name
            files = map(str, sorted(FOLDER.glob("*.c")))
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
        target: the name of its function in C.
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


def differentiable(
    forward: Callable[[Any, Any, bool], tuple[Any, Any]],
    backward: Callable[[Any, Any, Any, Any], Any] | None,
    plain: Callable[[Any, Any], Any],
) -> Callable[[Any, Any], Any]:
    """A function of (inputs, fixed) by kernels, with gradients of every order.

    Args:
        forward: (inputs, fixed, whether it is to be differentiated) -> (outputs, what to save).
        backward: (inputs, fixed, saved, slopes of the outputs) -> slopes of the inputs; those of
            `plain` if None.
        plain: (inputs, fixed) -> outputs in XLA's operations, for gradients of gradients.
    """

    @jax.custom_vjp
    def core(inputs: Any, fixed: Any) -> Any:
        return forward(inputs, fixed, False)[0]

    @jax.custom_vjp
    def keeping(inputs: Any, fixed: Any) -> tuple[Any, Any]:
        return forward(inputs, fixed, True)

    def by_operations(inputs: Any, fixed: Any, _: Any, slopes: Any) -> Any:
        return jax.vjp(lambda inputs: plain(inputs, fixed), inputs)[1](slopes)[0]

    gradient = jax.custom_vjp(backward or by_operations)

    def begin(inputs: Any, fixed: Any) -> tuple:
        outputs, saved = keeping(inputs, fixed)
        return (outputs, saved), (inputs, fixed, saved)

    def start(inputs: Any, fixed: Any) -> tuple:
        (outputs, _), kept = begin(inputs, fixed)
        return outputs, kept

    def second(kept: tuple, slopes: Any) -> tuple:
        inputs, fixed, saved, first = kept

        pull = jax.vjp(lambda *two: by_operations(two[0], fixed, None, two[1]), inputs, first)[1]
        by_inputs, by_first = pull(slopes)
        return by_inputs, None, jax.tree.map(jnp.zeros_like, saved), by_first

    # What is saved has no slope of its own: `second` counts all that the gradient depends on.
    keeping.defvjp(begin, lambda kept, slopes: (gradient(*kept, slopes[0]), None))
    gradient.defvjp(lambda *given: (gradient(*given), given), second)
    core.defvjp(start, lambda kept, slopes: (gradient(*kept, slopes), None))
    return core
