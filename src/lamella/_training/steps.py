"""What one step does with one batch. Written as eager code; the loop compiles it whole."""

import inspect
from typing import Any

import jax.numpy as jnp

from lamella import metrics, optimizers
from lamella._base.errors import NotReady
from lamella._layer.layer import Layer
from lamella._layer.tracking import unique
from lamella._lowering.lookups import value_and_grad_by_rows
from lamella._state import frame as frames
from lamella._state.stack import carried
from lamella._training.compile import CompiledLoss, CompiledMetrics, rows_that_count
from lamella.data import unpack_x_y_sample_weight
from lamella.layers.core.embedding import Embedding


class Steps(Layer):
    """The steps of training, evaluation and prediction. A subclass may override any of them."""

    optimizer: Any
    _loss_tracker: metrics.Mean | None
    _compiled_loss: CompiledLoss | None
    _compiled_metrics: CompiledMetrics | None

    def train_step(self, data: Any) -> dict[str, Any]:
        """One update of the weights.

        Args:
            data: x, (x, y) or (x, y, sample_weight) of one batch.

        Returns the running values of all metrics, by name.
        """
        x, y, sample_weight = unpack_x_y_sample_weight(data)

        def forward() -> tuple[Any, Any]:
            y_pred = self._call_for(x, training=True)
            loss = self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight)
            return self.optimizer.scale_loss(loss), (loss, y_pred)

        variables = carried(self.trainable_variables)
        tables = self._tables(variables)
        (_, (loss, y_pred)), pairs, read = value_and_grad_by_rows(forward, variables, tables)
        for table, numbers, rows in read:
            self.optimizer._move_rows(table, numbers, rows)
        if pairs:
            self.optimizer.apply_gradients(pairs)
        self._track_loss(loss, x)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def _tables(self, variables: list[Any]) -> list[Any]:
        """The tables of words of which a step need not touch all rows."""
        graph = self._graph()  # type: ignore[attr-defined]
        if graph is None or not getattr(self.optimizer, "_moves_rows", False):
            return []
        known = {id(variable) for variable in variables}
        tables = [
            node.operation.embeddings for node in graph.nodes if type(node.operation) is Embedding
        ]
        free = [one for one in unique(tables) if id(one) in known and one.constraint is None]
        return free if len(free) < len(variables) else []

    def test_step(self, data: Any) -> dict[str, Any]:
        """The loss and metrics of one batch, without an update."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self._call_for(x, training=False)
        loss = self.compute_loss(
            x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=False
        )
        self._track_loss(loss, x)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def predict_step(self, data: Any) -> Any:
        """The outputs for one batch."""
        x, _, _ = unpack_x_y_sample_weight(data)
        return self._call_for(x, training=False)

    def _call_for(self, x: Any, training: bool) -> Any:
        """The outputs, with all layers inside told whether this is training.

        Also those of a `call` that does not take or pass on `training`: a Dropout there would
        otherwise never drop anything, and nothing would say so.
        """
        with frames.changed(training=training):
            takes = "training" in self._signature.names or self._signature.takes_any
            return self(x, training=training) if takes else self(x)

    def _can_be_called(self) -> bool:
        """Whether there is a `call`; a model with steps of its own may do without."""
        return True

    def _track_loss(self, loss: Any, x: Any) -> None:
        if self._loss_tracker is not None:
            self._loss_tracker.update_state(loss, sample_weight=rows_that_count(x))

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The total loss of a batch: the compiled losses and what layers added."""
        parts = list(self.losses)
        if self._compiled_loss is not None:
            loss = self._compiled_loss(y, y_pred, sample_weight)
            parts = ([] if loss is None else [loss]) + parts
        total = jnp.zeros((), "float32")
        for index, part in enumerate(parts):
            value = jnp.sum(jnp.asarray(part, "float32"))
            total = value if index == 0 else total + value
        return total

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Any]:
        """Adds a batch to the metrics and gives their running values, by name."""
        if self._compiled_metrics is not None:
            self._compiled_metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def get_metrics_result(self) -> dict[str, Any]:
        """The running values of all metrics, by name."""
        results: dict[str, Any] = {}
        compiled = [] if self._compiled_metrics is None else self._compiled_metrics.metrics
        for metric in self.metrics:
            if any(metric is one for one in compiled):
                continue
            value = metric.result()
            results.update(value if isinstance(value, dict) else {metric.name: value})
        if self._compiled_metrics is not None:
            results.update(self._compiled_metrics.result())
        return results

    @property
    def metrics(self) -> list[Any]:
        """All metrics: the loss, those of compile, those that layers and the model hold."""
        found: list[Any] = [] if self._loss_tracker is None else [self._loss_tracker]
        if self._compiled_metrics is not None:
            found += self._compiled_metrics.metrics
        if self._compiled_loss is not None:
            found += self._compiled_loss.metrics
        for layer in self._walk():
            if layer is not self and isinstance(layer, Steps):
                continue
            found += [item for item in layer._other_owned() if isinstance(item, metrics.Metric)]
        return list({id(metric): metric for metric in found}.values())

    @property
    def metrics_names(self) -> list[str]:
        """The names that `evaluate` gives values for, in its order."""
        return [metric.name for metric in self.metrics]

    def reset_metrics(self) -> None:
        """Lets all metrics start again."""
        for metric in self.metrics:
            metric.reset_state()

    def _optimizers(self) -> list[Any]:
        """All optimizers that the model holds; a GAN has two."""
        return [
            item
            for layer in self._walk()
            for item in layer._other_owned()
            if isinstance(item, optimizers.Optimizer)
        ]

    def _compile_example(self) -> str:
        own = inspect.signature(type(self).compile)  # type: ignore[attr-defined]
        given = [name for name, item in own.parameters.items() if item.default is item.empty]
        return ", ".join(given[1:]) or "optimizer='adam', loss='mse'"

    def _require_compiled(self, method: str) -> None:
        if not getattr(self, "compiled", False):
            raise NotReady(
                f"{self._who()} must be compiled before `{method}`.",
                help=f"Call model.compile({self._compile_example()}) first.",
            )
