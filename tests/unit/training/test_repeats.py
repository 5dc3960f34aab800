"""Equal blocks of a deep model are compiled as one; nobody can tell but by the time it takes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import keras as oracle
import numpy as np
import pytest

import lamella as keras
from lamella._layer import repeats
from lamella._training.nan_search import NotFinite

BLOCKS = 6
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(24, 8)).astype("float32")
Y = RANDOM.integers(0, 3, 24)


def slow(*cases: Any) -> list[Any]:
    return [pytest.param(case, marks=pytest.mark.slow) for case in cases]


@pytest.fixture(autouse=True)
def _few_calls_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "_FEWEST_BLOCKS", 5)
    monkeypatch.setattr(repeats, "_FEWEST_CALLS", 1)


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """From its call on blocks are compiled one by one."""
    yield lambda: monkeypatch.setattr(repeats, "_FEWEST_BLOCKS", 1 << 30)


def residual(of: Any, x: Any, block: int) -> Any:
    x = of.layers.Add()([x, of.layers.Dense(8, activation="relu")(x)])
    return of.layers.LayerNormalization()(x)


def plain(of: Any, x: Any, block: int) -> Any:
    return of.layers.Dense(8, activation="tanh")(x)


def dropping(of: Any, x: Any, block: int) -> Any:
    return of.layers.Add()([x, of.layers.Dropout(0.4)(plain(of, x, block))])


def normalized(of: Any, x: Any, block: int) -> Any:
    return of.layers.Add()([x, of.layers.BatchNormalization()(plain(of, x, block))])


def nested(of: Any, x: Any, block: int) -> Any:
    inside = [of.layers.Dense(4, activation="relu"), of.layers.Dense(8)]
    return of.layers.Add()([x, of.Sequential(inside)(x)])


def with_ops(of: Any, x: Any, block: int) -> Any:
    return x + 0.5 * of.ops.tanh(of.layers.Dense(8)(x))


def recurrent(of: Any, x: Any, block: int) -> Any:
    steps = of.layers.Reshape((4, 2))(x)
    return of.layers.Add()([x, of.layers.Flatten()(of.layers.GRU(2, return_sequences=True)(steps))])


def convolved(of: Any, x: Any, block: int) -> Any:
    image = of.layers.Reshape((2, 2, 2))(x)
    image = of.layers.Conv2D(2, 3, padding="same", activation="relu")(image)
    return of.layers.Add()([x, of.layers.Flatten()(image)])


def attending(of: Any, x: Any, block: int) -> Any:
    steps = of.layers.Reshape((4, 2))(x)
    return of.layers.Add()(
        [x, of.layers.Flatten()(of.layers.MultiHeadAttention(2, 2)(steps, steps))]
    )


def deep(
    of: Any, block: Callable[..., Any] = residual, blocks: int = BLOCKS, **options: Any
) -> Any:
    of.utils.set_random_seed(3)
    x = inputs = of.Input((8,))
    for number in range(blocks):
        x = block(of, x, number)
    model = of.Model(inputs, of.layers.Dense(3, activation="softmax")(x))
    model.compile(**{"optimizer": "adam", "loss": "sparse_categorical_crossentropy", **options})
    return model


def as_one(model: Any) -> bool:
    """Whether all that was compiled has equal blocks as one."""
    return all("equal blocks as one" in entry.why for entry in model.compile_report().entries)


def trained(model: Any) -> tuple[list[float], list[np.ndarray]]:
    """Losses and predictions while and after it is trained."""
    losses = model.fit(X, Y, batch_size=8, epochs=2, shuffle=False, verbose=0).history["loss"]
    return [*losses, model.evaluate(X, Y, verbose=0)], [model.predict(X, verbose=0)]


def require_same(one: Any, other: Any, tolerance: float = 2e-5) -> None:
    found, wanted = trained(one), trained(other)
    np.testing.assert_allclose(found[0], wanted[0], rtol=tolerance)
    np.testing.assert_allclose(found[1], wanted[1], rtol=tolerance * 10, atol=tolerance)
    weights = zip(one.get_weights(), other.get_weights(), strict=True)
    for weight, same in weights:
        np.testing.assert_allclose(weight, same, rtol=tolerance * 10, atol=tolerance)


@pytest.mark.parametrize(
    "block",
    [
        normalized,
        *slow(nested, residual, plain, dropping, with_ops, recurrent, convolved, attending),
    ],
    ids=lambda block: block.__name__,
)
def test_numbers_are_those_of_blocks_one_by_one(
    block: Callable[..., Any], one_by_one: Callable[[], None]
) -> None:
    model = deep(keras, block)
    found = trained(model)
    assert as_one(model)
    one_by_one()
    other = deep(keras, block)
    wanted = trained(other)
    assert not as_one(other)
    np.testing.assert_allclose(found[0], wanted[0], rtol=2e-5)
    np.testing.assert_allclose(found[1], wanted[1], rtol=2e-4, atol=2e-5)
    for weight, same in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(weight, same, rtol=2e-4, atol=2e-5)
    for state, same in zip(model.optimizer.variables, other.optimizer.variables, strict=True):
        np.testing.assert_allclose(state.numpy(), same.numpy(), rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize(
    "block", [residual, *slow(dropping, normalized)], ids=lambda block: block.__name__
)
def test_numbers_are_those_of_keras(block: Callable[..., Any]) -> None:
    model = deep(keras, block)
    require_same(model, deep(oracle, block))
    assert as_one(model)


@pytest.mark.parametrize(
    "name", ["nadam", *slow("sgd", "rmsprop", "adamw", "lion", "ftrl", "lamb")]
)
def test_optimizers_move_stacks_as_they_move_variables(
    name: str, one_by_one: Callable[[], None]
) -> None:
    model = deep(keras, optimizer=name)
    found = trained(model)
    assert as_one(model)
    one_by_one()
    wanted = trained(deep(keras, optimizer=name))
    np.testing.assert_allclose(found[0], wanted[0], rtol=2e-5)
    np.testing.assert_allclose(found[1], wanted[1], rtol=2e-4, atol=2e-5)


def test_a_program_is_as_long_for_many_blocks_as_for_some() -> None:
    def length(blocks: int) -> int:
        model = deep(keras, blocks=blocks)
        model.fit(X, Y, batch_size=8, verbose=0)
        program = model._program("train")
        values = [variable._array for variable in program.variables]
        return str(jax.make_jaxpr(program.traced)(values, (X[:8], Y[:8]))).count("\n")

    assert length(16) == length(8)


class Doubled(keras.layers.Layer):
    """A layer of a person's own."""

    def call(self, x: Any) -> Any:
        return x * 2.0


def unlike_rate(of: Any, x: Any, block: int) -> Any:
    return of.layers.Dropout(0.1 + 0.02 * block)(of.layers.Dense(8)(x))


def unlike_function(of: Any, x: Any, block: int) -> Any:
    return of.layers.Dense(8, activation=lambda array: array * (1 + block / 10))(x)


def unlike_constant(of: Any, x: Any, block: int) -> Any:
    return of.layers.Dense(8)(x) * (1 + block / 10)


def own_layer(of: Any, x: Any, block: int) -> Any:
    return Doubled()(of.layers.Dense(8, activation="tanh")(x))


def regularized(of: Any, x: Any, block: int) -> Any:
    return of.layers.Dense(8, kernel_regularizer="l2")(x)


def constrained(of: Any, x: Any, block: int) -> Any:
    return of.layers.Dense(8, kernel_constraint="max_norm")(x)


def costly(of: Any, x: Any, block: int) -> Any:
    return of.layers.Dense(8, activity_regularizer="l2")(x)


@pytest.mark.parametrize(
    "block",
    [
        unlike_function,
        unlike_constant,
        own_layer,
        regularized,
        constrained,
        costly,
        *slow(unlike_rate),
    ],
    ids=lambda block: block.__name__,
)
def test_blocks_that_are_not_surely_equal_stay_apart(block: Callable[..., Any]) -> None:
    model = deep(keras, block)
    model.fit(X, Y, batch_size=8, verbose=0)
    assert not as_one(model)


OPTIONS = {
    "clipnorm": {"clipnorm": 0.5},
    "averages": {"use_ema": True},
    "accumulation": {"gradient_accumulation_steps": 2},
}


@pytest.mark.parametrize("name", ["accumulation", *slow("clipnorm", "averages")])
def test_optimizers_that_look_at_each_variable_get_them_apart(name: str) -> None:
    model = deep(keras, optimizer=keras.optimizers.Adam(**OPTIONS[name]))
    require_same(model, deep(oracle, optimizer=oracle.optimizers.Adam(**OPTIONS[name])))
    assert not as_one(model)


@pytest.mark.parametrize("name", slow("weight_decay", "clipvalue", "global_clipnorm"))
def test_options_that_work_on_all_numbers_alike(name: str) -> None:
    model = deep(keras, optimizer=keras.optimizers.Adam(**{name: 0.01}))
    require_same(model, deep(oracle, optimizer=oracle.optimizers.Adam(**{name: 0.01})))
    assert as_one(model)


def test_a_shared_layer_stays_one() -> None:
    def made(of: Any) -> Any:
        of.utils.set_random_seed(3)
        layer, x = of.layers.Dense(8, activation="tanh"), of.Input((8,))
        inputs = x
        for _ in range(BLOCKS):
            x = layer(x)
        model = of.Model(inputs, of.layers.Dense(3, activation="softmax")(x))
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    require_same(made(keras), made(oracle))


def test_outputs_in_the_middle_are_given() -> None:
    def made(of: Any) -> Any:
        of.utils.set_random_seed(3)
        x = inputs = of.Input((8,))
        found = [x := residual(of, x, number) for number in range(BLOCKS)]
        return of.Model(inputs, [found[3], found[-1]])

    for output, same in zip(made(keras).predict(X), made(oracle).predict(X), strict=True):
        np.testing.assert_allclose(output, same, rtol=1e-4, atol=1e-5)


def test_masks_pass_through_all_blocks() -> None:
    def made(of: Any) -> Any:
        of.utils.set_random_seed(3)
        x = inputs = of.Input((5, 4))
        x = of.layers.Masking()(x)
        for _ in range(BLOCKS):
            x = of.layers.SimpleRNN(4, return_sequences=True)(x)
        model = of.Model(
            inputs, of.layers.Dense(3, activation="softmax")(of.layers.SimpleRNN(2)(x))
        )
        model.compile("sgd", "sparse_categorical_crossentropy")
        return model

    x = RANDOM.normal(size=(6, 5, 4)).astype("float32")
    x[:, 3:] = 0.0
    model, other = made(keras), made(oracle)
    for _ in range(2):
        np.testing.assert_allclose(
            model.train_on_batch(x, Y[:6]), other.train_on_batch(x, Y[:6]), rtol=1e-5
        )


def test_handles_of_members_are_live() -> None:
    model = deep(keras)
    model.fit(X, Y, batch_size=8, verbose=0)
    other = deep(oracle)
    other.set_weights(model.get_weights())
    for one in (model, other):
        kernel = one.layers[10].trainable_variables[0]
        kernel.assign(kernel * 0.5)
        one.layers[13].set_weights([weight + 0.1 for weight in one.layers[13].get_weights()])
    np.testing.assert_allclose(model.predict(X), other.predict(X), rtol=1e-4, atol=1e-5)
    assert as_one(model)


def test_half_of_the_blocks_may_be_frozen_and_thawed() -> None:
    model, other = deep(keras), deep(oracle)
    for frozen in (True, False):
        for one in (model, other):
            for layer in one.layers[: len(one.layers) // 2]:
                layer.trainable = not frozen
            one.compile("adam", "sparse_categorical_crossentropy")
        require_same(model, other, 1e-4)


def test_files_hold_each_layer(tmp_path: Path) -> None:
    model = deep(keras)
    model.fit(X, Y, batch_size=8, verbose=0)
    model.save(tmp_path / "deep.keras")
    again = keras.models.load_model(tmp_path / "deep.keras")
    in_keras = oracle.models.load_model(tmp_path / "deep.keras")
    np.testing.assert_array_equal(model.predict(X), again.predict(X))
    require_same(again, in_keras)
    assert as_one(again)


def test_a_run_goes_on_to_the_bit(tmp_path: Path) -> None:
    whole, first = deep(keras, dropping), deep(keras, dropping)
    whole.fit(X, Y, batch_size=8, epochs=4, verbose=0, shuffle=False)
    first.fit(X, Y, batch_size=8, epochs=2, verbose=0, shuffle=False, resume=tmp_path)
    again = deep(keras, dropping)
    again.fit(X, Y, batch_size=8, epochs=4, verbose=0, shuffle=False, resume=tmp_path)
    for weight, same in zip(again.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, same)


@pytest.mark.slow
def test_a_model_inside_of_another_and_one_that_shares_layers() -> None:
    model, other = deep(keras), deep(oracle)
    for one, of in ((model, keras), (other, oracle)):
        of.utils.set_random_seed(5)
        inputs = of.Input((8,))
        outer = of.Model(inputs, of.layers.Dense(3)(one(inputs)))
        tail = of.Model(one.input, one.layers[12].output)
        for trainable in (outer, tail):
            trainable.compile("adam", "mse")
        vars(one)["others"] = outer, tail
    for _ in range(2):
        require_same(model, other, 1e-4)
        targets = RANDOM.normal(size=(24, 3)).astype("float32"), X
        for part, (outer, same) in enumerate(zip(vars(model)["others"], vars(other)["others"])):
            np.testing.assert_allclose(
                outer.train_on_batch(X, targets[part]),
                same.train_on_batch(X, targets[part]),
                rtol=1e-4,
            )


def test_what_is_not_finite_is_named_and_layers_are_timed() -> None:
    model = deep(keras)
    model.fit(X, Y, batch_size=8, verbose=0)
    assert as_one(model)
    assert [row[0] for row in model.profile(X, Y, batch_size=8).layers] == [
        layer.name for layer in model.layers[1:] if isinstance(layer, keras.layers.Layer)
    ]
    layer = model.layers[7]
    layer.set_weights([np.full((8, 8), 3e38), np.zeros(8)])
    with pytest.raises(NotFinite, match=f"output of Dense '{layer.name}'"):
        model.fit(X, Y, batch_size=8, verbose=0, debug_nans=True)
    kernel = layer.trainable_variables[0]
    kernel.assign(kernel * np.inf)
    with pytest.raises(NotFinite, match=f"'{kernel.path}' was not finite already"):
        model.fit(X, Y, batch_size=8, verbose=0, debug_nans=True)


def test_models_are_copied_with_their_values() -> None:
    model = deep(keras)
    model.fit(X, Y, batch_size=8, verbose=0)
    again = copy.deepcopy(model)
    model.fit(X, Y, batch_size=8, shuffle=False, verbose=0)
    assert not np.allclose(again.predict(X), model.predict(X))
    again.fit(X, Y, batch_size=8, shuffle=False, verbose=0)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
