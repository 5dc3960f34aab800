"""What old code asks of a model."""

from typing import Any

import numpy as np

from lamella._base import AttributeMissing, tell
from lamella._base.old_words import WORKERS
from lamella._training.trainer import Trainer
from lamella.layers.rnn.rnn import RNN


def _is_old(old: str, new: str) -> None:
    tell(f"Model.{old}", f"model.{old}(...) is an old spelling. Write model.{new}.")


def _known(kwargs: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in kwargs.items() if name not in WORKERS}


class OldMethods(Trainer):
    """Methods of Keras 1 and 2 for models; those that still make sense work, with one warning.

    Example:
        >>> OldMethods(name="mine").to_yaml()
        Traceback (most recent call last):
        lamella._base.errors.AttributeMissing: Models are not written as YAML any more.
        help: Write model.to_json() and models.model_from_json(text).
    """

    def fit_generator(
        self,
        generator: Any,
        steps_per_epoch: int | None = None,
        epochs: int = 1,
        verbose: str | int = "auto",
        callbacks: Any = None,
        **kwargs: Any,
    ) -> Any:
        """`fit` on batches from a generator.

        Args:
            generator: gives (x, y) or (x, y, sample_weight) again and again.

        Further arguments: see `fit`.
        """
        _is_old("fit_generator", "fit(generator, steps_per_epoch=..., epochs=...)")
        epochs = kwargs.pop("nb_epoch", epochs)
        named = {"epochs": epochs, "verbose": verbose, "callbacks": callbacks, **_known(kwargs)}
        return self.fit(generator, steps_per_epoch=steps_per_epoch, **named)

    def evaluate_generator(self, generator: Any, steps: int | None = None, **kwargs: Any) -> Any:
        """`evaluate` on batches from a generator.

        Args:
            generator: gives (x, y) or (x, y, sample_weight).
            steps: the number of batches.
        """
        _is_old("evaluate_generator", "evaluate(generator, steps=...)")
        return self.evaluate(generator, steps=steps, **_known(kwargs))

    def predict_generator(self, generator: Any, steps: int | None = None, **kwargs: Any) -> Any:
        """`predict` on batches from a generator.

        Args:
            generator: gives x, or tuples that begin with it.
            steps: the number of batches.
        """
        _is_old("predict_generator", "predict(generator, steps=...)")
        return self.predict(generator, steps=steps, **_known(kwargs))

    def predict_proba(self, x: Any, batch_size: int | None = None, verbose: int = 0) -> Any:
        """`predict`.

        Args:
            x: inputs.
            batch_size: rows of one step.
            verbose: 0 for silence.
        """
        _is_old("predict_proba", "predict(x)")
        return self.predict(x, batch_size=batch_size, verbose=verbose)

    def predict_classes(self, x: Any, batch_size: int | None = None, verbose: int = 0) -> Any:
        """The number of the most likely class; of one output, whether it is above 0.5.

        Args:
            x: inputs.
            batch_size: rows of one step.
            verbose: 0 for silence.
        """
        _is_old(
            "predict_classes",
            "predict(x).argmax(axis=-1), or (model.predict(x) > 0.5).astype('int32') for one unit",
        )
        found = np.asarray(self.predict(x, batch_size=batch_size, verbose=verbose))
        if found.shape[-1] == 1:
            return (found > 0.5).astype("int32")
        return found.argmax(axis=-1)

    def reset_states(self) -> None:
        """Sets the kept states of all stateful recurrent layers to zero."""
        _is_old("reset_states", "get_layer(name).reset_state() for each stateful layer")
        for layer in self._walk():
            if isinstance(layer, RNN):
                layer.reset_state()

    def to_yaml(self, **kwargs: Any) -> str:
        """Refused."""
        raise AttributeMissing(
            "Models are not written as YAML any more.",
            help="Write model.to_json() and models.model_from_json(text).",
        )

    @property
    def validation_data(self) -> Any:
        """Refused: `fit` does not leave its data on the model."""
        raise AttributeMissing(
            f"{self._who()} does not keep `validation_data`.",
            help="Give the data to your callback: MyCallback(x_val, y_val).",
        )
