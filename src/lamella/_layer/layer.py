"""Layer: what every layer and every model is."""

from collections.abc import Mapping
from typing import Any

import jax

from lamella import constraints, initializers, regularizers
from lamella._base import as_shape, dtype_name, is_shape, name_for, near_miss, register, warn_person
from lamella._base.configurable import constructor_parameters
from lamella._base.errors import InvalidArgument, NotReady, WrongType, drop_own_frames, note_where
from lamella._base.old_spellings import name_first, tell
from lamella._base.serialize import serialize
from lamella._graph.infer import infer
from lamella._graph.node import Node, is_symbolic
from lamella._layer import building, masking
from lamella._layer.arguments import CallSignature, any_batch, as_arrays, call_signature, shapes_of
from lamella._layer.input_spec import check_inputs
from lamella._layer.rows import call_is_known, is_trusted, require_rows_apart
from lamella._layer.weighted import Weighted
from lamella._state import frame as frames
from lamella._state import placement
from lamella._state.policy import DTypePolicy, policy_from
from lamella._state.pure import TRACING, pure
from lamella._state.variable import Variable

_OLD_ARGUMENTS = (
    *("input_shape", "batch_input_shape", "batch_shape", "input_dim", "input_length"),
    "weights",
)


@register("layer", module="keras.layers")
class Layer(Weighted):
    """A function of arrays that has variables: override `call`, and `build` where it needs weights.

    Args:
        activity_regularizer: adds a cost of the outputs to the loss.
        trainable: whether training changes the weights.
        dtype: a number type or a DTypePolicy.
        autocast: whether float inputs are cast to the layer's compute type.
        name: its name, automatic if None.

    Example:
        >>> class Scale(Layer):
        ...     def build(self, input_shape):
        ...         self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones")
        ...     def call(self, inputs):
        ...         return inputs * self.factor
        >>> Scale()(jax.numpy.ones((1, 3))).tolist()
        [[1.0, 1.0, 1.0]]
    """

    # Whether a row of the output depends on other rows of the batch. A person's layer might.
    mixes_rows = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "build" in cls.__dict__:
            cls.build = building.recorded(cls.__dict__["build"])  # type: ignore[method-assign]

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=_checked_name(name, type(self)))
        self._input_hint = _input_hint(type(self), kwargs)
        self._first_weights = _first_weights(type(self), kwargs)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.dtype_policy: DTypePolicy = policy_from(dtype)
        self.autocast = autocast
        self.built = False
        self.supports_masking = False
        self.input_spec: Any = None
        self._trainable = bool(trainable)
        self._path: str | None = None
        self._losses: list[Any] = []
        self._build_shapes: dict[str, Any] | None = None
        self._output_shapes: Any = ()

    _building = False
    _not_in_config: tuple[str, ...] = ("activity_regularizer", "autocast")
    _untracked = (
        *Weighted._untracked,
        *("_losses", "_build_shapes", "_output_shapes", "_first_weights"),
    )

    @property
    def path(self) -> str:
        """The names of the layers around it and its own, joined by slashes."""
        return self._path or self.name

    @property
    def dtype(self) -> str:
        return self.variable_dtype

    @property
    def variable_dtype(self) -> str:
        return self.dtype_policy.variable_dtype

    @property
    def compute_dtype(self) -> str:
        return self.dtype_policy.compute_dtype

    def _who(self) -> str:
        return f"{type(self).__name__} '{self.path}'"

    @name_first
    def add_weight(
        self,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: str = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Variable:
        """Makes a variable of this layer.

        Args:
            shape: its shape, () for a number.
            initializer: a name, an object or a function; by default Glorot uniform for floats and
                zeros for other types.
            dtype: the number type, by default the layer's.
            trainable: whether training may change it.
            autocast: whether it is read in the layer's compute type.
            regularizer, constraint: as in the layers that take them.
            name: its own name.
        """
        number_type = self.variable_dtype if dtype is None else dtype_name(dtype)
        if initializer is None:
            initializer = "glorot_uniform" if "float" in number_type else "zeros"
        scope = self.path if self._building else self.name
        with frames.changed(path=tuple(scope.split("/"))):
            start, sizes = initializers.get(initializer), as_shape(() if shape is None else shape)
            variable = Variable(
                start, sizes, number_type, trainable, autocast, aggregation, name=name
            )
        if (placing := placement.current()) is not None:
            variable.place(placing.for_weight(variable.path, variable.shape))
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        self._track_variable(variable)
        return variable

    def build(self, input_shape: Any) -> None:
        """Makes the weights. The default runs `call` on shapes, so that layers inside are built."""
        if self._child_layers() and not self._can_skip_build():
            tensors = building.tensors_for(input_shape, self.compute_dtype)
            self._infer({self._signature.names[0]: tensors})

    build = building.recorded(build)

    def _can_skip_build(self) -> bool:
        return False

    def _builds_by_call(self) -> bool:
        """Whether there is no `build` of its own, so that the first call builds what is inside."""
        return type(self).build is Layer.build

    def _build_for(self, arguments: dict[str, Any]) -> None:
        """Builds for the arguments of the first call."""
        shapes = {
            name: shapes_of(value)
            for name, value in arguments.items()
            if any(getattr(leaf, "shape", None) is not None for leaf in jax.tree.leaves(value))
        }
        if self._builds_by_call():
            # `call` itself builds what is inside; only the shapes are remembered.
            object.__setattr__(self, "_path", "/".join((*frames.ambient().path, self.name)))
            several = {f"{name}_shape": shape for name, shape in shapes.items()}
            first = {"input_shape": next(iter(shapes.values()), None)}
            self._build_shapes = several if len(shapes) > 1 else first
            self.built = True
            return
        self.build(**building.build_arguments(type(self).build, shapes, self._who()))

    def get_build_config(self) -> dict[str, Any] | None:
        """The shapes it was built with, for files."""
        if self._build_shapes is None:
            return None
        if len(self._build_shapes) == 1:
            return {"input_shape": next(iter(self._build_shapes.values()))}
        return {"shapes_dict": self._build_shapes}

    def build_from_config(self, config: Mapping[str, Any]) -> None:
        """Builds with what `get_build_config` gave."""
        if self.built or not config:
            return
        if "shapes_dict" in config:
            shapes = {key: _shape_from(value) for key, value in config["shapes_dict"].items()}
        elif config.get("input_shape") is not None:
            shapes = {"input_shape": _shape_from(config["input_shape"])}
        else:
            return
        names = self._signature.names
        arguments = {}
        for key, shape in shapes.items():
            name = names[0] if key == "input_shape" else key.removesuffix("_shape")
            arguments[name] = building.tensors_for(shape, self.compute_dtype)
        if self._builds_by_call() and len(shapes) > 1:
            self._build_for(arguments)
        elif "input_shape" in shapes:
            self.build(shapes["input_shape"])
        else:
            self.build(**shapes)
        if set(arguments) <= set(names) and not all(layer.built for layer in self._walk()):  # type: ignore[attr-defined]
            self._infer(arguments)  # a `build` may leave layers inside to the first call

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """What the layer computes."""
        raise NotImplementedError(
            f"{type(self).__name__} has no `call` method. Write `def call(self, inputs): ...`."
        )

    @property
    def _signature(self) -> CallSignature:
        return call_signature(type(self).call)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return self._invoke(args, kwargs)
        except RecursionError as error:
            if frames.ambient().called:
                raise
            raise InvalidArgument(
                f"{self._who()} calls itself without end, or holds a cycle of layers.",
                help="A layer's `call` must not call the layer itself; share layers, not calls.",
            ) from error.with_traceback(None)
        except Exception as error:
            if frames.ambient().called:
                raise
            raise drop_own_frames(error) from error.__cause__

    def _invoke(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        self._require_init()
        signature = self._signature
        if "training" in kwargs and not signature.takes_any and "training" not in signature.names:
            # Layers inside still hear of it.
            with frames.changed(training=kwargs.pop("training")):
                return self._invoke(args, kwargs)
        if "mask" in kwargs and not signature.takes_any and "mask" not in signature.names:
            kwargs.pop("mask")
        dtype = self.compute_dtype if self.autocast else None
        given = self._signature.bind(args, kwargs, self._who())
        given = {key: as_arrays(value, dtype, self._who()) for key, value in given.items()}
        arguments = self._fill_context(given)
        first = next(iter(given.values()), None)
        if not self.built:
            with TRACING:
                if not self.built:
                    self._check(first)
                    self._build_for(given)
        self._check(first)
        if is_symbolic(given):
            return self._record(given, arguments)
        return self._run(arguments)

    def _check(self, inputs: Any) -> None:
        if self.input_spec is not None:
            check_inputs(self.input_spec, inputs, self._who())

    def _require_init(self) -> None:
        if "_trainable" not in self.__dict__:
            raise NotReady(
                f"{type(self).__name__}.__init__ did not call super().__init__().",
                help="Make `super().__init__(**kwargs)` the first line of its __init__.",
            )

    def _fill_context(self, given: dict[str, Any]) -> dict[str, Any]:
        """The arguments with `training` and masks that come from around the call."""
        arguments = dict(given)
        names = self._signature.names
        if "training" in names and arguments.get("training") is None:
            ambient = frames.ambient().training
            default = self._signature.default("training")
            arguments["training"] = default if ambient is None else ambient
        for index, name in enumerate(given):
            own = f"{name}_mask"
            mask_name = own if index or own in names else "mask"
            if mask_name in names and arguments.get(mask_name) is None and mask_name != name:
                mask = masking.masks_of(given[name])
                if mask is not None:
                    arguments[mask_name] = mask
        return {**{name: arguments[name] for name in names if name in arguments}, **arguments}

    def _training_of(self, arguments: dict[str, Any]) -> bool | None:
        explicit = arguments.get("training")
        return frames.ambient().training if explicit is None else bool(explicit)

    def _run(self, arguments: dict[str, Any]) -> Any:
        frame = frames.ambient()
        if not frame.called:
            for layer in self._walk():
                layer._losses.clear()  # type: ignore[attr-defined]
        args, kwargs = self._signature.unbind(arguments)
        training = self._training_of(arguments)
        require_rows_apart(self.name, frame.rows is not None and self._mixes_rows(training))
        autocast = self.compute_dtype if self.autocast else None
        path = tuple(self.path.split("/"))
        with frames.changed(training=training, autocast=autocast, path=path, called=True):
            try:
                if frame.around is None:
                    outputs = self.call(*args, **kwargs)
                else:
                    outputs = frame.around(self, args, kwargs)
                if (placing := placement.current()) is not None:
                    outputs = placing.with_output(f"{self.path}/output", outputs)
            except Exception as error:
                note_where(error, self._who())
                raise
            if self.activity_regularizer is not None:
                self._regularize(outputs)
            self._pass_masks(arguments, outputs)
        self._output_shapes = any_batch(shapes_of(outputs))
        return outputs

    def _mixes_rows(self, training: bool | None) -> bool:
        """Whether a call would look across rows, as far as anyone can know."""
        return (
            self.mixes_rows
            or self.activity_regularizer is not None
            or not call_is_known(type(self))
            or not is_trusted(vars(self).get("activation"))
        )

    def _record(self, given: dict[str, Any], arguments: dict[str, Any]) -> Any:
        """Enters the call into the graph."""
        outputs = self._infer(arguments)
        args, kwargs = self._signature.unbind(given)
        if len(args) <= len(given):  # settings go by name, as Keras's files want it
            tensors = next((i for i, arg in enumerate(args) if not is_symbolic(arg)), len(args))
            named = list(given)[tensors : len(args)]
            args, kwargs = args[:tensors], {**dict(zip(named, args[tensors:])), **kwargs}
        Node(self, args, kwargs, outputs)
        self._output_shapes = building.tensor_shapes(outputs)
        return outputs

    def _infer(self, arguments: dict[str, Any]) -> Any:
        return infer(self._run, (self._fill_context(arguments),), {})

    def _regularize(self, outputs: Any) -> None:
        for output in jax.tree.leaves(outputs):
            self.add_loss(self.activity_regularizer(output) / output.shape[0])

    def _pass_masks(self, arguments: dict[str, Any], outputs: Any) -> None:
        inputs = next(iter(arguments.values()), None)
        previous = masking.masks_of(inputs)
        if previous is None:
            previous = arguments.get("mask")
        overridden = type(self).compute_mask is not Layer.compute_mask
        if overridden or (self.supports_masking and previous is not None):
            masks = self.compute_mask(inputs, previous)
            if masks is not None:
                masking.set_masks(outputs, masks)
        elif previous is not None and not self.supports_masking:
            warn_person(
                f"{self._who()} received a mask but does not support masking; layers after it will "
                "not see the mask. If it is your own, set self.supports_masking = True."
            )

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The mask of the outputs; by default the one that came in."""
        return previous_mask

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """The shape of the outputs for a shape of the inputs, with the batch axis in both."""
        names = self._signature.names
        shapes = dict(zip(names, args))
        for key, shape in kwargs.items():
            name = key.removesuffix("_shape")
            shapes[names[0] if name == "input" else name] = shape
        dtype = self.compute_dtype
        tensors = {name: building.tensors_for(shape, dtype) for name, shape in shapes.items()}
        if not self.built:
            self._build_for(tensors)
        return building.tensor_shapes(self._infer(tensors))

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Symbolic outputs for symbolic inputs, without entering the call into the graph."""
        given = self._signature.bind(args, kwargs, self._who())
        if not self.built:
            self._build_for(given)
        return self._infer(given)

    def add_loss(self, loss: Any) -> None:
        """Adds a scalar, or a list of them, to the loss of the model."""
        frame = frames.current()
        target = self._losses if frame is None or frame.values is None else frame.losses
        for one in jax.tree.leaves(loss):
            target.append(one if target is self._losses else (self, one))

    @property
    def losses(self) -> list[Any]:
        """What the last call added by `add_loss`, and the cost of regularized weights."""
        frame = frames.current()
        if frame is None or frame.values is None:
            added = [one for layer in self._walk() for one in layer._losses]  # type: ignore[attr-defined]
        else:
            inside = {id(layer) for layer in self._walk()}
            added = [loss for layer, loss in frame.losses if id(layer) in inside]
        regular = [one for one in self.trainable_weights if one.regularizer is not None]
        return added + [one.regularizer(one.value) for one in regular]

    def stateless_call(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> tuple:
        """The call as a pure function of arrays, for `jax.grad`, `jax.jit` and `jax.vmap`.

        Args:
            trainable_variables: arrays in the order of `trainable_variables`.
            non_trainable_variables: arrays in the order of `non_trainable_variables`.
            return_losses: whether to give the added losses too.

        Returns (outputs, new non-trainable arrays), and the losses if asked for.
        """
        if not self.built:
            raise NotReady(
                f"{self._who()} must be built before a stateless call.",
                help="Call it once on data or with layer.build(input_shape).",
            )
        trained, fixed = self.trainable_variables, self.non_trainable_variables

        def run() -> tuple[Any, list[Any]]:
            outputs = self(*args, **kwargs)
            return outputs, self.losses if return_losses else []

        given = [*trainable_variables, *non_trainable_variables]
        (outputs, losses), values = pure(run, [*trained, *fixed])(given)
        following = values[len(trained) :]
        return (outputs, following, losses) if return_losses else (outputs, following)

    def _base_config(self) -> dict[str, Any]:
        config: dict[str, Any] = {"name": self.name, "trainable": self.trainable}
        config["dtype"] = serialize(self.dtype_policy)
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = serialize(self.activity_regularizer)
        return config


def _checked_name(name: str | None, cls: type) -> str:
    if name is None:
        return name_for(cls)
    if not isinstance(name, str) or "/" in name or not name:
        raise InvalidArgument(
            f"A layer's name must be a text without '/'. Received: {name!r}.",
            help="Slashes are kept for paths such as 'model/encoder/dense'.",
        )
    return name


def _input_hint(cls: type, kwargs: dict[str, Any]) -> tuple[Any, ...] | None:
    """The batch shape that old spellings such as `input_shape=` give to the first layer."""
    unknown = [key for key in kwargs if key not in _OLD_ARGUMENTS]
    if unknown:
        known = [*_OLD_ARGUMENTS, "name", "dtype", "trainable", *constructor_parameters(cls)]
        raise WrongType(
            f"{cls.__name__} does not take the argument `{unknown[0]}`. "
            f"{near_miss(unknown[0], known)}".rstrip(),
            help=f"See help(lamella.layers.{cls.__name__}) for what it takes.",
        )
    if kwargs.get("input_shape") is not None:
        return (None, *as_shape(kwargs["input_shape"], "input_shape"))
    for key in ("batch_input_shape", "batch_shape"):
        if kwargs.get(key) is not None:
            return as_shape(kwargs[key], key)
    length = kwargs.get("input_length")
    lengths = length if isinstance(length, (list, tuple)) else (length,)
    steps = () if length is None else as_shape(lengths, "input_length")
    if kwargs.get("input_dim") is not None:
        return (None, *steps, int(kwargs["input_dim"]))
    # An Embedding's own input_dim is the number of words: its input has the length only.
    return (None, *steps) if steps and "input_dim" in constructor_parameters(cls) else None


def _first_weights(cls: type, kwargs: dict[str, Any]) -> list[Any] | None:
    weights = kwargs.get("weights")
    if weights is not None:
        tell(
            f"{cls.__name__}.weights",
            f"{cls.__name__}(weights=...) is an old spelling. Write layer.build(input_shape) and "
            "layer.set_weights(weights), or pass initializers.",
        )
    return weights


def _shape_from(value: Any) -> Any:
    if is_shape(value):
        return tuple(value)
    if isinstance(value, dict):
        return {key: _shape_from(item) for key, item in value.items()}
    return [_shape_from(item) for item in value] if isinstance(value, (list, tuple)) else value
