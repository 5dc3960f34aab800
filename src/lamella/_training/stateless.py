"""Steps as pure functions of arrays, in the form that Keras has on JAX."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from lamella._base.errors import WrongType
from lamella._state.pure import pure
from lamella._training.steps import Steps


class StatelessSteps(Steps):
    """The loss as a pure function, and steps of the form (state, data) -> (logs, state)."""

    def stateless_compute_loss(
        self,
        trainable_variables: Sequence[Any],
        non_trainable_variables: Sequence[Any],
        metrics_variables: Sequence[Any],
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> tuple[Any, tuple[Any, Any, Any]]:
        """`compute_loss` as a pure function of arrays, for `jax.grad` and loops of one's own.

        Args:
            trainable_variables, non_trainable_variables, metrics_variables: arrays in the order
                of the model's lists of those names.
            x, y, y_pred, sample_weight, training: as in `compute_loss`.

        Returns (loss, (trainable, non-trainable and metrics arrays as they are afterwards)).
        """
        groups = (self.trainable_variables, self.non_trainable_variables, self.metrics_variables)
        given = (trainable_variables, non_trainable_variables, metrics_variables)
        kept = [group if values else [] for group, values in zip(groups, given)]
        loss, values = pure(
            lambda: self.compute_loss(x, y, y_pred, sample_weight, training),
            [variable for group in kept for variable in group],
        )([value for part in given for value in part])
        first, second = len(kept[0]), len(kept[0]) + len(kept[1])
        return loss, (list(trainable_variables), values[first:second], values[second:])

    def compute_loss_and_updates(
        self,
        trainable_variables: Sequence[Any],
        non_trainable_variables: Sequence[Any],
        metrics_variables: Sequence[Any],
        x: Any,
        y: Any,
        sample_weight: Any,
        training: bool = False,
        optimizer_variables: Any = None,
    ) -> tuple[Any, tuple[Any, Any, Any, Any]]:
        """Forward pass and loss as one pure function, for `jax.value_and_grad(..., has_aux=True)`.

        Args: as in `stateless_compute_loss`; `optimizer_variables` holds a loss scale, if any.

        Returns (scaled loss, (loss, outputs, non-trainable arrays, metrics arrays)).
        """
        own = [*self.trainable_variables, *self.non_trainable_variables]
        metrics = self.metrics_variables if metrics_variables else []
        scale = list(self.optimizer.variables) if optimizer_variables else []

        def run() -> tuple[Any, Any, Any]:
            y_pred = self._call_for(x, training=training)
            loss = self.compute_loss(x, y, y_pred, sample_weight, training)
            return self.optimizer.scale_loss(loss) if scale and training else loss, loss, y_pred

        given = [*trainable_variables, *non_trainable_variables]
        given += [*(metrics_variables or ()), *(optimizer_variables or ())]
        (scaled, loss, y_pred), values = pure(run, [*own, *metrics, *scale])(given)
        first, second = len(self.trainable_variables), len(own)
        return scaled, (loss, y_pred, values[first:second], values[second : second + len(metrics)])

    def _own_step(self, kind: str) -> Callable[[Any], Any]:
        """The step of a kind as a function of data, whichever of the two forms it has."""
        step = getattr(self, f"{kind}_step")
        if getattr(type(self), f"{kind}_step") is getattr(Steps, f"{kind}_step"):
            return step
        return (lambda data: self._with_state(kind, step, data)) if _takes_state(step) else step

    def _with_state(self, kind: str, step: Callable[..., Any], data: Any) -> Any:
        groups = [self.trainable_variables, self.non_trainable_variables]
        if kind == "train":
            groups.append(list(self.optimizer.variables))
        if kind != "predict":
            groups.append(self.metrics_variables)
        found = step(tuple([one.value for one in group] for group in groups), data)
        if not isinstance(found, tuple) or len(found) != 2:
            raise WrongType(
                f"{kind}_step(self, state, data) must give (logs, state). "
                f"Received: {type(found).__name__}.",
                help="Return both, or write the step without state: train_step(self, data).",
            )
        logs, state = found
        for group, values in zip(groups, state):
            for variable, value in zip(group, values):
                if value is not None:
                    variable.assign(value)
        return logs


def _takes_state(step: Callable[..., Any]) -> bool:
    parameters = inspect.signature(step).parameters.values()
    needed = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is p.empty]
    return len(needed) == 2
