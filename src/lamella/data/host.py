"""Arrays that stay on the host because they may be larger than memory.

Memory-mapped files, h5py data sets and sparse matrices give rows when a batch needs them. Small
ones are read at once: a copy on the device is faster.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import numpy as np

from lamella._base import InvalidData, WrongType, floatx
from lamella.data.tables import is_from

STREAMS_ABOVE_BYTES = 256 * 2**20
_MOST_ROWS_LOOKED_AT = 4096


class HostArray:
    """Rows `start` to `stop` of something on the host that is read row by row.

    Args:
        source: a np.memmap, a h5py.Dataset or a sparse matrix in CSR form.
        role: the argument's name, for errors.
        start: the first row.
        stop: the row after the last one, by default all.
    """

    def __init__(self, source: Any, role: str, start: int = 0, stop: int | None = None) -> None:
        self.source = source
        self.role = role
        self.start = start
        rows = (source.shape[0] if stop is None else stop) - start
        self.shape: tuple[int, ...] = (rows, *source.shape[1:])
        self.ndim = len(self.shape)
        self.size = math.prod(self.shape)
        self.dtype = narrow(np.dtype(source.dtype))

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, part: slice) -> HostArray:
        """Some of the rows, without reading them."""
        start, stop, step = part.indices(len(self))
        if step != 1:
            raise InvalidData(f"`{self.role}` stays on the host and is sliced in steps of 1 only.")
        return HostArray(self.source, self.role, self.start + start, self.start + max(start, stop))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.take(np.arange(len(self))), dtype)

    def take(self, index: np.ndarray) -> np.ndarray:
        """The rows of those numbers, in that order, as a new array in memory.

        Raises: InvalidData for whole numbers beyond 32 bits.
        """
        wanted = np.asarray(index, "int64") + self.start
        # h5py wants increasing numbers, each once; a file is read fastest from front to back.
        rows, back = np.unique(wanted, return_inverse=True)
        low, high = (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, 0)
        found = self.source[low:high] if high - low == len(rows) else self.source[rows]
        found = found.toarray() if _is_sparse(found) else np.asarray(found)
        return narrowed(found[back], self.role)

    def spread(self) -> np.ndarray:
        """The numbers of a few thousand rows, evenly from the first to the last."""
        most = min(len(self), _MOST_ROWS_LOOKED_AT)
        return np.unique(np.linspace(0, len(self) - 1, most).astype("int64"))


def from_elsewhere(value: Any, role: str) -> Any:
    """What another package's array, or a large one on the host, is to us.

    Gives a NumPy or JAX array, a HostArray, or the value itself if it is none that is known.

    Raises: WrongType for ragged and sparse tensors; InvalidData for a closed file.
    """
    if isinstance(value, np.memmap):
        return HostArray(value, role) if value.nbytes > STREAMS_ABOVE_BYTES else value
    if isinstance(value, (np.ndarray, jax.Array)):
        return value
    if _is_sparse(value):
        if value.ndim != 2:
            text = f"Argument `{role}` is a sparse array of {value.ndim} axes; 2 are wanted."
            raise InvalidData(text, help="Pass x.toarray(), or a sparse matrix of rows.")
        dense = math.prod(value.shape) * value.dtype.itemsize
        return HostArray(value.tocsr(), role) if dense > STREAMS_ABOVE_BYTES else value.toarray()
    if is_from(value, "h5py", "Dataset"):
        if not value:
            raise InvalidData(
                f"Argument `{role}` is a data set of an HDF5 file that is closed.",
                help="Keep the file open until training is over.",
            )
        large = math.prod(value.shape) * value.dtype.itemsize > STREAMS_ABOVE_BYTES
        return HostArray(value, role) if large else value[()]
    if is_from(value, "torch", "Tensor"):
        value = value.detach().cpu()
        value = value.to_dense() if value.is_sparse else value
        return (value.float() if "bfloat16" in str(value.dtype) else value).numpy()
    if is_from(value, "tensorflow", "RaggedTensor", "SparseTensor"):
        kind = type(value).__name__
        way = "to_tensor()" if kind == "RaggedTensor" else "tf.sparse.to_dense(tensor)"
        raise WrongType(
            f"Argument `{role}` is a {kind}; rows of one length are wanted.",
            help=f"Make it dense in the pipeline: {way}.",
        )
    return value


def is_on_host(value: Any) -> bool:
    """Whether a value is sparse or a data set of a file: an array, though it says so otherwise."""
    return _is_sparse(value) or is_from(value, "h5py", "Dataset")


def narrow(dtype: np.dtype) -> np.dtype:
    """The number type that an array of 64 bits gets on the device."""
    found = {"f8": floatx(), "i8": "int32", "u8": "uint32"}.get(f"{dtype.kind}{dtype.itemsize}")
    return dtype if found is None else np.dtype(found)


def narrowed(value: Any, role: str) -> Any:
    """An array with at most 32 bits for each number, if 64 are not asked for.

    Raises: InvalidData for whole numbers that do not fit.
    """
    dtype = narrow(value.dtype)
    if dtype == value.dtype:
        return value
    if dtype.kind in "iu" and value.size:
        limits = np.iinfo(dtype)
        if value.max() > limits.max or value.min() < limits.min:
            raise InvalidData(
                f"Argument `{role}` has whole numbers beyond 32 bits: "
                f"{value.min()} to {value.max()}.",
                help="Bring them into range, for example by numbering the values from 0.",
            )
    return value.astype(dtype)


def _is_sparse(value: Any) -> bool:
    known = type(value).__module__.startswith("scipy.sparse")
    return known and callable(getattr(value, "tocsr", None))
