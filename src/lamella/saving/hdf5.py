"""HDF5 files of weights, read with suspicion and written in Keras 3's form.

A file may only hold plain arrays that lie in itself. What could reach outside it, or make it look
larger than it is, is refused before any array is read.
"""

import contextlib
import math
from collections.abc import Iterator, Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from lamella._base import FileProblem
from lamella._base.optional import require

_BFLOAT16 = np.dtype(jnp.bfloat16)
_KINDS = "fiubcS"
_DEEPEST = 64
_LONGEST_TEXT = 4096
_FREE_BYTES = 1 << 20
_LARGEST_EXPANSION = 1100  # deflate cannot do better than 1032 to 1
_GZIP, _SHUFFLE, _CHECKSUM = 1, 2, 3


class StoredVariables(Mapping[str, Any]):
    """The arrays that one object wrote; each is read when it is asked for.

    Args:
        path: the object's group in the file.
        name: the name that the object had.
        datasets: the checked datasets.
    """

    def __init__(self, path: str, name: str = "", datasets: dict[str, Any] | None = None) -> None:
        self.path = path
        self.name = name
        self._datasets = datasets or {}

    def __len__(self) -> int:
        return len(self._datasets)

    def __iter__(self) -> Iterator[str]:
        return iter(self._datasets)

    def __getitem__(self, key: str) -> np.ndarray:
        array = np.asarray(self._datasets[key][()])
        return array.view(_BFLOAT16) if array.dtype.kind == "V" else array

    def shape(self, key: str) -> tuple[int, ...]:
        """The declared shape of an array, without reading it."""
        return tuple(self._datasets[key].shape)

    def is_float(self, key: str) -> bool:
        return self._datasets[key].dtype.kind in "fVc"

    def __str__(self) -> str:
        return f"{self.path or 'the model'} ('{self.name}')" if self.name else self.path


@contextlib.contextmanager
def opened(source: Any, shown_name: str) -> Iterator[dict[str, StoredVariables]]:
    """The groups of variables in a file, by path.

    Args:
        source: a path or a binary file object.
        shown_name: the file's name in messages.

    Raises: FileProblem, if the file is damaged or holds anything but plain arrays.
    """
    h5py = require("h5py", purpose="to read and write Keras weight files")
    try:
        file = h5py.File(source, "r")
    except OSError as cause:
        raise FileProblem(
            f"'{shown_name}' cannot be read as an HDF5 file: {cause}.",
            help="It is damaged or of another kind; get it again.",
        ) from cause
    with file:
        try:
            found = _Scan(h5py, shown_name).run(file)
        except FileProblem:
            raise
        except (OSError, RuntimeError, KeyError, ValueError, TypeError) as cause:
            message = f"'{shown_name}' is damaged: {cause}."
            raise FileProblem(message, help="Get the file again.") from cause
        yield found


class _Scan:
    """One pass over all groups of a file, following hard links only, each object once."""

    def __init__(self, h5py: Any, shown_name: str) -> None:
        self.h5py = h5py
        self.shown_name = shown_name
        self.seen: set[Any] = set()
        self.found: dict[str, StoredVariables] = {}

    def run(self, file: Any) -> dict[str, StoredVariables]:
        if "layer_names" in file.attrs or "model_weights" in file:
            raise FileProblem(
                f"'{self.shown_name}' is in the old HDF5 form of Keras 2, which is not supported.",
                help="Load it with Keras and save it as `.keras` or `.weights.h5`.",
            )
        self._group(file, "", 0)
        return self.found

    def _refuse(self, path: str, what: str) -> FileProblem:
        return FileProblem(
            f"'{self.shown_name}' is not safe to load: '{path}' {what}.",
            help="Files that Keras or lamella wrote never have that; do not trust its source.",
        )

    def _group(self, group: Any, path: str, depth: int) -> None:
        if depth > _DEEPEST:
            raise self._refuse(path, f"lies more than {_DEEPEST} groups deep")
        self._once(group, path)
        for name in group:
            inner = f"{path}/{name}" if path else name
            child = self._child(group, name, inner, self.h5py.Group, "a group")
            if name == "vars":
                self.found[path] = self._variables(child, path)
            else:
                self._group(child, inner, depth + 1)

    def _child(self, group: Any, name: str, path: str, kind: type, wanted: str) -> Any:
        link = group.get(name, getlink=True)
        if not isinstance(link, self.h5py.HardLink):
            raise self._refuse(path, f"is a {type(link).__name__}")
        child = group[name]
        if not isinstance(child, kind):
            raise self._refuse(path, f"is a {type(child).__name__} where {wanted} belongs")
        return child

    def _once(self, item: Any, path: str) -> None:
        address = self.h5py.h5o.get_info(item.id).addr
        if address in self.seen:
            raise self._refuse(path, "is stored under two names")
        self.seen.add(address)

    def _variables(self, group: Any, path: str) -> StoredVariables:
        self._once(group, path)
        datasets = {}
        for key in group:
            shown = f"{path}/vars/{key}"
            dataset = self._child(group, key, shown, self.h5py.Dataset, "an array")
            self._once(dataset, shown)
            self._check(dataset, shown)
            datasets[key] = dataset
        return StoredVariables(path, self._text(group, "name", path), datasets)

    def _text(self, item: Any, attribute: str, path: str) -> str:
        if attribute not in item.attrs:
            return ""
        if item.attrs.get_id(attribute).get_storage_size() > _LONGEST_TEXT:
            raise self._refuse(path, f"has an attribute '{attribute}' of unusual size")
        return str(item.attrs[attribute])

    def _check(self, dataset: Any, path: str) -> None:
        if dataset.is_virtual:
            raise self._refuse(path, "is a virtual dataset, whose data is in other files")
        if dataset.external:
            raise self._refuse(path, "keeps its data in another file")
        kind, size = dataset.dtype.kind, dataset.dtype.itemsize
        is_bfloat16 = kind == "V" and self._text(dataset, "dtype", path) == "bfloat16" and size == 2
        if kind not in _KINDS and not is_bfloat16:
            raise self._refuse(path, f"has the number type {dataset.dtype}")
        if dataset.shape is None:
            raise self._refuse(path, "has no shape")
        settings = dataset.id.get_create_plist()
        filters = {settings.get_filter(i)[0] for i in range(settings.get_nfilters())}
        if filters - {_GZIP, _SHUFFLE, _CHECKSUM}:
            raise self._refuse(path, f"needs the HDF5 filters {sorted(filters)}")
        declared, stored = math.prod(dataset.shape) * size, dataset.id.get_storage_size()
        if declared > max(_FREE_BYTES, _LARGEST_EXPANSION * stored):
            raise self._refuse(path, f"claims {declared} bytes and holds {stored}")


def write_variables(file: Any, path: str, name: Any, variables: Mapping[str, Any]) -> None:
    """Writes the arrays of one object into an open file.

    Args:
        file: an h5py file, open for writing.
        path: the object's group.
        name: the object's name; without one, an empty group is not written.
        variables: the arrays by key.
    """
    if not isinstance(name, str) and not variables:
        return
    group = file.create_group(f"{path}/vars" if path else "vars")
    if isinstance(name, str):
        group.attrs["name"] = name
    for key, value in variables.items():
        array = np.asarray(value)
        if array.dtype.kind == "V" and array.dtype != _BFLOAT16:
            raise FileProblem(
                f"Keras's HDF5 files cannot hold the number type {array.dtype} ('{path}').",
                help="Store it as float32 or bfloat16.",
            )
        dataset = group.create_dataset(key, data=array)
        if array.dtype == _BFLOAT16:
            dataset.attrs["dtype"] = "bfloat16"
