"""Weights to files and back: nothing is lost in silence, nothing changes on an error."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from lamella import Model, Sequential, layers, saving
from lamella._base.errors import FileProblem, InvalidArgument, NotReady, WrongType


def mlp(width: int = 3, depth: int = 2) -> Sequential:
    rows = [layers.Dense(width, name=f"dense_{i}") for i in range(depth)]
    return Sequential([layers.Input((4,)), *rows, layers.Dense(2, name="head")], name="mlp")


def state(model: Model) -> list[np.ndarray]:
    return [variable.numpy().copy() for variable in model.variables]


def assert_unchanged(model: Model, before: list[np.ndarray]) -> None:
    for one, other in zip(state(model), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_weights_come_back(tmp_path: Path) -> None:
    model, other = mlp(), mlp()
    model.save_weights(tmp_path / "x.weights.h5")
    assert not np.array_equal(state(model)[0], state(other)[0])
    other.load_weights(tmp_path / "x.weights.h5")
    assert_unchanged(other, state(model))


def test_weights_are_read_from_a_whole_model_too(tmp_path: Path) -> None:
    model, other = mlp(), mlp()
    model.save(tmp_path / "x.keras")
    other.load_weights(tmp_path / "x.keras")
    assert_unchanged(other, state(model))


def test_strings_are_paths_too(tmp_path: Path) -> None:
    model = mlp()
    model.save_weights(f"{tmp_path}/x.weights.h5")
    model.load_weights(f"{tmp_path}/x.weights.h5")


def test_a_layer_the_model_lacks_is_named(tmp_path: Path) -> None:
    mlp(depth=3).save_weights(tmp_path / "x.weights.h5")
    model = mlp(depth=2)
    before = state(model)
    with pytest.raises(FileProblem, match="place") as caught:
        model.load_weights(tmp_path / "x.weights.h5")
    assert "'head'" in str(caught.value)
    assert_unchanged(model, before)


def test_layers_on_one_side_only_are_named(tmp_path: Path) -> None:
    with_batch = Sequential([layers.Input((4,)), layers.Dense(4), layers.BatchNormalization()])
    with_layer = Sequential([layers.Input((4,)), layers.Dense(4), layers.LayerNormalization()])
    with_batch.save_weights(tmp_path / "x.weights.h5")
    before = state(with_layer)
    with pytest.raises(FileProblem) as caught:
        with_layer.load_weights(tmp_path / "x.weights.h5")
    assert "in the file: layers/batch_normalization ('" in str(caught.value)
    assert "in the model: layers/layer_normalization ('" in str(caught.value)
    assert_unchanged(with_layer, before)


def test_another_shape_names_both_and_changes_nothing(tmp_path: Path) -> None:
    # The first layer fits: it must not be loaded either.
    model = Sequential([layers.Input((4,)), layers.Dense(3), layers.Dense(2)])
    other = Sequential([layers.Input((4,)), layers.Dense(3), layers.Dense(5)])
    model.save_weights(tmp_path / "x.weights.h5")
    before = state(other)
    with pytest.raises(FileProblem, match=r"shape \(3, 5\) in the model and shape \(3, 2\)"):
        other.load_weights(tmp_path / "x.weights.h5")
    assert_unchanged(other, before)


def test_skip_mismatch_loads_the_rest_and_warns_for_each(tmp_path: Path) -> None:
    model = Sequential([layers.Input((4,)), layers.Dense(3), layers.Dense(2), layers.Dense(2)])
    other = Sequential([layers.Input((4,)), layers.Dense(3), layers.Dense(5), layers.Dense(6)])
    model.save_weights(tmp_path / "x.weights.h5")
    before = state(other)
    with pytest.warns(UserWarning, match="Skipped layers/dense") as caught:
        other.load_weights(tmp_path / "x.weights.h5", skip_mismatch=True)
    assert len(caught) == 2
    assert all(warning.filename == __file__ for warning in caught)
    np.testing.assert_array_equal(state(other)[0], state(model)[0])
    np.testing.assert_array_equal(state(other)[2], before[2])


def test_objects_to_skip_are_left_alone(tmp_path: Path) -> None:
    model, other = mlp(), mlp()
    model.save_weights(tmp_path / "x.weights.h5")
    before = state(other)
    saving.load_weights(other, tmp_path / "x.weights.h5", objects_to_skip=[other.layers[0]])
    np.testing.assert_array_equal(state(other)[0], before[0])
    np.testing.assert_array_equal(state(other)[2], state(model)[2])


def test_floats_do_not_become_whole_numbers(tmp_path: Path) -> None:
    class Counting(layers.Layer):
        def __init__(self, dtype: str, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.count = self.add_weight((), "zeros", dtype=dtype, trainable=False)
            self.built = True

        def call(self, x: Any) -> Any:
            return x

    one = Sequential([layers.Input((2,)), Counting("float32")])
    other = Sequential([layers.Input((2,)), Counting("int32")])
    one.save_weights(tmp_path / "x.weights.h5")
    with pytest.raises(FileProblem, match="int32 in the model and a float in the file"):
        other.load_weights(tmp_path / "x.weights.h5")


class Stubborn(layers.Layer):
    """Stores its variables in its own way, and can fail to read them."""

    fails = False

    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight((input_shape[-1],), "zeros", name="kernel")

    def call(self, x: Any) -> Any:
        return x * self.kernel.value

    def save_own_variables(self, store: Any) -> None:
        store["the kernel"] = self.kernel.numpy()

    def load_own_variables(self, store: Any) -> None:
        self.kernel.assign(store["the kernel"])
        if self.fails:
            raise RuntimeError("out of ink")


def test_a_layer_may_store_its_own_way(tmp_path: Path) -> None:
    model = Sequential([layers.Input((2,)), Stubborn()])
    model.layers[0].kernel.assign([3.0, 4.0])
    model.save_weights(tmp_path / "x.weights.h5")
    model.layers[0].kernel.assign([0.0, 0.0])
    model.load_weights(tmp_path / "x.weights.h5")
    assert model.layers[0].kernel.numpy().tolist() == [3.0, 4.0]


def test_a_layer_that_fails_half_way_leaves_nothing_changed(tmp_path: Path) -> None:
    model = Sequential([layers.Input((2,)), layers.Dense(2), Stubborn(), Stubborn()])
    model.save_weights(tmp_path / "x.weights.h5")
    model.set_weights([np.full(variable.shape, 7.0) for variable in model.weights])
    model.layers[2].fails = True
    with pytest.raises(FileProblem, match="out of ink"):
        model.load_weights(tmp_path / "x.weights.h5")
    assert all(np.all(value == 7.0) for value in state(model))


def test_a_shared_layer_stands_in_the_file_once(tmp_path: Path) -> None:
    class Twice(Model):
        def __init__(self) -> None:
            super().__init__()
            self.one = layers.Dense(2)
            self.two = self.one

        def call(self, x: Any) -> Any:
            return self.two(self.one(x))

    model = Twice()
    model(np.ones((1, 2), "float32"))
    model.save_weights(tmp_path / "x.weights.h5")
    with h5py.File(tmp_path / "x.weights.h5") as file:
        assert "layers/dense" in file and "one" not in file and "two" not in file
    model.load_weights(tmp_path / "x.weights.h5")


def test_an_old_ending_is_written_with_a_warning_and_read(tmp_path: Path) -> None:
    model, other = mlp(), mlp()
    with pytest.warns(UserWarning, match=r"ends in `\.weights\.h5`: 'old\.weights\.h5'"):
        model.save_weights(tmp_path / "old.h5")
    other.load_weights(tmp_path / "old.h5")
    assert_unchanged(other, state(model))


def test_the_form_of_keras_2_is_refused_by_name(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.attrs["layer_names"] = ["dense"]
    with pytest.raises(FileProblem, match="old HDF5 form of Keras 2"):
        mlp().load_weights(tmp_path / "x.h5")


def test_the_group_name_of_keras_2_13_is_understood(tmp_path: Path) -> None:
    model, other = mlp(), mlp()
    model.save_weights(tmp_path / "x.weights.h5")
    with h5py.File(tmp_path / "x.weights.h5", "a") as file:
        file.move("layers", "_layer_checkpoint_dependencies")
    other.load_weights(tmp_path / "x.weights.h5")
    assert_unchanged(other, state(model))


def test_an_attribute_named_vars_is_refused_before_anything_is_lost(tmp_path: Path) -> None:
    class Odd(Model):
        def __init__(self) -> None:
            super().__init__()
            self.inner = Part()

        def call(self, x: Any) -> Any:
            return self.inner(x)

    class Part(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.vars = layers.Dense(2)

        def call(self, x: Any) -> Any:
            return self.vars(x)

    model = Odd()
    model(np.ones((1, 2), "float32"))
    with pytest.raises(FileProblem, match="another name"):
        model.save_weights(tmp_path / "x.weights.h5")
    assert os.listdir(tmp_path) == []


def test_wrong_uses_are_told(tmp_path: Path) -> None:
    model, path = mlp(), tmp_path / "x.weights.h5"
    with pytest.raises(InvalidArgument, match=r"must end in `\.weights\.h5`"):
        model.save_weights(tmp_path / "x")
    with pytest.raises(InvalidArgument, match="max_shard_size"):
        saving.save_weights(model, path, max_shard_size=1)
    with pytest.raises(FileProblem, match="There is no file"):
        model.load_weights(path)
    with pytest.raises(FileProblem, match="does not exist"):
        model.save_weights(tmp_path / "nowhere" / "x.weights.h5")
    with pytest.raises(NotReady, match="not built"):
        Sequential([layers.Dense(2)]).save_weights(path)
    with pytest.raises(NotReady, match="not built"):
        Sequential([layers.Dense(2)]).load_weights(path)
    model.save_weights(path)
    with pytest.raises(FileProblem, match="overwrite=False"):
        model.save_weights(path, overwrite=False)
    with pytest.raises(InvalidArgument, match="by name"):
        model.load_weights(path, by_name=True)
    with pytest.raises(WrongType, match="colour"):
        model.load_weights(path, colour="red")


def test_a_failing_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, path = mlp(), tmp_path / "x.weights.h5"
    model.save_weights(path)
    before = path.read_bytes()

    def fail(store: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(model.layers[-1], "save_own_variables", fail)
    with pytest.raises(KeyboardInterrupt):
        model.save_weights(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["x.weights.h5"]


def test_a_link_stays_a_link_and_permissions_stay(tmp_path: Path) -> None:
    model, real, link = mlp(), tmp_path / "real.weights.h5", tmp_path / "link.weights.h5"
    model.save_weights(real)
    usual = real.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    assert usual == 0o666 & ~mask
    real.chmod(0o640)
    link.symlink_to(real)
    before = real.stat().st_ino
    model.save_weights(link)
    assert link.is_symlink()
    assert real.stat().st_ino != before
    assert real.stat().st_mode & 0o777 == 0o640


def test_optimizer_state_that_does_not_fit_is_told(tmp_path: Path) -> None:
    model, other = mlp(), mlp()
    for one in (model, other):
        one.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    model.save_weights(tmp_path / "x.weights.h5")
    with pytest.warns(UserWarning, match="state of the optimizer"):
        other.load_weights(tmp_path / "x.weights.h5")
    assert_unchanged(other, state(model))


def test_optimizer_state_saved_before_the_first_step_is_read(tmp_path: Path) -> None:
    model, other = mlp(), mlp()
    for one, rate in ((model, 0.25), (other, 0.5)):
        one.compile("adam", "mse")
        one.optimizer.learning_rate = rate
    other.optimizer.build(other.trainable_variables)
    model.save_weights(tmp_path / "x.weights.h5")
    other.load_weights(tmp_path / "x.weights.h5")
    assert float(other.optimizer.learning_rate) == 0.25


def test_weights_without_an_optimizer_fit_a_compiled_model_and_the_reverse(tmp_path: Path) -> None:
    bare, compiled = mlp(), mlp()
    compiled.compile("adam", "mse")
    compiled.optimizer.build(compiled.trainable_variables)
    bare.save_weights(tmp_path / "bare.weights.h5")
    compiled.load_weights(tmp_path / "bare.weights.h5")
    compiled.save_weights(tmp_path / "compiled.weights.h5")
    bare.load_weights(tmp_path / "compiled.weights.h5")
