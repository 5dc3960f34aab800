"""ONNX files run by onnxruntime, against `predict`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lamella
from lamella import InputSpec, Model, Sequential, layers

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")

RANDOM = np.random.default_rng(3)


def floats(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=shape).astype("float32")


def stack(shape: tuple[int | None, ...], *inner: Any, **more: Any) -> Sequential:
    return Sequential([layers.Input(shape, **more), *inner])


def shaken(model: Any) -> Any:
    """Weights that no initializer gives: biases and moving averages that are not 0 and 1."""
    for weight in model.weights:
        if len(weight.shape) == 1 and str(weight.dtype) == "float32":
            weight.assign(np.abs(weight.numpy() + 0.1 * floats(*weight.shape)))
    return model


def session(model: Any, path: Path, **options: Any) -> Any:
    model.export(path / "model.onnx", **options)
    onnx.checker.check_model(onnx.load(path / "model.onnx"), full_check=True)
    return runtime.InferenceSession(path / "model.onnx", providers=["CPUExecutionProvider"])


def compare(model: Any, inputs: Any, path: Path, **options: Any) -> Any:
    running = session(model, path, **options)
    arrays = jax.tree.leaves(inputs)
    for rows in (2, len(arrays[0])):
        names = [one.name for one in running.get_inputs()]
        feed = dict(zip(names, [array[:rows] for array in arrays], strict=True))
        found = running.run(None, feed)
        part = jax.tree.map(lambda array, rows=rows: array[:rows], inputs)
        wanted = jax.tree.leaves(model.predict(part, verbose=0))
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted):
            assert one.shape == other.shape
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)
    return running


def mlp() -> Any:
    body = layers.Dense(16, activation="gelu"), layers.Dropout(0.5), layers.Dense(8, "selu")
    return stack((6,), *body, layers.Dense(3, activation="softmax"))


def cnn() -> Any:
    return stack(
        (11, 10, 3),
        layers.Conv2D(6, 3, padding="same", activation="relu"),
        layers.BatchNormalization(),
        layers.MaxPooling2D(2, padding="same"),
        layers.Conv2D(8, 3, strides=2, padding="same"),
        layers.AveragePooling2D(2, strides=1, padding="same"),
        layers.Dropout(0.5),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(4),
    )


def pooled() -> Any:
    x = layers.Input((8, 8, 3))
    y = layers.SpatialDropout2D(0.5)(layers.Conv2D(4, 3, dilation_rate=2)(x))
    return Model(x, [layers.GlobalAveragePooling2D()(y), layers.GlobalMaxPooling2D()(y)])


def depthwise() -> Any:
    return stack(
        (9, 8, 4),
        layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2),
        layers.SeparableConv2D(6, 3, strides=2),
        layers.Conv2D(6, 2, groups=3),
        layers.Conv2DTranspose(3, 3, strides=2, padding="same"),
    )


def volumes() -> Any:
    return stack((5, 4, 6, 2), layers.Conv3D(3, 2), layers.MaxPooling3D((2, 1, 2)))


def sequences() -> Any:
    return stack((12, 3), layers.Conv1D(4, 3, padding="causal"), layers.AveragePooling1D(3))


def recurrent(kind: str, **options: Any) -> Callable[[], Any]:
    return lambda: stack((7, 3), getattr(layers, kind)(4, **options), layers.Dense(2))


def both_ways() -> Any:
    inner = layers.LSTM(4, return_sequences=True), layers.GRU(3, return_sequences=True)
    return stack((7, 3), *map(layers.Bidirectional, inner), layers.LSTM(2, unroll=True))


def reading() -> Any:
    words = layers.Embedding(20, 4)
    return stack((6,), words, layers.GlobalAveragePooling1D(), layers.Dense(2), dtype="int32")


def masked() -> Any:
    words = layers.Embedding(20, 4, mask_zero=True)
    return stack((6,), words, layers.LSTM(3, go_backwards=True), dtype="int32")


def encoder(length: int | None = 6) -> Any:
    x = layers.Input((length, 8))
    y = layers.LayerNormalization()(x)
    y = layers.Add()([x, layers.MultiHeadAttention(2, 4)(y, y, use_causal_mask=True)])
    z = layers.Dense(16, activation="silu")(layers.LayerNormalization()(y))
    return Model(x, layers.Add()([y, layers.Dense(8)(z)]))


def shapes() -> Any:
    x = layers.Input((4, 6))
    y = layers.Concatenate()([layers.Permute((2, 1))(x), layers.Reshape((6, 4))(x)])
    y = layers.ZeroPadding1D(2)(layers.UpSampling1D(2)(layers.Cropping1D((1, 2))(y)))
    return Model(x, layers.RepeatVector(3)(layers.Flatten()(y))[:, ::-1, 2:30:3])


class Subclassed(Model):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = layers.Dense(8, activation="relu")
        self.heads = [layers.Dense(2), layers.Dense(3)]

    def call(self, inputs: Any, training: bool = True) -> Any:
        y = layers.Dropout(0.5)(self.hidden(inputs), training=training)
        last = jnp.take(y, jnp.array([0, 5]), axis=-1)
        return {"values": self.heads[0](y), "chosen": self.heads[1](y + last.sum(-1)[:, None])}


WORDS = RANDOM.integers(0, 20, (5, 6)).astype("int32")


@pytest.mark.parametrize(
    ("make", "inputs"),
    [
        pytest.param(mlp, floats(5, 6), id="mlp"),
        pytest.param(cnn, floats(5, 11, 10, 3), id="cnn"),
        pytest.param(pooled, floats(3, 8, 8, 3), id="pooled"),
        pytest.param(depthwise, floats(3, 9, 8, 4), id="depthwise"),
        pytest.param(volumes, floats(3, 5, 4, 6, 2), id="volumes"),
        pytest.param(sequences, floats(3, 12, 3), id="sequences"),
        pytest.param(recurrent("LSTM"), floats(5, 7, 3), id="lstm"),
        pytest.param(recurrent("LSTM", return_sequences=True), floats(5, 7, 3), id="lstm-all"),
        pytest.param(recurrent("GRU"), floats(5, 7, 3), id="gru"),
        pytest.param(recurrent("GRU", reset_after=False), floats(5, 7, 3), id="gru-first"),
        pytest.param(both_ways, floats(5, 7, 3), id="both-ways"),
        pytest.param(reading, WORDS, id="embedding"),
        pytest.param(masked, WORDS, id="masked"),
        pytest.param(encoder, floats(4, 6, 8), id="encoder"),
        pytest.param(lambda: encoder(None), floats(4, 9, 8), id="encoder-any-length"),
        pytest.param(shapes, floats(4, 4, 6), id="shapes"),
    ],
)
def test_the_runtime_gives_what_predict_gives(
    make: Callable[[], Any], inputs: Any, tmp_path: Path
) -> None:
    compare(shaken(make()), inputs, tmp_path)


def test_two_inputs_and_two_outputs_keep_their_names(tmp_path: Path) -> None:
    left, right = layers.Input((5,), name="left"), layers.Input((5,), name="right")
    y = layers.Add()([layers.Dense(5, activation="tanh")(left), right])
    model = Model([left, right], [layers.Dense(2, name="far")(y), layers.Dense(1, name="near")(y)])
    running = compare(model, [floats(4, 5), floats(4, 5)], tmp_path)
    assert [one.name for one in running.get_inputs()] == ["left", "right"]
    assert [one.name for one in running.get_outputs()] == ["far", "near"]
    assert running.get_inputs()[0].shape == ["batch", 5]
    stored = {one.name for one in onnx.load(tmp_path / "model.onnx").graph.initializer}
    assert any(name.endswith("/kernel") for name in stored)


def test_a_subclassed_model_is_exported_as_it_was_called(tmp_path: Path) -> None:
    model = Subclassed()
    model.predict(floats(4, 6), verbose=0)
    running = compare(model, floats(4, 6), tmp_path)
    assert [one.name for one in running.get_outputs()] == ["chosen", "values"]
    compare(
        model, floats(4, 6), tmp_path, input_signature=InputSpec(shape=(None, 6), dtype="float32")
    )


def test_what_no_input_reaches_is_computed_once(tmp_path: Path) -> None:
    session(stack((3,), layers.Dense(2), layers.BatchNormalization()), tmp_path)
    kinds = [node.op_type for node in onnx.load(tmp_path / "model.onnx").graph.node]
    assert "Sqrt" not in kinds and "Reciprocal" not in kinds


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_half_precision(policy: str, tmp_path: Path) -> None:
    lamella.mixed_precision.set_global_policy(policy)
    try:
        model = stack((6,), layers.Dense(8, activation="relu"), layers.Dense(3))
    finally:
        lamella.mixed_precision.set_global_policy("float32")
    x = floats(4, 6)
    running = session(model, tmp_path)
    (found,) = running.run(None, {running.get_inputs()[0].name: x})
    np.testing.assert_allclose(found, model.predict(x, verbose=0).astype("float32"), atol=0.05)


class Odd(layers.Layer):
    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__(name="odd")
        self.function = function

    def call(self, x: Any) -> Any:
        return self.function(x)


def count(x: Any) -> Any:
    return jax.lax.fori_loop(0, 3, lambda i, y: y + i, x)


def count_until(x: Any) -> Any:
    return jax.lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, s[1] * 0.5), (0, x))[1]


ODD = {
    "loops": count,
    "cumsum": lambda x: jnp.cumsum(x, 1)[:, ::-1],
    "places": lambda x: jnp.argmax(x, 1).astype("float32"),
    "one row": lambda x: x - x[0] + x.mean(0),
    "logic": lambda x: jnp.where((x > 0) & ~(x > 1) | (x < -1), x, jnp.round(x)),
    "numbers": lambda x: jnp.expm1(x) + jnp.log1p(x * x) + jnp.clip(x, -1, 1) ** 3 + x % 2.0,
    "any": lambda x: (x > 0).any(1) & (x < 3).all(1) & jnp.isfinite(x).all(1),
    "strips": lambda x: jnp.concatenate(jnp.split(x, 3, 1)[::-1], 1).reshape(-1, 2, 3),
    "windows": lambda x: jnp.stack([x[:, i : i + 2] for i in range(4)], 1) @ jnp.ones((2, 2)),
    "chosen": lambda x: x[:, jnp.array([[0, 3], [5, 2]])],
    "by row": lambda x: x[jnp.arange(x.shape[0]), 2],
    "kernel": lambda x: jnp.einsum("bi,bj->bij", x, x) + jnp.eye(6) * jnp.arange(6),
}


@pytest.mark.parametrize("name", ODD)
def test_layers_of_ones_own(name: str, tmp_path: Path) -> None:
    compare(stack((6,), Odd(ODD[name])), 2 * floats(5, 6), tmp_path)


@pytest.mark.parametrize(
    "function",
    [
        jnp.sort,
        count_until,
        jax.lax.round,
        lambda x: x + jax.random.normal(jax.random.key(0), (6,)),
        lambda x: jnp.take_along_axis(x, jnp.argsort(x, 1), 1),
        lambda x: jax.lax.scan(lambda s, y: (s + y, s), x[:, 0], x.T, reverse=True)[1].T,
    ],
    ids=["sort", "while", "round", "random", "take along", "scan in reverse"],
)
def test_what_cannot_be_written_names_the_layer(function: Any, tmp_path: Path) -> None:
    model = stack((6,), Odd(function))
    with pytest.raises(lamella.LamellaError, match=r"(?s)odd.*stablehlo") as caught:
        model.export(tmp_path / "model.onnx")
    assert len(str(caught.value).splitlines()) <= 3
    assert not list(tmp_path.iterdir())
    model.export(tmp_path / "model.stablehlo", format="stablehlo")


@pytest.mark.parametrize("number", [-1, 20])
def test_numbers_out_of_range_are_errors_of_the_runtime(number: int, tmp_path: Path) -> None:
    running = session(reading(), tmp_path)
    with pytest.raises(Exception, match="invalid ind"):
        running.run(None, {running.get_inputs()[0].name: np.full((1, 6), number, "int32")})


@pytest.mark.parametrize("format", ["tf_saved_model", "openvino", "litert", "torch"])
def test_other_formats_are_refused(format: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"'onnx'.*'stablehlo'") as caught:
        mlp().export(tmp_path / "model", format=format)
    assert len(str(caught.value).splitlines()) <= 3


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\*\.onnx"):
        mlp().export(tmp_path / "saved_model")


def test_an_unbuilt_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not built"):
        Sequential([layers.Dense(2)]).export(tmp_path / "model.onnx")


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"lamella\[onnx\]"):
        mlp().export(tmp_path / "model.onnx")


def test_verbose_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mlp().export(tmp_path / "quiet.onnx")
    mlp().export(tmp_path / "model.onnx", verbose=True)
    assert capsys.readouterr().out.count("model.onnx") == 1
