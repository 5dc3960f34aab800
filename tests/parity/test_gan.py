"""A step with two optimizers equals the same one written by hand in plain JAX."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

import lamella

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "gallery" / "gan.py"
ROWS, STEPS, RATE, BETA_1 = 16, 20, 1e-3, 0.5
Weights = list[jax.Array]


class PlainGan:
    """The networks, the losses and Adam as formulas; only random numbers are real Keras's."""

    def __init__(self, generator: Weights, critic: Weights, code: int) -> None:
        self.generator, self.critic, self.code = generator, critic, code
        self.noise_seed = keras.random.SeedGenerator(0)
        self.dropout_seed = keras.random.SeedGenerator(1)
        self.moments = {
            name: [(jnp.zeros_like(w), jnp.zeros_like(w)) for w in weights]
            for name, weights in (("generator", generator), ("critic", critic))
        }
        self.steps = 0

    def draw(self, generator: Weights) -> Any:
        a, b, c, d, e, f = generator
        x = keras.random.normal((ROWS, self.code), seed=self.noise_seed)
        x = jax.nn.relu(x @ a + b)
        return jax.nn.sigmoid(jax.nn.relu(x @ c + d) @ e + f)

    def tell(self, critic: Weights, pixels: Any) -> Any:
        a, b, c, d, e, f = critic
        x = jax.nn.leaky_relu(pixels.reshape(ROWS, 64) @ a + b, 0.2)
        x = keras.random.dropout(x, 0.3, seed=self.dropout_seed)
        return jax.nn.leaky_relu(x @ c + d, 0.2) @ e + f

    def adam(self, name: str, gradients: Weights) -> None:
        rate = RATE * np.sqrt(1 - 0.999**self.steps) / (1 - BETA_1**self.steps)
        weights = getattr(self, name)
        for index, slope in enumerate(gradients):
            m, v = self.moments[name][index]
            m, v = BETA_1 * m + (1 - BETA_1) * slope, 0.999 * v + 0.001 * slope**2
            self.moments[name][index] = (m, v)
            weights[index] = weights[index] - rate * m / (jnp.sqrt(v) + 1e-7)

    def step(self, real: Any) -> dict[str, float]:
        self.steps += 1

        def critic_cost(critic: Weights) -> Any:
            told_real = self.tell(critic, real)
            told_drawn = self.tell(critic, self.draw(self.generator))
            return jax.nn.softplus(-told_real).mean() + jax.nn.softplus(told_drawn).mean()

        def generator_cost(generator: Weights) -> Any:
            return jax.nn.softplus(-self.tell(self.critic, self.draw(generator))).mean()

        costs: dict[str, float] = {}
        for name, cost in (("critic", critic_cost), ("generator", generator_cost)):
            value, gradients = jax.value_and_grad(cost)(list(getattr(self, name)))
            self.adam(name, gradients)
            costs[name] = float(value)
        return costs


@pytest.fixture
def twins() -> tuple[Any, PlainGan, np.ndarray]:
    lamella.utils.set_random_seed(3)
    example = runpy.run_path(str(EXAMPLE))
    model = example["GAN"](seed=0)
    model.compile(
        lamella.optimizers.Adam(RATE, beta_1=BETA_1), lamella.optimizers.Adam(RATE, beta_1=BETA_1)
    )
    plain = PlainGan(
        [jnp.asarray(w) for w in model.generator.get_weights()],
        [jnp.asarray(w) for w in model.critic.get_weights()],
        example["CODE"],
    )
    (pictures, _), _ = example["data"]()
    return model, plain, pictures[: ROWS * STEPS]


def check_weights(model: Any, plain: PlainGan) -> None:
    for name in ("generator", "critic"):
        trained = getattr(model, name).get_weights()
        for mine, yours in zip(trained, getattr(plain, name), strict=True):
            np.testing.assert_allclose(mine, yours, atol=1e-4)


@pytest.mark.slow
def test_losses_and_weights_of_twenty_steps(twins: Any) -> None:
    model, plain, pictures = twins
    for step in range(STEPS):
        real = pictures[step * ROWS : (step + 1) * ROWS]
        mine, yours = model.train_on_batch(real, return_dict=True), plain.step(real)
        assert set(mine) == set(yours)
        for name in yours:
            np.testing.assert_allclose(mine[name], yours[name], atol=1e-4, err_msg=f"{name} {step}")
    check_weights(model, plain)


def test_fit_does_the_same_steps(twins: Any) -> None:
    model, plain, pictures = twins
    history = model.fit(pictures, batch_size=ROWS, shuffle=False, verbose=0).history
    yours = [plain.step(pictures[at : at + ROWS]) for at in range(0, len(pictures), ROWS)]
    for name in ("critic", "generator"):
        mean = np.mean([costs[name] for costs in yours])
        np.testing.assert_allclose(history[name], [mean], atol=1e-4)
    assert int(model.generator_optimizer.iterations.value) == STEPS
    assert int(model.critic_optimizer.iterations.value) == STEPS
    check_weights(model, plain)


def test_weights_can_be_saved_and_read(twins: Any, tmp_path: Path) -> None:
    model, _, pictures = twins
    model.train_on_batch(pictures[:ROWS])
    saved = model.get_weights()
    model.save_weights(tmp_path / "gan.weights.h5")
    model.train_on_batch(pictures[:ROWS])
    model.load_weights(tmp_path / "gan.weights.h5")
    for mine, yours in zip(model.get_weights(), saved, strict=True):
        np.testing.assert_array_equal(mine, yours)


@pytest.mark.filterwarnings("ignore:.*compile method of its own")
def test_the_whole_model_can_be_saved_and_read(twins: Any, tmp_path: Path) -> None:
    model, _, pictures = twins
    model.train_on_batch(pictures[:ROWS])
    model.save(tmp_path / "gan.keras")
    own = {type(model).__name__: type(model)}
    again = lamella.saving.load_model(tmp_path / "gan.keras", custom_objects=own)
    for mine, yours in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, yours)
