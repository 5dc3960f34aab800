"""Old import paths lead to lamella's own objects; what is missing says so."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import pytest

import lamella
from lamella import compat
from lamella._base.errors import NotReady

OBJECTS = [
    ("tensorflow.keras.layers", "Dense", lamella.layers.Dense),
    ("tensorflow.python.keras.layers.convolutional", "MaxPooling2D", lamella.layers.MaxPooling2D),
    ("keras.layers.core", "Dropout", lamella.layers.Dropout),
    ("keras.layers.recurrent", "LSTM", lamella.layers.LSTM),
    ("keras.layers.embeddings", "Embedding", lamella.layers.Embedding),
    ("keras.layers.merge", "concatenate", lamella.layers.concatenate),
    ("keras.layers.normalization", "BatchNormalization", lamella.layers.BatchNormalization),
    ("keras.layers.advanced_activations", "LeakyReLU", lamella.layers.LeakyReLU),
    ("keras.layers.wrappers", "TimeDistributed", lamella.layers.TimeDistributed),
    ("keras.layers.noise", "GaussianNoise", lamella.layers.GaussianNoise),
    ("keras.src.layers.core.dense", "Dense", lamella.layers.Dense),
    ("keras.src.callbacks.early_stopping", "EarlyStopping", lamella.callbacks.EarlyStopping),
    ("keras.engine", "Layer", lamella.Layer),
    ("keras.engine.topology", "InputSpec", lamella.InputSpec),
    ("keras.engine.training", "Model", lamella.Model),
    ("keras.models", "Sequential", lamella.Sequential),
    ("tf_keras.models", "load_model", lamella.models.load_model),
    ("keras.objectives", "mean_squared_error", lamella.losses.mean_squared_error),
    ("keras.utils.np_utils", "to_categorical", lamella.utils.to_categorical),
    ("keras.utils.vis_utils", "model_to_dot", lamella.utils.model_to_dot),
    ("keras.preprocessing.sequence", "pad_sequences", lamella.utils.pad_sequences),
    ("keras.optimizers.legacy", "Adam", lamella.optimizers.Adam),
    ("keras.optimizers.schedules", "CosineDecay", lamella.optimizers.schedules.CosineDecay),
    ("keras.datasets.mnist", "load_data", lamella.datasets.mnist.load_data),
    ("keras.regularizers", "l2", lamella.regularizers.L2),
    ("keras.initializers", "he_normal", lamella.initializers.HeNormal),
    ("keras.losses", "mse", lamella.losses.mean_squared_error),
    ("keras.backend", "floatx", lamella.backend.floatx),
    ("tensorflow.keras.mixed_precision", "Policy", lamella.mixed_precision.Policy),
    ("tensorflow.optimizers", "Adam", lamella.optimizers.Adam),
]


@pytest.mark.filterwarnings("ignore")  # that a name is old
@pytest.mark.parametrize(("path", "name", "expected"), OBJECTS, ids=[p for p, _, _ in OBJECTS])
def test_old_paths(installed: None, path: str, name: str, expected: Any) -> None:
    assert getattr(importlib.import_module(path), name) is expected
    space: dict[str, Any] = {}
    exec(f"from {path} import {name}", space)
    assert space[name] is expected


def test_attributes_reach_what_imports_reach(keras: Any, tf: Any) -> None:
    assert keras.layers.Dense is tf.keras.layers.Dense is lamella.layers.Dense
    assert keras.Model is lamella.Model
    assert tf.keras.datasets.mnist.load_data is lamella.datasets.mnist.load_data
    assert keras.utils.np_utils.to_categorical is lamella.utils.to_categorical
    assert keras.__version__.startswith("3.") and tf.__version__.startswith("2.")


def test_import_star(installed: None) -> None:
    space: dict[str, Any] = {}
    exec("from tensorflow.keras.layers import *", space)
    assert space["Conv2D"] is lamella.layers.Conv2D
    assert not [name for name in space if name.startswith("_") and name != "__builtins__"]


MISSING = [
    ("import keras.wrappers.scikit_learn", "keras.wrappers.scikit_learn", "fit"),
    ("from keras.wrappers.scikit_learn import KerasClassifier", "scikit_learn", "fit"),
    ("from keras.layers.local import LocallyConnected1D", "keras.layers.local", "Conv1D"),
    ("from keras.layers import dense", "'dense'", "Did you mean 'Dense'"),
    ("from keras.layers import Dens", "'Dens'", "'Dense'"),
    ("import keras.layerz", "'layerz'", ""),
    ("from keras.preprocessing.text import Tokenizer", "preprocessing.text", "dictionary"),
    ("from keras.preprocessing.image import ImageDataGenerator", "ImageData", "NumPy"),
    ("import tensorflow.contrib", "tensorflow.contrib", "keras.layers"),
    ("from tensorflow import GradientTape", "GradientTape", "value_and_grad"),
    ("import tensorflow.examples.tutorials.mnist", "tensorflow.examples", "load_data"),
    ("from keras.datasets import cifar99", "cifar99", ""),
]


@pytest.mark.parametrize(("line", "named", "instead"), MISSING, ids=[m[0] for m in MISSING])
def test_missing_imports_name_the_nearest(
    installed: None, line: str, named: str, instead: str
) -> None:
    with pytest.raises(ModuleNotFoundError) as caught:
        exec(line, {})
    message = str(caught.value)
    assert named in message and instead in message
    assert len(message.splitlines()) <= 3


@pytest.mark.parametrize(
    ("path", "instead"),
    [
        ("keras.layers.Denze", "Dense"),
        ("keras.layers.LocallyConnected1D", "Conv1D"),
        ("tensorflow.reduce_means", "reduce_mean"),
        ("tensorflow.nn.reluu", "relu"),
        ("tensorflow.Session", "every line runs at once"),
        ("tensorflow.placeholder", "keras.Input"),
        ("tensorflow.compat.v1.placeholder", "Build a keras model"),
        ("tensorflow.train", "keras.optimizers"),
        ("tensorflow.estimator", "fit"),
        ("keras.backend.learning_phase", "training=None"),
    ],
)
def test_missing_attributes_name_the_nearest(installed: None, path: str, instead: str) -> None:
    first, *rest = path.split(".")
    value = importlib.import_module(first)
    for part in rest[:-1]:
        value = getattr(value, part)
    assert not hasattr(value, rest[-1])
    with pytest.raises(AttributeError) as caught:
        getattr(value, rest[-1])
    message = str(caught.value)
    assert rest[-1] in message and instead in message
    assert len(message.splitlines()) <= 3


def test_uninstall_takes_everything_away(installed: None) -> None:
    importlib.import_module("tensorflow.keras.layers")
    array = lamella.ops.ones(2)
    assert array.numpy().tolist() == [1.0, 1.0] and array.get_shape().as_list() == [2]
    before = list(sys.meta_path)
    compat.uninstall()
    assert not [name for name in sys.modules if name.split(".")[0] in ("tensorflow", "tf_keras")]
    assert len(sys.meta_path) == len(before) - 2
    assert not hasattr(array, "numpy") and not hasattr(array, "get_shape")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("tensorflow.keras.layers")


def test_a_real_package_is_never_hidden_half(monkeypatch: Any) -> None:
    compat.uninstall()
    monkeypatch.setitem(sys.modules, "tensorflow", sys)
    with pytest.raises(NotReady, match="'tensorflow' is imported already"):
        compat.install()
    assert sys.modules["tensorflow"] is sys


def test_a_stand_in_for_ipython_only_where_it_is_missing(
    installed: None, capsys: Any, monkeypatch: Any
) -> None:
    display = importlib.import_module("IPython.display")
    if not type(display).__module__.startswith("lamella"):
        pytest.skip("IPython is installed")
    assert display.SVG(b"<svg/>").data == b"<svg/>"
    assert capsys.readouterr().err.count("\n") == 1
    assert importlib.import_module("IPython").get_ipython() is None
