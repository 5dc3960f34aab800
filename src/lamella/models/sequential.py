"""Sequential: layers in a row."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from lamella._base import dtype_name, is_shape, registry, sharing
from lamella._base.errors import InvalidArgument, LamellaError, WrongType
from lamella._base.serialize import deserialize, serialize
from lamella._graph.symbolic import KerasTensor
from lamella._layer.arguments import shapes_of
from lamella._layer.layer import Layer
from lamella._state import frame as frames
from lamella.layers.core.input_layer import InputLayer
from lamella.models.graph_model import ModelGraph
from lamella.models.model import Model


@registry.register("model", module="keras")
class Sequential(Model):
    """A model whose layers follow one another.

    Args:
        layers: a list of layers, the first may be an Input.
        trainable: whether training changes its weights.
        name: the model's name, automatic if None.

    Without an Input (or an `input_shape` of the first layer) it is built by the first data.

    Raises: WrongType, if something else than a layer is added.

    Example:
        >>> from lamella.layers import Dense, Input
        >>> Sequential([Input((4,)), Dense(3)]).output_shape
        (None, 3)
    """

    def __init__(
        self, layers: Sequence[Any] | None = None, trainable: bool = True, name: str | None = None
    ) -> None:
        super().__init__(trainable=trainable, name=name)
        self._stack: list[Layer] = []
        self._input_layer: InputLayer | None = None
        for layer in layers or []:
            self.add(layer, rebuild=False)
        self._extend_graph(self._stack)

    _untracked = (*Model._untracked, "_input_layer")

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Adds a layer, or an Input, at the end."""
        if isinstance(layer, KerasTensor) and layer.producer is not None:
            layer = layer.producer.operation
        if not isinstance(layer, Layer):
            raise WrongType(
                f"Only layers can be added to a Sequential model. Received: {layer!r} of type "
                f"{type(layer).__name__}.",
                help="Wrap a function as Lambda(function), or an operation as its layer.",
            )
        if isinstance(layer, InputLayer):
            self._set_input(layer)
            return
        if any(inner is self for inner in layer._walk()):
            raise InvalidArgument(
                f"{self._who()} was added to itself, which would be a cycle.",
                help="Make a second model, or models.clone_model(model) for a copy.",
            )
        if any(other.name == layer.name for other in self._stack):
            raise InvalidArgument(
                f"{self._who()} has a layer named '{layer.name}' already. Names must be unique.",
                help=f"Give the new one another name, e.g. name='{layer.name}_2'.",
            )
        if not self._stack and self._input_layer is None:
            hint = layer._input_hint or _known_input(layer)
            if hint is not None:
                dtype = layer.compute_dtype if layer._input_hint else None
                self._input_layer = InputLayer(batch_shape=hint, dtype=dtype)
        self._stack.append(layer)
        if not rebuild:
            return
        try:
            self._extend_graph([layer])
        except LamellaError:
            self._stack.pop()
            raise

    def _set_input(self, layer: InputLayer) -> None:
        if self._input_layer is not None or self._stack:
            raise InvalidArgument(
                f"{self._who()} already has {'an Input' if self._input_layer else 'layers'}; "
                "an Input must come first and only once.",
                help="Make the Input the first item of the list.",
            )
        self._input_layer = layer

    def pop(self, rebuild: bool = True) -> Layer | None:
        """Removes the last layer and gives it back."""
        if not self._stack:
            return None
        layer = self._stack.pop()
        self._known_since.pop(id(layer), None)
        self._model_graph = None
        self._graph_layers: list[Layer] = []
        self.built = False
        self._extend_graph(self._stack)
        return layer

    def _extend_graph(self, layers: list[Layer]) -> None:
        """Calls layers on the last symbolic output, where there is one."""
        if self._input_layer is None or not layers:
            return
        source = self._input_layer._inbound_nodes[0].outputs
        tensor = source if self._model_graph is None else self._model_graph.outputs
        path = tuple(self._path.split("/")) if self._path else (*frames.ambient().path, self.name)
        object.__setattr__(self, "_path", "/".join(path))
        with frames.changed(path=path):
            for layer in layers:
                tensor = layer(tensor)
                if len(layer._inbound_nodes[-1].output_tensors) != 1:
                    raise InvalidArgument(
                        f"Layer '{layer.name}' has several outputs; in a Sequential model each "
                        "layer has one input and one output.",
                        help="Use the functional API: Model(inputs=..., outputs=...).",
                    )
        self._set_graph(ModelGraph(source, tensor))

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights for a shape that includes the batch axis."""
        if self._model_graph is not None:
            return
        if not self._stack:
            raise InvalidArgument(
                f"{self._who()} has no layers to build.", help="Add layers first: model.add(...)."
            )
        if not is_shape(input_shape):
            raise InvalidArgument(
                f"{self._who()} needs one input shape to be built. Received: {input_shape!r}.",
                help="Pass it with the batch axis, model.build((None, 28, 28)), or add an Input.",
            )
        self._build_stack(tuple(input_shape), self._stack[0].compute_dtype)

    def _build_stack(self, shape: tuple, dtype: str) -> None:
        self._input_layer = InputLayer(batch_shape=(None, *shape[1:]), dtype=dtype)
        self._extend_graph(self._stack)

    def _build_for(self, arguments: dict[str, Any]) -> None:
        inputs = arguments.get("inputs")
        if self._stack and not isinstance(inputs, (list, tuple, dict)) and inputs is not None:
            # Indices stay whole numbers: an Input of the compute type would round them.
            self._build_stack(shapes_of(inputs), dtype_name(inputs.dtype))
            return
        super()._build_for(arguments)

    @property
    def layers(self) -> list[Layer]:
        """The layers in order, without the Input."""
        return list(self._stack)

    def _can_skip_build(self) -> bool:
        return self._model_graph is not None

    def get_config(self) -> dict[str, Any]:
        if not registry.is_own(type(self)):
            return super(Model, self).get_config()
        first = [] if self._input_layer is None else [self._input_layer]
        with sharing.one_config():
            layers = [serialize(layer) for layer in [*first, *self._stack]]
        config = {**self._base_config(), "layers": layers}
        if self._input_layer is not None:
            config["build_input_shape"] = self._input_layer.batch_shape
        return config

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Any = None) -> Self:
        """A new model from what `get_config` gave, with fresh weights."""
        if not isinstance(config.get("layers"), (list, tuple)):
            return super().from_config(config, custom_objects)
        with registry.custom_objects(custom_objects), sharing.one_config():
            layers = [deserialize(layer) for layer in config["layers"]]
        model = cls(layers, name=config.get("name"))
        model.trainable = bool(config.get("trainable", True))
        shape = config.get("build_input_shape")
        if not model.built and is_shape(shape) and shape:
            model.build(tuple(shape))
        return model


def _known_input(layer: Layer) -> Any:
    """The batch shape of a first layer that is itself a built model."""
    if isinstance(layer, Model) and layer._model_graph is not None:
        tensors = layer._model_graph.flat_inputs
        return tensors[0].shape if len(tensors) == 1 else None
    return None
