"""A dense layer whose product is written in Einstein's notation."""

import re
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from lamella import activations, initializers
from lamella._base import InvalidArgument, InvalidShape, check, register
from lamella._layer.input_spec import InputSpec, shown
from lamella._lowering.products import by_equation
from lamella.layers._parts import RowWise, add_part, keep_parts

_FORM = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?")


class Equation(NamedTuple):
    """The parts of "...ab,bc->...ac".

    Args:
        inputs, kernel, outputs: the letters of each.
        dots: where axes stand that have no letters: "left", "right" or "".
    """

    inputs: str
    kernel: str
    outputs: str
    dots: str


@register("layer", module="keras.layers")
class EinsumDense(RowWise):
    """Multiplies the input with a kernel of any number of axes.

    y = activation(einsum(equation, x, kernel) + bias)

    Args:
        equation: "ab,bc->ac", "...b,bc->...c" or "ab...,bc->ac...": input, kernel -> output. The
            first axis of the input is the batch.
        output_shape: sizes of the output's axes that have letters, without the batch; None where
            the input has the size.
        activation: a name, a function, or None for none.
        bias_axes: the letters of the output's axes along which a bias varies, None for no bias.
        kernel_initializer, bias_initializer: how weights start.
        kernel_regularizer, bias_regularizer: costs of the weights.
        kernel_constraint, bias_constraint: applied after each update.
        lora_rank, lora_alpha, gptq_unpacked_column_size, quantization_config: must be None.

    Shapes: as the equation says

    Raises: InvalidArgument, if the equation is none of these forms or its letters do not fit;
    InvalidShape, if sizes do not fit or one that the weights need is unknown.

    Example:
        >>> EinsumDense("...x,xhd->...hd", output_shape=(2, 4), bias_axes="hd")(
        ...     jnp.ones((3, 5, 8))
        ... ).shape
        (3, 5, 2, 4)
    """

    kernel_initializer: Any
    _not_in_config = (
        *("autocast", "output_shape", "lora_rank", "lora_alpha", "gptq_unpacked_column_size"),
    )

    def __init__(
        self,
        equation: str,
        output_shape: Any,
        activation: Any = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        gptq_unpacked_column_size: int | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        check.absent(lora_rank=lora_rank, gptq_unpacked_column_size=gptq_unpacked_column_size)
        check.absent(quantization_config=quantization_config)
        super().__init__(**kwargs)
        self.equation = equation
        self._parts = _read(equation, bias_axes)
        sizes = (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        self.partial_output_shape = sizes
        self.bias_axes = bias_axes
        self.activation = activations.get(activation)
        keep_parts(self, locals())
        self.quantization_config = quantization_config

    def build(self, input_shape: Any) -> None:
        parts = self._parts
        sizes = self._sizes(input_shape)
        kernel_shape = [sizes.get(letter) for letter in parts.kernel]
        if None in kernel_shape:
            raise InvalidShape(
                f"{self._who()} needs known sizes of the kernel's axes '{parts.kernel}'. "
                f"Received: input shape {shown(input_shape)}.",
                help="Give the Input a number there, or say it in output_shape.",
            )
        inner = [i for i, letter in enumerate(parts.kernel) if letter not in parts.outputs]
        outer = [i for i, letter in enumerate(parts.kernel) if letter in parts.outputs]
        initializer = _with_axes(self.kernel_initializer, inner, outer)
        self.kernel = add_part(self, "kernel", kernel_shape, initializer=initializer)
        self.bias = None
        if self.bias_axes is not None:
            first = min(parts.outputs.find(letter) for letter in self.bias_axes)
            varied = [sizes[one] if one in self.bias_axes else 1 for one in parts.outputs[first:]]
            unnamed = len(input_shape) - len(parts.inputs) if parts.dots == "right" else 0
            self.bias = add_part(self, "bias", (*varied, *(1,) * unnamed))
        start = -len(parts.inputs) if parts.dots == "left" else 0
        places = enumerate(parts.inputs, start)
        axes = {place: sizes[letter] for place, letter in places if letter in parts.kernel}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=axes)

    def _sizes(self, input_shape: Any) -> dict[str, Any]:
        """The size of each letter."""
        parts, known = self._parts, self.partial_output_shape
        lettered = input_shape[-len(parts.inputs) :] if parts.dots == "left" else input_shape
        received = dict(zip(parts.inputs, lettered))
        # Without dots on the left the first letter is the batch, of which output_shape is silent.
        wanted = known if parts.dots == "left" else (input_shape[0], *known)
        unnamed = len(input_shape) - len(parts.inputs)
        if unnamed < 0 or (unnamed and not parts.dots) or len(wanted) != len(parts.outputs):
            raise InvalidShape(
                f"{self._who()} with equation '{self.equation}' and output_shape={known} does not "
                f"fit. Received: input shape {shown(input_shape)}.",
                help="Each letter of the output needs one entry in output_shape, but for the batch "
                "where it has a letter.",
            )
        sizes = dict(received)
        for letter, size in zip(parts.outputs, wanted):
            if size is not None and sizes.get(letter) not in (None, size):
                raise InvalidShape(
                    f"{self._who()} expects size {size} of the axis '{letter}'. Received: "
                    f"{sizes[letter]} in input shape {shown(input_shape)}.",
                    help="Put None in output_shape where the size comes from the input.",
                )
            sizes[letter] = sizes.get(letter) if size is None else size
        return sizes

    def call(self, inputs: jax.Array, training: bool | None = None) -> jax.Array:
        outputs = by_equation(self.equation, inputs, self.kernel.value)
        if self.bias is not None:
            bias = self.bias.value
            outputs = outputs + jnp.expand_dims(bias, tuple(range(outputs.ndim - bias.ndim)))
        return self.activation(outputs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "output_shape": self.partial_output_shape}


def _read(equation: str, bias_axes: str | None) -> Equation:
    found = _FORM.fullmatch(equation.replace(" ", ""))
    left, inputs, right, kernel, out_left, outputs, out_right = (
        found.groups() if found else [""] * 7
    )
    if not found or (left, right) != (out_left, out_right) or (left and right):
        raise InvalidArgument(
            f"EinsumDense cannot read the equation {equation!r}.",
            help='Write it as "ab,bc->ac", "...b,bc->...c" or "ab...,bc->ac...".',
        )
    lost = [letter for letter in kernel if letter not in inputs + outputs]
    lost += [letter for letter in outputs if letter not in inputs + kernel]
    lost += [letter for letter in bias_axes or "" if letter not in outputs]
    if lost:
        raise InvalidArgument(
            f"EinsumDense has equation {equation!r} and bias_axes={bias_axes!r}, in which "
            f"'{lost[0]}' has no counterpart.",
            help="Letters of the kernel stand in the input or the output too, those of the bias in "
            "the output.",
        )
    return Equation(inputs, kernel, outputs, "left" if left else "right" if right else "")


def _with_axes(initializer: Any, inner: list[int], outer: list[int]) -> Any:
    """The initializer, told which axes of the kernel are inputs and which outputs."""
    if not isinstance(initializer, initializers.VarianceScaling):
        return initializer
    if initializer.input_axes is not None and initializer.output_axes is not None:
        return initializer
    # The seed that was drawn is kept: this is the same initializer, and draws no new one.
    settings = {"seed": initializer.seed, "input_axes": inner, "output_axes": outer}
    return type(initializer).from_config({**initializer.get_config(), **settings})
