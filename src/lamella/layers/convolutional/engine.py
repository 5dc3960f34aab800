"""The engine of Conv1D, Conv2D and Conv3D."""

from __future__ import annotations

from typing import Any

import jax

from lamella import constraints, initializers, regularizers
from lamella._base import check
from lamella._base.errors import InvalidArgument, InvalidShape
from lamella._lowering.convolution import convolution
from lamella.layers.convolutional.base import ConvolutionBase


class Convolution(ConvolutionBase):
    """Slides kernels over the spatial axes; a leaf says how many those are in `rank`."""

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.filters = check.positive_int(filters, "filters")
        self.groups = check.positive_int(groups, "groups")
        self._set_geometry(kernel_size, strides, padding, data_format, dilation_rate)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self._set_bias(activation, use_bias, bias_initializer, bias_regularizer, bias_constraint)
        if self.filters % self.groups:
            raise InvalidArgument(
                f"{self._who()} expects filters to be a multiple of groups. Received: "
                f"filters={self.filters}, groups={self.groups}.",
                help="Each group makes filters / groups channels.",
            )

    def build(self, input_shape: Any) -> None:
        channels = self._read_channels(input_shape)
        if channels % self.groups:
            raise InvalidShape(
                f"{self._who()} expects the input's channels to be a multiple of groups. Received: "
                f"{channels} channels, groups={self.groups}.",
                help="Pass a value of groups that divides both the channels and the filters.",
            )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, channels // self.groups, self.filters),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self._add_bias_weight(self.filters)

    def call(self, inputs: jax.Array) -> jax.Array:
        kernel = self.kernel.value
        outputs = convolution(
            self._prepared(inputs, kernel),
            kernel,
            strides=self.strides,
            padding=self.padding,
            dilation=self.dilation_rate,
            groups=self.groups,
            channels_last=self._channels_last,
        )
        return self._finished(outputs)
