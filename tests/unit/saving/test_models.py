"""Whole models to `.keras` files and back."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lamella
from lamella import Model, Sequential, layers, saving
from lamella._base.errors import FileProblem, InvalidArgument, UnknownName
from lamella.saving import api, archive


def mlp() -> Sequential:
    return Sequential([layers.Input((4,)), layers.Dense(3, "relu"), layers.Dense(2)])


def trained() -> Sequential:
    model = mlp()
    model.compile("adam", "mse", metrics=["mae"])
    for _ in range(3):
        model.train_on_batch(np.ones((8, 4), "float32"), np.ones((8, 2), "float32"))
    return model


DATA = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")


def test_the_archive_has_the_members_of_keras_stored_as_they_are(tmp_path: Path) -> None:
    mlp().save(tmp_path / "x.keras")
    with zipfile.ZipFile(tmp_path / "x.keras") as archive:
        assert archive.namelist() == ["metadata.json", "config.json", "model.weights.h5"]
        assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_STORED}
        metadata = json.loads(archive.read("metadata.json"))
    assert metadata["keras_version"] == "3.15.1"
    assert len(metadata["date_saved"]) == len("2026-01-31@10:00:00")


def test_a_trained_model_comes_back_with_its_optimizer(tmp_path: Path) -> None:
    model = trained()
    model.save(tmp_path / "x.keras")
    loaded = saving.load_model(tmp_path / "x.keras")
    np.testing.assert_array_equal(model(DATA), loaded(DATA))
    assert loaded.compiled
    before = [variable.numpy() for variable in model.optimizer.variables]
    after = [variable.numpy() for variable in loaded.optimizer.variables]
    assert len(before) == len(after) == 2 + 2 * 4
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)


def test_large_weights_go_through_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = trained()
    model.save(tmp_path / "small.keras")
    monkeypatch.setattr(api, "IN_MEMORY", 0)
    monkeypatch.setattr(archive, "IN_MEMORY", 0)
    model.save(tmp_path / "large.keras")
    for name in ("small", "large"):
        loaded = saving.load_model(tmp_path / f"{name}.keras")
        np.testing.assert_array_equal(model(DATA), loaded(DATA))
    assert sorted(os.listdir(tmp_path)) == ["large.keras", "small.keras"]


def test_compile_false_leaves_it_uncompiled(tmp_path: Path) -> None:
    trained().save(tmp_path / "x.keras")
    loaded = saving.load_model(tmp_path / "x.keras", compile=False)
    assert not loaded.compiled
    assert loaded.optimizer is None


def test_the_optimizer_state_can_be_left_out(tmp_path: Path) -> None:
    model = trained()
    model.save(tmp_path / "x.keras", include_optimizer=False)
    loaded = saving.load_model(tmp_path / "x.keras")
    assert int(loaded.optimizer.iterations) == 0
    np.testing.assert_array_equal(model(DATA), loaded(DATA))


def test_a_failing_write_leaves_the_old_model(tmp_path: Path) -> None:
    model = mlp()
    model.save(tmp_path / "x.keras")
    before = (tmp_path / "x.keras").read_bytes()
    model.layers[0].save_own_variables = _fail
    with pytest.raises(OSError, match="disk"):
        model.save(tmp_path / "x.keras")
    assert (tmp_path / "x.keras").read_bytes() == before
    assert os.listdir(tmp_path) == ["x.keras"]


def _fail(store: Any) -> None:
    raise OSError("the disk is full")


@saving.register_keras_serializable("tests")
class Gate(layers.Layer):
    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width
        self.inner = layers.Dense(width)

    def call(self, x: Any) -> Any:
        return self.inner(x)


@saving.register_keras_serializable("tests")
class Net(Model):
    def __init__(self, width: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width
        self.blocks = [Gate(width), {"a": Gate(4)}]
        self.head = layers.Dense(2)

    def call(self, x: Any) -> Any:
        return self.head(self.blocks[1]["a"](self.blocks[0](x)))


def test_a_registered_subclass_comes_back(tmp_path: Path) -> None:
    model = Net(5)
    model(DATA)
    model.save(tmp_path / "x.keras")
    loaded = saving.load_model(tmp_path / "x.keras")
    assert type(loaded) is Net
    assert loaded.width == 5
    np.testing.assert_array_equal(model(DATA), loaded(DATA))


class Unknown(layers.Layer):
    def call(self, x: Any) -> Any:
        return x + 1.0


def test_an_unregistered_class_needs_custom_objects(tmp_path: Path) -> None:
    model = Sequential([layers.Input((4,)), Unknown()])
    model.save(tmp_path / "x.keras")
    with pytest.raises(UnknownName, match="'Unknown'"):
        saving.load_model(tmp_path / "x.keras")
    loaded = saving.load_model(tmp_path / "x.keras", custom_objects={"Unknown": Unknown})
    np.testing.assert_array_equal(loaded(DATA), model(DATA))
    with saving.custom_object_scope({"Unknown": Unknown}):
        assert saving.load_model(tmp_path / "x.keras").count_params() == 0


@saving.register_keras_serializable("tests")
class Worded(layers.Layer):
    """Keeps a list of words in a file of its own."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words: tuple[str, ...] = ()

    def call(self, x: Any) -> Any:
        return x

    def save_assets(self, folder: str) -> None:
        Path(folder, "words.txt").write_text("\n".join(self.words))

    def load_assets(self, folder: str) -> None:
        self.words = tuple(Path(folder, "words.txt").read_text().split("\n"))


def test_files_of_layers_travel_along(tmp_path: Path) -> None:
    model = Sequential([layers.Input((4,)), Worded(), Worded()])
    model.layers[0].words, model.layers[1].words = ("a", "b"), ("c",)
    model.save(tmp_path / "x.keras")
    loaded = saving.load_model(tmp_path / "x.keras")
    assert [layer.words for layer in loaded.layers] == [("a", "b"), ("c",)]


def test_wrong_uses_are_told(tmp_path: Path) -> None:
    model = mlp()
    for name in ("x.h5", "x", "x.hdf5"):
        with pytest.raises(InvalidArgument, match=r"must end in `\.keras`") as caught:
            model.save(tmp_path / name)
        assert "x.keras" in str(caught.value)
    with pytest.raises(InvalidArgument, match="zipped=False"):
        model.save(tmp_path / "x.keras", zipped=False)
    with pytest.raises(InvalidArgument, match="save_format"):
        model.save(tmp_path / "x.keras", save_format="tf")
    with pytest.raises(FileProblem, match="HDF5"):
        saving.load_model(tmp_path / "x.h5")
    with pytest.raises(FileProblem, match="folder"):
        saving.load_model(tmp_path)
    (tmp_path / "x.keras").write_bytes(b"not a zip")
    with pytest.raises(FileProblem, match=r"not a `\.keras` archive"):
        saving.load_model(tmp_path / "x.keras")
    with pytest.raises(FileProblem, match="overwrite=False"):
        model.save(tmp_path / "x.keras", overwrite=False)


def test_a_model_that_is_not_built_is_saved_with_a_warning(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="not built"):
        Sequential([layers.Dense(2)]).save(tmp_path / "x.keras")
    assert not saving.load_model(tmp_path / "x.keras").built


def test_names_of_ones_own() -> None:
    @saving.register_keras_serializable("tests", name="thrice")
    def triple(x: Any) -> Any:
        return 3 * x

    assert saving.get_registered_name(triple) == "tests>thrice"
    assert saving.get_registered_object("tests>thrice") is triple
    assert saving.get_custom_objects()["tests>thrice"] is triple
    layer = layers.Dense(2, activation=triple)
    config = json.loads(json.dumps(saving.serialize_keras_object(layer)))
    assert saving.deserialize_keras_object(config).activation is triple
    del saving.get_custom_objects()["tests>thrice"]
    assert saving.get_registered_object("tests>thrice") is None
    saving.get_custom_objects()["plain"] = triple
    assert saving.get_custom_objects()["plain"] is triple
    assert "plain" in saving.get_custom_objects()
    del saving.get_custom_objects()["plain"]
    with pytest.raises(KeyError):
        saving.get_custom_objects()["plain"]


def test_a_class_without_a_config_cannot_be_registered() -> None:
    with pytest.raises(InvalidArgument, match="no `get_config`"):
        saving.register_keras_serializable()(type("Plain", (), {}))


def test_models_has_load_and_save_too() -> None:
    assert lamella.models.load_model is saving.load_model
    assert lamella.models.save_model is saving.save_model
