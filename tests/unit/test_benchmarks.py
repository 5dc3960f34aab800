"""The benchmarks measure the same models: written by hand in JAX they give the same outputs."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from benchmarks.__main__ import losses, ratios, shown, table
from benchmarks.plain_jax import MODELS, Cursor
from benchmarks.workloads import WORKLOADS

import lamella

LAST = {"sparse_categorical_crossentropy": jax.nn.softmax, "bce": jax.nn.sigmoid}


@pytest.mark.parametrize("name", [one for one in WORKLOADS if one != "resnet20"])
def test_the_same_outputs(name: str) -> None:
    workload = WORKLOADS[name]
    model = workload.model(lamella)
    x, _ = workload.data(4)
    inputs = x if isinstance(x, list) else [x]
    found: Any = MODELS[name](Cursor(model.get_weights(), False, None), *inputs)
    found = found if isinstance(found, tuple) else (found,)
    wanted = model.predict(x, verbose=0)
    wanted = wanted if isinstance(wanted, list) else [wanted]
    for loss, one, other in zip(workload.losses, found, wanted):
        np.testing.assert_allclose(LAST.get(loss, np.asarray)(one), other, atol=2e-5)


def test_ratios_are_of_the_same_round() -> None:
    def record(peer: str, number: int, value: float, measure: str = "train") -> dict[str, Any]:
        one = {"workload": "mlp", "peer": peer, "measure": measure}
        return {**one, "round": number, "value": value}

    records = [record("lamella", 0, 1.0), record("lamella", 1, 2.0), record("lamella", 2, 4.0)]
    records += [record("torch", 0, 3.0), record("torch", 1, 6.0), record("torch", 2, 4.0)]
    assert ratios(records, "torch", "train") == [3.0, 3.0, 1.0]
    assert shown([3.0, 3.0, 1.0]) == "3.00 (2.00 to 3.00)"
    assert "| 3.00 (2.00 to 3.00) |" in table(records, ["lamella", "torch"])
    off = [record("lamella", 0, 1.0, "loss"), record("torch", 0, 1.5, "loss")]
    assert "NOT THE SAME: ['torch']" in losses(off)[0]
