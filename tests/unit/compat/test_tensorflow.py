"""Functions of tf against NumPy and SciPy, by TensorFlow's documented meaning."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
import scipy.linalg
import scipy.special

import lamella

RNG = np.random.default_rng(0)
A = RNG.normal(size=(3, 4)).astype("float32")
B = RNG.normal(size=(3, 4)).astype("float32")
P = (np.abs(A) + 0.5).astype("float32")
I = RNG.integers(1, 9, size=(3, 4)).astype("int32")  # noqa: E741
S = (A @ A.T + 3 * np.eye(3)).astype("float32")
V = RNG.normal(size=(2, 3, 4)).astype("float32")

# tf call, its arguments, what NumPy says.
CASES: list[tuple[str, tuple[Any, ...], dict[str, Any], Any]] = [
    ("add", (A, B), {}, A + B),
    ("subtract", (A, 2.0), {}, A - 2),
    ("multiply", (A, B), {}, A * B),
    ("divide", (I, I.T.reshape(3, 4)), {}, I / I.T.reshape(3, 4)),
    ("pow", (P, B), {}, P**B),
    ("math.floordiv", (I, 4), {}, I // 4),
    ("math.mod", (-I, 4), {}, np.mod(-I, 4)),
    ("maximum", (A, B), {}, np.maximum(A, B)),
    ("greater", (A, B), {}, A > B),
    ("logical_and", (A > 0, B > 0), {}, (A > 0) & (B > 0)),
    ("math.squared_difference", (A, B), {}, (A - B) ** 2),
    ("math.divide_no_nan", (A, np.zeros_like(A)), {}, np.zeros_like(A)),
    ("math.multiply_no_nan", (A * np.inf, np.zeros_like(A)), {}, np.zeros_like(A)),
    ("abs", (A,), {}, np.abs(A)),
    ("math.log", (P,), {}, np.log(P)),
    ("math.rsqrt", (P,), {}, 1 / np.sqrt(P)),
    ("round", ([0.5, 1.5, 2.5],), {}, [0, 2, 2]),
    ("sign", (A,), {}, np.sign(A)),
    ("math.lgamma", (P,), {}, scipy.special.gammaln(P)),
    ("math.erf", (A,), {}, scipy.special.erf(A)),
    ("math.xlogy", (P, P), {}, scipy.special.xlogy(P, P)),
    ("reduce_sum", (A, 0), {}, A.sum(0)),
    ("reduce_sum", (I,), {}, I.sum()),
    ("reduce_mean", (A,), {"axis": 1, "keepdims": True}, A.mean(1, keepdims=True)),
    ("reduce_mean", ([1, 2, 4],), {}, 2),
    ("reduce_prod", (A, -1), {}, A.prod(-1)),
    ("reduce_max", (A, [0, 1]), {}, A.max()),
    ("math.reduce_std", (A, 0), {}, A.std(0)),
    ("math.reduce_variance", (A, 0), {}, A.var(0)),
    ("reduce_logsumexp", (A, 0), {}, scipy.special.logsumexp(A, 0)),
    ("reduce_any", (A > 0, 1), {}, (A > 0).any(1)),
    ("math.reduce_euclidean_norm", (A, 1), {}, np.linalg.norm(A, axis=1)),
    ("argmax", (A,), {}, A.argmax(0)),
    ("argmin", (A, 1), {}, A.argmin(1)),
    ("cumsum", (A,), {}, A.cumsum(0)),
    ("cumsum", ([1, 2, 3],), {"exclusive": True}, [0, 1, 3]),
    ("cumsum", ([1, 2, 3],), {"exclusive": True, "reverse": True}, [5, 3, 0]),
    ("math.cumprod", ([2, 3, 4],), {"reverse": True}, [24, 12, 4]),
    ("clip_by_value", (A, -0.5, 0.5), {}, A.clip(-0.5, 0.5)),
    ("clip_by_norm", ([3.0, 4.0], 1.0), {}, [0.6, 0.8]),
    ("math.l2_normalize", (A, 1), {}, A / np.linalg.norm(A, axis=1, keepdims=True)),
    ("math.confusion_matrix", ([0, 1, 1], [0, 0, 1]), {}, [[1, 0], [1, 1]]),
    ("math.bincount", ([0, 2, 2],), {}, [1, 0, 2]),
    ("math.unsorted_segment_sum", ([1, 2, 3], [1, 0, 1], 2), {}, [2, 4]),
    ("reshape", (A, (-1, 2)), {}, A.reshape(-1, 2)),
    ("transpose", (V,), {"perm": [2, 0, 1]}, V.transpose(2, 0, 1)),
    ("squeeze", (A[None, :, None],), {"axis": [0]}, A[:, None]),
    ("expand_dims", (A, 1), {}, A[:, None]),
    ("concat", ([A, B], 1), {}, np.concatenate([A, B], 1)),
    ("stack", ([A, B],), {"axis": 1}, np.stack([A, B], 1)),
    ("unstack", (A,), {"axis": 1}, list(A.T)),
    ("split", (A, 2, 1), {}, np.split(A, 2, 1)),
    ("split", (A, [1, -1, 1], 1), {}, np.split(A, [1, 3], 1)),
    ("tile", (A, [2, 1]), {}, np.tile(A, (2, 1))),
    ("repeat", (A, 2, 0), {}, np.repeat(A, 2, 0)),
    ("pad", (A, [[1, 0], [0, 2]]), {}, np.pad(A, [[1, 0], [0, 2]])),
    ("pad", (A, [[1, 1], [1, 1]], "REFLECT"), {}, np.pad(A, 1, "reflect")),
    ("slice", (A, [1, 0], [-1, 2]), {}, A[1:, :2]),
    ("gather", (A, [2, 0]), {}, A[[2, 0]]),
    ("gather", (A, [1, 1]), {"axis": 1}, A[:, [1, 1]]),
    ("gather_nd", (A, [[0, 1], [2, 3]]), {}, A[[0, 2], [1, 3]]),
    ("boolean_mask", (A, [True, False, True]), {}, A[[0, 2]]),
    ("boolean_mask", (A, A > 0), {}, A[A > 0]),
    ("where", (A > 0, A, B), {}, np.where(A > 0, A, B)),
    ("where", (A > 0,), {}, np.argwhere(A > 0)),
    ("sort", (A,), {"direction": "DESCENDING"}, -np.sort(-A)),
    ("argsort", (A, 0), {}, np.argsort(A, 0)),
    ("unique", ([3, 1, 3, 2],), {}, ([3, 1, 2], [0, 1, 0, 2])),
    ("reverse", (A, [0]), {}, A[::-1]),
    ("roll", (A, 1, 0), {}, np.roll(A, 1, 0)),
    ("scatter_nd", ([[0], [2], [0]], [1.0, 2.0, 3.0], [3]), {}, [4, 0, 2]),
    ("tensor_scatter_nd_update", ([1, 2, 3], [[1]], [9]), {}, [1, 9, 3]),
    ("matmul", (A, B), {"transpose_b": True}, A @ B.T),
    ("tensordot", (A, B, [[1], [1]]), {}, np.tensordot(A, B, [[1], [1]])),
    ("einsum", ("ij, kj -> ik", A, B), {}, A @ B.T),
    ("linalg.inv", (S,), {}, np.linalg.inv(S)),
    ("linalg.det", (S,), {}, np.linalg.det(S)),
    ("linalg.cholesky", (S,), {}, np.linalg.cholesky(S)),
    ("linalg.solve", (S, A), {}, np.linalg.solve(S, A)),
    ("linalg.svd", (A,), {"compute_uv": False}, np.linalg.svd(A, compute_uv=False)),
    ("linalg.eigvalsh", (S,), {}, np.linalg.eigvalsh(S)),
    ("linalg.trace", (S,), {}, np.trace(S)),
    ("linalg.diag", ([1.0, 2.0],), {}, np.diag([1, 2])),
    ("linalg.diag_part", (S,), {}, np.diag(S)),
    ("linalg.band_part", (S, 0, -1), {}, np.triu(S)),
    ("linalg.band_part", (S, 1, 0), {}, np.triu(np.tril(S), -1)),
    ("linalg.matvec", (A, B[0]), {}, A @ B[0]),
    ("linalg.triangular_solve", (np.tril(S), A), {}, np.linalg.solve(np.tril(S), A)),
    ("linalg.expm", (S / 9,), {}, scipy.linalg.expm(S / 9)),
    ("norm", (A,), {}, np.linalg.norm(A)),
    ("norm", (A, 1, 0), {}, np.abs(A).sum(0)),
    ("zeros", ([2, 3],), {}, np.zeros((2, 3))),
    ("fill", ([2, 2], 7), {}, np.full((2, 2), 7)),
    ("eye", (2, 3), {"batch_shape": [2]}, np.stack([np.eye(2, 3)] * 2)),
    ("range", (3, 9, 2), {}, [3, 5, 7]),
    ("range", (5,), {}, np.arange(5)),
    ("linspace", (0.0, 1.0, 3), {}, [0, 0.5, 1]),
    ("one_hot", ([0, 2, 5], 3), {}, [[1, 0, 0], [0, 0, 1], [0, 0, 0]]),
    ("one_hot", ([1], 2, 5.0, -1.0), {}, [[-1, 5]]),
    ("constant", (3,), {"shape": [2, 2]}, np.full((2, 2), 3)),
    ("ones_like", (I,), {}, np.ones_like(I)),
    ("shape", (V,), {}, [2, 3, 4]),
    ("rank", (V,), {}, 3),
    ("size", (V,), {}, 24),
    ("add_n", ([A, A, B],), {}, 2 * A + B),
    ("map_fn", (lambda row: row * 2, A), {}, 2 * A),
    ("while_loop", (lambda i: i < 9, lambda i: (i + 4,), [1]), {}, (9,)),
    ("nn.relu", (A,), {}, A.clip(0)),
    ("nn.leaky_relu", (A,), {}, np.where(A > 0, A, 0.2 * A)),
    ("nn.softmax", (A,), {}, scipy.special.softmax(A, -1)),
    ("nn.log_softmax", (A,), {"axis": 0}, scipy.special.log_softmax(A, 0)),
    ("nn.sigmoid", (A,), {}, scipy.special.expit(A)),
    ("nn.l2_loss", (A,), {}, (A**2).sum() / 2),
    ("nn.bias_add", (A, B[0]), {}, A + B[0]),
    ("nn.moments", (A, [0]), {}, (A.mean(0), A.var(0))),
    ("nn.embedding_lookup", (A, [[2, 0]]), {}, A[[[2, 0]]]),
    ("nn.batch_normalization", (A, 1.0, 4.0, 3.0, 2.0, 0.0), {}, (A - 1) / 2 * 2 + 3),
    (
        "nn.softmax_cross_entropy_with_logits",
        (np.eye(3, 4, dtype="float32"), A),
        {},
        -scipy.special.log_softmax(A, -1)[range(3), range(3)],
    ),
    (
        "nn.sparse_softmax_cross_entropy_with_logits",
        ([0, 1, 2], A),
        {},
        -scipy.special.log_softmax(A, -1)[range(3), range(3)],
    ),
    ("nn.sigmoid_cross_entropy_with_logits", (np.ones_like(A), A), {}, -scipy.special.log_expit(A)),
]


@pytest.mark.parametrize(("name", "args", "kwargs", "wanted"), CASES, ids=[c[0] for c in CASES])
def test_equals_numpy(tf: Any, name: str, args: Any, kwargs: Any, wanted: Any) -> None:
    function = tf
    for part in name.split("."):
        function = getattr(function, part)
    found = function(*args, **kwargs)
    if not isinstance(found, (list, tuple)):
        found, wanted = [found], [wanted]
    assert len(found) == len(wanted)
    for got, right in zip(found, wanted):
        assert isinstance(got, tf.Tensor), name
        assert got.shape == np.shape(right)
        np.testing.assert_allclose(got.numpy(), right, rtol=2e-4, atol=2e-5)


def test_whole_numbers_stay_whole(tf: Any) -> None:
    assert tf.constant([1, 2, 3]).dtype == tf.int32
    assert tf.constant(np.arange(3)).dtype == tf.int32
    assert tf.constant([1.0, 2]).dtype == tf.float32
    assert tf.reduce_mean([1, 2]).dtype == tf.int32
    assert tf.constant(2.0, dtype=tf.float16).dtype == tf.float16
    assert tf.cast([1.7, -1.7], tf.int32).numpy().tolist() == [1, -1]
    assert tf.cast([0, 3], tf.bool).numpy().tolist() == [False, True]


@pytest.mark.parametrize("name", ["add", "multiply", "matmul", "maximum", "equal"])
def test_unlike_types_are_refused(tf: Any, name: str) -> None:
    half, full = tf.ones((2, 2), tf.float16), tf.ones((2, 2), tf.float32)
    with pytest.raises(ValueError, match=r"float16 and float32[^\n]*\n[^\n]*tf.cast"):
        getattr(tf, name)(half, full)


def test_unlike_types_in_lists_and_fractions_are_refused(tf: Any) -> None:
    with pytest.raises(ValueError, match="int32 and float32"):
        tf.concat([tf.constant([1]), tf.constant([1.0])], 0)
    with pytest.raises(ValueError, match=r"int32 and the float 2\.5"):
        tf.add(tf.constant([1]), 2.5)
    with pytest.raises(TypeError, match="cannot hold fractions"):
        tf.constant(2.5, dtype=tf.int32)
    with pytest.raises(ValueError, match="hold numbers"):
        tf.constant("text")
    assert tf.add(tf.constant([1.0]), 2).numpy().tolist() == [3.0]


def test_a_forgotten_argument_is_named(tf: Any) -> None:
    with pytest.raises(TypeError) as caught:
        tf.reshape((-1, 100, 100, 3))
    message = str(caught.value)
    assert "'shape'" in message and "tf.reshape(data, (-1, 100, 100, 3))" in message
    assert len(message.splitlines()) <= 3
    with pytest.raises(TypeError, match=r"'axes'[^\n]*\n.*reduce_sum\(input_tensor, axis=None"):
        tf.reduce_sum([1], axes=0)


def test_svd_gives_tensorflows_order(tf: Any) -> None:
    s, u, v = tf.linalg.svd(A)
    np.testing.assert_allclose(u @ np.diag(s) @ v.T, A, atol=1e-5)


def test_windows(tf: Any) -> None:
    image = RNG.normal(size=(1, 4, 4, 1)).astype("float32")
    kernel = np.ones((2, 2, 1, 1), "float32")
    blocks = image.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3)
    for strides in (2, [2], [2, 2], [1, 2, 2, 1]):
        found = tf.nn.conv2d(image, kernel, strides=strides, padding="VALID")
        np.testing.assert_allclose(found[0, ..., 0], blocks.sum((2, 3)), rtol=1e-5)
    pooled = tf.nn.max_pool2d(image, ksize=[1, 2, 2, 1], strides=2, padding="SAME")
    np.testing.assert_allclose(pooled[0, ..., 0], blocks.max((2, 3)))
    first = tf.nn.avg_pool2d(image.transpose(0, 3, 1, 2), 2, 2, "VALID", data_format="NCHW")
    np.testing.assert_allclose(first[0, 0], blocks.mean((2, 3)), rtol=1e-5)
    with pytest.raises(ValueError, match="SAME"):
        tf.nn.conv2d(image, kernel, 1, "FULL")


def test_variables(tf: Any) -> None:
    variable = tf.Variable([[1, 2]], name="a/b")
    assert variable.dtype == tf.int32 and variable.shape == (1, 2)
    assert variable.assign_add([[1, 1]]).numpy().tolist() == [[2, 3]]
    assert variable.assign_sub([[2, 2]]) is variable
    assert tf.add(variable, 1).numpy().tolist() == [[1, 2]]
    assert isinstance(variable, lamella.Variable) and tf.is_tensor(variable)
    assert tf.Variable(1.0, trainable=False).trainable is False


def test_types(tf: Any) -> None:
    assert repr(tf.float32) == "tf.float32" and tf.float32.name == "float32"
    assert tf.as_dtype("float") == tf.as_dtype(np.float32) == tf.float32
    assert tf.int8.max == 127 and tf.float16.size == 2 and not tf.int8.is_floating
    assert np.zeros(2, tf.int16).dtype == tf.int16
    assert lamella.Input((2,), dtype=tf.float16).dtype == "float16"
    assert tf.uint8.as_numpy_dtype is np.uint8


def test_random_numbers(tf: Any) -> None:
    tf.random.set_seed(3)
    first = tf.random.normal([500, 2], mean=2.0, stddev=0.1)
    tf.random.set_seed(3)
    again = tf.random.normal(tf.constant([500, 2]), 2.0, 0.1)
    assert np.array_equal(first, again) and abs(float(first.mean()) - 2) < 0.02
    whole = tf.random.uniform((99,), 3, 6, dtype=tf.int32)
    assert set(whole.tolist()) == {3, 4, 5}
    rows = tf.random.shuffle(np.arange(6).reshape(3, 2)).numpy()
    assert sorted(rows.tolist()) == [[0, 1], [2, 3], [4, 5]]
    cut = tf.random.truncated_normal((999,))
    assert float(abs(cut).max()) <= 2
    drawn = tf.random.categorical([[0.0, -100.0]], 5)
    assert drawn.tolist() == [[0] * 5]


def test_in_compiled_code(tf: Any) -> None:
    @tf.function(jit_compile=True)
    def rows(x: Any) -> Any:
        return tf.reshape(x, (tf.shape(x)[0], -1)) + tf.zeros(tf.shape(x)[:1])[:, None]

    assert jax.jit(rows)(V).shape == (2, 12)
    assert rows(V).shape == (2, 12)


def test_on_inputs_of_models(tf: Any) -> None:
    x = tf.keras.Input((4,))
    y = tf.concat([tf.nn.relu(x), tf.reduce_mean(x, axis=1, keepdims=True)], axis=1)
    y = tf.expand_dims(tf.cast(y, tf.float32), -1)
    model = tf.keras.Model(x, tf.squeeze(y, -1))
    assert x.get_shape().as_list() == [None, 4]
    expected = np.concatenate([A.clip(0), A.mean(1, keepdims=True)], 1)
    np.testing.assert_allclose(model(A), expected, rtol=1e-5)


def test_surroundings(tf: Any, capsys: Any) -> None:
    assert tf.config.list_physical_devices("CPU") and not tf.config.list_physical_devices("TPU")
    with tf.device("/GPU:0"), tf.name_scope("block"):
        tf.print("loss", tf.constant([1, 2]))
    assert capsys.readouterr().out == "loss [1 2]\n"
    tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
    assert tf.executing_eagerly()
    assert isinstance(tf.ones(1), tf.Tensor)
    made = tf.keras.layers.Dense(1, kernel_initializer=tf.constant_initializer(2.0))
    assert made(np.ones((1, 3), "float32")).numpy().tolist() == [[6.0]]


def test_backend(keras: Any) -> None:
    K = keras.backend
    np.testing.assert_allclose(K.mean(A, axis=-1), A.mean(-1), rtol=1e-5)
    np.testing.assert_allclose(K.concatenate([A, B]), np.concatenate([A, B], -1))
    assert K.argmax(A).tolist() == A.argmax(-1).tolist()
    assert K.int_shape(keras.Input((3,))) == (None, 3)
    variable = K.variable([1.0, 2.0])
    K.set_value(variable, [3.0, 4.0])
    assert K.get_value(variable).tolist() == [3.0, 4.0]
    assert K.batch_flatten(V).shape == (2, 12) and K.flatten(V).shape == (24,)
    found = K.batch_dot(V, V.transpose(0, 2, 1))
    np.testing.assert_allclose(found, V @ V.transpose(0, 2, 1), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        K.batch_dot(A, B, axes=(1, 1)), (A * B).sum(1, keepdims=True), rtol=1e-4
    )
    assert K.switch(True, A, lambda: B).tolist() == A.tolist()
    assert K.random_normal((2, 3)).shape == (2, 3)
    assert K.epsilon() == 1e-7 and K.image_data_format() == "channels_last"
    loss = K.categorical_crossentropy(np.eye(2), np.array([[0.5, 0.5], [0.1, 0.9]]))
    np.testing.assert_allclose(loss, -np.log([0.5, 0.9]), rtol=1e-5)
    with pytest.raises(TypeError, match=r"K\.clip: missing the argument"):
        K.clip(A)
