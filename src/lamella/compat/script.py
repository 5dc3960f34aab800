"""Runs a program that was written for Keras or TensorFlow."""

import runpy
import sys
import tokenize
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from lamella._base import FileProblem, drop_own_frames
from lamella.compat.installation import install
from lamella.compat.notebook import without_magic

# Import name -> what pip calls it, for packages that study programs use.
_PACKAGES = {
    "sklearn": "scikit-learn",
    "cv2": "opencv-python",
    "PIL": "pillow",
    "IPython": "ipython",
    **{name: name for name in ("matplotlib", "pandas", "scipy", "seaborn", "tqdm", "pydot")},
}


def run_script(path: str, arguments: Sequence[str] = (), module: bool = False) -> int:
    """Runs a file, or a module, as the main program with the old names installed.

    Lines that start with % or ! are left out. Of an error only the program's own lines are shown.

    Args:
        path: the file, or the module's name.
        arguments: what `sys.argv` holds after the program.
        module: whether `path` is the name of a module.

    Returns the exit code.

    Raises: FileProblem, if there is no such file.
    """
    if not module and not Path(path).is_file():
        raise FileProblem(f"There is no program '{path}'.", help="Pass the path of a Python file.")
    kept = sys.argv, list(sys.path), sys.modules["__main__"]
    sys.argv = [path, *arguments]
    with install():
        try:
            if module:
                sys.path.insert(0, "")
                runpy.run_module(path, run_name="__main__", alter_sys=True)
            else:
                _run_file(path)
        except SystemExit as stop:
            return _code(stop)
        except KeyboardInterrupt:
            print("lamella: interrupted", file=sys.stderr)
            return 130
        except Exception as error:
            _show(error)
            return 1
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            sys.argv, sys.path[:], sys.modules["__main__"] = kept[0], kept[1], kept[2]
    return 0


def _run_file(path: str) -> None:
    sys.path[0:1] = [str(Path(path).resolve().parent)]
    main = ModuleType("__main__")
    main.__dict__.update(__file__=path, __builtins__=__builtins__)
    sys.modules["__main__"] = main
    with tokenize.open(path) as file:
        source = file.read()
    code, left_out = without_magic(source, path)
    if left_out:
        lines = ", ".join(map(str, left_out))
        print(f"lamella: notebook commands in line {lines} are left out.", file=sys.stderr)
    exec(code, main.__dict__)


def _code(stop: SystemExit) -> int:
    if stop.code is None or isinstance(stop.code, int):
        return stop.code or 0
    print(stop.code, file=sys.stderr)
    return 1


def _show(error: Exception) -> None:
    seen: BaseException | None = error
    while isinstance(seen, Exception):
        drop_own_frames(seen)
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    if isinstance(error, ModuleNotFoundError):
        package = _PACKAGES.get((error.name or "").split(".")[0])
        if package:
            error.add_note(f"help: pip install {package}")
    traceback.print_exception(error)
