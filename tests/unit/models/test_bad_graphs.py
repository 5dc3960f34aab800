"""Mistakes in graphs and in subclassed models: each named with its layer and the repair."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import lamella as keras
from lamella import LamellaError, layers, ops

X, X2 = np.ones((6, 8), "float32"), np.ones((6, 4), "float32")


def model_of_two() -> Any:
    a, b = keras.Input((8,), name="a"), keras.Input((4,), name="b")
    return keras.Model([a, b], layers.Concatenate()([a, b]))


def a_call_of_itself() -> None:
    class Endless(keras.Model):
        def call(self, inputs: Any) -> Any:
            return self(inputs)

    Endless(name="endless")(X)


def a_cycle() -> None:
    model = keras.Sequential([keras.Input((8,)), layers.Dense(2)], name="row")
    model.add(keras.Sequential([model]))


def outputs_from_another_input() -> None:
    a, b = keras.Input((8,), name="a"), keras.Input((8,), name="b")
    keras.Model(a, layers.Dense(1, name="head")(b))


def a_tensor_of_another_model() -> None:
    a, b = keras.Input((8,), name="a"), keras.Input((8,), name="b")
    first = keras.Model(a, layers.Dense(3, name="hidden")(a))
    keras.Model(b, layers.Dense(3, name="head")(first.get_layer("hidden").output))


def two_layers_of_one_name() -> None:
    a = keras.Input((8,))
    keras.Model(a, layers.Dense(2, name="same")(layers.Dense(2, name="same")(a)))


def a_shared_layer_of_two_shapes() -> None:
    shared = layers.Dense(2, name="shared")
    shared(keras.Input((8,)))
    shared(keras.Input((4,)))


def a_layer_without_its_call() -> None:
    keras.Model(keras.Input((8,)), layers.Dense(3))


def arrays_for_symbols() -> None:
    keras.Model(X, layers.Dense(3)(X))


def no_output() -> None:
    keras.Model(keras.Input((8,)), None)


def a_wrong_key() -> None:
    model_of_two()({"a": X, "bee": X2})


def a_wrong_key_in_fit() -> None:
    model = model_of_two()
    model.compile("sgd", "mse")
    model.fit({"a": X, "bee": X2}, np.ones((6, 12)), verbose=0)


def a_wrong_order() -> None:
    model_of_two()([X2, X])


def too_few_inputs() -> None:
    model_of_two()([X])


def a_call_without_return() -> None:
    class Silent(keras.Model):
        def __init__(self) -> None:
            super().__init__(name="silent")
            self.dense = layers.Dense(1)

        def call(self, inputs: Any) -> Any:
            self.dense(inputs)

    model = Silent()
    model.compile("sgd", "mse")
    model.fit(X, X[:, :1], verbose=0)


def jnp_on_a_symbol() -> None:
    jnp.sin(keras.Input((8,)))


def numpy_on_a_symbol() -> None:
    np.sin(keras.Input((8,)))


def a_question_to_a_symbol() -> None:
    assert ops.sum(keras.Input((8,))) > 0


def unlike_shapes() -> None:
    ops.add(np.ones((2, 3)), np.ones(4))


def unlike_shapes_of_symbols() -> None:
    ops.matmul(keras.Input((3,)), np.ones((4, 2)))


def rows_of_unlike_length() -> None:
    ops.convert_to_tensor([[1, 2], [3]])


MISTAKES: list[tuple[Callable[[], None], str, str]] = [
    (a_call_of_itself, "Endless 'endless' calls itself", "must not call"),
    (a_cycle, "added to itself", "clone_model"),
    (outputs_from_another_input, "the Input 'b'.*b -> head", r"inputs=\[..., b\]"),
    (a_tensor_of_another_model, "a -> hidden -> head", "call that model"),
    (two_layers_of_one_name, "'same' is used 2 times", "same_2"),
    (a_shared_layer_of_two_shapes, "Dense 'shared' expected 8", "new layer"),
    (a_layer_without_its_call, "Received: Dense", r"Dense\(...\)\(x\)"),
    (arrays_for_symbols, "must be symbolic", "Input"),
    (no_output, "at least one of its `outputs`", "outputs="),
    (a_wrong_key, "named 'b'.*'bee'", "'a', 'b'"),
    (a_wrong_key_in_fit, "named 'b'.*'bee'", "'a', 'b'"),
    (a_wrong_order, "input 'a'. Received: shape .6, 4.", "another order"),
    (too_few_inputs, "2 input.*Received: 1", "dictionary"),
    (a_call_without_return, "Silent 'silent' gave no output", "return"),
    (jnp_on_a_symbol, "jax.numpy was called on the symbolic", "lamella.ops"),
    (numpy_on_a_symbol, "no value yet", "lamella.ops"),
    (a_question_to_a_symbol, "truth of the symbolic", "real arrays"),
    (unlike_shapes, r"ops.add .*\(2, 3\), \(4,\)", "axis by axis"),
    (unlike_shapes_of_symbols, r"ops.matmul .*3.*4", "axis by axis"),
    (rows_of_unlike_length, "unlike length", "one length"),
]


@pytest.mark.parametrize(
    ("mistake", "came", "repair"), MISTAKES, ids=lambda m: getattr(m, "__name__", "")
)
def test_mistakes_are_named_with_the_repair(
    mistake: Callable[[], None], came: str, repair: str
) -> None:
    with pytest.raises(LamellaError, match=came) as found:
        mistake()
    message, help = str(found.value).split("help: ")
    assert message.strip()
    assert re.search(repair, help)
    assert len(str(found.value).splitlines()) <= 3


def test_an_input_without_use_is_told_of() -> None:
    a, b = keras.Input((8,), name="a"), keras.Input((8,), name="idle")
    with pytest.warns(UserWarning, match="'idle' reaches none") as caught:
        keras.Model([a, b], layers.Dense(1)(a))
    assert caught[0].filename == __file__


def test_a_mistake_deep_inside_keeps_the_persons_lines() -> None:
    class Block(layers.Layer):
        def __init__(self) -> None:
            super().__init__(name="block")
            self.dense = layers.Dense(3)

        def call(self, inputs: Any) -> Any:
            return ops.reshape(self.dense(inputs), (-1, 7)) @ jnp.ones((4, 2))

    class Outer(keras.Model):
        def __init__(self) -> None:
            super().__init__(name="outer")
            self.block = Block()

        def call(self, inputs: Any) -> Any:
            return self.block(inputs)

    model = Outer()
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match=r"got \(7,\) and \(4,\)") as found:
        model.fit(X, X[:, :1], verbose=0)
    lines = [frame.line for frame in traceback.extract_tb(found.value.__traceback__)]
    assert any("return ops.reshape" in (line or "") for line in lines)
    assert any("return self.block(inputs)" in (line or "") for line in lines)
    assert any("Block 'outer/block'" in note for note in found.value.__notes__)
