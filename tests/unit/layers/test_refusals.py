"""What layers refuse, and in which words."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lamella import layers
from lamella._base.errors import InvalidArgument, InvalidData, InvalidShape, WrongType
from lamella._graph.symbolic import KerasTensor

ARGUMENTS = [
    ("Conv2D", {"filters": 0, "kernel_size": 3}),
    ("Conv2D", {"filters": 3, "kernel_size": 0}),
    ("Conv2D", {"filters": 3, "kernel_size": (3, 3, 3)}),
    ("Conv2D", {"filters": 3, "kernel_size": 3, "padding": "causal"}),
    ("Conv2D", {"filters": 3, "kernel_size": 3, "padding": "valud"}),
    ("Conv2D", {"filters": 3, "kernel_size": 3, "groups": 2}),
    ("Conv2D", {"filters": 3, "kernel_size": 3, "strides": 2, "dilation_rate": 2}),
    ("Conv2D", {"filters": 3, "kernel_size": 3, "data_format": "last"}),
    ("Conv2DTranspose", {"filters": 3, "kernel_size": 3, "strides": 2, "output_padding": 2}),
    ("DepthwiseConv2D", {"kernel_size": 3, "depth_multiplier": 0}),
    ("MaxPooling2D", {"pool_size": 0}),
    ("MaxPooling2D", {"strides": 0}),
    ("MaxPooling2D", {"padding": "causal"}),
    ("Embedding", {"input_dim": 0, "output_dim": 3}),
    ("Embedding", {"input_dim": 3, "output_dim": 3, "lora_rank": 2}),
    ("Embedding", {"input_dim": 3, "output_dim": 3, "quantization_config": {"bits": 8}}),
    ("Dropout", {"rate": 1.5}),
    ("Dropout", {"rate": -0.1}),
    ("Dropout", {"rate": 0.5, "noise_shape": (None, 0)}),
    ("GaussianNoise", {"stddev": 2.0}),
    ("GaussianDropout", {"rate": 1.0}),
    ("ReLU", {"max_value": -1.0}),
    ("ReLU", {"negative_slope": None}),
    ("LeakyReLU", {"negative_slope": -1.0}),
    ("Reshape", {"target_shape": (-1, -1)}),
    ("Reshape", {"target_shape": (2, None)}),
    ("Permute", {"dims": (1, 1)}),
    ("Permute", {"dims": (0, 1)}),
    ("RepeatVector", {"n": 0}),
    ("ZeroPadding2D", {"padding": (1, 2, 3)}),
    ("ZeroPadding2D", {"padding": -1}),
    ("Cropping1D", {"cropping": (1, 2, 3)}),
    ("UpSampling2D", {"interpolation": "linear"}),
    ("UpSampling1D", {"size": 0}),
    ("Dot", {"axes": (1, 2, 3)}),
    ("BatchNormalization", {"renorm": True, "renorm_clipping": {"rmax": 1.0, "rmin": 2.0}}),
    ("BatchNormalization", {"renorm": True, "renorm_clipping": {"max": 1.0}}),
    ("GroupNormalization", {"groups": 0}),
]
INPUTS = [
    ("Conv2D", {"filters": 3, "kernel_size": 5}, (1, 4, 9, 3), "at least 5 rows"),
    ("Conv2D", {"filters": 3, "kernel_size": 3, "dilation_rate": 3}, (1, 9, 6, 3), "7 columns"),
    ("Conv2D", {"filters": 3, "kernel_size": 3}, (9, 9, 3), "expected 4 axes"),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "groups": 2}, (1, 9, 9, 3), "multiple of groups"),
    ("Conv1D", {"filters": 4, "kernel_size": 3}, (1, 2, 3), "at least 3 steps"),
    ("DepthwiseConv2D", {"kernel_size": 3}, (1, 2, 3, 3), "at least 3 rows"),
    ("SeparableConv1D", {"filters": 2, "kernel_size": 3}, (1, 2, 3), "at least 3 steps"),
    ("MaxPooling2D", {"pool_size": 5}, (1, 4, 9, 3), "at least 5 rows"),
    ("MaxPooling2D", {}, (4, 9, 3), "expected 4 axes"),
    ("GlobalMaxPooling2D", {}, (4, 9, 3), "expected 4 axes"),
    ("Cropping1D", {"cropping": 2}, (1, 4, 3), "cuts off 4 steps"),
    ("Reshape", {"target_shape": (5, 5)}, (2, 24), "25 entries"),
    ("Reshape", {"target_shape": (5, -1)}, (2, 24), "a multiple of 5"),
    ("GroupNormalization", {"groups": 3}, (2, 4), "groups=3"),
    ("LayerNormalization", {"axis": 3}, (2, 4), "2 axes"),
    ("BatchNormalization", {"axis": 3}, (2, 4), "2 axes"),
    ("Dropout", {"rate": 0.5, "noise_shape": (1,)}, (2, 4), "noise_shape"),
    ("RepeatVector", {"n": 2}, (2, 4, 5), "expected 2 axes"),
    ("Permute", {"dims": (2, 1)}, (2, 4), "expected 3 axes"),
]
LISTS = [
    ("Add", {}, [(2, 3), (2, 4)], "(2, 3), (2, 4)"),
    ("Subtract", {}, [(2, 3)] * 3, "expects 2 inputs"),
    ("Concatenate", {}, [(2, 3, 4), (2, 5, 4)], "differ on axis -1 only"),
    ("Concatenate", {}, [(2, 3), (2, 3, 4)], "differ on axis -1 only"),
    ("Dot", {"axes": 1}, [(2, 3), (2, 4)], "equal sizes"),
    ("Dot", {"axes": 0}, [(2, 3), (2, 3)], "neither of them the batch"),
]


@pytest.mark.parametrize(("name", "args"), ARGUMENTS, ids=str)
def test_bad_arguments_are_refused_with_help(name: str, args: dict[str, Any]) -> None:
    with pytest.raises((InvalidArgument, WrongType)) as caught:
        getattr(layers, name)(**args)
    assert "help:" in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize(("name", "args", "shape", "words"), INPUTS, ids=str)
def test_bad_inputs_are_refused_in_plain_words(
    name: str, args: dict[str, Any], shape: tuple[int, ...], words: str
) -> None:
    call = {"training": True} if name == "Dropout" else {}
    with pytest.raises(InvalidArgument) as caught:
        getattr(layers, name)(**args, name="it")(np.ones(shape, "float32"), **call)
    assert words in str(caught.value)
    assert "'it'" in str(caught.value) and "help:" in str(caught.value)


@pytest.mark.parametrize(("name", "args", "shapes", "words"), LISTS, ids=str)
def test_inputs_that_do_not_fit_together_are_refused(
    name: str, args: dict[str, Any], shapes: list[tuple[int, ...]], words: str
) -> None:
    arrays = [np.ones(shape, "float32") for shape in shapes]
    with pytest.raises(InvalidArgument) as caught:
        getattr(layers, name)(**args)(arrays)
    assert words in str(caught.value)
    tensors = [KerasTensor((None, *shape[1:])) for shape in shapes]
    with pytest.raises(InvalidArgument):
        getattr(layers, name)(**args)(tensors)


def test_a_merge_of_one_array_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="list of inputs"):
        layers.Add()(np.ones((2, 3)))


def test_a_window_too_large_is_refused_before_anything_runs() -> None:
    with pytest.raises(InvalidShape, match="at least 5 rows"):
        layers.Conv2D(2, 5)(KerasTensor((None, 3, 9, 1)))


def test_unknown_channels_are_refused() -> None:
    with pytest.raises(InvalidShape, match="known number of channels"):
        layers.Conv2D(2, 3)(KerasTensor((None, 9, 9, None)))
    with pytest.raises(InvalidShape, match="known size"):
        layers.BatchNormalization()(KerasTensor((None, 3, None)))
    with pytest.raises(InvalidShape, match="shared_axes"):
        layers.PReLU()(KerasTensor((None, None, 3)))


@pytest.mark.parametrize("number", [-1, 5, 99])
def test_embedding_numbers_out_of_range_are_refused(number: int) -> None:
    layer = layers.Embedding(5, 3)
    with pytest.raises(InvalidData, match="from 0 to 4"):
        layer(np.array([[0, number]]))
    compiled = jax.jit(lambda x: layer.stateless_call([layer.embeddings.value], [], x)[0])
    rows = compiled(np.array([[0, number]]))[0]
    assert np.isfinite(rows[0]).all() and np.isnan(rows[1]).all()


def test_a_mask_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InvalidShape, match="broadcasts"):
        layers.Softmax()(np.ones((2, 3)), mask=np.ones((2, 4), bool))
    with pytest.raises(InvalidShape, match="without the last axis"):
        layers.BatchNormalization()(np.ones((2, 3)), mask=np.ones((2, 3), bool))
    assert layers.Softmax()(jnp.ones((1, 2)), mask=jnp.array([[True, False]])).tolist() == [[1, 0]]
