"""The old words of Keras 1 and 2, as data: what each became, or what to write instead."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


def _as_it_is(value: Any, others: dict[str, Any]) -> Any:
    return value


@dataclass(frozen=True)
class Renamed:
    """An argument that has another name today.

    Args:
        names: today's names; the first one that the constructor has is meant.
        read: today's value, from the old one and the arguments that come after it.
    """

    names: tuple[str, ...]
    read: Callable[[Any, dict[str, Any]], Any] = _as_it_is


@dataclass(frozen=True)
class LeftOut:
    """An argument that does nothing any more.

    Args:
        why: that, in a sentence.
        accepts: the values that may be left out; none given means all.
    """

    why: str
    accepts: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Kept:
    """An argument that is set as an attribute after the object is made.

    Args:
        attribute: its name.
        name: what to write today: the argument ...
        text: ... and its value.
    """

    attribute: str
    name: str
    text: str


@dataclass(frozen=True)
class Gone:
    """Something that cannot be read as anything of today.

    Args:
        help: what to write instead.
    """

    help: str


@dataclass(frozen=True)
class Elsewhere:
    """An argument that the constructor itself reads and tells of."""


Word = Renamed | LeftOut | Kept | Gone | Elsewhere


def _to(*names: str, read: Callable[[Any, dict[str, Any]], Any] = _as_it_is) -> Renamed:
    return Renamed(names, read)


def _from_table(table: Mapping[Any, Any]) -> Callable[[Any, dict[str, Any]], Any]:
    return lambda value, others: table.get(value, value)


def _with(*others: str) -> Callable[[Any, dict[str, Any]], Any]:
    """Reads an argument together with others of its kind, all as one tuple."""
    return lambda value, rest: (value, *(rest.pop(name, value) for name in others))


_DATA_FORMATS = {"tf": "channels_last", "th": "channels_first", "default": None}
_KERNEL = ("kernel", "embeddings", "depthwise", "alpha")

# Arguments of all classes of a kind. A word is only consulted where the constructor does not have
# a parameter of that name, and does have one of today's names.
FAMILIES: dict[str, dict[str, Word]] = {
    "layer": {
        "init": _to(*(f"{name}_initializer" for name in _KERNEL)),
        "inner_init": _to("recurrent_initializer"),
        "beta_init": _to("beta_initializer"),
        "gamma_init": _to("gamma_initializer"),
        "depthwise_init": _to("depthwise_initializer"),
        "pointwise_init": _to("pointwise_initializer"),
        "forget_bias_init": _to(
            "unit_forget_bias", read=_from_table({"one": True, "ones": True, "zero": False})
        ),
        "inner_activation": _to("recurrent_activation"),
        "W_regularizer": _to(*(f"{name}_regularizer" for name in _KERNEL)),
        "U_regularizer": _to("recurrent_regularizer"),
        "b_regularizer": _to("bias_regularizer"),
        "W_constraint": _to(*(f"{name}_constraint" for name in _KERNEL)),
        "U_constraint": _to("recurrent_constraint"),
        "b_constraint": _to("bias_constraint"),
        "dropout_W": _to("dropout"),
        "dropout_U": _to("recurrent_dropout"),
        "consume_less": LeftOut("The loop is chosen by platform and shape."),
        "bias": _to("use_bias"),
        "output_dim": _to("units"),
        "p": _to("rate"),
        "sigma": _to("stddev"),
        "nb_filter": _to("filters"),
        "filter_length": _to("kernel_size"),
        "nb_row": _to("kernel_size", read=_with("nb_col")),
        "nb_col": _to("kernel_size", read=lambda value, rest: (rest.pop("nb_row", value), value)),
        "kernel_dim1": _to("kernel_size", read=_with("kernel_dim2", "kernel_dim3")),
        "border_mode": _to("padding"),
        "subsample": _to("strides"),
        "subsample_length": _to("strides"),
        "stride": _to("strides"),
        "atrous_rate": _to("dilation_rate"),
        "dim_ordering": _to("data_format", read=_from_table(_DATA_FORMATS)),
        "pool_length": _to("pool_size"),
        "length": _to("size"),
    },
    "optimizer": {
        "lr": _to("learning_rate"),
        "decay": Elsewhere(),
        "schedule_decay": LeftOut("Nadam's schedule of momentum is fixed today."),
    },
    "callback": {
        "period": Kept("_period", "save_freq", "{value} * steps_per_epoch"),
        "load_weights_on_restart": LeftOut(
            "Call model.load_weights(filepath) before fit.", accepts=(False,)
        ),
    },
    "constraint": {"m": _to("max_value")},
    "model": {"input": _to("inputs"), "output": _to("outputs")},
}

# Arguments of single classes.
CLASSES: dict[str, dict[str, Word]] = {
    "LeakyReLU": {"alpha": _to("negative_slope")},
    "BatchNormalization": {
        "mode": LeftOut(
            "Use LayerNormalization(axis=1) for mode=1; mode=2 has no layer of today.", accepts=(0,)
        ),
    },
    "Embedding": {
        "dropout": Gone("Put SpatialDropout1D(rate) after the Embedding."),
    },
    "ReduceLROnPlateau": {"epsilon": _to("min_delta")},
}

# Arguments for which old code passed None where today's default is meant.
NONE_IS_DEFAULT = {"optimizer": ("epsilon",)}

# Classes to which Keras 1 gave the sides of a kernel as numbers one after another.
SIDES = {"Conv2D": 2, "SeparableConv2D": 2, "Conv3D": 3}

WORKERS: dict[str, Word] = {
    name: LeftOut("Batches are read in this process.")
    for name in (
        *("workers", "use_multiprocessing", "max_queue_size"),
        *("max_q_size", "nb_worker", "pickle_safe"),
    )
}
_ACCURACY = Gone('Pass compile(..., metrics=["accuracy"]).')

# Arguments of methods.
CALLS: dict[str, dict[str, Word]] = {
    "compile": {
        "class_mode": LeftOut("The loss says what the targets are."),
        "sample_weight_mode": LeftOut("sample_weight may have a weight for each step as it is."),
        "experimental_run_tf_function": LeftOut("Steps are always compiled."),
        "target_tensors": Gone("Pass the targets to fit: model.fit(x, y)."),
    },
    "fit": {
        **WORKERS,
        "nb_epoch": _to("epochs"),
        "samples_per_epoch": Gone("Pass steps_per_epoch=samples_per_epoch // batch_size."),
        "nb_val_samples": Gone("Pass validation_steps=nb_val_samples // batch_size."),
        "show_accuracy": _ACCURACY,
    },
    "evaluate": {
        **WORKERS,
        "val_samples": Gone("Pass steps=val_samples // batch_size."),
        "show_accuracy": _ACCURACY,
    },
    "predict": {**WORKERS, "val_samples": Gone("Pass steps=val_samples // batch_size.")},
    "save_weights": {
        "save_format": LeftOut(
            "The form follows from the name: save_weights('name.weights.h5').",
            accepts=("h5", "hdf5", None),
        ),
    },
}

_LIKELIHOOD = {
    "kullback_leibler_divergence": "kl_divergence",
    "logcosh": "log_cosh",
    "cosine_proximity": "cosine_similarity",
}
# Names given as text.
TEXTS: dict[str, dict[str, str]] = {
    "loss": _LIKELIHOOD,
    "metric": {**_LIKELIHOOD, "logcosh": "log_cosh_error", "acc": "accuracy", "ACC": "accuracy"},
    "layer": {"CuDNNLSTM": "LSTM", "CuDNNGRU": "GRU"},
}

_MEANS = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
}
_FUNCTIONS: dict[str, str | Gone] = {
    **_MEANS,
    **{short.upper(): long for short, long in _MEANS.items()},
}
_OWN_WEIGHTS = Gone(
    "Write a Layer with a weight for each place; shared weights are Conv1D and Conv2D."
)
_TRANSPOSED = Gone(
    "Write Conv2DTranspose(filters, kernel_size, strides=...); it finds its output shape itself."
)

# Names of rooms.
NAMES: dict[str, dict[str, str | Gone]] = {
    "layers": {
        "CuDNNLSTM": "LSTM",
        "CuDNNGRU": "GRU",
        "AtrousConvolution1D": "Conv1D(..., dilation_rate=...)",
        "AtrousConvolution2D": "Conv2D(..., dilation_rate=...)",
        "TimeDistributedDense": "Dense",
        "BatchNormalizationV1": "BatchNormalization",
        "BatchNormalizationV2": "BatchNormalization",
        "ThresholdedReLU": "ReLU(threshold=...)",
        "merge": "add, multiply, average, maximum, concatenate or dot",
        "Merge": Gone("Join the outputs: concatenate([a.output, b.output]), add([...])."),
        "LocallyConnected1D": _OWN_WEIGHTS,
        "LocallyConnected2D": _OWN_WEIGHTS,
        "Deconvolution2D": _TRANSPOSED,
        "Deconvolution3D": _TRANSPOSED,
        "MaxoutDense": Gone("Write maximum([Dense(units)(x), Dense(units)(x)])."),
        "Highway": Gone("Write gate * Dense(units)(x) + (1 - gate) * x with a sigmoid Dense gate."),
        "SReLU": Gone("Write PReLU()."),
        "ParametricSoftplus": Gone('Write Activation("softplus").'),
    },
    "regularizers": {
        "l1l2": "L1L2(l1=..., l2=...)",
        "WeightRegularizer": "L1L2",
        "activity_l1": "L1",
        "activity_l2": "L2",
        "activity_l1l2": "L1L2(l1=..., l2=...)",
    },
    "constraints": {"maxnorm": "MaxNorm", "nonneg": "NonNeg", "unitnorm": "UnitNorm"},
    "initializers": {
        "normal": "RandomNormal",
        "uniform": "RandomUniform",
        "zero": "Zeros",
        "one": "Ones",
    },
    "losses": {
        **_FUNCTIONS,
        **_LIKELIHOOD,
        "kld": "kl_divergence",
        "KLD": "kl_divergence",
        "bce": "binary_crossentropy",
        "BCE": "binary_crossentropy",
        "Reduction": 'the text: reduction="sum", "none", "sum_over_batch_size"',
    },
    "metrics": {
        **_FUNCTIONS,
        "kullback_leibler_divergence": "kl_divergence",
    },
    "optimizers": {"legacy": "the optimizers themselves"},
}
