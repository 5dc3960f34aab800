"""Losses: values, gradients, weights, masks and configs as in Keras on JAX."""

from __future__ import annotations

import inspect

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

from lamella import losses
from lamella._base.errors import InvalidArgument, InvalidShape, UnknownName, WrongType
from lamella._layer.masking import set_mask
from lamella._state import frame as frames
from lamella._state.variable import Variable

RNG = np.random.default_rng(0)
REAL = RNG.normal(size=(6, 4)).astype("float32"), RNG.normal(size=(6, 4)).astype("float32")
RAW = RNG.uniform(0.01, 1.0, size=(6, 4)).astype("float32")
SHARES = RAW / RAW.sum(axis=-1, keepdims=True)
ONE_HOT = np.eye(4, dtype="float32")[RNG.integers(0, 4, 6)]
CLASSES = RNG.integers(0, 4, 6)
BITS = RNG.integers(0, 2, (6, 4)).astype("float32")
VECTORS = REAL[0] / np.linalg.norm(REAL[0], axis=-1, keepdims=True)
GROUPS = np.array([0, 0, 1, 1, 2, 3])

CASES = [
    ("MeanSquaredError", {}, *REAL),
    ("MeanAbsoluteError", {}, *REAL),
    ("MeanAbsolutePercentageError", {}, *REAL),
    ("MeanSquaredLogarithmicError", {}, *REAL),
    ("Huber", {}, *REAL),
    ("Huber", {"delta": 0.4}, *REAL),
    ("LogCosh", {}, *REAL),
    ("CosineSimilarity", {}, *REAL),
    ("CosineSimilarity", {"axis": 0}, *REAL),
    ("Hinge", {}, BITS, REAL[1]),
    ("Hinge", {}, 2 * BITS - 1, REAL[1]),
    ("SquaredHinge", {}, BITS, REAL[1]),
    ("CategoricalHinge", {}, ONE_HOT, REAL[1]),
    ("KLDivergence", {}, SHARES[::-1].copy(), SHARES),
    ("Poisson", {}, np.floor(RAW * 5), RAW),
    ("BinaryCrossentropy", {}, BITS, RAW),
    ("BinaryCrossentropy", {"label_smoothing": 0.2}, BITS, RAW),
    ("BinaryCrossentropy", {"from_logits": True}, BITS, REAL[1]),
    ("BinaryCrossentropy", {}, BITS, np.round(RAW)),
    ("BinaryFocalCrossentropy", {}, BITS, RAW),
    (
        "BinaryFocalCrossentropy",
        {"apply_class_balancing": True, "alpha": 0.7, "gamma": 1.5, "from_logits": True},
        BITS,
        REAL[1],
    ),
    ("CategoricalCrossentropy", {}, ONE_HOT, RAW),
    ("CategoricalCrossentropy", {"from_logits": True}, ONE_HOT, REAL[1]),
    ("CategoricalCrossentropy", {"label_smoothing": 0.3, "axis": -1}, ONE_HOT, SHARES),
    ("CategoricalFocalCrossentropy", {}, ONE_HOT, SHARES),
    ("CategoricalFocalCrossentropy", {"alpha": [0.1, 0.2, 0.3, 0.4]}, ONE_HOT, SHARES),
    ("CategoricalFocalCrossentropy", {"from_logits": True, "gamma": 1.0}, ONE_HOT, REAL[1]),
    ("SparseCategoricalCrossentropy", {}, CLASSES, RAW),
    ("SparseCategoricalCrossentropy", {}, CLASSES[:, None], RAW),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, CLASSES, REAL[1]),
    ("SparseCategoricalCrossentropy", {"ignore_class": 1}, CLASSES, SHARES),
    (
        "SparseCategoricalCrossentropy",
        {"ignore_class": -1, "from_logits": True},
        np.where(CLASSES == 2, -1, CLASSES),
        REAL[1],
    ),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.3}, CLASSES, SHARES),
    ("Dice", {}, BITS, RAW),
    ("Dice", {"axis": 1}, BITS, RAW),
    ("Tversky", {"alpha": 0.3, "beta": 0.6}, BITS, RAW),
    ("Tversky", {"axis": -1}, BITS, RAW),
    ("Circle", {}, GROUPS, VECTORS),
    ("Circle", {"gamma": 5.0, "margin": 0.2, "remove_diagonal": False}, GROUPS, VECTORS),
    ("CTC", {}, np.array([[1, 2, 2, 0], [3, 0, 0, 0]]), RNG.normal(size=(2, 7, 4))),
]
WEIGHTS = RNG.uniform(0, 2, 6).astype("float32")


def both(name, settings, **more):
    ours = getattr(losses, name)(**settings, **more)
    return ours, getattr(keras.losses, name)(**settings, **more)


def measured(cls, settings, y_true, y_pred):
    """Each value, their mean, and its gradient, in one compiled program."""
    each, mean = cls(**settings, reduction="none"), cls(**settings)

    def run(y_true, y_pred):
        return each(y_true, y_pred), jax.value_and_grad(lambda y: mean(y_true, y))(y_pred)

    return jax.jit(run)(y_true, y_pred)


@pytest.mark.parametrize(("name", "settings", "y_true", "y_pred"), CASES)
def test_values_and_gradients_as_in_keras(name, settings, y_true, y_pred):
    y_pred = jnp.asarray(y_pred, "float32")
    with jax.numpy_rank_promotion("raise"):
        each, (mean, slope) = measured(getattr(losses, name), settings, y_true, y_pred)
    theirs = measured(getattr(keras.losses, name), settings, y_true, y_pred)
    assert each.shape == theirs[0].shape
    assert each.dtype == theirs[0].dtype
    np.testing.assert_allclose(each, theirs[0], rtol=2e-6, atol=1e-6)
    np.testing.assert_allclose(mean, theirs[1][0], rtol=2e-6, atol=1e-6)
    expected = theirs[1][1]
    if name == "Circle":  # Keras gives NaN for samples without a positive pair
        assert np.isfinite(slope).all()
        kept = np.isfinite(expected)
        slope, expected = slope[kept], expected[kept]
    np.testing.assert_allclose(slope, expected, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("case", [CASES[0], CASES[21], CASES[27], CASES[30]])
def test_eager_as_compiled(case):
    name, settings, y_true, y_pred = case
    loss = getattr(losses, name)(**settings)
    np.testing.assert_allclose(loss(y_true, y_pred), jax.jit(loss)(y_true, y_pred), rtol=1e-6)


@pytest.mark.parametrize(
    "reduction", ["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None]
)
@pytest.mark.parametrize("shape", [(6,), (6, 1), ()])
def test_sample_weights_as_in_keras(reduction, shape):
    weight = WEIGHTS[0] if shape == () else WEIGHTS.reshape(shape)
    for name in ("MeanSquaredError", "MeanAbsoluteError"):
        ours, theirs = both(name, {}, reduction=reduction)
        with jax.numpy_rank_promotion("raise"):
            got = ours(*REAL, sample_weight=weight)
        np.testing.assert_allclose(got, theirs(*REAL, sample_weight=weight), rtol=1e-6)


@pytest.mark.parametrize(
    "reduction", ["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none"]
)
@pytest.mark.parametrize(("weighted", "traced"), [(False, True), (True, True), (True, False)])
def test_masks_as_in_keras(reduction, weighted, traced):
    y_true, y_pred = RNG.normal(size=(2, 3, 5, 2)).astype("float32")
    mask = np.array([[1, 1, 0, 0, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 1]], bool)
    weight = RNG.uniform(size=(3, 5)).astype("float32") if weighted else None
    ours, theirs = both("MeanSquaredError", {}, reduction=reduction)
    keras_pred = jnp.array(y_pred)
    keras_pred._keras_mask = jnp.array(mask)
    expected = theirs(y_true, keras_pred, sample_weight=weight)

    def run(y_pred):
        with frames.changed():
            set_mask(y_pred, jnp.asarray(mask))
            return ours(y_true, y_pred, sample_weight=weight)

    with jax.numpy_rank_promotion("raise"):
        got = (jax.jit(run) if traced else run)(jnp.array(y_pred))
    np.testing.assert_allclose(got, expected, rtol=1e-6)


def test_a_mask_per_step_meets_a_weight_per_sample():
    y_true, y_pred = RNG.normal(size=(2, 3, 3, 2)).astype("float32")
    mask = np.array([[1, 1, 0], [1, 0, 0], [1, 1, 1]], bool)
    weight = np.array([1.0, 0.0, 2.0], "float32")
    array = jnp.array(y_pred)
    set_mask(array, jnp.array(mask))
    got = losses.MeanSquaredError(reduction="sum")(y_true, array, sample_weight=weight)
    each = ((y_true - y_pred) ** 2).mean(-1)
    assert np.allclose(got, (each * mask * weight[:, None]).sum(), rtol=1e-6)


def test_a_weight_per_sample_is_never_taken_for_one_per_step():
    # With 3 samples of 3 steps NumPy's broadcasting would meet the wrong axis in silence.
    y_true, y_pred = RNG.normal(size=(2, 3, 3, 2)).astype("float32")
    weight = np.array([1.0, 0.0, 0.0], "float32")
    got = losses.MeanSquaredError(reduction="none")(y_true, y_pred, sample_weight=weight)
    each = ((y_true - y_pred) ** 2).mean(-1)
    assert np.allclose(got[0], each[0], rtol=1e-6)
    assert np.allclose(got[1:], 0)


@pytest.mark.parametrize(
    ("true_shape", "pred_shape"),
    [((6,), (6, 1)), ((6, 1), (6,)), ((6, 3, 1), (6, 3)), ((6,), (6,))],
)
@pytest.mark.parametrize("name", ["MeanSquaredError", "BinaryCrossentropy", "Hinge"])
def test_ranks_as_in_keras(name, true_shape, pred_shape):
    y_true = RNG.integers(0, 2, true_shape).astype("float32")
    y_pred = RNG.uniform(size=pred_shape).astype("float32")
    ours, theirs = both(name, {}, reduction="none")
    with jax.numpy_rank_promotion("raise"):
        got = ours(y_true, y_pred)
    expected = theirs(y_true, y_pred)
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=1e-6)


@pytest.mark.parametrize(("name", "settings", "y_true", "y_pred"), CASES)
def test_configs_as_in_keras(name, settings, y_true, y_pred):
    ours, theirs = both(name, settings)
    assert theirs.get_config().items() <= ours.get_config().items()
    from_theirs = losses.deserialize(keras.losses.serialize(theirs))
    assert type(from_theirs) is type(ours)
    again = losses.deserialize(losses.serialize(ours))
    assert again.get_config() == ours.get_config()
    if name == "CategoricalGeneralizedCrossEntropy":  # not in Keras's own table
        return
    sent = keras.losses.deserialize(losses.serialize(ours))
    assert type(sent) is type(theirs)


@pytest.mark.parametrize("name", sorted({case[0] for case in CASES}))
def test_signatures_as_in_keras(name):
    def listed(cls):
        parameters = inspect.signature(cls.__init__).parameters.values()
        return [(item.name, item.default) for item in parameters]

    assert listed(getattr(losses, name)) == listed(getattr(keras.losses, name))


FUNCTIONS = sorted(n for n in dir(keras.losses) if n[0].islower())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_public_with_the_same_signature(name):
    ours, theirs = getattr(losses, name), getattr(keras.losses, name)
    if name not in ("get", "serialize", "deserialize"):
        assert [(p.name, p.default) for p in inspect.signature(ours).parameters.values()] == [
            (p.name, p.default) for p in inspect.signature(theirs).parameters.values()
        ]


@pytest.mark.parametrize(
    "name",
    [
        "mse",
        "MSE",
        "mae",
        "MAE",
        "mape",
        "msle",
        "MSLE",
        "bce",
        "BCE",
        "kld",
        "KLD",
        "hinge",
        "dice",
    ],
)
def test_names(name):
    ours, theirs = losses.get(name), keras.losses.get(name)
    assert ours.__name__ == theirs.__name__
    assert losses.deserialize(keras.losses.serialize(theirs)) is ours


def test_lookup():
    assert losses.get(None) is None
    assert isinstance(losses.get("Huber"), losses.Huber)
    assert isinstance(losses.get(losses.Huber), losses.Huber)
    with pytest.raises(UnknownName, match="Did you mean"):
        losses.get("mean_squard_error")


def test_a_wrapped_function_comes_back():
    wrapped = losses.LossFunctionWrapper(losses.huber, reduction="sum", name="mine", delta=0.3)
    again = losses.LossFunctionWrapper.from_config(wrapped.get_config())
    assert np.allclose(again(*REAL), wrapped(*REAL))
    assert np.allclose(wrapped(*REAL), losses.Huber(0.3, reduction="sum")(*REAL))


def test_a_persons_loss():
    class Gap(losses.Loss):
        def __init__(self, power=2, name="gap", reduction="sum_over_batch_size"):
            super().__init__(name=name, reduction=reduction)
            self._power = power

        def call(self, y_true, y_pred):
            return jnp.mean(jnp.abs(y_true - y_pred) ** self._power, axis=-1)

    gap = Gap(power=3)
    assert gap.get_config() == {"power": 3, "name": "gap", "reduction": "sum_over_batch_size"}
    assert np.allclose(Gap.from_config(gap.get_config())(*REAL), gap(*REAL))
    assert np.allclose(Gap(2)(*REAL), losses.MeanSquaredError()(*REAL), rtol=1e-6)


def test_structures_and_variables():
    y_true, y_pred = {"a": REAL[0]}, {"a": REAL[1]}

    class Sum(losses.Loss):
        def call(self, y_true, y_pred):
            return jnp.sum(y_true["a"] * y_pred["a"], axis=-1)

    assert np.isfinite(Sum()(y_true, y_pred))
    mse = losses.MeanSquaredError()
    assert np.allclose(mse(Variable(REAL[0]), Variable(REAL[1])), mse(*REAL))
    assert np.allclose(
        losses.mean_squared_error(Variable(REAL[0]), Variable(REAL[1])).mean(), mse(*REAL)
    )


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_class_numbers_survive_a_half_type(dtype):
    y_pred = np.full((1, 600), -5.0, "float32")
    y_pred[0, 259] = 5.0
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, dtype=dtype)
    assert loss(np.array([259]), y_pred) < 0.1
    assert loss(np.array([259]), y_pred).dtype == dtype


def test_an_ignored_class_counts_nowhere():
    y_pred = jnp.array([[1.0, 2.0], [jnp.nan, 0.0]])
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=9)
    labels = np.array([0, 9])
    expected = losses.SparseCategoricalCrossentropy(from_logits=True)(labels[:1], y_pred[:1])
    assert np.allclose(loss(labels, y_pred), expected, rtol=1e-6)
    assert np.isfinite(jax.grad(lambda y: loss(labels, y))(y_pred)).all()


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_cosine_of_a_zero_vector_is_zero_with_a_slope(dtype):
    zeros = jnp.zeros((2, 3), dtype)
    total = jax.jit(lambda y: losses.cosine_similarity(jnp.ones((2, 3)), y).sum())
    value, slope = jax.value_and_grad(total)(zeros)
    assert value == 0
    assert not np.isnan(slope.astype("float32")).any()


def test_mistakes():
    with pytest.raises(InvalidArgument, match="reduction"):
        losses.MeanSquaredError(reduction="average")
    with pytest.raises(InvalidShape, match="sparse"):
        losses.categorical_crossentropy(CLASSES[:, None], RAW)
    with pytest.raises(InvalidShape):
        losses.sparse_categorical_crossentropy(ONE_HOT, RAW)
    with pytest.raises(InvalidShape):
        losses.mean_squared_error(np.ones(4), np.ones((4, 4)))
    with pytest.raises(InvalidShape):
        losses.MeanSquaredError()(*REAL, sample_weight=np.ones(5))
    with pytest.raises(InvalidShape):
        losses.ctc(np.ones(3), np.ones((3, 3)))
    with pytest.raises(WrongType, match="axis"):
        losses.categorical_crossentropy(ONE_HOT, RAW, False, 0.0, True)
    with pytest.raises(InvalidArgument):
        losses.CategoricalGeneralizedCrossEntropy(q=1.0)
