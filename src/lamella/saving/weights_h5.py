"""The variables of a model as an HDF5 file, in Keras 3's layout."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from lamella._base import FileProblem, LamellaError, registry, warn_person
from lamella._base.optional import require
from lamella._layer.layer import Layer
from lamella._state.variable import Variable
from lamella.saving.hdf5 import StoredVariables, opened, write_variables
from lamella.saving.walk import Saved, saved_objects

_OLD_LAYERS = "_layer_checkpoint_dependencies"  # what Keras 2.13 called "layers"
_SHOWN = 4


def write_weights(model: Any, path: Any, skip: Iterable[Any] = ()) -> None:
    """Writes all variables of a model, and its optimizer's, into a new file.

    Args:
        model: a built model.
        path: where to write.
        skip: objects to leave out, with all that is in them.
    """
    h5py = require("h5py", purpose="to read and write Keras weight files")
    with h5py.File(path, "w") as file:
        for saved in saved_objects(model, skip):
            if "vars" in saved.path.split("/"):
                raise FileProblem(
                    f"{saved} cannot be saved: in weight files the name 'vars' has a meaning.",
                    help="Give that attribute another name.",
                )
            store: dict[str, Any] = {}
            saved.target.save_own_variables(store)
            write_variables(file, saved.path, getattr(saved.target, "name", None), store)


def read_weights(
    model: Any, source: Any, shown_name: str, skip_mismatch: bool = False, skip: Iterable[Any] = ()
) -> None:
    """Gives a model the values of a file. On an error the model stays exactly as it was.

    Args:
        model: a model that was made like the one that was saved.
        source: a path or a binary file object.
        shown_name: the file's name in messages.
        skip_mismatch: whether to leave out, with a warning each, what does not fit.
        skip: objects to leave alone.

    Raises: FileProblem, if the file is damaged or unsafe, or if model and file do not fit.
    """
    objects = saved_objects(model, skip)
    with opened(source, shown_name) as groups:
        plan = _Plan(shown_name, skip_mismatch)
        for saved in objects:
            plan.add(saved, _find(groups, saved.path))
        known = {_find(groups, saved.path).path for saved in saved_objects(model)}
        plan.finish(model, [group for path, group in groups.items() if path not in known])
        values: list[Any] = []
        for variables, stored in plan.direct:
            values += [(one, stored[str(index)]) for index, one in enumerate(variables)]
        with _unchanged_on_error(model, objects):
            for saved, stored in plan.own_way:
                plan.load_own_way(saved, stored)
            for variable, value in values:
                variable.assign(value)


class _Mismatch(NamedTuple):
    """Something that keeps one object from being loaded."""

    saved: Any
    reason: str


class _Plan:
    """What will be given to which variables, worked out from shapes before anything is read."""

    def __init__(self, shown_name: str, skip_mismatch: bool) -> None:
        self.shown_name = shown_name
        self.skip_mismatch = skip_mismatch
        self.direct: list[tuple[list[Variable], StoredVariables]] = []
        self.own_way: list[tuple[Saved, StoredVariables]] = []
        self.mismatches: list[_Mismatch] = []
        self.only_in_model: list[Saved] = []

    def add(self, saved: Saved, stored: StoredVariables) -> None:
        """Takes one object of the model, with the group of the same path."""
        if saved.is_optimizer:
            self._add_optimizer(saved, stored)
        elif type(saved.target).load_own_variables is not Layer.load_own_variables:
            self.own_way.append((saved, stored))
        else:
            self._add_layer(saved, stored)

    def _add_layer(self, saved: Saved, stored: StoredVariables) -> None:
        variables = saved.target._own_weights()
        if variables and not stored:
            self.only_in_model.append(saved)
            return
        reason = _difference(variables, stored)
        if reason is not None:
            if not variables and not saved.target.built:
                reason = f"{reason} (it is not built)"
            self.mismatches.append(_Mismatch(saved, reason))
        elif variables:
            self.direct.append((variables, stored))

    def _add_optimizer(self, saved: Saved, stored: StoredVariables) -> None:
        variables = list(saved.target.variables)
        if not stored:
            return
        if not registry.is_own(type(saved.target)):
            self.own_way.append((saved, stored))
            return
        # Saved before its first step, an optimizer has only its counter and learning rate.
        few = variables[: len(stored)]
        if len(few) < len(variables) and all(variable.shape == () for variable in few):
            variables = few
        reason = _difference(variables, stored)
        if reason is None:
            self.direct.append((variables, stored))
            return
        warn_person(
            f"The state of the optimizer in '{self.shown_name}' does not fit {saved} and was not "
            f"loaded: {reason}. Training goes on from a new state."
        )

    def load_own_way(self, saved: Saved, stored: StoredVariables) -> None:
        """Lets an object read its variables itself."""
        try:
            saved.target.load_own_variables(stored)
        except Exception as cause:
            if not self.skip_mismatch:
                message = cause.message if isinstance(cause, LamellaError) else str(cause)
                raise FileProblem(
                    f"{saved} could not read its variables from '{self.shown_name}': {message}",
                    help="Make the model as it was saved, or pass skip_mismatch=True.",
                ) from cause
            self._warn(_Mismatch(saved, str(cause)))

    def finish(self, model: Any, unknown: list[StoredVariables]) -> None:
        """Raises, or warns, about all that does not fit.

        Args:
            model: the model, for messages.
            unknown: groups of the file that belong to nothing in the model.
        """
        only_in_file = [group for group in unknown if group and not _is_of_optimizer(group.path)]
        if self.skip_mismatch:
            lost = [_Mismatch(saved, "the file does not have it") for saved in self.only_in_model]
            lost += [_Mismatch(group, "the model does not have it") for group in only_in_file]
            for mismatch in [*self.mismatches, *lost]:
                self._warn(mismatch)
        elif self.mismatches or self.only_in_model or only_in_file:
            ours, theirs = _shown(self.only_in_model), _shown(only_in_file)
            where = f". Only in the file: {theirs}; only in the model: {ours}."
            if self.mismatches:
                saved, reason = self.mismatches[0]
                where = f", in {len(self.mismatches)} place(s): {saved}: {reason}."
            raise FileProblem(
                f"'{self.shown_name}' does not fit {type(model).__name__} '{model.name}'{where}",
                help="Make the model as it was saved, or pass skip_mismatch=True to load_weights.",
            )

    def _warn(self, mismatch: _Mismatch) -> None:
        said = f"Skipped {mismatch.saved} while loading '{self.shown_name}': {mismatch.reason}."
        warn_person(said)


def _find(groups: Mapping[str, StoredVariables], path: str) -> StoredVariables:
    old = path.replace("layers", _OLD_LAYERS)
    return groups.get(path) or groups.get(old) or groups.get(path, StoredVariables(path))


def _is_of_optimizer(path: str) -> bool:
    # Also one that a model's own `compile` keeps under its own name: it is not there before that.
    return path.split("/")[0].endswith("optimizer")


def _difference(variables: list[Variable], stored: StoredVariables) -> str | None:
    """Why the arrays of a file cannot become the values of variables, None if they can."""
    if len(variables) != len(stored):
        return f"the model has {len(variables)} variables there and the file {len(stored)}"
    for index, variable in enumerate(variables):
        key = str(index)
        if key not in stored:
            return f"the file has no variable number {index}"
        ours, theirs = variable.shape, stored.shape(key)
        if theirs != ours:
            return f"'{variable.name}' has shape {ours} in the model and shape {theirs} in the file"
        if stored.is_float(key) and not jnp.issubdtype(variable.dtype, np.inexact):
            return f"'{variable.name}' is {variable.dtype} in the model and a float in the file"
    return None


def _shown(items: list[Any]) -> str:
    names = ", ".join(str(item) for item in items[:_SHOWN]) or "nothing"
    return names if len(items) <= _SHOWN else f"{names} and {len(items) - _SHOWN} more"


@contextlib.contextmanager
def _unchanged_on_error(model: Any, objects: list[Saved]) -> Iterator[None]:
    """Puts every variable back if the block fails."""
    variables = [*model.variables, *model.metrics_variables]
    for saved in objects:
        if saved.is_optimizer:
            variables.extend(saved.target.variables)
    before = [(variable, variable.value) for variable in variables]
    try:
        yield
    except BaseException:
        for variable, value in before:
            variable.assign(value)
        raise
