"""Model: a layer that can be trained, evaluated, saved and drawn."""

import inspect
import json
from collections.abc import Mapping
from typing import Any, Self

import jax

from lamella import saving, visualization
from lamella._base import registry, sharing, warn_person
from lamella._base.errors import InvalidArgument, NotReady, UnknownName, WrongType
from lamella._base.old_spellings import understood
from lamella._base.serialize import serialize
from lamella._graph.function import Graph
from lamella._graph.node import is_symbolic
from lamella._layer.layer import Layer
from lamella.export import export_model
from lamella.models.graph_config import GraphReader, graph_config
from lamella.models.graph_model import ModelGraph
from lamella.models.old_methods import OldMethods


@registry.register("model", module="keras")
class Model(OldMethods, Layer):
    """Layers put together, with training.

    Either `Model(inputs=..., outputs=...)` from symbolic tensors, or a subclass with its own
    `call`.

    Args:
        inputs: a symbolic tensor from Input, or a list or dictionary of them.
        outputs: what layers made of them, in any structure.
        name: the model's name, automatic if None.
        trainable: whether training changes its weights.

    Example:
        >>> from lamella.layers import Dense, Input
        >>> x = Input((4,))
        >>> Model(inputs=x, outputs=Dense(3)(x)).count_params()
        15
    """

    mixes_rows = False  # its layers are asked one by one

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is Model and _is_functional_call(args, kwargs):
            return super().__new__(Functional, *args, **kwargs)
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        graph = None
        if _is_functional_call(args, kwargs):
            named = dict(zip(("inputs", "outputs", "name"), args))
            kwargs = {**named, **kwargs}
            graph = ModelGraph(kwargs.pop("inputs"), kwargs.pop("outputs"))
        elif args:
            raise WrongType(
                f"{type(self).__name__} received {len(args)} positional argument(s) that are not "
                "inputs and outputs.",
                help="Write Model(inputs=..., outputs=...), or name the arguments in a subclass.",
            )
        super().__init__(**kwargs)
        self._init_trainer()
        self._model_graph: ModelGraph | None = None
        if graph is not None:
            self._set_graph(graph)

    _not_in_config = (*Layer._not_in_config, "inputs", "outputs", "args", "kwargs")
    # Held under these names only for the machinery; files know them as "layers".
    _unsaved: tuple[str, ...] = (
        *("_graph_layers", "_stack", "_loss_tracker", "_compiled_loss", "_compiled_metrics"),
    )

    def _set_graph(self, graph: ModelGraph) -> None:
        self._model_graph = graph
        self._graph_layers = [op for op in graph.graph.operations if isinstance(op, Layer)]
        self.built = True
        shapes = [tensor.shape for tensor in graph.flat_inputs]
        self._build_shapes = {"input_shape": shapes[0] if len(shapes) == 1 else shapes}
        outputs = [tensor.shape for tensor in graph.flat_outputs]
        self._output_shapes = outputs[0] if len(outputs) == 1 else outputs

    def _graph(self) -> Graph | None:
        return self._model_graph.graph if self._model_graph is not None else None

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """What the model computes; a subclass without inputs and outputs writes its own."""
        if self._model_graph is None:
            raise NotImplementedError(
                f"Model {type(self).__name__} has neither inputs and outputs nor a `call` method. "
                "Write `def call(self, inputs): ...`."
            )
        return self._model_graph.run(inputs, self._who(), super().add_loss)

    def add_loss(self, loss: Any) -> None:
        """Adds a scalar, or a list of them, to the loss; symbolic ones are computed in each call.

        Symbolic losses are not written to files.
        """
        symbolic = [one for one in jax.tree.leaves(loss) if is_symbolic(one)]
        if not symbolic:
            super().add_loss(loss)
            return
        held = {id(layer) for layer in self.layers}
        operations = self._require_graph("add_loss").add_losses(symbolic)
        layers = [one for one in operations if isinstance(one, Layer) and id(one) not in held]
        if layers:
            self._loss_layers = layers
        self._forget_programs()

    def _builds_by_call(self) -> bool:
        return self._model_graph is None and type(self).build is Model.build

    def _can_be_called(self) -> bool:
        return self._model_graph is not None or type(self).call is not Model.call

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights for a shape that includes the batch axis, (None, 28, 28)."""
        if self._model_graph is not None:
            return
        if input_shape is None:
            raise InvalidArgument(
                f"{self._who()} needs an input shape to be built. Received: None.",
                help="Pass it with the batch axis: model.build((None, 28, 28)).",
            )
        super().build(input_shape)

    @property
    def layers(self) -> list[Layer]:
        """The layers directly inside; for a functional model in the order of its graph."""
        if self._model_graph is not None:
            held = {id(layer) for layer in self._graph_layers}
            more = [layer for layer in self._child_layers() if id(layer) not in held]
            return [*self._graph_layers, *more]  # type: ignore[list-item]
        return self._child_layers()  # type: ignore[return-value]

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of that name or number.

        Raises: UnknownName with the nearest names; InvalidArgument for a number out of range.
        """
        layers = self.layers
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise InvalidArgument(
                    f"{self._who()} has {len(layers)} layers. Received: index={index}.",
                    help=f"Pass 0 to {len(layers) - 1}.",
                )
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        names = [layer.name for layer in layers]
        raise UnknownName(
            f"{self._who()} has no layer named {name!r}. {registry.near_miss(str(name), names)}",
            help=f"Its layers are {', '.join(names) or 'none'}.",
        )

    def _require_graph(self, wish: str) -> ModelGraph:
        if self._model_graph is None:
            raise NotReady(
                f"{self._who()} has no graph of symbolic tensors, so it has no `{wish}`.",
                help="Build it from Input with the functional API, or call it on an Input.",
            )
        return self._model_graph

    @property
    def inputs(self) -> list[Any]:
        """The symbolic inputs as a flat list."""
        return list(self._require_graph("inputs").flat_inputs)

    @property
    def outputs(self) -> list[Any]:
        """The symbolic outputs as a flat list."""
        return list(self._require_graph("outputs").flat_outputs)

    @property
    def input(self) -> Any:
        return self._require_graph("input").inputs

    @property
    def output(self) -> Any:
        return self._require_graph("output").outputs

    @property
    def input_shape(self) -> Any:
        return self._build_shapes["input_shape"] if self._build_shapes else None

    @property
    def output_shape(self) -> Any:
        return self._output_shapes or None

    @property
    def input_names(self) -> list[str]:
        return self._require_graph("input_names").input_names

    @property
    def output_names(self) -> list[str] | None:
        return None if self._model_graph is None else self._model_graph.output_names

    summary = visualization.summary
    export = export_model
    load_weights = saving.load_weights

    def save(self, filepath: Any, overwrite: bool = True, **kwargs: Any) -> None:
        """Writes architecture, weights, and how it was compiled, to a `.keras` file."""
        saving.save_model(self, filepath, overwrite=overwrite, **kwargs)

    @understood
    def save_weights(self, filepath: Any, overwrite: bool = True) -> None:
        """Writes the weights to a `.weights.h5` file."""
        saving.save_weights(self, filepath, overwrite=overwrite)

    def to_json(self, **kwargs: Any) -> str:
        """The architecture as JSON, without weights."""
        return json.dumps(serialize(self), **kwargs)

    def get_config(self) -> dict[str, Any]:
        if self._model_graph is not None and _functional_like(type(self)):
            base = {"name": self.name, "trainable": self.trainable}
            if self._model_graph.losses:
                warn_person(f"The config of {self._who()} is without its add_loss(tensor).")
            with sharing.one_config():
                return {**base, **graph_config(self._model_graph, _counts_own_node)}
        return super().get_config()

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Any = None) -> Self:
        """A new model from what `get_config` gave, with fresh weights."""
        with registry.custom_objects(custom_objects), sharing.one_config():
            graph = {"layers", "input_layers", "output_layers"}
            if not graph <= set(config):
                return super().from_config(config)
            reader = GraphReader(config, _counts_own_node)
            rest = {key: config[key] for key in config if key not in {*graph, "dtype"}}
            made = cls if cls is not Model else Functional
            return made(inputs=reader.inputs, outputs=reader.outputs, **rest)  # type: ignore[return-value]

    def get_build_config(self) -> dict[str, Any] | None:
        if self._can_be_called():
            return super().get_build_config()
        return {"inside": [layer.get_build_config() for layer in self._child_layers()]}  # type: ignore[attr-defined]

    def build_from_config(self, config: Mapping[str, Any]) -> None:
        if "inside" in config:
            for layer, one in zip(self._child_layers(), config["inside"]):
                layer.build_from_config(one or {})  # type: ignore[attr-defined]
            self.built = self._inside_is_built()
        elif self._model_graph is None:
            super().build_from_config(config)


@registry.register("model", module="keras.src.models.functional")
class Functional(Model):
    """A model made from symbolic inputs and outputs; `Model(inputs=..., outputs=...)` gives one."""


def _is_functional_call(args: tuple, kwargs: dict[str, Any]) -> bool:
    # Keras 1 said `input` and `output`.
    inputs, outputs = (not {name, f"{name}s"}.isdisjoint(kwargs) for name in ("input", "output"))
    return len(args) in (2, 3) or (outputs and (len(args) == 1 or inputs))


def _functional_like(cls: type) -> bool:
    """Whether a class can be made again from inputs and outputs alone."""
    parameters = inspect.signature(cls.__init__).parameters.values()  # type: ignore[misc]
    kinds = {parameter.kind for parameter in parameters}
    return {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD} <= kinds


def _counts_own_node(operation: Any) -> bool:
    return type(operation) is Functional
