"""Conv1D, Conv2D and Conv3D, and what all convolutions have in common."""

from typing import Any

import jax
import jax.numpy as jnp

from lamella import activations
from lamella._base import check, checked_format, publish, register, with_defaults
from lamella._base.errors import InvalidArgument, InvalidShape
from lamella._layer.input_spec import InputSpec
from lamella._lowering.convolution import convolution
from lamella._state.variable import Variable
from lamella.layers._parts import RowWise, add_part, keep_parts, known_size
from lamella.layers._windows import channel_axis, require_room


class ConvolutionBase(RowWise):
    """A layer that slides kernels over the spatial axes. Subclasses fill `build` and `call`."""

    rank: int
    paddings: tuple[str, ...] = ("valid", "same")
    dilates_strided = False
    _not_in_config = ("autocast",)

    def _keep(self, given: dict[str, Any]) -> None:
        """Keeps what all convolutions take; `given` are a constructor's `locals()`."""
        self.kernel_size = check.tuple_of_ints(given["kernel_size"], self.rank, "kernel_size")
        self.strides = check.tuple_of_ints(given["strides"], self.rank, "strides")
        dilation_rate = given["dilation_rate"]
        self.dilation_rate = check.tuple_of_ints(dilation_rate, self.rank, "dilation_rate")
        self.padding = check.one_of(str(given["padding"]).lower(), self.paddings, "padding")
        self.data_format = checked_format(given["data_format"])
        self.activation = activations.get(given["activation"])
        self.use_bias = given["use_bias"]
        keep_parts(self, given)
        self.input_spec = InputSpec(ndim=self.rank + 2)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1 and not self.dilates_strided:
            raise InvalidArgument(
                f"{self._who()} cannot combine strides > 1 with dilation_rate > 1. Received: "
                f"strides={self.strides}, dilation_rate={self.dilation_rate}.",
                help="Set one of them to 1, or pool after a dilated convolution.",
            )

    @property
    def _channels_last(self) -> bool:
        return self.data_format == "channels_last"

    def _read_channels(self, input_shape: Any) -> int:
        """The input's channels, which all later inputs must have too."""
        axis = channel_axis(self.data_format)
        what = f"number of channels on axis {axis}"
        channels = known_size(input_shape, axis, self._who(), what, example=(None, None, 3))
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={axis: channels})
        return channels

    def _add_bias_weight(self, size: int) -> None:
        self.bias: Variable | None = add_part(self, "bias", (size,)) if self.use_bias else None

    def _convolve(self, inputs: jax.Array, kernel: jax.Array, groups: int) -> jax.Array:
        """Convolves in the kernel's type, after a look at the sizes."""
        if self.padding == "valid":
            pairs = zip(self.kernel_size, self.dilation_rate)
            reach = tuple((size - 1) * step + 1 for size, step in pairs)
            require_room(self._who(), "kernel", reach, inputs.shape, self._channels_last)
        return convolution(
            inputs.astype(kernel.dtype),
            kernel,
            strides=self.strides,
            padding=self.padding,
            dilation=self.dilation_rate,
            groups=groups,
            channels_last=self._channels_last,
        )

    def _finished(self, outputs: jax.Array) -> jax.Array:
        if self.bias is not None:
            ones = tuple(range(1, self.rank + 1))
            places = (0, *ones) if self._channels_last else (0, *(place + 1 for place in ones))
            outputs = outputs + jnp.expand_dims(self.bias.value, places)
        return self.activation(outputs)


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
        self._keep(locals())
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
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        self.kernel = add_part(self, "kernel", shape)
        self._add_bias_weight(self.filters)

    def call(self, inputs: jax.Array) -> jax.Array:
        return self._finished(self._convolve(inputs, self.kernel.value, self.groups))


@register("layer", "Convolution1D", module="keras.layers")
class Conv1D(Convolution):
    """Slides kernels along the steps of a sequence.

    y[n, p, o] = activation(sum_{w, i} x[n, p * strides + w * dilation_rate, i] kernel[w, i, o] + b)

    Args:
        filters: channels of the output, >= 1.
        kernel_size: steps that a kernel sees, >= 1.
        strides: steps between two windows, >= 1; must be 1 if dilation_rate is not.
        padding: "valid" (none), "same" (as many outputs as inputs, divided by strides) or
            "causal" (all of it in front, so that no output sees a later input).
        data_format: "channels_last", "channels_first", or None for the default.
        dilation_rate: distance between the entries that a kernel sees, >= 1.
        groups: the channels are convolved in this many separate groups.
        activation: a name, a function, or None for none.
        use_bias: whether to add a bias.
        kernel_initializer, bias_initializer: how weights start.
        kernel_regularizer, bias_regularizer: costs of the weights.
        activity_regularizer: a cost of the output.
        kernel_constraint, bias_constraint: applied after each update.

    Shapes: (n, steps, channels) -> (n, new_steps, filters)

    Raises: InvalidArgument, if groups does not divide filters and channels, or for strides with
    dilation; InvalidShape, if the input is shorter than the kernel without padding.

    Example:
        >>> import jax.numpy as jnp
        >>> Conv1D(4, 3)(jnp.ones((2, 10, 5))).shape
        (2, 8, 4)
    """

    rank = 1
    paddings = ("valid", "same", "causal")


@register("layer", "Convolution2D", module="keras.layers")
@with_defaults(strides=(1, 1), dilation_rate=(1, 1))
class Conv2D(Convolution):
    """Slides kernels over the rows and columns of images.

    y[n, p, o] = activation(sum_{w, i} x[n, p * strides + w * dilation_rate, i] kernel[w, i, o] + b)

    Args:
        filters: channels of the output, >= 1.
        kernel_size: rows and columns that a kernel sees; one number stands for both.
        strides: rows and columns between two windows; must be 1 if dilation_rate is not.
        padding: "valid" (none) or "same" (as many outputs as inputs, divided by strides).
        data_format: "channels_last", "channels_first", or None for the default.
        dilation_rate: distance between the entries that a kernel sees, >= 1.
        groups: the channels are convolved in this many separate groups.
        activation: a name, a function, or None for none.
        use_bias: whether to add a bias.
        kernel_initializer, bias_initializer: how weights start.
        kernel_regularizer, bias_regularizer: costs of the weights.
        activity_regularizer: a cost of the output.
        kernel_constraint, bias_constraint: applied after each update.

    Shapes: (n, rows, columns, channels) -> (n, new_rows, new_columns, filters)

    Raises: InvalidArgument, if groups does not divide filters and channels, or for strides with
    dilation; InvalidShape, if the input is smaller than the kernel without padding.

    Example:
        >>> import jax.numpy as jnp
        >>> Conv2D(8, 3, padding="same", activation="relu")(jnp.ones((2, 28, 28, 1))).shape
        (2, 28, 28, 8)
    """

    rank = 2


@register("layer", "Convolution3D", module="keras.layers")
@with_defaults(strides=(1, 1, 1), dilation_rate=(1, 1, 1))
class Conv3D(Convolution):
    """Slides kernels through volumes or videos.

    y[n, p, o] = activation(sum_{w, i} x[n, p * strides + w * dilation_rate, i] kernel[w, i, o] + b)

    Args:
        filters: channels of the output, >= 1.
        kernel_size: planes, rows and columns that a kernel sees; one number stands for all.
        strides: the same between two windows; must be 1 if dilation_rate is not.
        padding: "valid" (none) or "same" (as many outputs as inputs, divided by strides).
        data_format: "channels_last", "channels_first", or None for the default.
        dilation_rate: distance between the entries that a kernel sees, >= 1.
        groups: the channels are convolved in this many separate groups.
        activation: a name, a function, or None for none.
        use_bias: whether to add a bias.
        kernel_initializer, bias_initializer: how weights start.
        kernel_regularizer, bias_regularizer: costs of the weights.
        activity_regularizer: a cost of the output.
        kernel_constraint, bias_constraint: applied after each update.

    Shapes: (n, planes, rows, columns, channels) -> (n, new_planes, new_rows, new_columns, filters)

    Raises: InvalidArgument, if groups does not divide filters and channels, or for strides with
    dilation; InvalidShape, if the input is smaller than the kernel without padding.

    Example:
        >>> import jax.numpy as jnp
        >>> Conv3D(4, 2)(jnp.ones((1, 4, 4, 4, 2))).shape
        (1, 3, 3, 3, 4)
    """

    rank = 3


# The second names that Keras has for them.
Convolution1D = Conv1D
Convolution2D = Conv2D
Convolution3D = Conv3D

publish(__name__, "ConvolutionBase", "Convolution")
