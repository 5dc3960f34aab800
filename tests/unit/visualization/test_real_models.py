"""Tables and pictures of real models; the tables beside those of real Keras."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from types import ModuleType
from typing import Any

import jax
import numpy as np
import pytest

import lamella
from lamella.visualization import model_to_dot, summary_text
from lamella.visualization.costs import costs_of
from lamella.visualization.diagram import from_model

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = pytest.importorskip("keras")

layers = lamella.layers


def residual(library: ModuleType) -> Any:
    layers = library.layers
    image = layers.Input((16, 16, 3), name="image")
    x = layers.Conv2D(8, 3, padding="same", name="stem")(image)
    for block in range(3):
        y = layers.Conv2D(8, 3, padding="same", use_bias=False, name=f"conv_{block}")(x)
        y = layers.BatchNormalization(name=f"norm_{block}")(y)
        x = layers.Add(name=f"add_{block}")([x, layers.ReLU(name=f"relu_{block}")(y)])
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return library.Model(image, layers.Dense(5, name="head")(x), name="residual")


def towers(library: ModuleType) -> Any:
    layers = library.layers
    left, right = layers.Input((12,), name="left"), layers.Input((12,), name="right")
    encoder = library.Sequential(
        [layers.Input((12,)), layers.Dense(8, name="wide"), layers.Dense(4, name="narrow")],
        name="encoder",
    )
    joined = layers.Concatenate(name="join")([encoder(left), encoder(right)])
    return library.Model([left, right], layers.Dense(1, name="same")(joined), name="towers")


def reader(library: ModuleType) -> Any:
    layers = library.layers
    parts = [
        layers.Input((20,)),
        layers.Embedding(50, 8, name="words"),
        layers.Bidirectional(layers.LSTM(4, return_sequences=True), name="both"),
        layers.LSTM(3, name="last"),
        layers.Dense(2, name="head"),
    ]
    return library.Sequential(parts, name="reader")


def table(text: str) -> tuple[dict[str, list[str]], list[str]]:
    lines = [line.rstrip() for line in text.splitlines()]
    rows = [line.strip("│").split("│") for line in lines if line.startswith("│")]
    cells = {row[0].strip(): [cell.strip() for cell in row[1:3]] for row in rows}
    return cells, [line for line in lines if "params:" in line]


@pytest.mark.parametrize("make", [residual, towers, reader])
@pytest.mark.parametrize("expand_nested", [False, True])
def test_tables_are_those_of_keras(
    make: Any, expand_nested: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    theirs: list[str] = []
    reference = make(keras)
    reference.summary(print_fn=theirs.append, expand_nested=expand_nested, line_length=200)
    model = make(lamella)
    ours = summary_text(model, expand_nested=expand_nested, line_length=200)
    assert table(ours) == table("".join(theirs))
    assert model.count_params() == reference.count_params()


def test_the_optimizer_is_counted_as_in_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    texts: list[str] = []
    for library in (keras, lamella):
        model = residual(library)
        model.compile("adam", "mse")
        model.fit(np.zeros((4, 16, 16, 3)), np.zeros((4, 5)), batch_size=4, verbose=0)
        model.summary(print_fn=texts.append)
    theirs, ours = (table(text)[1] for text in texts)
    assert len(ours) == 4 and ours == theirs


def test_a_layer_in_two_models_inside_counts_once() -> None:
    shared = layers.Dense(4, name="shared")

    def inner(name: str) -> Any:
        start = layers.Input((4,))
        return lamella.Model(start, layers.ReLU()(shared(start)), name=name)

    start = layers.Input((4,))
    model = lamella.Model(start, inner("second")(inner("first")(start)))
    text = summary_text(model, expand_nested=True, show_flops=True)
    assert " Total params: 20 (80.00 B)" in text
    assert costs_of(model).flops[id(shared)] == 2 * (2 * 4 * 4 + 4)
    diagram = from_model(model, expand_nested=True, show_layer_names=True)
    assert [box.name for box in diagram.boxes].count("shared") == 1
    ElementTree.fromstring(model_to_dot(model, expand_nested=True).to_svg())


class Block(lamella.Model):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.wide, self.norm = layers.Dense(6), layers.LayerNormalization()

    def call(self, inputs: Any) -> Any:
        return self.norm(self.wide(inputs)) + inputs


class Network(lamella.Model):
    def __init__(self) -> None:
        super().__init__(name="network")
        # Not in the order of the calls.
        self.head = layers.Dense(2, name="head")
        self.stem = layers.Dense(6, name="stem")
        self.block = Block(name="block")
        self.drop = layers.Dropout(0.5, name="drop")
        self.spare = layers.Dense(9, name="spare")

    def call(self, inputs: Any) -> Any:
        x = jax.nn.relu(self.stem(inputs))
        y = self.drop(self.block(x))
        return self.head(jax.numpy.concatenate([y, x], axis=-1))


def network() -> Any:
    model = Network()
    model.build((None, 3))
    return model


def named_edges(diagram: Any) -> set[tuple[str, str]]:
    names = {box.id: box.name for box in diagram.boxes}
    return {(names[edge.source], names[edge.target]) for edge in diagram.edges}


def test_shapes_inside_of_a_subclassed_model_before_any_data() -> None:
    rows, _ = table(summary_text(network(), expand_nested=True))
    assert rows["block (Block)"] == ["(None, 6)", "54"]
    shapes = [cells[0] for name, cells in rows.items() if name.startswith("└")]
    assert shapes == ["(None, 6)"] * 2
    assert rows["head (Dense)"][0] == "(None, 2)"
    assert rows["spare (Dense)"] == ["?", "0 (unbuilt)"]


def test_a_picture_follows_data_through_a_persons_own_code() -> None:
    model = network()
    diagram = from_model(model, show_layer_names=True, show_shapes=True)
    assert [box.name for box in diagram.boxes] == ["stem", "block", "drop", "head", "spare"]
    assert named_edges(diagram) == {
        ("stem", "block"),
        ("block", "drop"),
        ("drop", "head"),
        ("stem", "head"),
    }
    assert dict(diagram.boxes[3].rows)["Input shape"] == "(None, 12)"
    opened = from_model(model, show_layer_names=True, expand_nested=True)
    wide, norm = model.block.wide.name, model.block.norm.name
    assert (wide, norm) in named_edges(opened)
    assert ("stem", "head") in named_edges(opened)
    # The block adds its input to what it gives, past its layers: a box without a name.
    assert {("stem", ""), ("", "drop"), ("", wide), (norm, "drop")} < named_edges(opened)


class Recurrence(lamella.Model):
    def __init__(self) -> None:
        super().__init__(name="recurrence")
        self.step, self.head = layers.Dense(4, name="step"), layers.Dense(1, name="head")

    def build(self, input_shape: Any) -> None:
        self.step.build((None, 4))
        self.head.build((None, 4))

    def call(self, inputs: Any) -> Any:
        def step(state: Any, item: Any) -> tuple[Any, Any]:
            return self.step(state) + item, None

        state, _ = jax.lax.scan(step, inputs[:, 0], inputs.swapaxes(0, 1))
        return jax.jit(lambda x: x * 2)(self.head(state))


def test_layers_in_loops_are_seen_and_counted_for_every_round() -> None:
    model = Recurrence()
    model.build((None, 7, 4))
    assert named_edges(from_model(model, show_layer_names=True)) == {("step", "head")}
    costs = costs_of(model)
    assert costs.flops[id(model.step)] == 7 * (2 * 4 * 4 + 4)
    assert costs.flops[id(model.head)] == 2 * 4 + 1
    assert costs.total_flops == 7 * (2 * 4 * 4 + 4 + 4) + 9 + 1
    data = np.ones((2, 7, 4), "float32")
    model.compile("sgd", "mse")
    model.fit(data, np.ones((2, 1)), verbose=0)  # nothing of the watching is left in the program


def test_flops_and_memory_by_hand() -> None:
    head = layers.Dense(5, activation="relu", name="head")
    conv = layers.Conv2D(4, 3, strides=2, padding="same", groups=2, name="conv")
    parts = [layers.Input((8, 8, 6)), conv, layers.MaxPooling2D(name="pool"), layers.Flatten()]
    model = lamella.Sequential([*parts, head])
    costs = costs_of(model)
    assert costs.flops[id(conv)] == 2 * (4 * 4 * 4) * (3 * 3 * 6 // 2) + 4 * 4 * 4
    assert costs.flops[id(head)] == 2 * 16 * 5 + 5 + 5
    assert costs.flops[id(parts[2])] == 2 * 2 * 4 * 3
    held = [costs.memory[id(layer)] for layer in model.layers]
    assert held == [4 * 4 * 4 * 4, 2 * 2 * 4 * 4, 16 * 4, 5 * 4]
    assert costs.total_memory == sum(held)
    assert costs.total_flops == sum(costs.flops[id(layer)] for layer in model.layers)
    rows = summary_text(model, show_flops=True, show_memory=True).splitlines()
    assert next(row for row in rows if "head (Dense)" in row).split("│")[-3:-1] == [
        f"{170:>15,} ",
        f"{'20.00 B':>11} ",
    ]


def test_flops_of_ops_and_shared_models() -> None:
    model = towers(lamella)
    out = lamella.ops.abs(model.outputs[0] - 1.0)
    longer = lamella.Model(model.inputs, out)
    costs = costs_of(longer)
    by_name = {op.name: costs.flops.get(id(op), 0) for op in longer._graph().operations}
    assert by_name["encoder"] == 2 * (2 * 12 * 8 + 8 + 2 * 8 * 4 + 4)
    assert sum(by_name.values()) == costs.total_flops
    assert [count for name, count in by_name.items() if "abs" in name] == [1]


def test_watching_changes_nothing() -> None:
    model = lamella.Sequential(
        [layers.Input((None, 4)), layers.Dense(3), layers.BatchNormalization(), layers.Dropout(0.5)]
    )
    model.add_loss(jax.numpy.ones(()))
    before = [np.array(variable) for variable in model.variables]
    shapes = (
        [layer.output.shape for layer in model.layers],
        [layer._output_shapes for layer in model.layers],
    )
    assert costs_of(model) is None  # the number of steps is open
    assert "?" in summary_text(model, show_flops=True).splitlines()[-1]
    assert shapes[1] == [layer._output_shapes for layer in model.layers]
    assert len(model.losses) == 1
    for old, variable in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(old, np.array(variable))


@pytest.mark.parametrize("rankdir", ["TB", "LR"])
@pytest.mark.parametrize("make", [residual, towers, reader])
def test_one_node_for_each_layer(make: Any, rankdir: str) -> None:
    model = make(lamella)
    drawing = model_to_dot(model, rankdir=rankdir, show_shapes=True)
    root = ElementTree.fromstring(drawing.to_svg())
    nodes = [g for g in root.iter() if g.get("class") == "node"]
    assert len(nodes) == len(model.layers)
    assert drawing.to_string().count("[label=<<table") == len(model.layers)
