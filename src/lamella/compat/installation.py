"""Puts the old names into this process, and takes them away again."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lamella._base import NotReady, check
from lamella._graph.symbolic import KerasTensor
from lamella.compat import backend, notebook
from lamella.compat.modules import NAMES, ROOTS, Alias, Finder, Place, homes_of, tail_of
from lamella.compat.tensorflow import places as tf_places
from lamella.compat.tensorflow.tensors import TensorShape

_TF = tf_places.places()
# What rooms of Keras have beside lamella's names.
_NAMES: dict[str, dict[str, Any]] = {
    "": {"__version__": "3.15.1+lamella"},
    "backend": backend.NAMES,
    "utils": {"plot_model": notebook.plot_model},
}


def _locate(fullname: str) -> Place | None:
    """The Place of a module of Keras or TensorFlow."""
    found = tail_of(fullname)
    if found is None:
        root, _, tail = fullname.partition(".")
        return _TF.get(tail) if root == "tensorflow" else None
    homes = homes_of(*found)
    if homes is None:
        return None
    tail = found[1]
    room = tail.split(".")[0]
    names = NAMES["gone"]["names"]
    gone = names.get(tail) or names.get(room, {})
    return Place(homes, _NAMES.get(room, {}), NAMES["kinds"].get(room, ""), gone)


def _instead(fullname: str) -> str | None:
    """What to do instead of a module that is not there."""
    found = tail_of(fullname)
    if found is not None:
        advice: str | None = NAMES["gone"]["keras"].get(found[1])
        return advice
    return tf_places.GONE.get(fullname.partition(".")[2])


_FINDER = Finder(ROOTS, _locate, _instead)
_NOTEBOOK = Finder(("IPython",), notebook.PLACES.get)
_METHODS = {
    "numpy": lambda self: np.asarray(self),
    "get_shape": lambda self: TensorShape(self.shape),
}
_changed: list[tuple[type, str]] = []


class Installation:
    """The old names as a block: they go away at its end."""

    def uninstall(self) -> None:
        """Takes the old names away."""
        uninstall()

    def __enter__(self) -> Installation:
        return self

    def __exit__(self, *problem: object) -> None:
        uninstall()


def install(names: Iterable[str] = ROOTS) -> Installation:
    """Makes `import tensorflow` and `import keras` mean lamella, in this process.

    The real packages, should they be installed, cannot be imported until `uninstall()`; nothing on
    disk changes. Tensors get the methods `numpy()` and `get_shape()`.

    Args:
        names: which of "tensorflow", "keras" and "tf_keras" to replace.

    Returns something whose `with` block takes the names away at its end.

    Raises: NotReady, if one of the real packages has been imported already.

    Example:
        >>> with install(["tf_keras"]):
        ...     from tf_keras.layers.convolutional import MaxPooling2D
        >>> MaxPooling2D.__module__.split(".")[0]
        'lamella'
    """
    chosen = [check.one_of(name, ROOTS, "names") for name in names]
    for name in chosen:
        if name in sys.modules and not isinstance(sys.modules[name], Alias):
            raise NotReady(
                f"The real package '{name}' is imported already; it cannot be replaced.",
                help="Call lamella.compat.install() first, or run `lamella run script.py`.",
            )
    uninstall()
    _FINDER.roots = tuple(chosen)
    sys.meta_path.insert(0, _FINDER)
    # Last: only where IPython itself is not found.
    sys.meta_path.append(_NOTEBOOK)
    _add_methods()
    return Installation()


def _add_methods() -> None:
    array = type(jnp.zeros(()))
    # What JAX gives, what it gives in compiled code, and what layers give on an Input.
    for tensor in (array, jax.core.Tracer, KerasTensor):
        for name, method in _METHODS.items():
            # A tensor without a value has no NumPy array.
            if not hasattr(tensor, name) and (name != "numpy" or tensor is array):
                setattr(tensor, name, method)
                _changed.append((tensor, name))


def uninstall() -> None:
    """Takes the old names away; what was imported under them goes on working.

    Example:
        >>> uninstall()
    """
    for finder in (_FINDER, _NOTEBOOK):
        while finder in sys.meta_path:
            sys.meta_path.remove(finder)
    for name, module in list(sys.modules.items()):
        if isinstance(module, Alias):
            del sys.modules[name]
    while _changed:
        delattr(*_changed.pop())
