"""The contract of every layer, with Keras on JAX as the oracle."""

from __future__ import annotations

import functools
import inspect
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from tests.contract.layer_cases import CASES, INSIDE_OTHERS, Case

from lamella import layers, ops
from lamella._base import registry
from lamella._graph.symbolic import KerasTensor
from lamella._layer.masking import get_mask
from lamella._state.seeds import set_random_seed
from lamella.layers import deserialize, serialize

OURS = SimpleNamespace(layers=layers, ops=ops)

CLASSES = [
    cls
    for cls in registry.members("layer")
    if cls.__module__.startswith("lamella.layers.") and cls.__name__ != "InputLayer"
]
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}-{id_of(case)}")


def id_of(case: Case) -> str:
    args = {} if callable(case.args) else {**case.args, **case.call}
    return ",".join(str(value).replace(" ", "") for value in args.values())[:40]


@pytest.fixture(autouse=True)
def strict_ranks() -> Any:
    with jax.numpy_rank_promotion("raise"):
        yield


@pytest.fixture(autouse=True, scope="module")
def quick_compiles() -> Any:
    """Hundreds of small programs run once each: compiling them well would take most of the time."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def first_case(cls: type) -> Case | None:
    return next((case for case in CASES if case.name == cls.__name__), None)


def make_ours(case: Case, **more: Any) -> Any:
    return getattr(layers, case.name)(**{**case.arguments(OURS), **more})


def masked(arrays: Any, case: Case) -> Any:
    """The inputs, with a mask on each if the case wants one."""
    items = arrays if isinstance(arrays, list) else [arrays]
    for place, array in enumerate(items if case.mask else []):
        mask = np.random.default_rng(place).random(array.shape[:2]) > 0.4
        mask[:, 0] = True
        items[place] = jnp.asarray(array)
        items[place]._keras_mask = jnp.asarray(mask)
    return items if isinstance(arrays, list) else items[0]


@functools.cache
def pair(index: int) -> tuple[Any, Any]:
    """Both libraries' layers for a case, built, with equal weights that are not the first ones."""
    case = CASES[index]
    set_random_seed(3)
    ours = make_ours(case)
    ours.build(shape_of(case))
    keras.utils.set_random_seed(3)
    with jax.numpy_rank_promotion("allow"):
        theirs = getattr(keras.layers, case.name)(**case.arguments(keras))
        theirs.build(shape_of(case))
    values = [
        np.random.default_rng(place).uniform(0.5, 1.5, weight.shape).astype("float32")
        for place, weight in enumerate(theirs.weights)
    ]
    theirs.set_weights(values)
    ours.set_weights(values)
    return ours, theirs


def shape_of(case: Case) -> Any:
    return case.shapes[0] if len(case.shapes) == 1 else list(case.shapes)


def pair_of(case: Case) -> tuple[Any, Any]:
    return pair(CASES.index(case))


def run(layer: Any, case: Case) -> Any:
    """(outputs, new state, gradients) of a stateless call, compiled unless masks have to travel."""
    weights = [np.asarray(v.value) for v in layer.trainable_variables]
    fixed = [np.asarray(v.value) for v in layer.non_trainable_variables]

    def loss(weights: Any, inputs: Any) -> Any:
        given = masked(inputs, case)
        outputs, state = layer.stateless_call(
            weights, fixed, given, **case.call, **explicit_mask(layer, given)
        )
        wave = np.cos(np.arange(outputs.size, dtype="float32")).reshape(outputs.shape)
        return jnp.sum(outputs.astype("float32") * wave), (outputs, state)

    # A traced input can carry no mask.
    wanted = (0,) if case.mask or case.whole is not None else (0, 1)
    function = jax.value_and_grad(loss, argnums=wanted, has_aux=True)
    (_, (outputs, state)), gradients = (function if case.mask else jax.jit(function))(
        weights, case.inputs()
    )
    return jax.tree.map(np.asarray, (outputs, state, gradients))


def explicit_mask(layer: Any, inputs: Any) -> dict[str, Any]:
    """The mask by name: Keras's stateless call does not look for it on the array."""
    mask = getattr(inputs, "_keras_mask", None)
    takes = "mask" in inspect.signature(layer.call).parameters
    return {"mask": mask} if takes and mask is not None else {}


@functools.cache
def results(index: int) -> Any:
    return run(pair(index)[0], CASES[index])


def test_every_layer_has_a_case() -> None:
    covered = {case.name for case in CASES} | INSIDE_OTHERS
    assert {cls.__name__ for cls in CLASSES} - covered == set(), "add a line to layer_cases.py"


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_documented(cls: type) -> None:
    own = cls.__dict__.get("__doc__") or ""
    assert "Args:" in own and "Example:" in own and ">>>" in own
    assert own.splitlines()[0].endswith(".")


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_the_signature_is_that_of_keras(cls: type) -> None:
    def plain(target: Any) -> list[tuple[str, Any]]:
        return [(p.name, p.default) for p in inspect.signature(target).parameters.values()]

    assert plain(cls) == plain(getattr(keras.layers, cls.__name__))


@every_case
def test_outputs_and_gradients_are_those_of_keras(case: Case) -> None:
    outputs, state, gradients = results(CASES.index(case))
    with jax.numpy_rank_promotion("allow"):
        expected, kept, slopes = run(pair_of(case)[1], case)
    np.testing.assert_allclose(outputs, expected, rtol=2e-5, atol=2e-5)
    assert outputs.dtype == expected.dtype
    for one, other in zip(jax.tree.leaves(gradients), jax.tree.leaves(slopes), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=2e-4)
        assert np.isfinite(one).all()
    for one, other in zip(state, kept, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-5, atol=2e-5)


@every_case
def test_weights_are_in_the_order_of_keras(case: Case) -> None:
    ours, theirs = pair_of(case)
    for kind in ("weights", "trainable_weights", "non_trainable_weights", "variables"):
        mine = [(v.name, tuple(v.shape), v.dtype) for v in getattr(ours, kind)]
        assert mine == [(v.name, tuple(v.shape), v.dtype) for v in getattr(theirs, kind)]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_seed_gives_the_weights_of_keras(cls: type) -> None:
    case = first_case(cls)
    if case is None or not pair_of(case)[0].variables:
        return
    set_random_seed(11)
    ours = make_ours(case)
    ours.build(shape_of(case))
    keras.utils.set_random_seed(11)
    theirs = getattr(keras.layers, case.name)(**case.arguments(keras))
    with jax.numpy_rank_promotion("allow"):
        theirs.build(shape_of(case))
    for one, other in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_allclose(one.value, other.value, rtol=0, atol=3e-7)


@every_case
def test_the_config_is_that_of_keras_and_comes_back(case: Case) -> None:
    ours = make_ours(case)
    theirs = getattr(keras.layers, case.name)(**case.arguments(keras))
    mine, expected = ours.get_config(), theirs.get_config()
    assert without_none(plain(mine)) == without_none(plain(expected))
    assert set(mine) <= set(expected) | {"activity_regularizer"}
    assert plain(type(ours).from_config(plain(mine)).get_config()) == plain(mine)
    assert type(ours).from_config(plain(expected)).get_config().keys() == mine.keys()
    assert deserialize(serialize(ours)).get_config() == mine


def plain(value: Any) -> Any:
    """As it is in a file: lists for tuples."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key != "build_config"}
    if isinstance(value, float):
        return float(np.float32(value))
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_none(item) for key, item in value.items() if item is not None}
    return [without_none(item) for item in value] if isinstance(value, list) else value


@every_case
def test_a_copy_is_built_from_its_configs(case: Case) -> None:
    ours, _ = pair_of(case)
    copy = type(ours).from_config(ours.get_config())
    copy.build_from_config(ours.get_build_config())
    copy.set_weights(ours.get_weights())
    assert [v.name for v in copy.weights] == [v.name for v in ours.weights]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_eager_is_compiled(cls: type) -> None:
    case = first_case(cls)
    if case is None:
        return
    ours, _ = pair_of(case)
    before = [v.value for v in ours.non_trainable_variables]
    outputs, state, _ = results(CASES.index(case))
    eager = ours(masked(case.inputs(), case), **case.call)
    np.testing.assert_allclose(eager, outputs, rtol=2e-5, atol=2e-5)
    for one, variable in zip(state, ours.non_trainable_variables, strict=True):
        np.testing.assert_allclose(one, variable.value, rtol=2e-5, atol=2e-5)
    for value, variable in zip(before, ours.non_trainable_variables):
        variable.assign(value)


@every_case
@pytest.mark.parametrize("unknown", ["batch", "space"])
def test_the_inferred_shape_is_the_real_one(case: Case, unknown: str) -> None:
    inputs = case.inputs()
    items = inputs if isinstance(inputs, list) else [inputs]
    first = not callable(case.args) and case.args.get("data_format") == "channels_first"

    def opened(array: Any) -> KerasTensor:
        inner = range(2, array.ndim) if first else range(1, array.ndim - 1)
        chosen = inner if case.open_axes is None else case.open_axes
        axes = {0, *(chosen if unknown == "space" else ())}
        sizes = [
            None if axis in axes and (size != 1 or axis == 0) else size
            for axis, size in enumerate(array.shape)
        ]
        return KerasTensor(sizes, str(array.dtype))

    tensors = [opened(array) for array in items]
    layer = make_ours(case)
    result = layer(tensors if isinstance(inputs, list) else tensors[0], **case.call)
    real = results(CASES.index(case))[0]
    assert result.dtype == str(real.dtype)
    assert len(result.shape) == real.ndim
    assert result.shape[0] is None
    for inferred, size in zip(result.shape, real.shape):
        assert inferred is None or inferred == size
    if unknown == "batch" and case.name != "Lambda":
        assert None not in result.shape[1:]
    shapes = [tensor.shape for tensor in tensors]
    asked = layer.compute_output_shape(shapes if isinstance(inputs, list) else shapes[0])
    assert tuple(asked) == result.shape


@every_case
def test_half_precision_gives_half_precision(case: Case) -> None:
    for policy, stored in (("bfloat16", "bfloat16"), ("mixed_bfloat16", "float32")):
        if callable(case.args) and case.name != "Lambda":
            continue  # the layer inside has a policy of its own
        ours = make_ours(case, dtype=policy)
        ours.build(shape_of(case))
        arrays = [v.value for v in ours.trainable_variables]
        rest = [v.value for v in ours.non_trainable_variables]
        call = functools.partial(ours.stateless_call, **case.call)
        outputs, _ = jax.eval_shape(call, arrays, rest, case.inputs())
        assert outputs.dtype == jnp.bfloat16
        assert {v.dtype for v in ours.weights} <= {stored}


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_half_precision_is_near_full(cls: type) -> None:
    case = first_case(cls)
    if case is None or callable(case.args) or ".rnn." in cls.__module__:
        return
    ours = make_ours(case, dtype="mixed_bfloat16")
    ours.build(shape_of(case))
    ours.set_weights(pair_of(case)[0].get_weights())
    outputs, _, gradients = run(ours, case)
    expected = results(CASES.index(case))[0]
    np.testing.assert_allclose(outputs.astype("float32"), expected, rtol=0.1, atol=0.2)
    for leaf in jax.tree.leaves(gradients):
        assert np.isfinite(leaf.astype("float32")).all()


@every_case
def test_masks_pass_as_in_keras(case: Case) -> None:
    ours, theirs = pair_of(case)
    assert ours.supports_masking == theirs.supports_masking
    if not case.mask and case.name not in ("Masking", "Embedding"):
        return
    outputs = ours(masked(case.inputs(), case))
    with jax.numpy_rank_promotion("allow"):
        expected = theirs(masked(case.inputs(), case))
    mask, wanted = get_mask(outputs), getattr(expected, "_keras_mask", None)
    assert (mask is None) == (wanted is None)
    if wanted is not None:
        np.testing.assert_array_equal(mask, wanted)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_unknown_arguments_are_refused(cls: type) -> None:
    case = first_case(cls)
    if case is not None:
        with pytest.raises(TypeError, match="no_such_argument"):
            make_ours(case, no_such_argument=1)
