"""OrbaxCheckpoint: checkpoints that Orbax writes while training goes on."""

import os
from dataclasses import dataclass
from typing import Any

from lamella._base import InvalidArgument, optional, register
from lamella.callbacks.checkpoint import SavingCallback


@register("callback", module="keras.callbacks")
@dataclass(eq=False, repr=False)
class OrbaxCheckpoint(SavingCallback):
    """Saves the state of model and optimizer with Orbax, in the background and on many hosts.

    Args:
        directory: the folder of all checkpoints; each is a folder in it, numbered by epoch or by
            batch.
        monitor: the value that tells which model is best.
        verbose: 1 prints what is saved.
        save_best_only: whether to save only when that value got better.
        mode: "min", "max", or "auto" to tell by the metric.
        save_freq: "epoch", or a number of batches.
        initial_value_threshold: the value to beat first.
        max_to_keep: how many checkpoints to keep, None for all.
        save_on_background: whether training goes on while files are written.
        save_weights_only: whether to leave out optimizer, metrics and the model's config.

    Raises: MissingPackage, if orbax-checkpoint is not installed; InvalidArgument for a save_freq
        that cannot be used.

    Example:
        >>> OrbaxCheckpoint("runs/first").max_to_keep  # doctest: +SKIP
        1
    """

    writes_files = True

    directory: str | os.PathLike[str]
    monitor: str = "val_loss"
    verbose: int = 0
    save_best_only: bool = False
    mode: str = "auto"
    save_freq: str | int = "epoch"
    initial_value_threshold: float | None = None
    max_to_keep: int | None = 1
    save_on_background: bool = True
    save_weights_only: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.directory = os.path.abspath(self.directory)
        self._orbax = optional.require(
            "orbax.checkpoint", purpose="by OrbaxCheckpoint", extra="distributed"
        ).v1
        self._checkpointer: Any = None
        self._all_batches = 0
        self._running: list[Any] = []

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        if model.optimizer is not None:
            self._all_batches = int(model.optimizer.iterations)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        self._open()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._all_batches += 1
        super().on_train_batch_end(batch, logs)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self.wait_until_finished()
        if self._checkpointer is not None:
            self._checkpointer.close()
        self._checkpointer = None

    def wait_until_finished(self) -> None:
        """Waits until all that was begun is on the disk."""
        while self._running:
            self._running.pop(0).result()

    def save(self, epoch: int, batch: int | None, logs: dict[str, Any]) -> None:
        step = epoch if batch is None else self._all_batches
        if not self.is_due(epoch, logs, os.path.join(self.directory, str(step))):
            return
        self._open()
        parts: dict[str, Any] = {"pytree": _state_tree(self.model, self.save_weights_only)}
        if not self.save_weights_only:
            parts["model_config"] = {"config": self.model.to_json()}
        # A run that goes on after a crash comes to the same numbers again: overwrite.
        if not self.save_on_background:
            self._checkpointer.save_checkpointables(step, parts, overwrite=True)
            return
        running = self._checkpointer.save_checkpointables_async(step, parts, overwrite=True)
        self._running += [running] if running is not None else []

    def _open(self) -> None:
        if self._checkpointer is None:
            rules = self._orbax.training
            keep = self.max_to_keep
            self._checkpointer = rules.Checkpointer(
                directory=self.directory,
                preservation_policy=keep and rules.preservation_policies.LatestN(keep),
                # Saves that follow each other quickly are not to be left out.
                save_decision_policy=rules.save_decision_policies.FixedIntervalPolicy(1),
            )


def _state_tree(model: Any, weights_only: bool) -> dict[str, Any]:
    """The arrays of a model in dictionaries by the parts of their paths."""
    groups = {"trainable_variables": model.trainable_variables}
    groups["non_trainable_variables"] = model.non_trainable_variables
    if not weights_only:
        groups["optimizer_variables"] = getattr(model.optimizer, "variables", [])
        groups["metrics_variables"] = model.metrics_variables
    tree: dict[str, Any] = {}
    for group, variables in groups.items():
        tree[group] = {}
        for variable in variables:
            *parents, name = variable.path.split("/")
            node = tree[group]
            for parent in parents:
                node = node.setdefault(parent, {})
            if name in node:
                raise InvalidArgument(
                    f"OrbaxCheckpoint needs a path for each variable; '{variable.path}' is that of "
                    "two.",
                    help="Give the layers names of their own.",
                )
            node[name] = variable.value
    return tree
