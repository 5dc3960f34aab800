"""NaN: the step, the layer, the weight or the row; and the weights from before it."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import lamella
from lamella import layers
from lamella.callbacks import TerminateOnNaN

X = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
Y = X[:, :1] * 2


class Log(layers.Layer):
    """A logarithm without an epsilon: NaN where its input is negative."""

    def call(self, inputs: Any) -> Any:
        return jnp.log(inputs)


class Root(layers.Layer):
    """Finite at 0, but not its gradient."""

    def call(self, inputs: Any) -> Any:
        return jnp.sqrt(inputs * 0.0)


def model(*middle: Any, rate: float = 0.01, loss: Any = "mse") -> Any:
    lamella.utils.set_random_seed(0)
    made = lamella.Sequential([layers.Input((4,)), *middle, layers.Dense(1)])
    made.compile(lamella.optimizers.SGD(rate), loss)
    return made


def failed(made: Any, x: Any = X, y: Any = Y, **settings: Any) -> str:
    with pytest.raises(lamella.callbacks.InvalidLoss) as caught:
        made.fit(x, y, batch_size=8, debug_nans=True, verbose=0, **settings)
    assert len(str(caught.value).splitlines()) <= 3
    return str(caught.value)


def test_the_first_layer_and_the_row_are_named() -> None:
    x = np.abs(X) + 0.1
    x[21] *= -1
    made = model(Log(name="log"), layers.Dense(3, name="after"))
    before = made.get_weights()
    text = failed(made, x, shuffle=False)
    assert "Step 3 of epoch 1 gave numbers that are not finite." in text
    assert "in the output of Log 'sequential" in text and "/log'" in text
    assert "row 5 of the batch (row 21 of the data)" in text
    reference = model(Log(), layers.Dense(3))
    reference.set_weights(before)
    reference.fit(x[:16], Y[:16], batch_size=8, shuffle=False, verbose=0)
    for one, other in zip(made.get_weights(), reference.get_weights()):
        np.testing.assert_array_equal(one, other)  # those after the second step
    assert np.isfinite(made.predict(x[:8], verbose=0)).all()


def test_the_row_is_that_of_the_data_also_when_shuffled() -> None:
    x = np.abs(X) + 0.1
    x[21] *= -1
    assert "(row 21 of the data)" in failed(model(Log()), x)


def test_the_row_in_a_stream_and_in_a_short_last_batch() -> None:
    x = np.abs(X[:37]) + 0.1
    x[36] *= -1
    text = failed(model(Log()), x, Y[:37], shuffle=False)
    assert "row 4 of the batch (row 36 of the data)" in text
    made = model(Log())
    batches = iter([(x[:30], Y[:30]), (x[30:], Y[30:37])])
    with pytest.raises(lamella.callbacks.InvalidLoss, match="row 6 of the batch"):
        made.fit(batches, debug_nans=True, verbose=0)


def test_a_gradient() -> None:
    text = failed(model(layers.Dense(3, name="first"), Root()))
    assert "Layers and loss are finite; the gradient of 'sequential" in text
    assert "first/kernel' is not" in text


def test_a_loss() -> None:
    made = model(loss=lambda y_true, y_pred: jnp.log(y_pred - y_pred - 1.0))
    assert "All layers are finite; the loss itself is not." in failed(made)


def test_an_update() -> None:
    text = failed(model(rate=3e38), Y[:, [0, 0, 0, 0]] * 1e3, Y * 1e3)
    assert "The gradients are finite; the update made" in text


def test_infinite_data() -> None:
    x = X.copy()
    x[9, 1] = np.inf
    text = failed(model(), x, shuffle=False)
    assert "`x` is not finite in row 9 of the data. The model has" in text
    assert "Remove or fill that row." in text


def test_a_diverging_run_ends_with_the_last_finite_weights(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = model(layers.Dense(8), rate=1e6)
    history = made.fit(
        X, Y, batch_size=8, epochs=5, verbose=0, callbacks=[TerminateOnNaN()]
    ).history
    said = capsys.readouterr().out
    assert "gave numbers that are not finite" in said and "Training ends." in said
    assert len(history["loss"]) < 5 and not np.isfinite(history["loss"][-1])
    assert all(np.isfinite(weight).all() for weight in made.get_weights())
    with pytest.raises(RuntimeError, match="not finite"):
        made.fit(X * 1e30, Y, epochs=9, verbose=0, callbacks=[TerminateOnNaN(raise_error=True)])


def test_a_healthy_run_is_not_changed() -> None:
    one, other = model(layers.Dropout(0.5)), model(layers.Dropout(0.5))
    np.random.seed(0)
    first = one.fit(X, Y, batch_size=8, epochs=3, verbose=0).history
    np.random.seed(0)
    second = other.fit(X, Y, batch_size=8, epochs=3, verbose=0, debug_nans=True).history
    assert first == second
