"""Numbers that look like training and are none: refused, or told of once with the repair."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lamella as keras
from lamella import LamellaError, layers
from lamella.layers import Dense

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(40, 4)).astype("float32")
Y = np.arange(40) % 3
ONE_HOT = np.eye(3, dtype="float32")[Y]
SPARSE = "sparse_categorical_crossentropy"
Act = Callable[..., Any]


def model(units: int = 3, activation: str = "softmax", loss: Any = SPARSE, **more: Any) -> Any:
    made = keras.Sequential([layers.Input((4,)), Dense(units, activation=activation)])
    made.compile("sgd", loss, **more)
    return made


def stream(x: Any, y: Any) -> Any:
    return ((x[start : start + 10], y[start : start + 10]) for start in range(0, 40, 10))


# Every way in which targets reach a model.
WAYS: dict[str, Act] = {
    "fit": lambda m, x, y: m.fit(x, y, verbose=0),
    "validation_data": lambda m, x, y: m.fit(X, m.good, validation_data=(x, y), verbose=0),
    "evaluate": lambda m, x, y: m.evaluate(x, y, verbose=0),
    "train_on_batch": lambda m, x, y: m.train_on_batch(x, y),
    "test_on_batch": lambda m, x, y: m.test_on_batch(x, y),
    "stream": lambda m, x, y: m.fit(stream(x, y), verbose=0),
    "stream_of_validation": lambda m, x, y: m.fit(
        X, m.good, validation_data=stream(x, y), verbose=0
    ),
    "stream_of_evaluate": lambda m, x, y: m.evaluate(stream(x, y), verbose=0),
}


def refused(act: Callable[[], Any], *words: str) -> None:
    with pytest.raises(LamellaError) as caught:
        act()
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert len(message.splitlines()) <= 3 and "help:" in message


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("wrong", "words"),
    [(7, "label 7 in row 4"), (-1, "label -1 in row 4"), (1.5, "label 1.5 in row 4")],
)
def test_labels_out_of_range_are_refused(way: str, wrong: float, words: str) -> None:
    y = Y.astype("float32" if wrong == 1.5 else "int32")
    y[4] = wrong
    made = model()
    made.good = Y
    before = made.get_weights()
    refused(lambda: WAYS[way](made, X, y), words, "0 to 2")
    if way in ("fit", "evaluate", "train_on_batch", "stream"):
        np.testing.assert_array_equal(before[0], made.get_weights()[0])


def test_labels_that_are_ignored_are_no_wrong_labels() -> None:
    y = np.where(Y == 2, -1, Y)
    model(loss=keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)).fit(X, y, verbose=0)
    y[5] = 9
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)
    refused(lambda: model(loss=loss).fit(X, y, verbose=0), "label 9 in row 5")


@pytest.mark.parametrize("way", WAYS)
def test_one_hot_labels_for_a_sparse_loss_and_the_reverse(way: str) -> None:
    made = model()
    made.good = Y
    refused(lambda: WAYS[way](made, X, ONE_HOT), "'categorical_crossentropy'")
    made = model(loss="categorical_crossentropy")
    made.good = ONE_HOT
    refused(lambda: WAYS[way](made, X, Y), "sparse_categorical_crossentropy")


def test_labels_of_several_classes_for_a_binary_loss() -> None:
    made = model(1, "sigmoid", "binary_crossentropy")
    refused(lambda: made.fit(X, Y, verbose=0), "from 0 to 2", "0 to 1")


def words_in(kind: str) -> Any:
    if kind == "sequential":
        made = keras.Sequential([layers.Embedding(10, 2), layers.Flatten(), Dense(1)])
    else:
        first, second = layers.Input((2,), name="first"), layers.Input((3,), name="second")
        body = layers.Flatten()(layers.Embedding(10, 2)(second))
        made = keras.Model([first, second], Dense(1)(layers.concatenate([first, body])))
    if kind == "nested":
        first, second = (layers.Input((size,), name=name) for size, name in ((2, "a"), (3, "b")))
        made = keras.Model([first, second], made([first, second]))
    made.compile("sgd", "mse")
    return made


@pytest.mark.parametrize("kind", ["sequential", "functional", "nested"])
@pytest.mark.parametrize("wrong", [10, -2])
def test_an_embedding_is_not_asked_for_unknown_words(kind: str, wrong: int) -> None:
    words = np.arange(24).reshape(8, 3) % 10
    words[6, 1] = wrong
    x: Any = words if kind == "sequential" else [np.ones((8, 2), "float32"), words]
    y = np.ones((8, 1))
    made = words_in(kind)
    named = (f"number {wrong} in row 6", "Embedding 'embedding", "0 to 9")
    for act in (
        lambda: made.fit(x, y, verbose=0),
        lambda: made.evaluate(x, y, verbose=0),
        lambda: made.predict(x, verbose=0),
        lambda: made.train_on_batch(x, y),
        lambda: made.fit(iter([(x, y)]), verbose=0),
    ):
        refused(act, *named)
    refused(lambda: layers.Embedding(10, 2)(words), "0 to 9")
    words[6, 1] = 9
    made.fit(x, y, verbose=0)


ELEMENTWISE = ("mse", "mae", "huber", "hinge", "cosine_similarity", "poisson", "log_cosh", "dice")


@pytest.mark.parametrize("loss", ELEMENTWISE)
@pytest.mark.parametrize(("units", "columns"), [(3, 1), (3, None), (1, 3), (3, 2)])
def test_targets_that_would_broadcast(loss: str, units: int, columns: int | None) -> None:
    y = X[:, 0] if columns is None else X[:, :columns]
    made = model(units, "linear", loss)
    refused(lambda: made.fit(X, abs(y), verbose=0), "entry by entry", "shape")


@pytest.mark.parametrize("way", WAYS)
def test_targets_that_would_broadcast_are_found_on_every_way(way: str) -> None:
    made = model(3, "linear", keras.losses.MeanSquaredError())
    made.good = X[:, :3]
    refused(lambda: WAYS[way](made, X, X[:, :1]), "entry by entry")


@pytest.mark.parametrize("metric", ["mae", keras.metrics.MeanSquaredError(), "binary_accuracy"])
def test_a_metric_that_would_broadcast(metric: Any) -> None:
    made = model(metrics=[metric])
    refused(lambda: made.fit(X, Y[:, None], verbose=0), "the metric", "entry by entry")


def test_a_column_of_targets_or_none_is_the_same() -> None:
    losses = []
    for y in (X[:, :1], X[:, 0]):
        keras.utils.set_random_seed(0)
        losses.append(model(1, "linear", "mse").fit(X, y, verbose=0).history["loss"])
    assert losses[0] == losses[1]


def warned(act: Callable[[], Any]) -> list[str]:
    with warnings.catch_warnings(record=True, action="always") as caught:
        act()
    assert all(warning.filename == __file__ for warning in caught)
    return [str(warning.message) for warning in caught]


BINARY, LOGITS = "binary_crossentropy", {"from_logits": True}
CATEGORICAL = "categorical_crossentropy"
Sparse = keras.losses.SparseCategoricalCrossentropy

MISMATCHES: dict[str, tuple[Act, Any, str]] = {
    "softmax_as_logits": (lambda: model(loss=Sparse(**LOGITS)), Y, "from_logits=False"),
    "sigmoid_as_logits": (
        lambda: model(1, "sigmoid", keras.losses.BinaryCrossentropy(**LOGITS)),
        Y % 2,
        "from_logits=False",
    ),
    "linear_as_shares": (lambda: model(activation="linear"), Y, "activation='softmax'"),
    "linear_for_binary": (lambda: model(1, "linear", BINARY), Y % 2, "activation='sigmoid'"),
    "relu_as_shares": (lambda: model(3, "relu", CATEGORICAL), ONE_HOT, "activation='softmax'"),
    "sigmoid_for_classes": (lambda: model(activation="sigmoid"), Y, "'softmax'"),
    "softmax_for_questions": (lambda: model(loss=BINARY), ONE_HOT, CATEGORICAL),
}


@pytest.mark.parametrize("name", MISMATCHES)
def test_a_loss_that_does_not_go_with_the_last_layer_is_told_of_once(name: str) -> None:
    make, y, repair = MISMATCHES[name]
    made = make()
    said = warned(lambda: made.fit(X, y, epochs=2, verbose=0))
    assert len(said) == 1 and repair in said[0]
    assert not warned(lambda: (made.fit(X, y, verbose=0), made.evaluate(X, y, verbose=0)))
    assert warned(lambda: make().evaluate(X, y, verbose=0)) == said
    assert len(warned(lambda: make().fit(iter([(X, y)] * 3), verbose=0))) == 1


def test_how_an_output_ends_is_seen_through_layers_and_models() -> None:
    x = layers.Input((4,))
    inner = keras.Sequential([layers.Input((4,)), Dense(3), layers.Softmax()])
    for end in (
        layers.Activation("softmax")(Dense(3)(x)),
        layers.Reshape((3,))(keras.ops.softmax(Dense(3)(x))),
        inner(x),
    ):
        made = keras.Model(x, end)
        made.compile("sgd", Sparse(**LOGITS))
        assert "once more" in warned(lambda m=made: m.fit(X, Y, verbose=0))[0]
        made.compile("sgd", SPARSE)
        assert not warned(lambda m=made: m.fit(X, Y, verbose=0))


class Own(keras.Model):
    """Nobody can know how its call ends."""

    def __init__(self) -> None:
        super().__init__()
        self.body = Dense(3)

    def call(self, inputs: Any) -> Any:
        return keras.ops.softmax(self.body(inputs))


@pytest.mark.parametrize(
    ("make", "y"),
    [
        (lambda: model(loss=SPARSE), Y),
        (lambda: model(activation="linear", loss=Sparse(**LOGITS)), Y),
        (lambda: model(2, "softmax", BINARY), np.eye(2)[Y % 2]),
        (lambda: model(3, "sigmoid", BINARY), ONE_HOT),
        (lambda: model(3, "tanh", "mse"), X[:, :3]),
    ],
)
def test_what_is_right_is_met_with_silence(make: Act, y: Any) -> None:
    assert not warned(lambda: make().fit(X, y, verbose=0))
    own = Own()
    own.compile("sgd", SPARSE, metrics=["accuracy"])
    assert not warned(lambda: own.fit(X, Y, verbose=0))


@pytest.mark.parametrize("loss", ["binary_crossentropy", "mse", CATEGORICAL])
def test_a_softmax_over_one_unit_is_refused(loss: str) -> None:
    made = model(1, "softmax", loss)
    for _ in range(2):
        refused(lambda: made.fit(X, Y[:, None] % 2, verbose=0), "always 1", "sigmoid")


def test_accuracy_of_numbers_is_told_of() -> None:
    for columns in (1, 3):
        made = model(columns, "linear", "mse", metrics=["accuracy"])
        said = warned(lambda m=made, n=columns: m.fit(X, X[:, :n], verbose=0))
        assert len(said) == 1 and "metrics=['mae']" in said[0]
    assert not warned(
        lambda: model(1, "sigmoid", "mse", metrics=["accuracy"]).fit(X, Y % 2, verbose=0)
    )
    smooth = ONE_HOT * 0.9 + 0.1 / 3
    made = model(loss=CATEGORICAL, metrics=["accuracy"])
    assert not warned(lambda: made.fit(X, smooth, verbose=0))


def test_a_validation_split_of_sorted_rows_is_told_of() -> None:
    rows = np.sort(Y)
    said = warned(lambda: model().fit(X, rows, validation_split=0.2, verbose=0))
    assert len(said) == 1 and "np.random.permutation" in said[0]
    said = warned(lambda: model().fit(X, rows, validation_split=0.4, verbose=0))
    assert "81% of them are of classes that training never sees (2)" in said[0]
    hot = model(loss=CATEGORICAL)
    assert warned(lambda: hot.fit(X, ONE_HOT[np.argsort(Y)], validation_split=0.2, verbose=0))
    line = model(1, "linear", "mse")
    assert "sorted" in warned(lambda: line.fit(X, np.sort(X[:, 0]), validation_split=0.2))[0]
    for made, y in ((model(), Y), (model(1, "linear", "mse"), X[:, 0])):
        assert not warned(lambda m=made, t=y: m.fit(X, t, validation_split=0.2, verbose=0))
    assert not warned(lambda: model().fit(X, rows, validation_data=(X, rows), verbose=0))


def test_x_and_y_of_unlike_length() -> None:
    refused(lambda: model().fit(X, Y[:30], verbose=0), "x has 40, y has 30")


def test_nan_in_the_data_is_found_with_its_row() -> None:
    x = X.copy()
    x[7, 2] = np.nan
    refused(lambda: model().fit(x, Y, verbose=0), "row 7")


def test_nan_while_training_is_found_with_its_layer() -> None:
    made = keras.Sequential([layers.Input((4,)), Dense(3, name="first"), Dense(1, name="last")])
    made.compile(keras.optimizers.SGD(1e20), "mse")
    with pytest.raises(LamellaError, match=r"first|last"):
        made.fit(X, X[:, :1], epochs=3, debug_nans=True, verbose=0)
    assert all(np.isfinite(weight).all() for weight in made.get_weights())


def test_a_generator_may_fill_the_same_array_again() -> None:
    """The next batch is fetched while the device computes; JAX takes aligned memory as it is."""
    room = np.zeros(64 * 256 * 4 + 64, np.uint8)
    start = -room.ctypes.data % 64
    same = room[start : start + 64 * 256 * 4].view("float32").reshape(64, 256)
    x = np.random.default_rng(0).normal(size=(20, 64, 256)).astype("float32")
    y = x[..., :1].copy()

    def filled() -> Any:
        for rows, target in zip(x, y):
            same[...] = rows
            yield same, target

    found = []
    for batches in (filled(), list(zip(x, y))):
        keras.utils.set_random_seed(0)
        wide = [Dense(512, activation="relu") for _ in range(3)]
        made = keras.Sequential([layers.Input((256,)), *wide, Dense(1)])
        made.compile("sgd", "mse")
        made.fit(iter(batches), verbose=0)
        found.append(made.get_weights())
    for one, other in zip(*found):
        np.testing.assert_array_equal(one, other)
