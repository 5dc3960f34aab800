"""MultiHeadAttention and GroupQueryAttention against Keras on JAX."""

from __future__ import annotations

import inspect
import warnings
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

import lamella
from lamella import layers
from lamella._base.errors import InvalidArgument, InvalidShape
from lamella._graph.symbolic import KerasTensor
from lamella._state.seeds import set_random_seed

MHA, GQA = "MultiHeadAttention", "GroupQueryAttention"
X, Y = (2, 6, 8), (2, 4, 5)
PICTURES = (2, 3, 4, 8)

CASES: dict[str, tuple[str, dict, list[tuple], dict]] = {
    "self": (MHA, {"num_heads": 2, "key_dim": 3}, [X, X], {}),
    "cross": (MHA, {"num_heads": 2, "key_dim": 3}, [X, Y], {}),
    "other keys": (MHA, {"num_heads": 2, "key_dim": 3}, [X, Y, (2, 4, 7)], {}),
    "causal": (MHA, {"num_heads": 2, "key_dim": 3}, [X, X], {"use_causal_mask": True}),
    "scores": (MHA, {"num_heads": 2, "key_dim": 3}, [X, Y], {"return_attention_scores": True}),
    "causal scores": (
        MHA,
        {"num_heads": 2, "key_dim": 3},
        [X, Y],
        {"return_attention_scores": True, "use_causal_mask": True},
    ),
    "value size": (
        MHA,
        {"num_heads": 2, "key_dim": 3, "value_dim": 5, "output_shape": (3, 2)},
        [X, Y],
        {"return_attention_scores": True},
    ),
    "busy": (
        MHA,
        {
            "num_heads": 2,
            "key_dim": 3,
            "output_shape": 7,
            "use_gate": True,
            "sliding_window": 2,
            "kernel_regularizer": "l2",
            "bias_initializer": "ones",
            "kernel_initializer": "he_normal",
            "kernel_constraint": "max_norm",
        },
        [X, X],
        {"use_causal_mask": True},
    ),
    "no bias": (MHA, {"num_heads": 2, "key_dim": 3, "use_bias": False}, [X, X], {}),
    "dropout": (
        MHA,
        {"num_heads": 2, "key_dim": 3, "dropout": 0.4, "seed": 5},
        [X, X],
        {"training": True, "use_causal_mask": True},
    ),
    "all axes": (MHA, {"num_heads": 2, "key_dim": 3}, [PICTURES, PICTURES], {}),
    "one axis": (
        MHA,
        {"num_heads": 2, "key_dim": 3, "attention_axes": (2,)},
        [PICTURES, PICTURES],
        {"return_attention_scores": True},
    ),
    "axis from behind": (
        MHA,
        {"num_heads": 2, "key_dim": 3, "attention_axes": -3},
        [PICTURES, PICTURES],
        {},
    ),
    "groups": (
        GQA,
        {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2},
        [X, (2, 4, 8)],
        {},
    ),
    "one key head": (
        GQA,
        {"head_dim": 3, "num_query_heads": 3, "num_key_value_heads": 1, "use_gate": True},
        [X, X],
        {"use_causal_mask": True, "return_attention_scores": True},
    ),
    "busy groups": (
        GQA,
        {
            "head_dim": 3,
            "num_query_heads": 4,
            "num_key_value_heads": 2,
            "sliding_window": 3,
            "dropout": 0.3,
            "seed": 2,
            "use_bias": False,
        },
        [X, X],
        {"training": True},
    ),
}
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


@pytest.fixture(autouse=True)
def strict_ranks() -> Any:
    with jax.numpy_rank_promotion("raise"):
        yield


def arrays(shapes: list[tuple], seed: int = 0) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    made = {shape: random.normal(size=shape).astype("float32") for shape in shapes}
    return [made[shape] for shape in shapes]


def pair(case: Any) -> tuple[Any, Any]:
    """The layers of both libraries, built after one seed, then with equal weights."""
    name, args, shapes, _ = case
    made = []
    for library, seed in ((layers, set_random_seed), (keras.layers, keras.utils.set_random_seed)):
        seed(4)
        with jax.numpy_rank_promotion("allow"):
            layer = getattr(library, name)(**args)
            layer.build(*shapes)
        made.append(layer)
    return made[0], made[1]


def ask(layer: Any, *inputs: Any, **call: Any) -> Any:
    """A call of a layer of Keras, which leaves ranks to JAX and warns of masks that it uses."""
    with jax.numpy_rank_promotion("allow"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return layer(*inputs, **call)


def differ(ours: Any, theirs: Any) -> None:
    """Other weights than the first ones: all biases count then."""
    random = np.random.default_rng(1)
    values = [random.uniform(-1, 1, v.shape).astype("float32") for v in theirs.weights]
    theirs.set_weights(values)
    ours.set_weights(values)


def run(layer: Any, inputs: list, call: dict) -> Any:
    """Outputs and gradients with respect to weights and inputs."""
    weights = [np.asarray(v.value) for v in layer.trainable_variables]
    fixed = [np.asarray(v.value) for v in layer.non_trainable_variables]

    def loss(weights: Any, inputs: Any) -> Any:
        outputs, state = layer.stateless_call(weights, fixed, *inputs, **call)
        first = jax.tree.leaves(outputs)[0]
        return jnp.sum(jnp.sin(first * 3)), (outputs, state)

    with jax.numpy_rank_promotion("allow" if "keras.src" in type(layer).__module__ else "raise"):
        (_, seen), slopes = jax.jit(jax.value_and_grad(loss, (0, 1), has_aux=True))(weights, inputs)
    return jax.tree.map(np.asarray, (seen, slopes))


def assert_near(ours: Any, theirs: Any, tolerance: float = 2e-5) -> None:
    for one, other in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


@every_case
def test_outputs_and_gradients_are_those_of_keras(case: Any) -> None:
    ours, theirs = pair(case)
    differ(ours, theirs)
    inputs, call = arrays(case[2]), case[3]
    mine, expected = run(ours, inputs, call), run(theirs, inputs, call)
    assert_near(mine[0], expected[0])
    assert_near(mine[1], expected[1], 2e-4)


@every_case
def test_first_weights_and_their_order_are_those_of_keras(case: Any) -> None:
    ours, theirs = pair(case)
    for kind in ("weights", "trainable_weights", "variables"):
        mine, expected = getattr(ours, kind), getattr(theirs, kind)
        assert [(v.name, tuple(v.shape)) for v in mine] == [
            (v.name, tuple(v.shape)) for v in expected
        ]
        for one, other in zip(mine, expected, strict=True):
            np.testing.assert_allclose(one.value, other.value, rtol=0, atol=3e-7)
    parts = [v.path.split("/")[1:] for v in ours.weights]
    assert parts == [v.path.split("/")[1:] for v in theirs.weights]


@every_case
def test_the_config_is_that_of_keras_and_comes_back(case: Any) -> None:
    name, args, shapes, _ = case
    args = {**args, "name": "it"}
    ours, theirs = getattr(layers, name)(**args), getattr(keras.layers, name)(**args)
    mine, expected = ours.get_config(), theirs.get_config()
    expected.pop("activity_regularizer"), mine.pop("activity_regularizer", None)
    assert mine == expected
    copy = layers.deserialize(keras.layers.serialize(theirs))
    assert copy.get_config() == ours.get_config()
    with jax.numpy_rank_promotion("allow"):
        again = keras.layers.deserialize(layers.serialize(ours))
    assert again.get_config() == theirs.get_config()
    assert layers.serialize(ours)["class_name"] == keras.layers.serialize(theirs)["class_name"]
    ours.build(*shapes)
    with jax.numpy_rank_promotion("allow"):
        theirs.build(*shapes)
    assert ours.get_build_config() == theirs.get_build_config()
    copy.build_from_config(theirs.get_build_config())
    copy.set_weights(ours.get_weights())


@every_case
def test_shapes_are_inferred(case: Any) -> None:
    name, args, shapes, call = case
    layer = getattr(layers, name)(**args)
    tensors = [KerasTensor((None, None, *shape[2:])) for shape in shapes]
    inferred = layer(*tensors, **call)
    real = layer(*arrays(shapes), **call)
    for one, other in zip(jax.tree.leaves(inferred), jax.tree.leaves(real), strict=True):
        assert len(one.shape) == other.ndim
        assert one.shape[0] is None
        assert all(a in (None, b) for a, b in zip(one.shape, other.shape))
    first = jax.tree.leaves(real)[0]
    assert layer.compute_output_shape(*shapes) == first.shape or call.get("return_attention_scores")


def test_signatures_are_those_of_keras() -> None:
    for name in (MHA, GQA):
        mine = inspect.signature(getattr(layers, name).call).parameters.values()
        theirs = inspect.signature(getattr(keras.layers, name).call).parameters.values()
        assert [(p.name, p.default) for p in mine] == [(p.name, p.default) for p in theirs]


def test_values_of_another_size_need_no_scores() -> None:
    # Keras on JAX fails here; with scores it takes another way, which serves as the oracle.
    ours, theirs = pair(CASES["value size"])
    differ(ours, theirs)
    x, y = arrays([X, Y])
    np.testing.assert_allclose(
        ours(x, y), ask(theirs, x, y, return_attention_scores=True)[0], rtol=2e-5, atol=2e-5
    )


def with_mask(array: np.ndarray, mask: Any) -> jax.Array:
    carrier = jnp.asarray(array)
    carrier._keras_mask = jnp.asarray(mask)  # type: ignore[attr-defined]
    return carrier


QUERY_MASK = np.arange(6)[None] < np.array([[4], [6]])
VALUE_MASK = np.arange(4)[None] < np.array([[3], [1]])


@pytest.mark.parametrize("case", ["cross", "scores", "groups", "causal scores"])
@pytest.mark.parametrize("pairs", [None, (6, 4), (2, 6, 4), (2, 1, 6, 4)])
def test_masks_that_travel_count_and_go_on(case: str, pairs: Any) -> None:
    ours, theirs = pair(CASES[case])
    differ(ours, theirs)
    x, y = arrays(CASES[case][2])
    more = dict(CASES[case][3])
    if pairs is not None:
        allowed = np.random.default_rng(3).random(pairs) > 0.3
        # Keras joins a mask with heads to those that travel by NumPy's rules, and fails.
        more["attention_mask"] = allowed if len(pairs) < 4 else allowed[:, 0]
    expected = ask(theirs, with_mask(x, QUERY_MASK), with_mask(y, VALUE_MASK), **more)
    if pairs is not None:
        more["attention_mask"] = allowed
    outputs = ours(with_mask(x, QUERY_MASK), with_mask(y, VALUE_MASK), **more)
    assert_near(outputs, expected)
    first, wanted = jax.tree.leaves(outputs)[0], jax.tree.leaves(expected)[0]
    np.testing.assert_array_equal(first._keras_mask, wanted._keras_mask)


def test_masks_travel_in_compiled_code_too() -> None:
    x, y = arrays([X, Y])
    layer = layers.MultiHeadAttention(2, 3)
    eager = layer(with_mask(x, QUERY_MASK), with_mask(y, VALUE_MASK))
    first, second = lamella.Input(X[1:]), lamella.Input(Y[1:])
    seen = layer(layers.Masking(-1.0)(first), layers.Masking(-1.0)(second))
    total = layers.GlobalAveragePooling1D()(seen)
    model = lamella.Model([first, second], [seen, total])
    hidden = [
        np.where(mask[..., None], array, np.float32(-1))
        for mask, array in ((QUERY_MASK, x), (VALUE_MASK, y))
    ]
    seen, total = model.predict(hidden, verbose=0)
    np.testing.assert_allclose(
        seen[QUERY_MASK], np.asarray(eager)[QUERY_MASK], rtol=1e-5, atol=1e-5
    )
    mean = np.stack([one[mask].mean(0) for one, mask in zip(seen, QUERY_MASK)])
    np.testing.assert_allclose(total, mean, rtol=1e-5, atol=1e-5)


def test_a_mask_stays_on_the_array_it_came_with() -> None:
    layer = layers.MultiHeadAttention(2, 3)
    x = with_mask(arrays([X])[0], QUERY_MASK)
    layer(x, x)
    assert x._keras_mask is not None  # Keras takes it away, and masks are lost after a residual


def test_a_given_query_mask_counts() -> None:
    layer = layers.MultiHeadAttention(2, 3)
    x = arrays([X])[0]
    _, shares = layer(x, x, query_mask=QUERY_MASK, return_attention_scores=True)
    assert np.asarray(shares)[0, :, 4:].max() == 0  # Keras does not look at it
    assert np.asarray(shares)[0, :, :4].min() > 0


def test_the_mask_of_one_axis_of_pictures() -> None:
    layer = layers.MultiHeadAttention(2, 3, attention_axes=2)
    x = arrays([PICTURES])[0]
    mask = np.random.default_rng(0).random((2, 3, 4)) > 0.3
    mask[..., 0] = True
    _, shares = layer(x, x, value_mask=mask, return_attention_scores=True)
    seen = np.asarray(shares)
    assert seen.shape == (2, 3, 2, 4, 4)
    np.testing.assert_array_equal(seen > 0, np.broadcast_to(mask[:, :, None, None, :], seen.shape))


def test_the_mask_of_two_axes_of_pictures() -> None:
    layer = layers.MultiHeadAttention(2, 3)
    x = arrays([PICTURES])[0]
    mask = np.random.default_rng(0).random((2, 3, 4)) > 0.3
    _, shares = layer(x, x, value_mask=mask, query_mask=mask, return_attention_scores=True)
    seen = np.asarray(shares)
    both = mask[:, :, :, None, None] & mask[:, None, None]
    np.testing.assert_array_equal(seen > 0, np.broadcast_to(both[:, None], seen.shape))


def test_no_target_sees_a_later_source() -> None:
    x = arrays([X])[0]
    for layer in (layers.MultiHeadAttention(2, 3), layers.GroupQueryAttention(3, 4, 2)):
        before = np.asarray(layer(x, x, use_causal_mask=True))
        changed = x.copy()
        changed[:, 4:] += 1
        after = np.asarray(layer(changed, changed, use_causal_mask=True))
        np.testing.assert_array_equal(before[:, :4], after[:, :4])
        assert (before[:, 4:] != after[:, 4:]).any()


def test_fully_masked_rows_are_those_of_keras() -> None:
    for case in ("cross", "scores"):
        ours, theirs = pair(CASES[case])
        differ(ours, theirs)
        x, y = arrays([X, Y])
        nothing = np.zeros((2, 6, 4), bool)
        mine = ours(x, y, attention_mask=nothing, **CASES[case][3])
        assert_near(mine, ask(theirs, x, y, attention_mask=nothing, **CASES[case][3]))


def test_dropout_draws_anew_and_only_while_training() -> None:
    ours, theirs = pair(CASES["dropout"])
    differ(ours, theirs)
    x = arrays([X])[0]
    first = ours(x, x, training=True)
    np.testing.assert_allclose(first, ask(theirs, x, x, training=True), rtol=2e-5, atol=2e-5)
    second = ours(x, x, training=True)
    assert (np.asarray(first) != np.asarray(second)).any()
    np.testing.assert_allclose(second, ask(theirs, x, x, training=True), rtol=2e-5, atol=2e-5)
    np.testing.assert_array_equal(ours(x, x), ours(x, x))


@pytest.mark.parametrize("name", [MHA, GQA])
def test_a_cost_of_activities_is_that_of_keras(name: str) -> None:
    sizes = (2, 3) if name == MHA else (3, 4, 2)
    x = arrays([X])[0]
    costs = []
    for library, seed in ((layers, set_random_seed), (keras.layers, keras.utils.set_random_seed)):
        seed(2)
        with jax.numpy_rank_promotion("allow"):
            layer = getattr(library, name)(*sizes, activity_regularizer="l2")
            layer(x, x)
        costs.append(float(sum(layer.losses)))
        assert layer.get_config()["activity_regularizer"]["class_name"] == "L2"
    assert costs[0] == pytest.approx(costs[1], rel=1e-5)


@pytest.mark.parametrize(
    "policy", ["bfloat16", "mixed_bfloat16", pytest.param("float16", marks=pytest.mark.slow)]
)
def test_half_precision_is_that_of_keras(policy: str) -> None:
    name, args, shapes, call = CASES["causal"]
    ours, theirs = pair((name, {**args, "dtype": policy}, shapes, call))
    values = [np.asarray(v.value) for v in pair(CASES["causal"])[0].weights]
    ours.set_weights(values)
    theirs.set_weights(values)
    x = arrays([X])[0]
    mine = ours(x, x, **call)
    assert mine.dtype == policy.removeprefix("mixed_")
    with jax.numpy_rank_promotion("allow"):
        expected = ask(theirs, x, x, **call)
    np.testing.assert_allclose(
        np.asarray(mine, "float32"), np.asarray(expected, "float32"), rtol=0.02, atol=0.02
    )


def test_a_subclass_may_attend_in_its_own_way() -> None:
    class Uniform(layers.MultiHeadAttention):
        def _compute_attention(
            self,
            query: Any,
            key: Any,
            value: Any,
            attention_mask: Any = None,
            training: Any = None,
            return_attention_scores: bool = False,
        ) -> Any:
            self.seen = None if attention_mask is None else attention_mask.shape
            return jnp.broadcast_to(value.mean(1, keepdims=True), query.shape), None

    layer = Uniform(2, 3)
    x = arrays([X])[0]
    assert layer(x, x, use_causal_mask=True).shape == X
    assert layer.seen == (1, 1, 6, 6)  # the order is in the mask, not lost


def test_refusals() -> None:
    x, y = arrays([X, Y])
    with pytest.raises(InvalidArgument, match="num_heads"):
        layers.MultiHeadAttention(0, 3)
    with pytest.raises(InvalidArgument, match="divisible"):
        layers.GroupQueryAttention(3, 4, 3)
    with pytest.raises(InvalidArgument, match="dropout"):
        layers.MultiHeadAttention(2, 3, dropout=0.1, flash_attention=True)
    with pytest.raises(InvalidShape, match="one length"):
        layers.MultiHeadAttention(2, 3)(x, y, x)
    with pytest.raises(InvalidShape, match="as many axes"):
        layers.MultiHeadAttention(2, 3)(x, x[0])
    built = layers.MultiHeadAttention(2, 3)
    built(x, x)
    with pytest.raises(InvalidShape, match="8 features on axis -1"):
        built(y, x)
    with pytest.raises(InvalidShape, match="attention_mask"):
        layers.MultiHeadAttention(2, 3)(x, x, attention_mask=np.ones((2, 6, 4), bool))
    with pytest.raises(InvalidArgument, match="attention_axes"):
        layers.MultiHeadAttention(2, 3, attention_axes=2)(x, x)
    pictures = arrays([PICTURES])[0]
    with pytest.raises(InvalidArgument, match="no one order"):
        layers.MultiHeadAttention(2, 3)(pictures, pictures, use_causal_mask=True)
    with pytest.raises(InvalidArgument, match="scores"):
        layers.MultiHeadAttention(2, 3, flash_attention=True)(x, x, return_attention_scores=True)


def encoder(library: Any) -> Any:
    """Two layers of a Transformer's encoder, with a causal one among them."""
    kit = library.layers
    inputs = library.Input((6, 8))
    x = inputs
    for place in range(2):
        look = kit.MultiHeadAttention(2, 4, name=f"look_{place}")
        seen = look(x, x, use_causal_mask=place == 1)
        x = kit.LayerNormalization()(kit.Add()([x, seen]))
        wide = kit.Dense(16, activation="gelu")(x)
        x = kit.LayerNormalization()(kit.Add()([x, kit.Dense(8)(wide)]))
    shared = kit.GroupQueryAttention(4, 4, 2, name="shared")(x, x)
    return library.Model(inputs, kit.Dense(3)(kit.GlobalAveragePooling1D()(shared)))


def trained(library: Any, seed: Any, x: np.ndarray, y: np.ndarray) -> tuple[Any, list[float]]:
    seed(9)
    with jax.numpy_rank_promotion("allow"):
        model = encoder(library)
        loss = library.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer=library.optimizers.Adam(1e-2), loss=loss)
        history = model.fit(x, y, batch_size=8, epochs=2, verbose=0, shuffle=False)
    return model, history.history["loss"]


@pytest.mark.slow
def test_an_encoder_trains_as_in_keras_and_files_go_both_ways(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(40, 6, 8)).astype("float32")
    y = random.integers(0, 3, 40)
    ours, mine = trained(lamella, set_random_seed, x, y)
    theirs, expected = trained(keras, keras.utils.set_random_seed, x, y)
    np.testing.assert_allclose(mine, expected, rtol=1e-4)
    for one, other in zip(ours.weights, theirs.weights, strict=True):
        # The scores do not depend on the bias of keys: its gradient is rounding, which Adam scales.
        if not one.path.endswith("key/bias"):
            np.testing.assert_allclose(one.value, other.value, rtol=1e-3, atol=1e-4)
    with jax.numpy_rank_promotion("allow"):
        wanted = theirs.predict(x, verbose=0)
        for name in ("a.weights.h5", "a.keras"):
            (theirs.save if name.endswith("keras") else theirs.save_weights)(tmp_path / name)
    fresh = encoder(lamella)
    fresh.load_weights(tmp_path / "a.weights.h5")
    np.testing.assert_allclose(fresh.predict(x, verbose=0), wanted, rtol=1e-4, atol=1e-4)
    loaded = lamella.models.load_model(tmp_path / "a.keras")
    np.testing.assert_allclose(loaded.predict(x, verbose=0), wanted, rtol=1e-4, atol=1e-4)
    loaded.save(tmp_path / "b.keras")
    loaded.save_weights(tmp_path / "b.weights.h5")
    with jax.numpy_rank_promotion("allow"):
        back = keras.models.load_model(tmp_path / "b.keras")
        np.testing.assert_allclose(back.predict(x, verbose=0), wanted, rtol=1e-4, atol=1e-4)
        blank = encoder(keras)
        blank.load_weights(tmp_path / "b.weights.h5")
        np.testing.assert_allclose(blank.predict(x, verbose=0), wanted, rtol=1e-4, atol=1e-4)
