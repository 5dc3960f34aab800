from __future__ import annotations

from types import SimpleNamespace

import pytest

from lamella._base.errors import NotReady
from lamella.visualization.diagram import Diagram, from_model


def edges(diagram: Diagram) -> set[tuple[str, str]]:
    names = {box.id: box.name for box in diagram.boxes}
    return {(names[edge.source], names[edge.target]) for edge in diagram.edges}


def test_a_sequential_model_hides_its_input(fake: SimpleNamespace) -> None:
    diagram = from_model(fake.sequential(), show_layer_names=True)
    assert [box.title for box in diagram.boxes] == ["Dense", "Dropout", "Dense"]
    assert edges(diagram) == {("hidden", "drop"), ("drop", "head")}


def test_a_layer_called_twice_has_one_box(fake: SimpleNamespace) -> None:
    diagram = from_model(fake.branches(), show_layer_names=True)
    assert sorted(box.name for box in diagram.boxes) == [
        "join", "left", "other", "out", "right", "shared",
    ]  # fmt: skip
    assert edges(diagram) == {
        ("left", "shared"),
        ("shared", "shared"),
        ("shared", "join"),
        ("right", "other"),
        ("other", "join"),
        ("join", "out"),
    }


def test_rows_tell_what_was_asked(fake: SimpleNamespace) -> None:
    model = fake.sequential()
    model.layers[2].trainable = False
    diagram = from_model(
        model, show_shapes=True, show_dtype=True, show_layer_activations=True, show_trainable=True
    )
    assert diagram.boxes[0].rows == (
        ("Activation", "max"),
        ("Input shape", "(None, 784)"),
        ("Output shape", "(None, 128)"),
        ("Output dtype", "float32"),
        ("Trainable", "yes"),
    )
    assert ("Trainable", "no") in diagram.boxes[2].rows
    assert "Trainable" not in dict(diagram.boxes[1].rows)
    assert from_model(model).boxes[0].rows == ()


def test_an_input_has_no_input_shape(fake: SimpleNamespace) -> None:
    box = from_model(fake.branches(), show_shapes=True).boxes[0]
    assert box.title == "InputLayer" and dict(box.rows) == {"Output shape": "(None, 4)"}


def test_several_inputs_are_listed(fake: SimpleNamespace) -> None:
    diagram = from_model(fake.branches(), show_shapes=True, show_layer_names=True)
    rows = next(dict(box.rows) for box in diagram.boxes if box.name == "join")
    assert rows["Input shape"] == "[(None, 4), (None, 4)]"


def test_a_nested_model_is_one_box_or_a_frame(fake: SimpleNamespace) -> None:
    closed = from_model(fake.nested(), show_layer_names=True)
    assert edges(closed) == {("start", "block"), ("block", "end")}
    assert closed.boxes[1].family == "model" and closed.groups == []
    opened = from_model(fake.nested(), show_layer_names=True, expand_nested=True)
    assert edges(opened) == {
        ("start", "hidden"),
        ("hidden", "drop"),
        ("drop", "head"),
        ("head", "end"),
    }
    (frame,) = opened.groups
    assert frame.label == "block" and frame.parent is None
    assert [box.name for box in opened.boxes if box.group == frame.id] == ["hidden", "drop", "head"]


def test_frames_stand_within_frames(fake: SimpleNamespace) -> None:
    opened = from_model(fake.nested(fake.nested()), show_layer_names=True, expand_nested=True)
    assert [(frame.label, frame.parent) for frame in opened.groups] == [
        ("outer", None),
        ("block", opened.groups[0].id),
    ]
    assert len(edges(opened)) == 6  # start and end stand both outside and inside


def test_a_model_without_a_graph_is_a_chain(fake: SimpleNamespace) -> None:
    layers = [fake.dense("a", 2, 3, _output_shapes=(None, 3)), fake.make("Mine", "b")]
    model = fake.make("Net", "net", fake.Model, layers=layers)
    diagram = from_model(model, show_shapes=True, show_layer_names=True)
    assert edges(diagram) == {("a", "b")}
    assert [dict(box.rows)["Output shape"] for box in diagram.boxes] == ["(None, 3)", "?"]
    inside = from_model(fake.nested(model), expand_nested=True, show_layer_names=True)
    assert edges(inside) == {("start", "a"), ("a", "b"), ("b", "end")}


def test_a_model_without_layers_is_one_box(fake: SimpleNamespace) -> None:
    empty = fake.make("Net", "net", fake.Model)
    assert [box.title for box in from_model(empty, expand_nested=True).boxes] == ["Net"]


def test_an_unbuilt_model_is_refused(fake: SimpleNamespace) -> None:
    model = fake.sequential()
    model.built = False
    with pytest.raises(NotReady, match="mlp"):
        from_model(model)
