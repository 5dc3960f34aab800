"""Metrics: values over batches, weights, variables and configs as in Keras on JAX."""

from __future__ import annotations

import inspect
import warnings

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

from lamella import metrics
from lamella._base.errors import InvalidArgument, InvalidShape, UnknownName
from lamella._graph.symbolic import KerasTensor
from lamella._layer.masking import set_mask
from lamella._state import frame as frames
from lamella._state.pure import pure, values_of
from lamella._state.variable import Variable

RNG = np.random.default_rng(0)
N = 12


def draw(kind):
    raw = RNG.uniform(0.01, 1.0, (N, 4)).astype("float32")
    classes = RNG.integers(0, 4, N)
    real = RNG.normal(size=(2, N, 4)).astype("float32")
    return {
        "real": (real[0], real[1]),
        "column": (real[0][:, :1], real[1][:, :1]),
        "bits": (RNG.integers(0, 2, (N, 4)).astype("float32"), raw),
        "bit": (RNG.integers(0, 2, N), raw[:, 0]),
        "bit_column": (RNG.integers(0, 2, (N, 1)), raw[:, :1]),
        "one_hot": (np.eye(4, dtype="float32")[classes], raw / raw.sum(-1, keepdims=True)),
        "classes": (classes, raw / raw.sum(-1, keepdims=True)),
        "class_column": (classes[:, None], raw / raw.sum(-1, keepdims=True)),
        "numbers": (classes, RNG.integers(0, 4, N)),
        "ids": (classes, np.argsort(-raw, axis=-1).astype("float32")),
        "logits": (RNG.integers(0, 2, N), real[0][:, 0]),
        "masks": (RNG.integers(0, 4, (N, 5)), RNG.integers(0, 4, (N, 5))),
        "one_hot_masks": (
            np.eye(4, dtype="int32")[RNG.integers(0, 4, (N, 5))],
            RNG.normal(size=(N, 5, 4)),
        ),
        "steps": (RNG.integers(0, 4, (N, 5)), RNG.normal(size=(N, 5, 4)).astype("float32")),
    }[kind]


# Keras asks for 64-bit indices in its confusion matrix.
pytestmark = pytest.mark.filterwarnings("ignore:Explicitly requested dtype int64")

CASES = [
    ("Accuracy", {}, "numbers"),
    ("BinaryAccuracy", {}, "bits"),
    ("BinaryAccuracy", {"threshold": 0.2}, "bit"),
    ("BinaryAccuracy", {}, "bit_column"),
    ("CategoricalAccuracy", {}, "one_hot"),
    ("SparseCategoricalAccuracy", {}, "classes"),
    ("SparseCategoricalAccuracy", {}, "class_column"),
    ("SparseCategoricalAccuracy", {}, "steps"),
    ("TopKCategoricalAccuracy", {"k": 2}, "one_hot"),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, "classes"),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, "steps"),
    ("SparseTopKCategoricalAccuracy", {"k": 2, "from_sorted_ids": True}, "ids"),
    ("MeanSquaredError", {}, "real"),
    ("RootMeanSquaredError", {}, "real"),
    ("MeanAbsoluteError", {}, "real"),
    ("MeanAbsolutePercentageError", {}, "real"),
    ("MeanSquaredLogarithmicError", {}, "bits"),
    ("LogCoshError", {}, "real"),
    ("CosineSimilarity", {}, "real"),
    ("CosineSimilarity", {"axis": 1}, "real"),
    ("R2Score", {}, "real"),
    ("R2Score", {"class_aggregation": None}, "real"),
    ("R2Score", {"class_aggregation": "variance_weighted_average"}, "real"),
    ("R2Score", {"num_regressors": 2}, "column"),
    ("KLDivergence", {}, "one_hot"),
    ("Poisson", {}, "bits"),
    ("BinaryCrossentropy", {}, "bits"),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "bits"),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}, "one_hot"),
    ("SparseCategoricalCrossentropy", {}, "classes"),
    ("SparseCategoricalCrossentropy", {"from_logits": True, "ignore_class": 2}, "classes"),
    ("Hinge", {}, "bits"),
    ("SquaredHinge", {}, "bits"),
    ("CategoricalHinge", {}, "one_hot"),
    ("PearsonCorrelation", {}, "real"),
    ("ConcordanceCorrelation", {}, "real"),
    ("TruePositives", {}, "bit"),
    ("TruePositives", {"thresholds": [0.2, 0.7]}, "bits"),
    ("FalsePositives", {}, "bits"),
    ("TrueNegatives", {"thresholds": 0.3}, "bit_column"),
    ("FalseNegatives", {"thresholds": [0.0, 0.5, 1.0]}, "bits"),
    ("Precision", {}, "bit"),
    ("Precision", {"thresholds": [0.25, 0.8]}, "bits"),
    ("Precision", {"top_k": 2}, "one_hot"),
    ("Precision", {"class_id": 1}, "bits"),
    ("Precision", {"top_k": 2, "class_id": 3}, "one_hot"),
    ("Precision", {"thresholds": [0.0, 0.5, 1.0]}, "bits"),
    ("Recall", {}, "bit_column"),
    ("Recall", {"thresholds": [0.25, 0.8]}, "bits"),
    ("Recall", {"top_k": 2}, "one_hot"),
    ("Recall", {"class_id": 1}, "bits"),
    ("SensitivityAtSpecificity", {"specificity": 0.4}, "bit"),
    ("SpecificityAtSensitivity", {"sensitivity": 0.4, "num_thresholds": 20}, "bits"),
    ("PrecisionAtRecall", {"recall": 0.6}, "bit"),
    ("PrecisionAtRecall", {"recall": 0.6, "num_thresholds": 1}, "bit"),
    ("RecallAtPrecision", {"precision": 0.6, "class_id": 2}, "bits"),
    ("AUC", {}, "bit"),
    ("AUC", {}, "bit_column"),
    ("AUC", {"curve": "PR"}, "bits"),
    ("AUC", {"curve": "PR", "summation_method": "minoring", "num_thresholds": 30}, "bits"),
    ("AUC", {"curve": "PRGAIN", "summation_method": "majoring"}, "bit"),
    ("AUC", {"thresholds": [0.3, 0.35, 0.8]}, "bits"),
    ("AUC", {"thresholds": [0.25, 0.5, 0.75]}, "bits"),
    ("AUC", {"from_logits": True}, "logits"),
    ("AUC", {"multi_label": True}, "bits"),
    ("AUC", {"multi_label": True, "curve": "PR"}, "bits"),
    ("AUC", {"multi_label": True, "num_labels": 4, "label_weights": [1.0, 2.0, 3.0, 4.0]}, "bits"),
    ("AUC", {"multi_label": True, "thresholds": [0.3, 0.8]}, "bits"),
    ("AUC", {"label_weights": [1.0, 2.0, 3.0, 4.0]}, "bits"),
    ("AUC", {"label_weights": [1.0, 2.0, 3.0, 4.0], "thresholds": [0.1, 0.8]}, "bits"),
    ("F1Score", {}, "one_hot"),
    ("F1Score", {"average": "micro", "threshold": 0.4}, "bits"),
    ("F1Score", {"average": "macro"}, "bits"),
    ("FBetaScore", {"average": "weighted", "beta": 2.0, "threshold": 0.5}, "bits"),
    ("IoU", {"num_classes": 4, "target_class_ids": [0, 2]}, "masks"),
    ("IoU", {"num_classes": 4, "target_class_ids": [1], "ignore_class": 2}, "numbers"),
    ("BinaryIoU", {}, "bits"),
    ("BinaryIoU", {"target_class_ids": [1], "threshold": 0.3}, "bit"),
    ("MeanIoU", {"num_classes": 4}, "masks"),
    ("MeanIoU", {"num_classes": 4, "sparse_y_pred": False}, "steps"),
    ("OneHotIoU", {"num_classes": 4, "target_class_ids": [0, 3]}, "one_hot_masks"),
    ("OneHotMeanIoU", {"num_classes": 4}, "one_hot_masks"),
]
COUNTED = ("IoU", "BinaryIoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU")


def both(name, settings):
    return getattr(metrics, name)(**settings), getattr(keras.metrics, name)(**settings)


def with_slow_variants(cases):
    """Cases of which all but the first of each class run with the slow tests only."""
    seen, marked = set(), []
    for case in cases:
        late = case[0] in seen
        seen.add(case[0])
        marked.append(pytest.param(*case, marks=pytest.mark.slow) if late else case)
    return marked


def draw_weights(name, y_true):
    if name in COUNTED:  # one per entry, in whole numbers
        return RNG.integers(0, 3, y_true.shape[:2])
    return RNG.integers(0, 3, N).astype("float32") / 2


def close(got, expected):
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=2e-6)


def measured(metric, batches):
    """The values of the variables and the result after some batches, in one compiled program."""

    def run(values, batches):
        for batch in batches:
            values = metric.stateless_update_state(values, *batch)
        return values, metric.stateless_result(values)

    return jax.jit(run)([v.value for v in metric.variables], batches)


def measured_one_by_one(metric, batches):
    for batch in batches:
        metric.update_state(*batch)
    return [v.value for v in metric.variables], metric.result()


def compiles(name, settings):
    """Keras builds some metrics with their first batch, and branches on values in others."""
    built_later = name in ("F1Score", "FBetaScore", "R2Score")
    return not built_later and not settings.get("multi_label")


@pytest.mark.parametrize(("name", "settings", "kind"), with_slow_variants(CASES))
def test_batches_and_weights_as_in_keras(name, settings, kind):
    ours, theirs = both(name, settings)
    plain, other = draw(kind), draw(kind)
    batches = [plain, (*other, draw_weights(name, other[0]))]
    ours.prepare(*(jnp.asarray(y) for y in plain))
    with jax.numpy_rank_promotion("raise"):
        values, got = measured(ours, batches)
    oracle = measured if compiles(name, settings) else measured_one_by_one
    wanted, expected = oracle(theirs, batches)
    close(got, expected)
    assert got.shape == expected.shape
    assert [v.name for v in ours.variables] == [v.name for v in theirs.variables]
    if ours.name == theirs.name:  # automatic names are numbered
        assert [v.path for v in ours.variables] == [v.path for v in theirs.variables]
    for first, second in zip(ours.variables, theirs.variables):
        assert first.shape == second.shape
        assert first.dtype == second.dtype
    for first, second in zip(values, wanted, strict=True):
        close(first, second)


BRANCHES = [
    case
    for case in CASES
    if case[0] in ("Accuracy", "R2Score", "Recall", "F1Score", "MeanIoU")
    or case[1] == {"multi_label": True}
]


@pytest.mark.parametrize(("name", "settings", "kind"), BRANCHES)
def test_eager_pure_and_stateless_agree(name, settings, kind):
    batch = draw(kind)
    metric = getattr(metrics, name)(**settings)
    expected = metric(*batch)
    stored = [v.numpy() for v in metric.variables]
    metric.reset_state()
    assert all((v.numpy() == 0).all() for v in metric.variables)

    def step(*batch):
        metric.update_state(*batch)
        return metric.result()

    start = metric.stateless_reset_state()
    assert all((np.asarray(value) == 0).all() for value in start)
    got, values = jax.jit(pure(step, metric.variables))(start, *batch)
    close(got, expected)
    stateless = metric.stateless_update_state(values_of(metric.variables), *batch)
    close(metric.stateless_result(stateless), expected)
    for one, two, three in zip(values, stateless, stored):
        close(one, three)
        close(two, three)
    assert all((v.numpy() == 0).all() for v in metric.variables)


@pytest.mark.parametrize(("name", "settings", "kind"), CASES)
def test_configs_as_in_keras(name, settings, kind):
    ours, theirs = both(name, settings)
    expected = {key: value for key, value in theirs.get_config().items() if key != "name"}
    got = ours.get_config()
    if "label_weights" in settings:
        expected["label_weights"] = settings["label_weights"]
    assert expected.items() <= got.items()
    assert ours._direction == getattr(theirs, "_direction", None)
    again = metrics.deserialize(metrics.serialize(ours))
    assert again.get_config() == got
    sent = keras.metrics.deserialize(metrics.serialize(ours))
    assert type(sent) is type(theirs)
    if "label_weights" not in settings:
        assert type(metrics.deserialize(keras.metrics.serialize(theirs))) is type(ours)


@pytest.mark.parametrize("name", sorted({case[0] for case in CASES} | {"Mean", "Sum", "Metric"}))
def test_signatures_as_in_keras(name):
    def listed(cls):
        parameters = inspect.signature(cls.__init__).parameters.values()
        return [(item.name, item.default) for item in parameters]

    assert listed(getattr(metrics, name)) == listed(getattr(keras.metrics, name))


def test_every_metric_of_keras_is_here():
    assert {name for name in dir(keras.metrics) if name[0] != "_"} <= set(dir(metrics))


@pytest.mark.parametrize("name", [n for n in dir(keras.metrics) if n.endswith("accuracy")])
def test_functions_as_in_keras(name):
    y_true, y_pred = draw({"binary_accuracy": "bits"}.get(name, "one_hot"))
    if name.startswith("sparse"):
        y_true = y_true.argmax(-1)
    expected = getattr(keras.metrics, name)(y_true, y_pred)
    got = getattr(metrics, name)(y_true, y_pred)
    close(got, expected)
    assert got.shape == expected.shape


def keras_names():
    from keras.src.metrics import ALL_OBJECTS_DICT

    needs = ("IoU", "io_u", "At", "_at_", "etric", "ean_metric", "BinaryIoU")
    return sorted(n for n in ALL_OBJECTS_DICT if not any(word in n for word in needs))


@pytest.mark.parametrize("name", keras_names())
def test_names(name):
    assert type(metrics.get(name)).__name__ == type(keras.metrics.get(name)).__name__


@pytest.mark.parametrize("values_shape", [(4,), (4, 3), (4, 1), ()])
@pytest.mark.parametrize("weight_shape", [None, (), (4,), (4, 1), (4, 3)])
@pytest.mark.parametrize("name", ["Mean", "Sum"])
def test_means_and_sums_of_all_ranks(name, values_shape, weight_shape):
    ours, theirs = both(name, {})
    values = RNG.normal(size=values_shape).astype("float32")
    weight = None if weight_shape is None else RNG.uniform(size=weight_shape).astype("float32")
    if values_shape == () and weight_shape not in (None, ()):
        pytest.skip("weights for no samples")
    if weight_shape == (4, 3) and values_shape != (4, 3):
        with pytest.raises(InvalidShape):
            ours.update_state(values, sample_weight=weight)
        return
    for _ in range(2):
        with jax.numpy_rank_promotion("raise"):
            ours.update_state(values, sample_weight=weight)
        theirs.update_state(values, sample_weight=weight)
    close(ours.result(), theirs.result())
    close(ours.variables[-1].value, theirs.variables[-1].value)


def test_a_mean_of_nothing_is_zero():
    assert float(metrics.Mean().result()) == 0.0


@pytest.mark.parametrize("traced", [False, True])
def test_a_mask_counts(traced):
    y_true, y_pred = RNG.normal(size=(2, 3, 5, 2)).astype("float32")
    mask = np.array([[1, 1, 0, 0, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 1]], bool)
    ours, theirs = both("MeanSquaredError", {})
    keras_pred = jnp.array(y_pred)
    keras_pred._keras_mask = jnp.array(mask)
    theirs.update_state(y_true, keras_pred)

    def run(y_pred):
        with frames.changed():
            set_mask(y_pred, jnp.asarray(mask))
            return ours.stateless_update_state([0.0, 0.0], y_true, y_pred)

    total, count = (jax.jit(run) if traced else run)(jnp.array(y_pred))
    close(total, theirs.total.numpy())
    close(count, theirs.count.numpy())


def test_a_persons_metric_with_another_inside():
    class Both(metrics.Metric):
        def __init__(self, power=2, name="both", **kwargs):
            super().__init__(name=name, **kwargs)
            self.power = power
            self.parts = [metrics.Mean(name="first"), metrics.Mean(name="second")]
            self.seen = self.add_weight(name="seen")

        def update_state(self, y_true, y_pred, sample_weight=None):
            for part in self.parts:
                part.update_state(jnp.abs(y_true - y_pred) ** self.power)
            self.seen.assign_add(1)

        def result(self):
            return {"first": self.parts[0].result(), "seen": self.seen.value}

    metric = Both(power=3)
    assert [v.path for v in metric.variables] == [
        "both/seen",
        "first/total",
        "first/count",
        "second/total",
        "second/count",
    ]
    result = metric(jnp.array([1.0]), jnp.array([3.0]))
    assert {key: float(value) for key, value in result.items()} == {"first": 8.0, "seen": 1.0}
    metric.reset_state()
    assert float(metric.result()["seen"]) == 0.0
    assert metric.get_config() == {"power": 3, "name": "both", "dtype": "float32"}
    with pytest.raises(InvalidArgument, match="5 variables"):
        metric.stateless_result([1.0])


def test_prepare_makes_what_waits_for_shapes_and_adds_nothing():
    class Late(metrics.Metric):
        def update_state(self, y_true, y_pred, sample_weight=None):
            if not self.variables:
                self.total = self.add_weight(y_pred.shape[1:], name="total")
            self.total.assign_add(jnp.sum(y_pred, axis=0))

    spec = KerasTensor((None, 3))
    for metric in (Late(), metrics.F1Score(), metrics.R2Score(), metrics.AUC(multi_label=True)):
        metric.prepare(spec, spec)
        assert 3 in metric.variables[-1].shape
        assert all((v.numpy() == 0).all() for v in metric.variables)
    metrics.Mean().prepare(spec, spec)


def test_a_wrapped_function_comes_back():
    wrapped = metrics.MeanMetricWrapper(metrics.binary_accuracy, name="mine", threshold=0.1)
    again = metrics.MeanMetricWrapper.from_config(wrapped.get_config())
    y_true, y_pred = draw("bits")
    close(again(y_true, y_pred), wrapped(y_true, y_pred))
    close(wrapped.result(), metrics.BinaryAccuracy(threshold=0.1)(y_true, y_pred))
    assert metrics.MeanMetricWrapper(metrics.huber)._direction == "down"


def test_variables_and_bfloat16():
    y_true, y_pred = draw("real")
    expected = metrics.MeanSquaredError()(y_true, y_pred)
    close(metrics.MeanSquaredError()(Variable(y_true), Variable(y_pred)), expected)
    half = metrics.SparseCategoricalAccuracy()
    scores = np.zeros((1, 400), "float32")
    scores[0, 259] = 1.0
    assert float(half(np.array([259]), jnp.asarray(scores, "bfloat16"))) == 1.0
    assert float(half(np.array([258]), jnp.asarray(scores, "bfloat16"))) == 0.5


def test_weights_cut_to_whole_numbers_are_told():
    with pytest.warns(UserWarning, match="float32"):
        metrics.MeanIoU(2).update_state([0, 1], [0, 1], sample_weight=[0.5, 0.5])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kept = metrics.MeanIoU(2, dtype="float32")
        kept.update_state([0, 1], [0, 1], sample_weight=[0.5, 0.5])
    assert np.allclose(kept.total_cm.value, np.eye(2) / 2)


def test_auc_against_scikit_learn():
    from sklearn.metrics import f1_score, roc_auc_score

    y_true, y_pred = RNG.integers(0, 2, 500), RNG.uniform(size=500)
    y_pred = 0.3 * y_true + 0.7 * y_pred
    got = metrics.AUC(num_thresholds=2000)(y_true, y_pred)
    assert np.allclose(got, roc_auc_score(y_true, y_pred), atol=2e-3)
    got = metrics.F1Score(threshold=0.5)(y_true[:, None], y_pred[:, None])
    assert np.allclose(got[0], f1_score(y_true, y_pred > 0.5), atol=1e-5)


def test_mistakes():
    with pytest.raises(UnknownName, match="Did you mean"):
        metrics.get("acuracy")
    with pytest.raises(InvalidArgument):
        metrics.Precision(thresholds=1.5)
    with pytest.raises(InvalidArgument):
        metrics.AUC(num_thresholds=1)
    with pytest.raises(InvalidArgument):
        metrics.AUC(curve="RO")
    with pytest.raises(InvalidArgument):
        metrics.AUC(num_labels=3)
    with pytest.raises(InvalidArgument):
        metrics.F1Score(average="mean")
    with pytest.raises(InvalidArgument):
        metrics.IoU(2, [2])
    with pytest.raises(InvalidShape):
        metrics.F1Score()(np.ones(3), np.ones((3, 2)))
    with pytest.raises(InvalidShape):
        metrics.Precision()(np.ones(3), np.ones((3, 2)))
    with pytest.raises(InvalidShape):
        metrics.categorical_accuracy(np.ones(4), np.ones((4, 4)))
    with pytest.raises(InvalidShape):
        metrics.R2Score()(np.ones(3), np.ones(3))
