"""BackupAndRestore: a run that was cut off goes on where it was."""

import os
from dataclasses import dataclass

from lamella._base import InvalidArgument, register
from lamella.callbacks.base import Callback, checked_frequency


@register("callback", module="keras.callbacks")
@dataclass(eq=False, repr=False)
class BackupAndRestore(Callback):
    """Keeps what a run needs to go on after it was cut off; the same `fit` then goes on.

    The loop itself does the work: it saves the whole state of the run (weights, optimizer, metrics,
    seeds, callbacks, the place in the data) and puts it back.

    Args:
        backup_dir: a folder for this run alone.
        save_freq: "epoch", or a number of batches.
        double_checkpoint: whether to keep the backup before the last one too.
        delete_checkpoint: whether to delete the backup once the run is finished.

    Raises: InvalidArgument for an empty backup_dir or a save_freq that is neither.

    Example:
        >>> BackupAndRestore("runs/first", save_freq=100).save_freq
        100
    """

    writes_files = True

    backup_dir: str | os.PathLike[str]
    save_freq: str | int = "epoch"
    double_checkpoint: bool = False
    delete_checkpoint: bool = True

    def __post_init__(self) -> None:
        folder = self.backup_dir
        if not isinstance(folder, (str, os.PathLike)) or not os.fspath(folder):
            raise InvalidArgument(
                "Argument `backup_dir` of BackupAndRestore must be a folder. "
                f"Received: {folder!r}.",
                help='Pass for example "runs/first".',
            )
        self.backup_dir = os.fspath(folder)
        self.save_freq = checked_frequency(self.save_freq)
