"""Every op against Keras on JAX: values, types, and what is inferred for symbolic tensors."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import inspect
from typing import Any

import jax
import keras
import numpy as np
import pytest

from lamella import ops
from lamella._graph.symbolic import KerasTensor
from lamella._state.variable import Variable

RANDOM = np.random.default_rng(0)
A = RANDOM.uniform(0.1, 0.9, (3, 4)).astype("float32")
B = RANDOM.uniform(0.1, 0.9, (3, 4)).astype("float32")
ROW = RANDOM.uniform(0.1, 0.9, (4,)).astype("float32")
SIGNED = RANDOM.normal(size=(3, 4)).astype("float32") * 3
WHOLE = RANDOM.integers(1, 9, (3, 4)).astype("int32")
BITS = RANDOM.integers(0, 2, (3, 4)).astype("bool")
HALF = A.astype("float16")
GAPS = np.where(BITS, A, np.nan).astype("float32")
GAPS[:, 0] = 0.5
SQUARE = (RANDOM.normal(size=(2, 3, 3)) + 4 * np.eye(3)).astype("float32")
POSITIVE = (SQUARE @ SQUARE.transpose(0, 2, 1)).astype("float32")
IMAGE = RANDOM.normal(size=(2, 6, 5, 3)).astype("float32")
HEADS = RANDOM.normal(size=(2, 5, 2, 4)).astype("float32")
CHANCES = (A / A.sum(-1, keepdims=True)).astype("float32")

FLOATS = [
    "sin",
    "cos",
    "tan",
    "arcsin",
    "arccos",
    "arctan",
    "sinh",
    "cosh",
    "tanh",
    "arcsinh",
    "arctanh",
    "deg2rad",
    "rad2deg",
    "sinc",
    "exp",
    "exp2",
    "expm1",
    "log",
    "log10",
    "log1p",
    "log2",
    "sqrt",
    "rsqrt",
    "cbrt",
    "reciprocal",
    "erf",
    "erfc",
    "erfinv",
    "i0",
    "fabs",
    "angle",
]
SIGNED_UNARY = [
    "negative",
    "absolute",
    "abs",
    "sign",
    "floor",
    "ceil",
    "trunc",
    "round",
    "square",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "signbit",
    "logical_not",
    "real",
    "imag",
    "conj",
    "conjugate",
    "nan_to_num",
    "relu",
    "relu6",
    "leaky_relu",
    "elu",
    "selu",
    "celu",
    "gelu",
    "silu",
    "swish",
    "hard_silu",
    "hard_swish",
    "sigmoid",
    "hard_sigmoid",
    "sparse_sigmoid",
    "log_sigmoid",
    "softplus",
    "sparse_plus",
    "squareplus",
    "softsign",
    "soft_shrink",
    "hard_shrink",
    "tanh_shrink",
    "hard_tanh",
    "glu",
    "softmax",
    "log_softmax",
    "sum",
    "mean",
    "max",
    "min",
    "amax",
    "amin",
    "prod",
    "all",
    "any",
    "var",
    "std",
    "ptp",
    "count_nonzero",
    "logsumexp",
    "median",
    "argmax",
    "argmin",
    "argsort",
    "sort",
    "ravel",
    "transpose",
    "flip",
    "fliplr",
    "flipud",
    "copy",
    "nonzero",
    "diagonal",
    "tril",
    "triu",
    "trace",
    "diff",
    "zeros_like",
    "ones_like",
    "normalize",
    "diag",
    "cumsum",
    "cumprod",
    "trapezoid",
    "corrcoef",
]
BINARY = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "true_divide",
    "divide_no_nan",
    "floor_divide",
    "mod",
    "fmod",
    "maximum",
    "minimum",
    "fmax",
    "fmin",
    "power",
    "arctan2",
    "hypot",
    "logaddexp",
    "logaddexp2",
    "equal",
    "not_equal",
    "less",
    "less_equal",
    "greater",
    "greater_equal",
    "isclose",
    "logical_and",
    "logical_or",
    "logical_xor",
    "heaviside",
    "nextafter",
]
GAP = [
    "nansum",
    "nanprod",
    "nanmean",
    "nanmax",
    "nanmin",
    "nanvar",
    "nanstd",
    "nanmedian",
    "nanargmax",
    "nanargmin",
]
BITWISE = [
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "bitwise_left_shift",
    "bitwise_right_shift",
    "left_shift",
    "right_shift",
    "gcd",
    "lcm",
]

MIXED = ["add", "divide", "floor_divide", "power", "maximum", "arctan2", "less", "isclose"]

Case = tuple[str, tuple[Any, ...], dict[str, Any]]
CASES: list[Case] = [
    *((name, (A,), {}) for name in FLOATS),
    *((name, (HALF,), {}) for name in ("sin", "exp", "sqrt", "rsqrt", "erf")),
    *(
        (name, (BITS.astype("int32"),), {})
        for name in FLOATS
        if name not in ("log", "arctanh", "rsqrt", "erf")
    ),
    *((name, (SIGNED,), {}) for name in SIGNED_UNARY),
    *(
        (name, (WHOLE,), {})
        for name in [
            "sum",
            "mean",
            "max",
            "prod",
            "argmax",
            "cumsum",
            "var",
            "std",
            "square",
            "abs",
        ]
    ),
    *((name, (BITS,), {}) for name in ["sum", "mean", "all", "any", "logical_not"]),
    *(
        (name, (HALF,), {})
        for name in ["sum", "mean", "var", "std", "softmax", "sigmoid", "logsumexp"]
    ),
    *(
        (name, (SIGNED,), {"axis": 1})
        for name in ["sum", "mean", "max", "min", "argmax", "std", "sort"]
    ),
    *(
        (name, (SIGNED,), {"axis": (0, 1), "keepdims": True})
        for name in ["sum", "mean", "max", "min", "var", "std", "prod", "logsumexp"]
    ),
    *((name, (A, ROW), {}) for name in BINARY),
    *((name, (A, 2), {}) for name in MIXED),
    *((name, (WHOLE, A), {}) for name in MIXED),
    *((name, (HALF, 2.5), {}) for name in ["add", "multiply", "divide", "power", "maximum"]),
    *(
        (name, (WHOLE, 2.5), {})
        for name in ["add", "multiply", "divide", "power", "maximum", "less"]
    ),
    *(
        (name, (WHOLE, WHOLE.T.reshape(3, 4)), {})
        for name in ["add", "divide", "mod", "power", "equal"]
    ),
    *((name, (WHOLE, 3), {}) for name in BITWISE),
    *((name, (WHOLE,), {}) for name in ("bitwise_not", "bitwise_invert")),
    *((name, (GAPS,), {}) for name in GAP),
    *((name, (GAPS,), {"axis": 1}) for name in GAP),
    *((name, (GAPS,), {"axis": 1}) for name in ("nancumsum", "nancumprod")),
    ("quantile", (A, 0.3), {"axis": 1}),
    ("quantile", (A, [0.3, 0.6]), {"keepdims": True}),
    ("percentile", (A, 30.0), {"method": "nearest"}),
    ("nanquantile", (GAPS, 0.3), {"axis": 1}),
    ("nanpercentile", (GAPS, 30.0), {}),
    ("average", (A,), {"axis": 1, "weights": ROW}),
    ("average", (WHOLE,), {}),
    ("correlate", (ROW, ROW[:2]), {"mode": "same"}),
    ("bincount", (WHOLE[0],), {"minlength": 12}),
    ("histogram", (ROW,), {"bins": 4}),
    ("digitize", (A, np.array([0.3, 0.6], "float32")), {}),
    ("searchsorted", (np.array([1.0, 2.0, 3.0], "float32"), ROW * 4), {"side": "right"}),
    ("top_k", (SIGNED, 2), {}),
    ("in_top_k", (np.array([0, 1, 2]), SIGNED, 2), {}),
    ("argpartition", (ROW, 0), {}),
    ("clip", (SIGNED, -1.0, 1.0), {}),
    ("clip", (WHOLE, 2, 5), {}),
    ("clip", (BITS, 0, 1), {}),
    ("polar", (A, B), {}),
    ("view_as_real", (A.astype("complex64"),), {}),
    ("view_as_complex", (RANDOM.normal(size=(3, 2)).astype("float32"),), {}),
    ("ldexp", (A, WHOLE), {}),
    ("isin", (WHOLE, np.array([1, 2])), {"invert": True}),
    ("allclose", (A, A), {}),
    ("reshape", (A, (2, -1)), {}),
    ("transpose", (IMAGE, (0, 3, 1, 2)), {}),
    ("swapaxes", (IMAGE, 1, 2), {}),
    ("moveaxis", (IMAGE, 1, -1), {}),
    ("squeeze", (A[None],), {}),
    ("squeeze", (A[None],), {"axis": 0}),
    ("expand_dims", (A, 1), {}),
    ("broadcast_to", (ROW, (3, 4)), {}),
    ("roll", (A, 1), {"axis": 1}),
    ("rot90", (A,), {"k": 3}),
    ("repeat", (A, 2), {"axis": 1}),
    ("tile", (A, (2, 1)), {}),
    ("pad", (A, ((1, 0), (0, 2))), {"constant_values": 7}),
    ("pad", (A, 1), {"mode": "reflect"}),
    ("view", (A,), {"dtype": "int32"}),
    ("concatenate", ([A, B],), {"axis": 1}),
    ("stack", ([A, B],), {"axis": 2}),
    ("unstack", (A,), {"axis": 1}),
    ("append", (A, B), {}),
    ("hstack", ([A, B],), {}),
    ("vstack", ([A, B],), {}),
    ("dstack", ([A, B],), {}),
    ("split", (A, 2), {"axis": 1}),
    ("array_split", (A, 3), {"axis": 1}),
    ("hsplit", (A, 2), {}),
    ("vsplit", (A, 3), {}),
    ("meshgrid", (ROW, ROW), {"indexing": "ij"}),
    ("take", (A, np.array([1, 0])), {"axis": 1}),
    ("take_along_axis", (A, np.array([[1], [0], [2]])), {"axis": 1}),
    ("where", (BITS, A, B), {}),
    ("where", (BITS, A, 0), {}),
    ("select", ([BITS, ~BITS], [A, B]), {"default": 1.0}),
    ("unravel_index", (np.array([3, 5]), (2, 4)), {}),
    ("slice", (A, np.array([1, 1]), (2, 2)), {}),
    ("slice_update", (A, np.array([1, 1]), B[:2, :2]), {}),
    ("scatter", (np.array([[0, 1], [2, 2]]), ROW[:2], (3, 4)), {}),
    ("scatter_update", (A, np.array([[0, 1], [2, 2]]), ROW[:2]), {}),
    ("scatter_update", (A, np.array([[0, 1], [2, 2]]), ROW[:2]), {"reduction": "add"}),
    ("diagflat", (ROW,), {"k": 1}),
    ("unique", (WHOLE,), {}),
    ("matmul", (A, B.T), {}),
    ("matmul", (SQUARE, A.T[:3]), {}),
    ("matmul", (WHOLE.astype("int8"), WHOLE.T.astype("int8")), {}),
    ("dot", (A, ROW), {}),
    ("vdot", (A, B), {}),
    ("inner", (A, B), {}),
    ("outer", (ROW, ROW), {}),
    ("kron", (A, ROW), {}),
    ("cross", (A[:, :3], B[:, :3]), {}),
    ("tensordot", (A, B), {"axes": [[1], [1]]}),
    ("vander", (ROW, 3), {}),
    ("einsum", ("ij,kj->ik", A, B), {}),
    ("full_like", (A, 3), {}),
    ("array", (A,), {"dtype": "int32"}),
    ("arange", (2, 9, 3), {}),
    ("arange", (0.5, 3.0), {}),
    ("arange", (4,), {"dtype": "int8"}),
    ("linspace", (0.0, 1.0), {"num": 5, "endpoint": False}),
    ("logspace", (0.0, 2.0), {"num": 5}),
    ("geomspace", (1.0, 8.0), {"num": 4}),
    ("zeros", ((2, 3),), {"dtype": "int32"}),
    ("ones", ((2, 3),), {}),
    ("full", ((2, 3), 7), {}),
    ("eye", (3, 4), {"k": 1}),
    ("identity", (3,), {}),
    ("tri", (3,), {"k": -1}),
    *((name, (5,), {}) for name in ["bartlett", "blackman", "hamming", "hanning"]),
    ("kaiser", (5, 2.0), {}),
    ("cast", (SIGNED, "int32"), {}),
    ("saturate_cast", (SIGNED * 100, "uint8"), {}),
    ("convert_to_tensor", (A, "float16"), {}),
    ("stop_gradient", (A,), {}),
    ("threshold", (SIGNED, 0.5, -1.0), {}),
    ("one_hot", (WHOLE, 5), {"axis": 1}),
    ("multi_hot", (WHOLE, 9), {}),
    ("binary_crossentropy", (BITS.astype("float32"), A), {}),
    ("binary_crossentropy", (BITS.astype("float32"), SIGNED), {"from_logits": True}),
    ("categorical_crossentropy", (CHANCES, A), {}),
    ("categorical_crossentropy", (CHANCES, SIGNED), {"from_logits": True}),
    ("sparse_categorical_crossentropy", (np.array([0, 3, 1]), CHANCES), {}),
    ("sparse_categorical_crossentropy", (np.array([0, 3, 1]), SIGNED), {"from_logits": True}),
    ("moments", (IMAGE, (0, 1)), {"keepdims": True}),
    ("batch_normalization", (A, ROW, ROW + 1, -1), {"offset": ROW, "scale": ROW}),
    ("batch_normalization", (IMAGE, ROW[:3], ROW[:3] + 1, 3), {}),
    ("layer_normalization", (A, ROW, ROW), {}),
    ("layer_normalization", (A,), {"beta": ROW}),
    ("layer_normalization", (IMAGE,), {"axis": (1, 2)}),
    ("rms_normalization", (A, ROW), {}),
    ("normalize", (SIGNED,), {"axis": 0, "order": 1}),
    ("psnr", (A, B, 1.0), {}),
    ("conv", (IMAGE, RANDOM.normal(size=(2, 2, 3, 4)).astype("float32")), {"padding": "same"}),
    ("conv", (IMAGE, RANDOM.normal(size=(2, 2, 1, 6)).astype("float32")), {"strides": 2}),
    ("depthwise_conv", (IMAGE, RANDOM.normal(size=(2, 2, 3, 2)).astype("float32")), {}),
    (
        "separable_conv",
        (
            IMAGE,
            RANDOM.normal(size=(2, 2, 3, 2)).astype("float32"),
            RANDOM.normal(size=(1, 1, 6, 4)).astype("float32"),
        ),
        {},
    ),
    ("max_pool", (IMAGE, 2), {"strides": 1}),
    ("average_pool", (IMAGE, (2, 3)), {"strides": 1}),
    ("depth_to_space", (np.tile(IMAGE, (1, 1, 1, 4)), 2), {}),
    ("space_to_depth", (IMAGE[:, :, :4], 2), {}),
    ("dot_product_attention", (HEADS, HEADS, HEADS), {"is_causal": True}),
    ("dot_product_attention", (HEADS, HEADS, HEADS), {"scale": 0.3}),
    *(
        (name, (SQUARE,), {})
        for name in ["det", "inv", "eigh", "slogdet", "pinv", "matrix_rank", "qr"]
    ),
    ("cholesky", (POSITIVE,), {"upper": True}),
    ("cholesky_inverse", (np.linalg.cholesky(POSITIVE[0]),), {}),
    ("logdet", (POSITIVE,), {}),
    ("lu_factor", (SQUARE[0],), {}),
    ("svd", (SQUARE,), {"compute_uv": False}),
    ("norm", (A,), {"axis": 1, "ord": 1}),
    ("norm", (A,), {}),
    ("solve", (SQUARE[0], SQUARE[1]), {}),
    ("solve_triangular", (np.tril(SQUARE[0]), SQUARE[1]), {"lower": True}),
    ("lstsq", (A.T, ROW), {}),
    *(
        (f"segment_{name}", (A, np.array([0, 0, 2])), {"num_segments": 3})
        for name in ("sum", "max", "min", "prod")
    ),
    ("cdist", (A, B), {}),
    ("fft", ((A, B),), {}),
    ("fft2", ((A, B),), {}),
    ("ifft2", ((A, B),), {}),
    ("rfft", (A,), {}),
    ("irfft", ((A, B),), {"fft_length": 5}),
    ("extract_sequences", (A, 2, 1), {}),
]
# What these give depends on values, or on settings only.
NOT_SYMBOLIC = [
    "nonzero",
    "unique",
    "bincount",
    "arange",
    "linspace",
    "logspace",
    "geomspace",
    "zeros",
    "ones",
    "full",
    "eye",
    "identity",
    "tri",
    "bartlett",
    "blackman",
    "hamming",
    "hanning",
    "kaiser",
    "histogram",
    "slice",
    "slice_update",
    "meshgrid",
    "einsum",
    "lstsq",
]


def named(case: Case) -> str:
    kinds = [item.dtype.name if isinstance(item, np.ndarray) else "x" for item in case[1]]
    return "-".join([case[0], *kinds, *map(str, case[2])])


def compare(ours: Any, theirs: Any) -> None:
    mine, wanted = jax.tree.leaves(ours), jax.tree.leaves(theirs)
    assert len(mine) == len(wanted)
    for a, b in zip(mine, wanted):
        assert str(a.dtype) == str(b.dtype)
        assert a.shape == b.shape
        close = 2e-3 if a.dtype == "float16" else 2e-5
        np.testing.assert_allclose(
            np.asarray(a, "complex128"), np.asarray(b, "complex128"), rtol=close, atol=close
        )


@pytest.mark.parametrize("case", CASES, ids=named)
def test_same_values_and_types_as_keras(case: Case) -> None:
    name, args, options = case
    compare(getattr(ops, name)(*args, **options), getattr(keras.ops, name)(*args, **options))


def one_of_each(cases: list[Case]) -> list[Case]:
    """The last case of each op: inference does not depend on the values."""
    chosen = {case[0]: case for case in cases}
    return [case for name, case in chosen.items() if name not in NOT_SYMBOLIC]


@pytest.mark.parametrize("case", one_of_each(CASES), ids=named)
def test_symbolic_tensors_get_the_shapes_and_types_of_arrays(case: Case) -> None:
    name, args, options = case
    function = getattr(ops, name)

    def symbol(item: Any) -> Any:
        if isinstance(item, np.ndarray):
            return KerasTensor(item.shape, item.dtype)
        if isinstance(item, (list, tuple)) and any(isinstance(part, np.ndarray) for part in item):
            return type(item)(symbol(part) for part in item)
        return item

    found = function(*(symbol(item) for item in args), **options)
    wanted = function(*args, **options)
    mine, real = jax.tree.leaves(found), jax.tree.leaves(wanted)
    assert [(t.shape, t.dtype) for t in mine] == [(a.shape, str(a.dtype)) for a in real]


SIGNATURES = [
    name
    for name in dir(keras.ops)
    if not name.startswith("_") and inspect.isfunction(getattr(keras.ops, name))
]
NOT_YET = {
    "adaptive_average_pool",
    "adaptive_max_pool",
    "conv_transpose",
    "ctc_decode",
    "ctc_loss",
    "fold",
    "istft",
    "rearrange",
    "stft",
    "unfold",
}


@pytest.mark.parametrize("name", [name for name in SIGNATURES if name not in NOT_YET])
def test_signatures_are_those_of_keras(name: str) -> None:
    ours = inspect.signature(getattr(ops, name)).parameters.values()
    theirs = inspect.signature(getattr(keras.ops, name)).parameters.values()
    assert [(p.name, p.default) for p in ours] == [(p.name, p.default) for p in theirs]


def test_sparsemax_is_the_projection_onto_distributions() -> None:
    # Keras 3.15.1 gives rows of zeros for some inputs; a projection sums to 1.
    found = np.asarray(ops.sparsemax(SIGNED))
    np.testing.assert_allclose(found.sum(-1), 1.0, rtol=1e-6)
    for row, given in zip(found, SIGNED):
        others = RANDOM.dirichlet(np.ones(4), size=500)
        distances = np.square(others - given).sum(-1)
        assert np.square(row - given).sum() <= distances.min() + 1e-6


def test_unknown_batch_sizes_stay_unknown() -> None:
    x = KerasTensor((None, 4))
    assert ops.add(x, ROW).shape == (None, 4)
    assert ops.sum(x, axis=1).shape == (None,)
    assert ops.reshape(x, (-1, 2, 2)).shape == (None, 2, 2)
    assert ops.softmax(x).shape == (None, 4)
    assert ops.concatenate([x, x], axis=1).shape == (None, 8)
    assert ops.one_hot(KerasTensor((None,), "int32"), 5).shape == (None, 5)
    assert (x * 2.0 + 1.0).dtype == "float32"
    assert x[:, 1:3].shape == (None, 2)
    assert ops.matmul(x, np.ones((4, 3), "float32")).shape == (None, 3)
    assert ops.shape(x) == (None, 4)
    normed = ops.batch_normalization(x, ROW, ROW, -1, offset=ROW, scale=ROW)
    assert normed.shape == (None, 4)


def test_variables_are_taken_as_arrays() -> None:
    variable = Variable(A)
    np.testing.assert_allclose(ops.sum(variable), A.sum(), rtol=1e-6)
    np.testing.assert_allclose(ops.add(variable, variable), A + A)
    assert ops.shape(variable) == (3, 4)
    np.testing.assert_array_equal(ops.convert_to_numpy(variable), A)


def test_loops_run_in_compiled_code() -> None:
    def count(limit: Any) -> Any:
        return ops.while_loop(lambda n: n < limit, lambda n: (n + 1,), (0,))[0]

    assert int(jax.jit(count)(5)) == 5
    assert int(ops.while_loop(lambda n: n < 9, lambda n: (n + 1,), (0,), 3)[0]) == 3
    assert int(ops.fori_loop(0, 4, lambda index, total: total + index, 0)) == 6
    assert int(ops.switch(1, [lambda x: x, lambda x: x + 1], 5)) == 6
    found = ops.cond(KerasTensor((), "bool"), lambda: ops.ones((2,)), lambda: ops.zeros((2,)))
    assert found.shape == (2,)
