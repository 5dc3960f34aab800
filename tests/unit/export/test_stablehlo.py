"""StableHLO files, read by JAX alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from lamella import Model, Sequential, layers


def image_model() -> Any:
    body = layers.Conv2D(4, 3, activation="relu"), layers.BatchNormalization(), layers.Dropout(0.5)
    pools = layers.MaxPooling2D(2), layers.GlobalAveragePooling2D(), layers.Dense(2)
    return Sequential([layers.Input((9, 9, 3)), *body, *pools])


def pair_model() -> Any:
    first, second = layers.Input((5, 3), name="a"), layers.Input((5, 3), name="b")
    y = layers.Add()([layers.LSTM(3, return_sequences=True)(first), second])
    return Model({"a": first, "b": second}, {"last": layers.GRU(2)(y), "all": y})


@pytest.mark.parametrize(("make", "shape"), [(image_model, (9, 9, 3)), (pair_model, (5, 3))])
def test_jax_alone_gives_what_predict_gives(make: Any, shape: tuple, tmp_path: Path) -> None:
    model, path = make(), tmp_path / "model.stablehlo"
    model.export(path, format="stablehlo")
    program = jax.export.deserialize(path.read_bytes())
    assert set(program.platforms) == {"cpu", "cuda", "tpu"}
    for rows in (2, 5):
        x: Any = np.random.default_rng(0).normal(size=(rows, *shape)).astype("float32")
        x = x if make is image_model else {"a": x, "b": x[::-1]}
        wanted = model.predict(x, verbose=0)
        found = program.call(jax.tree.map(jax.numpy.asarray, x))
        assert jax.tree.structure(found) == jax.tree.structure(wanted)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), found, wanted)
