"""Getting data, the model and its programs ready, and one pass over the data."""

import contextlib
import functools
import itertools
from collections.abc import Callable, Generator
from typing import Any, NamedTuple

import jax
import numpy as np

from lamella._base import InvalidArgument, InvalidData, LamellaError, NotReady, warn_person
from lamella._base.registry import is_own
from lamella._graph.infer import infer
from lamella._graph.symbolic import KerasTensor
from lamella._layer.repeats import stacks_in
from lamella._layer.tracking import Tracking, unique
from lamella._state import placement
from lamella._state.pure import TRACING
from lamella._state.variable import Variable
from lamella._training.checks import check_inputs, check_outputs, check_targets
from lamella._training.last_layer import graph_of
from lamella._training.loop import Kind, Loop, host_batches, slices_of
from lamella._training.outputs import Outputs
from lamella._training.program import Program
from lamella._training.quick import Prepared, changes_are_seen
from lamella._training.reports import Compile, noted
from lamella._training.stateless import StatelessSteps
from lamella._training.steps import Steps
from lamella._training.suspicions import (
    suspicions_of_compile,
    suspicions_of_split,
    suspicions_of_targets,
)
from lamella.data import ArrayData, StreamData, is_stream
from lamella.data.arrays import refuse_nan

_program_numbers = itertools.count()


class KnownProgram(NamedTuple):
    """The last program of a kind.

    Args:
        program: the compiled step.
        layers: those of the model.
        state: what they and the model were like.
    """

    program: Program
    layers: list[Any]
    state: Any


class Preparation(StatelessSteps):
    """What fit, evaluate and predict have in common behind their doors."""

    run_eagerly: bool
    jit_compile: bool
    _programs: dict[Any, Any]
    _known_programs: dict[str, KnownProgram]
    _prepared: dict[Any, Prepared]
    _shapes_of: dict[Any, tuple[Any, list[tuple]]]
    _compiles: list[Compile]

    def _read(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Any = None,
        role: str = "x",
        **of_stream: Any,
    ) -> Any:
        """What a person passed as data, checked."""
        names = None if graph_of(self) is None else self.input_names  # type: ignore[attr-defined]
        outputs = getattr(self, "output_names", None)
        if is_stream(x):
            if y is not None or sample_weight is not None:
                raise InvalidArgument(
                    "y and sample_weight cannot be given beside a stream of batches.",
                    help="Let the stream give (x, y) or (x, y, sample_weight).",
                )
            flow = StreamData(x, names=names, y_names=outputs, role=role, **of_stream)
            return flow if class_weight is None else flow.with_class_weight(class_weight, outputs)
        if x is None:
            raise InvalidArgument("Argument `x` is None.", help="Pass the data: model.fit(x, y).")
        data = ArrayData.read(x, y, sample_weight, role, names, outputs)
        return data if class_weight is None else data.with_class_weight(class_weight, outputs)

    def _read_validation(self, given: Any) -> Any:
        if given is None:
            return None
        if is_stream(given):
            return self._read(given, role="validation x", steps_name="validation_steps")
        if not isinstance(given, (tuple, list)) or not 2 <= len(given) <= 3:
            raise InvalidArgument(
                "validation_data must be (x, y) or (x, y, sample_weight), or a stream. "
                f"Received: {type(given).__name__}.",
                help="Pass validation_data=(x_val, y_val).",
            )
        x, y, sample_weight = (*given, None)[:3]
        return self._read(x, y, sample_weight, role="validation x")

    def _prepare(self, data: Any, kind: Kind) -> bool:
        """Builds what is not built yet and refuses data that cannot work.

        Returns whether anything was built.
        """
        if isinstance(data, StreamData):
            first = data.first()
            if first is None:
                raise _no_batch()
            if fresh := self._prepare(first, kind):
                data.reset()
            return fresh
        data = data.glimpse()
        fresh = self._build_for_batch(data, kind)
        if kind == "predict":
            check_inputs(self, data.x)
            return fresh
        try:
            self._check_data(data)
        except LamellaError:
            # What "accuracy" means was read off targets that were wrong.
            for part in (self._compiled_loss, self._compiled_metrics):
                if fresh and part is not None:
                    part.outputs = None
            raise
        if fresh:
            self._suspect(data)
        return fresh

    def _suspect(self, data: ArrayData) -> None:
        """Warns of what compile was told, if it probably does not go with the model or the data."""
        found = suspicions_of_compile(self, self._compiled_loss)
        for said in found + suspicions_of_targets(self._compiled_metrics, data.y):
            warn_person(said)

    def _build_for_batch(self, data: ArrayData, kind: Kind) -> bool:
        """Builds the model, its optimizer and what compile was told, from one batch's shapes."""
        with TRACING:
            fresh = self._build_model(data, kind != "predict")
            self._rehearse(data, kind)
            self._extend_optimizer(kind)
        return fresh

    def _extend_optimizer(self, kind: Kind) -> None:
        """Gives the optimizer state for all that is to be trained now.

        A step of the person's own may use it for some variables only: then it is built, once.
        """
        own = type(self).train_step is not Steps.train_step
        if kind == "train" and self.optimizer is not None and not (own and self.optimizer.built):
            self.optimizer.build(self.trainable_variables)

    def _rehearse(self, data: ArrayData, kind: Kind) -> None:
        """Runs a step of the person's own on shapes, so that what it builds on its way is there.

        Layers that only the step calls and optimizers that only the step uses have no variables
        before; the compiled step must carry them from the start.
        """
        name = f"{kind}_step"
        if getattr(type(self), name) is getattr(Steps, name):
            return
        batch = _as_specs(data.packed(), min(data.rows, 32))
        for _ in range(3):  # layers come first, and then the optimizers of their variables
            optimizers = self._optimizers() if kind == "train" else []
            ready = all(one.built or one is self.optimizer for one in optimizers)
            if ready and self._inside_is_built():
                break
            infer(self._own_step(kind), (batch,), {})
        if not self._can_be_called():  # the layers inside are all that there is to build
            self.built = self._inside_is_built()

    def _build_model(self, data: ArrayData, targets: bool) -> bool:
        unresolved = targets and any(
            part is not None and part.outputs is None
            for part in (self._compiled_loss, self._compiled_metrics)
        )
        if not unresolved and (self.built or self._steps_by_itself()):
            return False
        y_pred = self._symbolic_outputs(_as_specs(data.x))
        if not jax.tree.leaves(y_pred):
            text = f"The `call` of {self._who()} gave no output. Received: {y_pred!r}."
            raise NotReady(text, help="End it with `return x`.")
        if not unresolved:
            return True
        if data.y is None:
            raise InvalidArgument(
                "Argument `y` is None, but the model was compiled with a loss or metrics.",
                help="Pass the targets: model.fit(x, y).",
            )
        y = _as_specs(data.y)
        names = getattr(self, "output_names", None)
        outputs = Outputs.of(y_pred, names)
        for part in (self._compiled_loss, self._compiled_metrics):
            if part is not None:
                part.build(outputs, y, y_pred)
        return True

    def _symbolic_outputs(self, x: Any) -> Any:
        """The outputs for inputs of some shapes; a graph made for just these has them ready."""
        graph = graph_of(self)
        tensors = x if isinstance(x, (list, tuple)) else [x]
        made_for = None if graph is None else [_sizes(one) for one in graph.inputs]
        if made_for == [_sizes(one) for one in tensors]:
            return self.output
        return self.compute_output_spec(x)

    def _steps_by_itself(self) -> bool:
        """Whether a step of the person's own calls the layers, which are all built already.

        The `call` of such a model may be meant for other data: that of a GAN takes noise.
        """
        own = type(self).train_step is not Steps.train_step
        return own and (self._inside_is_built() or not self._can_be_called())

    def _inside_is_built(self) -> bool:
        return all(layer.built for layer in self._walk() if layer is not self)  # type: ignore[attr-defined]

    def _check_data(self, data: ArrayData, prefix: str = "") -> None:
        refuse_nan(data.x, f"{prefix}x", data.columns)
        refuse_nan(data.y, f"{prefix}y")
        check_inputs(self, data.x, prefix)
        compiled = (self._compiled_loss, self._compiled_metrics)
        outputs = next((one.outputs for one in compiled if one is not None and one.outputs), None)
        if outputs is not None:
            check_targets(*compiled, data.y, self._output_shapes_for(data.x, outputs), prefix)
            if isinstance(data.sample_weight, (dict, list)):
                outputs.arrays(data.sample_weight, f"{prefix}sample_weight")

    def _output_shapes_for(self, x: Any, outputs: Outputs) -> list[tuple]:
        """The shape of each output; also checks the model's end, and the shape of x against it."""
        leaves, structure = jax.tree.flatten(x)
        sizes = tuple((leaf.shape[1:], leaf.dtype) for leaf in leaves)
        graph = graph_of(self)  # another one after a layer was added
        key = (id(graph), structure, sizes)
        if key not in self._shapes_of:
            check_outputs(self)
            y_pred = self._symbolic_outputs(_as_specs(x))
            shapes = [tensor.shape for tensor in outputs.arrays(y_pred, "y")]
            self._shapes_of[key] = (graph, shapes)  # a graph that is held keeps its id
        return self._shapes_of[key][1]

    def _check_validation(self, data: Any, validation: Any, split: bool) -> None:
        """Refuses validation data that cannot work; `split`: whether fit split them off."""
        if not isinstance(validation, ArrayData):
            return
        rows = validation.glimpse()
        self._check_data(rows, "validation data ")
        if split and validation is not data:
            for said in suspicions_of_split(self._compiled_loss, data.glimpse().y, rows.y):
                warn_person(said)

    def _check_batch(self, role: str, data: ArrayData, index: int) -> None:
        """Refuses a batch of a stream that cannot work."""
        self._check_data(data, f"{role.removesuffix('x')}batch {index}: ")

    def _state_of(self, kind: Kind) -> list[Variable]:
        """The variables that a kind of step may touch."""
        held = [variable for layer in self._walk() for variable in layer._own_stored()]
        left_out = {id(item) for item in self._optimizers()} if kind != "train" else set()
        if kind == "predict":
            left_out |= {id(item) for item in (self._loss_tracker, self._compiled_loss)}
            left_out.add(id(self._compiled_metrics))
        for layer in self._walk():
            for item in layer._other_owned():
                if id(item) not in left_out:
                    held += item.variables
        return unique(held)

    def _with_stacks(self, variables: list[Variable]) -> list[Variable]:
        """Those variables, with stacks in the place of the variables of equal blocks."""
        graphs = [graph_of(layer) for layer in self._walk()]
        stacks = [stack for graph in graphs if graph is not None for stack in stacks_in(graph)]
        if stacks and self.optimizer is not None:
            slots = self.optimizer._slot_stacks(stacks)
            stacks = [] if slots is None else stacks + slots
        known = {id(stack) for stack in stacks}
        return unique(one._stack if id(one._stack) in known else one for one in variables)

    def _program(self, kind: Kind) -> Program:
        """The compiled step of a kind, for the variables as they are now."""
        known = self._known_programs.get(kind)
        if known is not None and known.state == self._state_seen(known.layers, known.program):
            return known.program
        program = self._program_anew(kind)
        if changes_are_seen(self):
            layers = list(self._walk())
            state = self._state_seen(layers, program)
            self._known_programs[kind] = KnownProgram(program, layers, state)
        return program

    def _forget_programs(self) -> None:
        """What was compiled and prepared holds no longer."""
        for kept in (self._programs, self._known_programs, self._prepared):
            kept.clear()

    def _state_seen(self, layers: list[Any], program: Program) -> Any:
        """All that decides which program it is, as far as it can change without being tracked."""
        return (
            (Tracking.changes, id(self.optimizer), self.jit_compile and not self.run_eagerly),
            placement.current(),
            [layer._trainable for layer in layers],
            [one.trainable for variable in program.variables for one in variable._members],
        )

    def _place_weights(self) -> None:
        """Lays weights that were made before there was a distribution as that one says."""
        placing = placement.current()
        if placing is not None:
            for weight in self.weights:
                rule = placing.for_weight(weight.path, weight.shape)
                weight.place(rule or placing.copied())
            outputs = [f"{layer.path}/output" for layer in self._walk()]  # type: ignore[attr-defined]
            placing.check([*(weight.path for weight in self.weights), *outputs])

    def _program_anew(self, kind: Kind) -> Program:
        self._place_weights()
        self._extend_optimizer(kind)  # a callback may have thawed layers
        compiled = self.jit_compile and not self.run_eagerly
        variables = self._state_of(kind)
        if compiled and type(self).train_step is Steps.train_step and placement.current() is None:
            with TRACING:
                variables = self._with_stacks(variables)
        key = (
            kind,
            compiled,
            graph_of(self),  # a layer without variables may have been added
            tuple(id(variable) for variable in variables),
            tuple(id(variable) for variable in self.trainable_variables),
            id(self.optimizer),
            placement.current(),
        )
        with TRACING:
            if key not in self._programs:
                own = [f"{kind}_step", "compute_loss", "compute_metrics", "get_metrics_result"]
                by_row = all(getattr(type(self), name) is getattr(Steps, name) for name in own)
                blocks = max((len(one._members) for one in variables), default=1)
                number = next(_program_numbers)
                note = functools.partial(noted, self._compiles, kind, number, blocks)
                own_metrics = all(is_own(type(metric)) for metric in self.metrics)
                alike = own_metrics and type(self).reset_metrics is Steps.reset_metrics
                options: dict[str, Any] = {"compiled": compiled, "by_row": by_row, "note": note}
                self._programs[key] = Program(
                    self._own_step(kind), variables, resets_alike=alike, **options
                )
            return self._programs[key]

    def _tested(
        self, data: Any, batch_size: int, steps: int | None, told: Any, look: Callable[[], Any]
    ) -> dict[str, Any]:
        """Evaluates between its callbacks; `look` is called between steps and may raise."""

        def report(done: int, logs: dict[str, Any]) -> bool:
            told.progress("test", done, logs)
            look()
            return self.stop_evaluating

        self.stop_evaluating = False
        told.on_test_begin()
        logs = self._one_pass("test", data, batch_size, steps, told=told, report=report)
        told.on_test_end(logs)
        return logs

    def _one_pass(
        self,
        kind: Kind,
        data: Any,
        batch_size: int,
        steps: int | None,
        *,
        told: Any,
        report: Callable[[int, dict[str, Any]], bool],
        order: np.ndarray | None = None,
        done: tuple[int, dict[str, Any]] = (0, {}),
        folder: Any = None,
        watch: Any = None,
    ) -> dict[str, Any]:
        """Trains or evaluates on all of the data once, or on what is left of it."""
        stream: Generator[ArrayData] | None = None
        if isinstance(data, StreamData):
            if kind == "test":
                data.reset()
            check = functools.partial(self._check_batch, data.role)
            stream = data.batches(steps, skip=done[0], check=check)
        elif data.stays_on_host:
            stream = host_batches(data, batch_size, order, steps, done[0])
        before = None if done[0] else self.reset_metrics
        loop = Loop(self._program(kind), kind, told, before, live=kind == "train", watch=watch)
        several = 1
        if stream is None and kind == "test" and steps is None:
            several = loop.batches_at_once(data, batch_size, graph_of(self))
            if several > 1 and jax.default_backend() == "cpu":  # it reads them where they lie
                stream = slices_of(data, batch_size * several)

        def told_of_parts(step: int, logs: dict[str, Any]) -> bool:
            return report(step * several, logs)

        if stream is not None:
            with contextlib.closing(stream):
                logs = loop.over_stream(stream, told_of_parts, done, folder is None, several > 1)
            if not logs:
                raise _no_batch()
        else:
            every = None if folder is None else folder.every
            size = batch_size * several
            logs = loop.over_arrays(data, size, order, steps, told_of_parts, done, every)
        loop.finish()
        return logs


def _sizes(tensor: Any) -> Any:
    return isinstance(tensor, KerasTensor) and (tensor.shape, str(tensor.dtype))


def _no_batch() -> InvalidData:
    help = "A generator can be used once; pass an iterable that starts again."
    return InvalidData("The stream gave no batch.", help=help)


def _as_specs(value: Any, rows: int | None = None) -> Any:
    """A structure of arrays as symbolic tensors of that many rows, unknown if None."""
    return jax.tree.map(lambda a: KerasTensor((rows, *a.shape[1:]), a.dtype), value)
