"""Meshes and layouts are Keras's; what does not go together is refused."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import keras as oracle
import numpy as np
import pytest

from lamella import distribution
from lamella._base import LamellaError
from lamella.distribution import DeviceMesh, LayoutMap, TensorLayout


def mesh(of: object = distribution) -> DeviceMesh:
    return of.DeviceMesh((2, 2), ("batch", "model"), devices=[f"cpu:{n}" for n in range(4)])  # type: ignore[attr-defined]


def test_devices_are_those_of_keras() -> None:
    assert distribution.list_devices() == oracle.distribution.list_devices()
    assert distribution.get_device_count("cpu") == 4
    assert mesh().devices.tolist() == mesh(oracle.distribution).devices.tolist()
    assert list(mesh().backend_mesh.devices.ravel()) == jax.devices()


def test_lookups_are_those_of_keras() -> None:
    ours, theirs = LayoutMap(mesh()), oracle.distribution.LayoutMap(mesh(oracle.distribution))
    for rules in (ours, theirs):
        rules[".*dense.*kernel"] = (None, "model")
        rules["dense.*bias"] = ("model",)
        rules["conv/kernel"] = (None, None, None, "model")
    for path in (
        "dense/kernel",
        "block/dense/kernel",
        "block/dense_7/bias",
        "conv/kernel",
        "dense.*bias",
    ):
        found = [None if rules[path] is None else rules[path].axes for rules in (ours, theirs)]
        assert found[0] == found[1], path
    assert len(ours) == len(theirs) == 3
    assert list(ours) == list(theirs)
    del ours["conv/kernel"]
    assert ours["conv/kernel"] is None


def test_arrays_are_laid_out_as_in_keras() -> None:
    array = np.arange(32.0, dtype="float32").reshape(4, 8)
    ours = distribution.distribute_tensor(array, TensorLayout(("batch", "model"), mesh()))
    layout = oracle.distribution.TensorLayout(("batch", "model"), mesh(oracle.distribution))
    theirs = oracle.distribution.distribute_tensor(array, layout)
    for one, two in zip(ours.addressable_shards, theirs.addressable_shards):
        assert one.device == two.device and np.array_equal(one.data, two.data)
    split = TensorLayout(("batch", None), mesh())
    compiled = jax.jit(lambda a: distribution.distribute_tensor(a * 2, split))(array)
    assert compiled.sharding.is_equivalent_to(split.backend_layout, 2)
    assert np.array_equal(compiled, 2 * array)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: DeviceMesh((3,), ("batch",)), "3 places"),
        (lambda: DeviceMesh((2, 2), ("batch",)), "a name of its own"),
        (lambda: DeviceMesh((1,), ("batch",), ["cpu:9"]), "devices.*cpu:9"),
        (lambda: TensorLayout(("columns",), mesh()), "columns"),
        (lambda: TensorLayout(("batch",)).backend_layout, "without a mesh"),
        (lambda: LayoutMap(mesh()).__setitem__("a", 3), "Or a tuple"),
        (lambda: LayoutMap(mesh()).update([("a", ("batch",)), ("a", ("model",))]), "already"),
        (lambda: distribution.set_distribution("all"), "A distribution must be"),
        (lambda: distribution.ModelParallel(layout_map={}), "must be a LayoutMap"),
        (
            lambda: distribution.ModelParallel(layout_map=LayoutMap(mesh()), batch_dim_name="rows"),
            "batch_dim_name",
        ),
        (
            lambda: distribution.distribute_tensor(
                jnp.ones((3, 2)), TensorLayout(("batch", None), mesh())
            ),
            "does not fit",
        ),
        (
            lambda: distribution.distribute_tensor(jnp.ones(4), ("batch",)),
            "A layout must be a TensorLayout",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(wrong: object, words: str) -> None:
    with pytest.raises(LamellaError, match=words) as caught:
        wrong()  # type: ignore[operator]
    assert len(str(caught.value).splitlines()) <= 3


def test_a_path_that_two_rules_match_is_refused() -> None:
    rules = LayoutMap(mesh())
    rules[".*kernel"] = rules["dense.*"] = (None, "model")
    with pytest.raises(LamellaError, match="all match"):
        rules["dense/kernel"]
