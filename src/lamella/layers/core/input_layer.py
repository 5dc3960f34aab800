"""Where data comes into a model."""

from typing import Any

from lamella._base import InvalidArgument, as_shape, dtype_name, floatx, register, taken_by
from lamella._graph.node import Node
from lamella._graph.symbolic import KerasTensor
from lamella.layers._parts import RowWise


@register("layer", module="keras.layers")
class InputLayer(RowWise):
    """The layer behind an Input: it gives what comes in.

    Args:
        shape: sizes without the batch axis.
        batch_size: the size of the batch axis, None for any.
        dtype: the number type, by default the default float.
        sparse: accepted for files; sparse inputs are made dense.
        ragged: must be None or False.
        batch_shape: sizes with the batch axis, instead of `shape`.
        input_tensor: a symbolic tensor to take shape and dtype from.
        optional: whether None may be given.
        name: the input's name.

    Example:
        >>> InputLayer(shape=(28, 28)).batch_shape
        (None, 28, 28)
    """

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: Any = None,
        input_tensor: KerasTensor | None = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        old = kwargs.pop("input_shape", None)
        shape = old if shape is None else shape
        for ignored in ("input_dtype", "trainable"):
            kwargs.pop(ignored, None)
        super().__init__(name=name, dtype="float32", **kwargs)
        if input_tensor is not None:
            batch_shape, dtype = input_tensor.shape, dtype or input_tensor.dtype
        if (shape is None) == (batch_shape is None):
            raise InvalidArgument(
                f"Input expects exactly one of `shape` and `batch_shape`. Received: shape={shape}, "
                f"batch_shape={batch_shape}.",
                help="Pass shape=(28, 28, 1) without the batch axis.",
            )
        if batch_shape is None:
            batch_shape = (batch_size, *as_shape(shape))
        if ragged:
            help = "Pad the rows to one length with a mask."
            raise InvalidArgument("Ragged inputs are not supported.", help=help)
        self.batch_shape = as_shape(batch_shape, "batch_shape")
        self.sparse = bool(sparse)
        self.ragged = bool(ragged)
        self.optional = optional
        self.input_dtype = floatx() if dtype is None else dtype_name(dtype)
        Node(self, (), {}, KerasTensor(self.batch_shape, self.input_dtype, name=self.name))
        self.built = True
        self._output_shapes = self.batch_shape

    @property
    def dtype(self) -> str:
        return self.input_dtype

    @property
    def batch_size(self) -> int | None:
        return self.batch_shape[0]

    def call(self, inputs: Any = None) -> Any:
        return inputs

    def get_config(self) -> dict[str, Any]:
        rest = {name: getattr(self, name) for name in ("sparse", "ragged", "name", "optional")}
        return {"batch_shape": self.batch_shape, "dtype": self.input_dtype, **rest}

    def get_build_config(self) -> None:
        return None


def Input(
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Any = None,
    name: str | None = None,
    tensor: KerasTensor | None = None,
    optional: bool = False,
) -> KerasTensor:
    """A symbolic tensor that a model starts from.

    Args:
        shape: sizes without the batch axis, None where unknown.
        batch_size: the size of the batch axis, None for any.
        dtype: the number type, by default the default float.
        sparse, ragged: accepted for old code.
        batch_shape: sizes with the batch axis, instead of `shape`.
        name: the input's name, which data given by name refers to.
        tensor: a symbolic tensor to start from; it is given back as it is.
        optional: whether None may be given.

    Raises: InvalidArgument, if not exactly one of shape, batch_shape and tensor is given.

    Example:
        >>> Input(shape=(28, 28), name="image")
        <KerasTensor shape=(None, 28, 28), dtype=float32, name=image>
    """
    if isinstance(tensor, KerasTensor) and tensor.producer is not None:
        return tensor
    layer = InputLayer(input_tensor=tensor, **taken_by(InputLayer.__init__, locals()))
    return layer._inbound_nodes[0].outputs
