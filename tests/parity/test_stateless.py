"""Steps and loops of one's own in Keras's JAX form: the same numbers, dropout included."""

from __future__ import annotations

from typing import Any

import jax
import keras
import numpy as np
import pytest

import lamella

X = np.random.default_rng(0).random((70, 6)).astype("float32")
Y = np.random.default_rng(1).random((70, 1)).astype("float32")


def with_updates(library: Any) -> Any:
    class WithUpdates(library.Model):
        def train_step(self, state: Any, data: Any) -> Any:
            trained, fixed, optimizer, metrics = state
            x, y = data
            gradient = jax.value_and_grad(self.compute_loss_and_updates, has_aux=True)
            (loss, (_, y_pred, fixed, _)), slopes = gradient(
                trained, fixed, metrics, x, y, None, training=True, optimizer_variables=optimizer
            )
            trained, optimizer = self.optimizer.stateless_apply(optimizer, slopes, trained)
            logs, following = {}, []
            for metric in self.metrics:
                count = len(metric.variables)
                own = metrics[len(following) : len(following) + count]
                values = (loss,) if metric.name == "loss" else (y, y_pred)
                own = metric.stateless_update_state(own, *values)
                logs[metric.name] = metric.stateless_result(own)
                following += own
            return logs, (trained, fixed, optimizer, following)

    return WithUpdates


def by_hand(library: Any) -> Any:
    class ByHand(library.Model):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.mean = library.metrics.Mean(name="mean")
            self.squares = library.losses.MeanSquaredError()

        def cost(self, trained: Any, fixed: Any, x: Any, y: Any) -> Any:
            y_pred, fixed = self.stateless_call(trained, fixed, x, training=True)
            return self.squares(y, y_pred), fixed

        def train_step(self, state: Any, data: Any) -> Any:
            trained, fixed, optimizer, metrics = state
            (loss, fixed), slopes = jax.value_and_grad(self.cost, has_aux=True)(
                trained, fixed, *data
            )
            trained, optimizer = self.optimizer.stateless_apply(optimizer, slopes, trained)
            metrics = self.mean.stateless_update_state(metrics, loss)
            result = self.mean.stateless_result(metrics)
            return {"mean": result}, (trained, fixed, optimizer, metrics)

        @property
        def metrics(self) -> Any:
            return [self.mean]

    return ByHand


def fitted(library: Any, make: Any, **compiled: Any) -> tuple[dict, list[np.ndarray]]:
    library.utils.set_random_seed(0)
    inputs = library.Input((6,))
    x = library.layers.Dense(4, activation="relu")(inputs)
    x = library.layers.BatchNormalization()(library.layers.Dropout(0.3)(x))
    model = make(library)(inputs, library.layers.Dense(1)(x))
    model.compile(optimizer="adam", **compiled)
    return model.fit(X, Y, epochs=3, verbose=0).history, model.get_weights()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("make", "compiled"),
    [(with_updates, {"loss": "mse", "metrics": ["mae"]}), (by_hand, {})],
    ids=["compute_loss_and_updates", "stateless_call"],
)
def test_steps_with_state_run_as_in_keras(make: Any, compiled: dict[str, Any]) -> None:
    (ours, weights), (theirs, expected) = (fitted(k, make, **compiled) for k in (lamella, keras))
    assert set(ours) == set(theirs)
    for name, values in theirs.items():
        np.testing.assert_allclose(ours[name], values, rtol=1e-5)
    for mine, yours in zip(weights, expected, strict=True):
        np.testing.assert_allclose(mine, yours, atol=1e-5)


def test_a_step_with_state_must_give_both() -> None:
    class Half(lamella.Model):
        def train_step(self, state: Any, data: Any) -> Any:
            return {"loss": 0.0}

    inputs = lamella.Input((6,))
    model = Half(inputs, lamella.layers.Dense(1)(inputs))
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match=r"\(logs, state\)"):
        model.fit(X, Y, verbose=0)


def loop(library: Any, model: Any) -> list[float]:
    optimizer = library.optimizers.Adam(0.01)
    optimizer.build(model.trainable_variables)
    metrics_values: list[Any] = []

    def cost(trained: Any, fixed: Any, x: Any, y: Any) -> Any:
        y_pred, fixed = model.stateless_call(trained, fixed, x, training=True)
        loss, _ = model.stateless_compute_loss(
            trained, fixed, metrics_values, x=x, y=y, y_pred=y_pred
        )
        return loss, fixed

    @jax.jit
    def step(trained: Any, fixed: Any, state: Any, x: Any, y: Any) -> Any:
        (loss, fixed), slopes = jax.value_and_grad(cost, has_aux=True)(trained, fixed, x, y)
        trained, state = optimizer.stateless_apply(state, slopes, trained)
        return loss, trained, fixed, state

    trained = [v.value for v in model.trainable_variables]
    fixed = [v.value for v in model.non_trainable_variables]
    state = [v.value for v in optimizer.variables]
    losses = []
    for start in range(0, 60, 10):
        rows = slice(start, start + 10)
        loss, trained, fixed, state = step(trained, fixed, state, X[rows], Y[rows])
        losses.append(float(loss))
    return losses


@pytest.mark.filterwarnings("ignore")
def test_a_loop_written_by_hand() -> None:
    found = []
    weights: list[np.ndarray] = []
    for library in (keras, lamella):
        inputs = library.Input((6,))
        x = library.layers.Dense(4, kernel_regularizer="l2")(inputs)
        model = library.Model(
            inputs, library.layers.Dense(1)(library.layers.BatchNormalization()(x))
        )
        model.compile(loss="mse")
        weights = weights or model.get_weights()
        model.set_weights(weights)
        found.append(loop(library, model))
    np.testing.assert_allclose(found[1], found[0], rtol=1e-5)


def test_vmap_over_models() -> None:
    model = lamella.Sequential([lamella.Input((6,)), lamella.layers.Dense(2)])
    kernels = np.random.default_rng(0).random((3, 6, 2)).astype("float32")
    biases = np.zeros((3, 2), "float32")
    many = jax.vmap(lambda k, b: model.stateless_call([k, b], [], X)[0])(kernels, biases)
    np.testing.assert_allclose(many, np.einsum("bi,mio->mbo", X, kernels), atol=1e-5)


def test_a_stateless_scope_collects_and_changes_nothing() -> None:
    for library in (keras, lamella):
        count, other = library.Variable(1.0), library.Variable(3.0)
        with library.StatelessScope([(count, np.float32(5.0))]) as scope:
            count.assign(count.value + 1.0)
            assert float(other.value) == 3.0
            scope.add_update((other, np.float32(4.0)))
        assert float(scope.get_current_value(count)) == 6.0
        assert float(scope.get_current_value(other)) == 4.0
        assert (float(count.value), float(other.value)) == (1.0, 3.0)
    with pytest.raises(ValueError, match="shape"):
        lamella.StatelessScope([(lamella.Variable([1.0, 2.0]), 1.0)])


def test_a_stateless_scope_collects_losses() -> None:
    class Costly(lamella.layers.Layer):
        def call(self, inputs: Any) -> Any:
            self.add_loss(inputs.sum())
            return inputs

    layer = Costly()
    with lamella.StatelessScope(collect_losses=True) as scope:
        layer(np.ones((2, 2)))
    assert [float(loss) for loss in scope.losses] == [4.0]
