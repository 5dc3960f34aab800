"""The state of a run in one file: arrays and plain values, nothing that could run."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from lamella._base import FileProblem, optional, replacing

_KEY = "lamella"


def write_state(path: Path, plain: Any, arrays: dict[str, Any]) -> None:
    """Writes values and arrays; the file is there whole or not at all.

    Args:
        path: the file, in the safetensors format. Arrays lie in it as bytes, since that format does
            not know all number types; their types and shapes are with the values.
        plain: what JSON can hold.
        arrays: NumPy or JAX arrays by name.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp(), "state")
        >>> write_state(path, {"step": 3}, {"w": np.ones(2)})
        >>> read_state(path)
        ({'step': 3}, {'w': array([1., 1.])})
    """
    numpy_format = optional.require("safetensors.numpy", purpose="to write the state of a run")
    held = {name: np.asarray(array) for name, array in arrays.items()}
    kinds = {name: [array.dtype.name, list(array.shape)] for name, array in held.items()}
    raw = {name: np.ascontiguousarray(array).tobytes() for name, array in held.items()}
    bytes_of = {name: np.frombuffer(content, np.uint8) for name, content in raw.items()}
    said = json.dumps({"plain": plain, "arrays": kinds})
    with replacing(path) as scratch:
        numpy_format.save_file(bytes_of, scratch, metadata={_KEY: said})


def read_state(path: Path) -> tuple[Any, dict[str, np.ndarray]]:
    """The values and arrays of a file that `write_state` wrote.

    Args:
        path: the file.

    Raises: FileProblem, if it is not such a file.
    """
    safetensors = optional.require("safetensors", purpose="to read the state of a run")
    try:
        with safetensors.safe_open(path, framework="np") as file:
            said = json.loads((file.metadata() or {})[_KEY])
            found = {}
            for name, (kind, shape) in said["arrays"].items():
                raw = file.get_tensor(name)
                dtype = np.dtype(kind)
                if raw.dtype != np.uint8 or raw.size != math.prod(shape) * dtype.itemsize:
                    raise ValueError(f"'{name}' has another size than the file says")
                found[name] = np.frombuffer(raw.tobytes(), dtype).reshape(shape).copy()
            return said["plain"], found
    except (safetensors.SafetensorError, OSError, KeyError, TypeError, ValueError) as cause:
        raise FileProblem(
            f"Cannot read the state of a run from '{path}': {cause}.",
            help="The file is damaged or no such state. Delete it; the one before it is used then.",
        ) from cause
