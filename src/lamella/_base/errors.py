"""Every error lamella raises on purpose.

LamellaError
├── InvalidArgument (ValueError)      an argument has a value it may not have
│   ├── InvalidShape                  ... because of its shape
│   └── UnknownName (KeyError)        ... because no object has that name
├── WrongType (TypeError)             an argument is of a kind that cannot work
│   └── AttributeMissing (AttributeError)  ... because what is inside lacks something
├── InvalidData (ValueError)          the data given to fit, evaluate or predict cannot be used
├── NotReady (ValueError)             something has to happen first: build, compile, fit
├── UntrackedState (RuntimeError)     a variable is used in compiled code that does not carry it
├── FileProblem (ValueError, OSError) a file is missing, damaged, unsafe or of another model
├── DownloadFailed (OSError)          a data set could be found nowhere
├── MissingPackage (ImportError)      an optional package is not installed
└── MissingName (ImportError)         a name that old Keras had and that is gone

Each is also a built-in error, so that code written for Keras still catches it. A message has at
most three lines: what came, what was wanted, and after `help:` what to do.
"""

import os
import types
from pathlib import Path

from lamella._base.exports import publish

_PACKAGE = str(Path(__file__).resolve().parents[1]) + os.sep
_FULL_TRACEBACKS = os.environ.get("LAMELLA_FULL_TRACEBACK", "") not in ("", "0")


class LamellaError(Exception):
    """The root of all errors that lamella raises on purpose.

    Args:
        message: what came and what was wanted, one or two lines.
        help: what to do about it, one line.
    """

    def __init__(self, message: str, help: str = "") -> None:
        self.message = message
        self.help = help
        super().__init__(message, help)

    def __str__(self) -> str:
        return f"{self.message}\nhelp: {self.help}" if self.help else self.message


class InvalidArgument(LamellaError, ValueError):
    """An argument has a value that it may not have."""


class InvalidShape(InvalidArgument):
    """An array or a shape argument has a shape that cannot work here."""


class UnknownName(InvalidArgument, KeyError):
    """No layer, loss, optimizer ... is known under the given name."""


class WrongType(LamellaError, TypeError):
    """An argument is of a kind that cannot work here."""


class AttributeMissing(WrongType, AttributeError):
    """What an object holds does not have what was asked for."""


class InvalidData(LamellaError, ValueError):
    """The data given to fit, evaluate or predict cannot be used."""


class NotReady(LamellaError, ValueError):
    """Something has to happen first: build, compile or fit."""


class UntrackedState(LamellaError, RuntimeError):
    """Compiled code reads or writes a variable that it does not carry."""


class FileProblem(LamellaError, ValueError, OSError):
    """A file is missing, damaged, unsafe or made for another model."""


class DownloadFailed(LamellaError, OSError):
    """A data set was found nowhere and could not be fetched."""


class MissingPackage(LamellaError, ImportError):
    """An optional third-party package is needed and not installed."""


class MissingName(LamellaError, ImportError):
    """A name that an old Keras had, and that is gone."""


def drop_own_frames(error: BaseException) -> BaseException:
    """Leaves only frames outside lamella and JAX in the error's traceback.

    The person's own line is what they can change. `LAMELLA_FULL_TRACEBACK=1` keeps every frame.
    """
    if _FULL_TRACEBACKS or error.__traceback__ is None:
        return error
    # JAX notes that it removed frames of its own; there are none left to speak of.
    noted = getattr(error, "__notes__", [])
    error.__notes__ = [note for note in noted if "JAX has removed" not in note and note.strip("-")]
    kept: types.TracebackType | None = None
    frames = []
    trace: types.TracebackType | None = error.__traceback__
    while trace is not None:
        frames.append(trace)
        trace = trace.tb_next
    for trace in reversed(frames):
        if not _is_machinery(trace.tb_frame.f_code.co_filename):
            kept = types.TracebackType(kept, trace.tb_frame, trace.tb_lasti, trace.tb_lineno)
    return error.with_traceback(kept)


def _is_machinery(filename: str) -> bool:
    parts = filename.split(os.sep)
    return filename.startswith((_PACKAGE, "<frozen")) or "jax" in parts


def note_where(error: Exception, who: str) -> None:
    """Adds to an error that is not ours in which layer it came up, once, the innermost."""
    notes = getattr(error, "__notes__", [])
    if not isinstance(error, LamellaError) and not any(n.startswith("in ") for n in notes):
        error.add_note(f"in {who}; LAMELLA_FULL_TRACEBACK=1 shows every frame.")


publish(__name__)
