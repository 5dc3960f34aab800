"""One or more cases for every registered layer: constructor arguments and inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

SEQ, IMG, VOL = (2, 7, 4), (2, 6, 5, 4), (2, 4, 5, 3, 2)
FIRST = "channels_first"


@dataclass(frozen=True)
class Case:
    """One way to make and call a layer.

    Args:
        name: the class.
        args: constructor arguments; a function of the library where they hold layers.
        shapes: the shape of each input; more than one are passed as a list.
        whole: the largest whole number of the inputs, None for floats.
        call: further arguments of the call.
        open_axes: the axes that may be of unknown size; None for all but batch and channels.
        mask: whether each input carries a mask.
    """

    name: str
    args: dict[str, Any] | Callable[[Any], dict[str, Any]] = field(default_factory=dict)
    shapes: tuple[tuple[int, ...], ...] = (SEQ,)
    whole: int | None = None
    call: dict[str, Any] = field(default_factory=dict)
    open_axes: tuple[int, ...] | None = None
    mask: bool = False

    def arguments(self, library: Any) -> dict[str, Any]:
        own = self.args(library) if callable(self.args) else dict(self.args)
        return {"name": "it", **own}

    def inputs(self) -> Any:
        random = np.random.default_rng(7)
        if self.whole is None:
            arrays = [random.normal(size=shape).astype("float32") for shape in self.shapes]
        else:
            arrays = [
                random.integers(0, self.whole + 1, shape).astype("int32") for shape in self.shapes
            ]
        return arrays[0] if len(arrays) == 1 else arrays


def case(name: str, args: Any = None, *shapes: tuple[int, ...], **more: Any) -> Case:
    return Case(name, args or {}, shapes or (SEQ,), **more)


BUSY = {
    "activation": "tanh",
    "kernel_regularizer": "l2",
    "bias_regularizer": "l1",
    "kernel_constraint": "max_norm",
    "bias_initializer": "ones",
}
BUSY_DEPTH = {
    "activation": "relu",
    "depthwise_regularizer": "l2",
    "depthwise_constraint": "non_neg",
    "bias_initializer": "ones",
}


def convolutions() -> list[Case]:
    found = []
    for rank, shape in ((1, SEQ), (2, IMG), (3, VOL)):
        conv, transposed = f"Conv{rank}D", f"Conv{rank}DTranspose"
        found += [
            case(conv, {"filters": 3, "kernel_size": 2}, shape),
            case(
                conv,
                {"filters": 4, "kernel_size": 2, "strides": 2, "padding": "same", "groups": 2}
                | BUSY,
                shape,
            ),
            case(
                conv,
                {"filters": 3, "kernel_size": 2, "data_format": FIRST},
                (2, 4, 6, 5, 4)[: rank + 2],
            ),
            case(transposed, {"filters": 3, "kernel_size": 2}, shape),
            case(
                transposed,
                {"filters": 3, "kernel_size": 2, "strides": 2, "padding": "same"} | BUSY,
                shape,
            ),
        ]
    found += [
        case("Conv1D", {"filters": 3, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}),
        case(
            "Conv1D",
            {"filters": 3, "kernel_size": 3, "padding": "causal", "data_format": FIRST},
            (2, 4, 6),
        ),
        *(
            case(
                f"Conv{rank}D",
                {"filters": 3, "kernel_size": 2, "dilation_rate": 2, "use_bias": False},
                shape,
            )
            for rank, shape in ((1, SEQ), (2, IMG))
        ),
        case(
            "Conv1DTranspose",
            {"filters": 3, "kernel_size": 4, "strides": 3, "output_padding": 1, "padding": "same"},
        ),
        case("Conv1D", {"filters": 2, "kernel_size": 1, "activity_regularizer": "l2"}),
        case(
            "Conv2D",
            {"filters": 3, "kernel_size": (3, 1), "strides": (1, 2), "padding": "same"},
            IMG,
        ),
        case("Conv2D", {"filters": 3, "kernel_size": 2}, IMG, whole=9),
        case("Conv2DTranspose", {"filters": 3, "kernel_size": (2, 3), "strides": (3, 1)}, IMG),
        case(
            "Conv2DTranspose",
            {"filters": 3, "kernel_size": 1, "strides": 2, "padding": "same"},
            IMG,
        ),
        case(
            "Conv2DTranspose",
            {"filters": 3, "kernel_size": 3, "dilation_rate": 2, "padding": "same"},
            IMG,
        ),
        case(
            "Conv2DTranspose", {"filters": 3, "kernel_size": 2, "data_format": FIRST}, (2, 3, 5, 4)
        ),
        case(
            "Conv2DTranspose",
            {"filters": 2, "kernel_size": 2, "strides": 2, "output_padding": 1},
            IMG,
        ),
    ]
    for rank, shape in ((1, SEQ), (2, IMG)):
        depthwise, separable = f"DepthwiseConv{rank}D", f"SeparableConv{rank}D"
        found += [
            case(depthwise, {"kernel_size": 3}, shape),
            case(
                depthwise,
                {"kernel_size": 2, "depth_multiplier": 2, "strides": 2, "padding": "same"}
                | BUSY_DEPTH,
                shape,
            ),
            case(
                depthwise,
                {"kernel_size": 2, "data_format": FIRST, "use_bias": False},
                (2, 3, 5, 4)[: rank + 2],
            ),
            case(separable, {"filters": 3, "kernel_size": 3}, shape),
            case(
                separable,
                {
                    "filters": 3,
                    "kernel_size": 2,
                    "depth_multiplier": 2,
                    "padding": "same",
                    "strides": 2,
                }
                | BUSY_DEPTH
                | {"pointwise_regularizer": "l1"},
                shape,
            ),
            case(
                separable,
                {"filters": 3, "kernel_size": 2, "data_format": FIRST},
                (2, 3, 5, 4)[: rank + 2],
            ),
        ]
    return found


def poolings() -> list[Case]:
    found = []
    for rank, shape in ((1, SEQ), (2, IMG), (3, VOL)):
        first = (2, 3, 5, 4, 3)[: rank + 2]
        for kind in ("Max", "Average"):
            name = f"{kind}Pooling{rank}D"
            found += [
                case(name, {"pool_size": 2}, shape),
                case(name, {"pool_size": 3, "strides": 2, "padding": "same"}, shape),
                case(name, {"pool_size": 2, "data_format": FIRST}, first),
            ]
            name = f"Global{kind}Pooling{rank}D"
            found += [
                case(name, {}, shape),
                case(name, {"keepdims": True}, shape),
                case(name, {"data_format": FIRST, "keepdims": True}, first),
            ]
    found += [
        case("GlobalAveragePooling1D", mask=True),
        case("GlobalAveragePooling1D", {"keepdims": True}, mask=True),
        case("MaxPooling2D", {"pool_size": (2, 1), "strides": (1, 2)}, IMG),
        case("MaxPooling2D", {}, IMG),
    ]
    return found


def normalizations() -> list[Case]:
    off = {"center": False, "scale": False}
    starts = {"beta_initializer": "ones", "gamma_initializer": "ones", "gamma_regularizer": "l2"}
    clipping = {"rmin": 0.5, "rmax": 1.5, "dmax": 0.2}
    training = {"training": True}
    return [
        case("BatchNormalization"),
        case(
            "BatchNormalization",
            {"axis": 1, "momentum": 0.5, "epsilon": 0.1} | starts,
            IMG,
            call=training,
            open_axes=(2,),
        ),
        case("BatchNormalization", {"moving_variance_initializer": "ones"}, IMG, call=training),
        case("BatchNormalization", off, (5, 3), call=training),
        case("BatchNormalization", {}, call=training, mask=True),
        case("BatchNormalization", {"renorm": True}, (6, 3), call=training),
        case(
            "BatchNormalization",
            {"renorm": True, "renorm_clipping": clipping, "scale": False},
            IMG,
            call=training,
        ),
        case("BatchNormalization", {"trainable": False}, (5, 3), call=training),
        case("LayerNormalization", mask=True),
        case("LayerNormalization", {"axis": [1, 2], "epsilon": 0.1} | starts, open_axes=()),
        case("LayerNormalization", {"axis": 1}, IMG, open_axes=(2,)),
        case("LayerNormalization", off, (5, 3)),
        case("GroupNormalization", {"groups": 2}),
        case(
            "GroupNormalization", {"groups": 2, "axis": 1} | starts, (2, 4, 3, 5), open_axes=(2, 3)
        ),
        case("GroupNormalization", {"groups": -1} | off, IMG),
        case("UnitNormalization", mask=True),
        case("UnitNormalization", {"axis": [1, 2]}),
        case("RMSNormalization"),
        case("RMSNormalization", {"axis": [1, 2]}, open_axes=()),
    ]


def randoms() -> list[Case]:
    training = {"training": True}
    found = []
    for name in ("Dropout", "AlphaDropout", "GaussianDropout"):
        found += [
            case(name, {"rate": 0.4}),
            case(name, {"rate": 0.4, "seed": 5}, (20, 30), call=training),
            case(name, {"rate": 0.0}, call=training),
        ]
    return [
        *found,
        case("Dropout", {"rate": 0.4}, (20, 30), call=training, mask=False),
        case("Dropout", {"rate": 0.3, "noise_shape": (None, 1, None)}, call=training),
        case("Dropout", {"rate": 1.0}, call=training),
        case("AlphaDropout", {"rate": 0.3, "noise_shape": (None, 1, None)}, call=training),
        case("GaussianNoise", {"stddev": 0.3}),
        case("GaussianNoise", {"stddev": 0.3, "seed": 5}, (20, 30), call=training),
        case("SpatialDropout1D", {"rate": 0.5, "seed": 1}, (4, 5, 6), call=training, mask=True),
        case("SpatialDropout2D", {"rate": 0.5, "seed": 1}, IMG, call=training),
        case(
            "SpatialDropout2D", {"rate": 0.5, "seed": 1, "data_format": FIRST}, IMG, call=training
        ),
        case("SpatialDropout3D", {"rate": 0.5, "seed": 1}, VOL, call=training),
        case("ActivityRegularization", {"l1": 0.1, "l2": 0.2}, mask=True),
    ]


def reshapings() -> list[Case]:
    return [
        case("Flatten", {}, IMG),
        case("Flatten", {"data_format": FIRST}, IMG),
        case("Flatten", {}, (5,)),
        case("Reshape", {"target_shape": (4, 7)}),
        case("Reshape", {"target_shape": (2, -1, 7)}, open_axes=()),
        case("Reshape", {"target_shape": (-1, 2)}),
        case("Permute", {"dims": (2, 1)}),
        case("Permute", {"dims": (3, 1, 2)}, IMG),
        case("RepeatVector", {"n": 3}, (2, 4)),
        case("ZeroPadding1D"),
        case("ZeroPadding1D", {"padding": (1, 2), "data_format": FIRST}),
        case("ZeroPadding2D", {"padding": ((1, 0), (2, 3))}, IMG),
        case("ZeroPadding2D", {"padding": (1, 2), "data_format": FIRST}, IMG),
        case("ZeroPadding3D", {"padding": 2}, VOL),
        case("ZeroPadding3D", {"padding": (0, 1, 2), "data_format": FIRST}, VOL),
        case("Cropping1D", {"cropping": (1, 0)}),
        case("Cropping1D"),
        case("Cropping2D", {"cropping": ((1, 0), (2, 1))}, IMG),
        case("Cropping2D", {"cropping": 1, "data_format": FIRST}, IMG),
        case("Cropping3D", {"cropping": ((1, 1), (2, 0), (0, 1))}, VOL),
        case(
            "Cropping3D",
            {"cropping": ((1, 1), (0, 0), (0, 1)), "data_format": FIRST},
            (2, 2, 4, 3, 3),
        ),
        case("UpSampling1D", {"size": 3}),
        case("UpSampling2D", {"size": (2, 3)}, IMG),
        case("UpSampling2D", {"data_format": FIRST}, IMG),
        case("UpSampling2D", {"interpolation": "bilinear"}, IMG),
        case("UpSampling2D", {"interpolation": "bicubic", "data_format": FIRST}, IMG),
        case("UpSampling3D", {"size": (1, 2, 3)}, VOL),
        case("UpSampling3D", {"data_format": FIRST}, VOL),
    ]


def mergings() -> list[Case]:
    found = []
    for name in ("Add", "Multiply", "Average", "Maximum", "Minimum"):
        found += [
            case(name, {}, SEQ, SEQ, SEQ, mask=True),
            case(name, {}, SEQ, (2, 1, 4)),
            case(name, {}, SEQ, (2, 4)),
        ]
    return [
        *found,
        case("Subtract", {}, SEQ, SEQ, mask=True),
        case("Concatenate", {}, SEQ, (2, 7, 3), mask=True),
        case("Concatenate", {"axis": 1}, SEQ, (2, 3, 4), mask=True),
        case("Dot", {"axes": 1}, (5, 3), (5, 3)),
        case("Dot", {"axes": (2, 1)}, (2, 5, 3), (2, 3, 4), open_axes=()),
        case("Dot", {"axes": -1, "normalize": True}, (2, 5, 3), (2, 4, 3), open_axes=()),
        case("Dot", {"axes": (2, 2)}, (2, 5, 3, 2), (2, 4, 3), open_axes=()),
    ]


def cores() -> list[Case]:
    return [
        case("Dense", {"units": 3}, mask=True),
        case(
            "Dense",
            {"units": 3, "use_bias": False, "activation": "relu", "kernel_regularizer": "l2"},
            (5, 3),
        ),
        case("Embedding", {"input_dim": 9, "output_dim": 3}, (2, 5), whole=8, open_axes=(1,)),
        case(
            "Embedding",
            {"input_dim": 9, "output_dim": 3, "mask_zero": True, "embeddings_regularizer": "l2"},
            (2, 5),
            whole=3,
            open_axes=(1,),
        ),
        case("Identity", mask=True),
        case("Masking", {"mask_value": 1.0}),
        case("Lambda", lambda library: {"function": library.ops.square}),
        case("Activation", {"activation": "gelu"}, mask=True),
        case("ReLU", {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2}, mask=True),
        case("LeakyReLU", {"negative_slope": 0.1}),
        case("ELU", {"alpha": 0.5}),
        case("PReLU", {"alpha_initializer": "ones"}, open_axes=()),
        case(
            "PReLU",
            {"shared_axes": [1, 2], "alpha_initializer": "ones", "alpha_regularizer": "l1"},
            IMG,
        ),
        case("Softmax", mask=False),
        case("Softmax", {"axis": (1, 2)}),
        case("Softmax", {"axis": 1}),
    ]


def recurrents() -> list[Case]:
    found = []
    for name in ("SimpleRNN", "GRU", "LSTM"):
        found += [
            case(name, {"units": 3}),
            case(name, {"units": 3, "return_sequences": True, "go_backwards": True}),
        ]
    return [
        *found,
        case("RNN", lambda library: {"cell": library.layers.GRUCell(3, name="cell")}),
        case(
            "RNN",
            lambda library: {
                "cell": library.layers.StackedRNNCells(
                    [
                        library.layers.LSTMCell(3, name="a"),
                        library.layers.SimpleRNNCell(2, name="b"),
                    ],
                    name="stack",
                )
            },
        ),
        case("Bidirectional", lambda library: {"layer": library.layers.LSTM(3, name="inner")}),
        case("TimeDistributed", lambda library: {"layer": library.layers.Dense(3, name="inner")}),
    ]


def attentions() -> list[Case]:
    training = {"training": True}
    return [
        case("Attention", {}, SEQ, (2, 5, 4), open_axes=()),
        case("Attention", {"use_scale": True}, SEQ, (2, 5, 3), (2, 5, 4), open_axes=()),
        case("Attention", {"score_mode": "concat"}, SEQ, (2, 5, 4), open_axes=()),
        case("Attention", {"score_mode": "concat", "use_scale": True}, SEQ, SEQ),
        case("Attention", {"dropout": 0.4, "seed": 3}, SEQ, SEQ, call=training),
        case("Attention", {}, SEQ, SEQ, call={"use_causal_mask": True}),
        case("AdditiveAttention", {}, SEQ, (2, 5, 4), open_axes=()),
        case("AdditiveAttention", {"use_scale": False, "dropout": 0.3}, SEQ, SEQ),
        case(
            "EinsumDense",
            {"equation": "abc,cde->abde", "output_shape": (None, 2, 3), "bias_axes": "de"}
            | {"activation": "tanh", "kernel_regularizer": "l2", "bias_initializer": "ones"},
        ),
        case("EinsumDense", {"equation": "...b,bc->...c", "output_shape": 3, "bias_axes": "c"}),
        case("EinsumDense", {"equation": "...b,bc->...c", "output_shape": 3}, (5, 3)),
        case(
            "EinsumDense",
            {"equation": "ab...,bcd->acd...", "output_shape": (2, 3), "bias_axes": "c"},
            (2, 4, 5, 3),
            open_axes=(2, 3),
        ),
        case(
            "EinsumDense",
            {"equation": "abc,bd->adc", "output_shape": (6, 4), "bias_axes": "c"},
            open_axes=(),
        ),
        case(
            "SpectralNormalization",
            lambda library: {"layer": library.layers.Dense(3, name="inner")},
        ),
        case(
            "SpectralNormalization",
            lambda library: {
                "layer": library.layers.Conv2D(3, 2, name="inner"),
                "power_iterations": 2,
            },
            IMG,
            call=training,
        ),
    ]


CASES = [
    *cores(),
    *convolutions(),
    *poolings(),
    *normalizations(),
    *randoms(),
    *reshapings(),
    *mergings(),
    *recurrents(),
    *attentions(),
]
# These take states besides their input: as parts of RNN above they are run, and in tests of theirs.
INSIDE_OTHERS = {"SimpleRNNCell", "GRUCell", "LSTMCell", "StackedRNNCells"}
# These take several arrays apart, or do nothing alone: they have tests of their own.
INSIDE_OTHERS |= {"MultiHeadAttention", "GroupedQueryAttention", "Wrapper"}
# Keras shows this one under another name than its own.
keras.layers.GroupedQueryAttention = keras.layers.GroupQueryAttention
