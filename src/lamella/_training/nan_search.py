"""The first layer, weight or row where a number is not finite.

Nothing of this is in the compiled steps. While it is watched, steps are dispatched one by one; the
weights that a bad one gave are thrown away, and it is run again, layer by layer.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lamella._state import frame as frames
from lamella._state.pure import pure, value_and_grad
from lamella._state.stack import members
from lamella._training.program import Program
from lamella.callbacks import InvalidLoss
from lamella.data import unpack_x_y_sample_weight

_LIKELY = (
    "Lower the learning rate or clip gradients (clipnorm=1.0); a logarithm or a division of 0 in "
    "your own code needs an epsilon."
)


class NotFinite(InvalidLoss):
    """A step whose result is not finite; the weights are those from before it."""

    logs: Any = None


@jax.jit
def _finite(arrays: Any) -> Any:
    floats = [a for a in jax.tree.leaves(arrays) if jnp.issubdtype(a.dtype, jnp.inexact)]
    return jnp.all(jnp.stack([jnp.all(jnp.isfinite(a)) for a in floats] or [jnp.array(True)]))


class Watch:
    """Looks at what every step gave, before anybody else does.

    Args:
        model: what is trained.
        epoch: the number of the epoch.
    """

    def __init__(self, model: Any, epoch: int) -> None:
        self.model = model
        self.epoch = epoch

    def look(
        self,
        program: Program,
        values: Sequence[Any],
        found: tuple[Any, dict[int, Any]],
        batch: Callable[[], Any],
        place: tuple[int, Sequence[int] | None],
    ) -> None:
        """Refuses a step whose loss or new values are not finite.

        Args:
            program: the steps.
            values: of its variables before the step.
            found: what the step gave: its result and what it wrote.
            batch: gives its batch.
            place: the number of the step, and the rows of the data that were in it.

        Raises: NotFinite, with the first bad place.
        """
        result, written = found
        if bool(_finite((result, written))):
            return
        step, rows = place
        where, help = self._search(program, values, batch(), written, rows)
        error = NotFinite(
            f"Step {step + 1} of epoch {self.epoch + 1} gave numbers that are not finite. {where} "
            "The model has the weights from before the step.",
            help=help,
        )
        error.logs = result
        raise error

    def _search(
        self,
        program: Program,
        values: Sequence[Any],
        batch: Any,
        written: dict[int, Any],
        rows: Sequence[int] | None,
    ) -> tuple[str, str]:
        x, y, weight = unpack_x_y_sample_weight(batch)
        for name, part in (("x", x), ("y", y), ("sample_weight", weight)):
            for path, leaf in jax.tree_util.tree_leaves_with_path(part):
                if (row := _bad_row(leaf)) is not None:
                    of = f"row {row} of the batch" if rows is None else _of_data(row, rows)
                    where = f"`{name}{jax.tree_util.keystr(path)}` is not finite in {of}."
                    return where, "Remove or fill that row."
        for variable, value in members(zip(program.variables, values)):
            if _bad_row(value) is not None:
                return f"The variable '{variable.path}' was not finite already.", _LIKELY
        seen: list[str] = []
        parts = pure(lambda: self._forward(x, y, weight, seen, rows), program.variables)
        (loss, gradients), _ = parts(values)
        if seen:
            return seen[0], _LIKELY
        if not bool(_finite(loss)):
            help = "The targets are outside of what the loss can take, or it needs an epsilon."
            return "All layers are finite; the loss itself is not.", help
        for name, gradient in gradients:
            if _bad_row(gradient) is not None:
                return f"Layers and loss are finite; the gradient of '{name}' is not.", _LIKELY
        after = ((program.variables[index], value) for index, value in written.items())
        for variable, value in members(after):
            if _bad_row(value) is not None:
                where = f"The gradients are finite; the update made '{variable.path}' infinite."
                return where, _LIKELY
        return "It could not be found again when the step was run layer by layer.", _LIKELY

    def _forward(
        self, x: Any, y: Any, weight: Any, seen: list[str], rows: Sequence[int] | None
    ) -> tuple[Any, list[Any]]:
        model = self.model

        def around(layer: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
            outputs = layer.call(*args, **kwargs)
            for leaf in jax.tree.leaves(outputs):
                known = not isinstance(leaf, jax.core.Tracer)
                if known and not seen and (row := _bad_row(leaf)) is not None:
                    known_row = rows is not None and row < len(rows)
                    of = f" ({_of_data(row, rows)})" if known_row else ""
                    where = f"row {row} of the batch{of}"
                    seen.append(f"The first is in the output of {layer._who()}, {where}.")
            return outputs

        variables = model.trainable_variables

        def loss() -> Any:
            y_pred = model._call_for(x, training=True)
            return model.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=weight)

        with frames.changed(around=around):
            value = loss()
        if seen or not variables:
            return value, []
        _, gradients = value_and_grad(loss, variables)
        return value, [(one.path, gradient) for one, gradient in zip(variables, gradients)]


def _of_data(row: int, rows: Any) -> str:
    return f"row {rows[row]} of the data"


def _bad_row(array: Any) -> int | None:
    """The first row with an entry that is not finite."""
    values = np.asarray(array)
    if not jnp.issubdtype(values.dtype, jnp.inexact):
        return None
    bad = ~np.isfinite(values.astype("complex64" if values.dtype.kind == "c" else "float32"))
    if not bad.any():
        return None
    return int(np.argmax(bad.reshape(len(bad), -1).any(axis=1))) if bad.ndim else 0
