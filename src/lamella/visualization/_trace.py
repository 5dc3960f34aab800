"""Watches a model's call: which layers run, inside of which, on what, and how much they compute.

The model runs once on shapes. What goes into a layer and what comes out passes through a mark in
the program, so that afterwards the program tells who feeds whom, also through a person's own code.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
from jax.ad_checkpoint import checkpoint_name

from lamella._base import is_shape
from lamella._layer import masking
from lamella._state import frame as frames
from lamella._state.frame import Frame, Values
from lamella.visualization._flops import equation_flops, programs_in
from lamella.visualization.protocols import graph_of

if TYPE_CHECKING:
    from jax.extend.core import Jaxpr

# Stands for an axis other than the batch whose size is open; small, for a loop may run over it.
OPEN_SIZE = 24

# A call and the number of one of its outputs.
Port = tuple[int, int]

_MARK = "door of call"


class Mark(NamedTuple):
    """A place in the program where an array goes into a call, or comes out of it."""

    call: int
    inwards: bool
    place: int


class Spec(NamedTuple):
    """Shape and number type of an array, with the batch open."""

    shape: tuple[int | None, ...]
    dtype: str


@dataclass
class Call:
    """One call of a layer while the model ran; it can stand for a call in a graph."""

    operation: Any
    parent: int | None
    input_tensors: list[Spec]
    # The layer's note of its shapes before: this call must leave no trace.
    noted: Any
    output_tensors: list[Spec] = field(default_factory=list)
    flops: int = 0
    is_input: bool = False


class Step(NamedTuple):
    """One call among the layers directly in a model.

    Args:
        operation: what was called.
        reads: the number of an input, and the name of a tensor that goes in there.
        gives: the names of its outputs.
    """

    operation: Any
    reads: list[tuple[int, Any]]
    gives: list[Any]


class Flow(NamedTuple):
    """Who feeds whom in one model.

    Args:
        steps: in an order in which they can run.
        inputs: the names of the tensors that come in.
        outputs: for each output of the model, the names of the tensors that it is made of.
    """

    steps: list[Step]
    inputs: list[Any]
    outputs: list[list[Any]]


@dataclass
class Trace:
    """All calls of one run of a model, the model's own first.

    Args:
        calls: in the order in which they began.
        program: what ran, with marks.
        exact: whether every size but the batch was known.
    """

    calls: list[Call]
    program: "Jaxpr"
    exact: bool

    def flow(self, model: Any) -> Flow | None:
        """How data flow between the layers directly in a model; None if it called none."""
        for number, call in enumerate(self.calls):
            if call.operation is model:
                return _Reader(self, number).read()
        return None


def watch(model: Any) -> Trace | None:
    """Runs a model on the shape of one row; None if it cannot be run by what is known of it."""
    specs = _input_specs(model)
    if specs is None:
        return None
    args, kwargs, exact = specs
    calls: list[Call] = []

    def run(args: tuple, kwargs: dict[str, Any]) -> list[Any]:
        # "called" keeps what earlier calls added to the loss; this one is no call of a person.
        fresh = Frame(values=Values(), training=False, called=True, around=_observer(calls))
        with frames.entered(fresh):
            return [leaf for leaf in jax.tree.leaves(model(*args, **kwargs)) if _is_array(leaf)]

    try:
        program = jax.make_jaxpr(run)(args, kwargs).jaxpr
    except Exception:
        # A model may want arguments, or kinds of numbers, of which nothing is known before data
        # come. A picture or a column must not fail for that.
        return None
    finally:
        for call in reversed(calls):
            call.operation._output_shapes = call.noted
    if not calls:
        return None
    _attribute(program, calls)
    return Trace(calls, program, exact)


def _input_specs(model: Any) -> tuple[tuple, dict[str, Any], bool] | None:
    """What to call a model with: positional and named arguments, and if all sizes were known."""
    known = True

    def struct(shape: Any, dtype: str = "") -> Any:
        nonlocal known
        if not is_shape(shape):
            return shape
        known &= None not in shape[1:]
        return struct_of(tuple(shape), dtype or model.compute_dtype)

    graph = graph_of(model)
    if graph is not None:
        structs = [struct(tuple(tensor.shape), str(tensor.dtype)) for tensor in graph.inputs]
        return (structs[0] if len(structs) == 1 else structs,), {}, known
    built = jax.tree.map(struct, getattr(model, "_build_shapes", None), is_leaf=is_shape)
    if not built:
        return None
    if len(built) == 1:
        return tuple(built.values()), {}, known
    return (), {name.removesuffix("_shape"): item for name, item in built.items()}, known


def struct_of(shape: tuple[int | None, ...], dtype: str) -> jax.ShapeDtypeStruct:
    """One row of a shape with the batch axis; open sizes get a stand-in."""
    sizes = [OPEN_SIZE if size is None else size for size in shape[1:]]
    return jax.ShapeDtypeStruct((1, *sizes) if shape else (), dtype)


def _is_array(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array)


def _observer(calls: list[Call]) -> Callable[..., Any]:
    """What stands around each layer's call: notes the call and marks its arrays."""
    running: list[int] = []

    def observe(layer: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        number = len(calls)
        parent = running[-1] if running else None
        call = Call(layer, parent, _specs((args, kwargs)), layer._output_shapes)
        calls.append(call)
        running.append(number)
        try:
            args, kwargs = _marked((args, kwargs), number, inwards=True)
            outputs = layer.call(*args, **kwargs)
        finally:
            running.pop()
        call.output_tensors = _specs(outputs)
        return _marked(outputs, number, inwards=False)

    return observe


def _specs(structure: Any) -> list[Spec]:
    arrays = [leaf for leaf in jax.tree.leaves(structure) if _is_array(leaf)]
    return [Spec((None, *a.shape[1:]) if a.shape else (), str(a.dtype)) for a in arrays]


def _marked(structure: Any, call: int, *, inwards: bool) -> Any:
    """The structure with arrays that are the same, but named: JAX keeps names in its programs."""
    places = itertools.count()

    def mark(leaf: Any) -> Any:
        if not _is_array(leaf):
            return leaf
        copy = checkpoint_name(leaf, f"{_MARK} {call} {int(inwards)} {next(places)}")
        mask = masking.get_mask(leaf)
        if mask is not None:
            masking.set_mask(copy, mask)
        return copy

    return jax.tree.map(mark, structure)


def _mark_of(equation: Any) -> Mark | None:
    name = equation.params.get("name")
    if equation.primitive.name != "name" or not str(name).startswith(_MARK):
        return None
    call, inwards, index = map(int, str(name).removeprefix(_MARK).split())
    return Mark(call, bool(inwards), index)


def _attribute(program: "Jaxpr", calls: list[Call]) -> None:
    """Counts each equation for the call between whose marks it stands, and all calls around."""
    current: int | None = None

    def walk(program: "Jaxpr", times: int) -> None:
        nonlocal current
        for equation in program.eqns:
            mark = _mark_of(equation)
            if mark is not None:
                current = mark.call if mark.inwards else calls[mark.call].parent
                continue
            if current is not None:
                calls[current].flops += times * equation_flops(equation)
            for inner, rounds in programs_in(equation):
                walk(inner, times * rounds)

    walk(program, 1)
    for call in reversed(calls):
        if call.parent is not None:
            calls[call.parent].flops += call.flops


class _Reader:
    """Follows arrays through a program, at the level of the layers directly in one model.

    Tensors are named by a call and the number of its output; -1 stands for the model's own inputs.
    """

    def __init__(self, trace: Trace, level: int) -> None:
        self.calls, self.program, self.level = trace.calls, trace.program, level
        self.layers = {id(layer): layer for layer in trace.calls[level].operation.layers}
        # What each call of a layer reads.
        self.reads: dict[int, list[tuple[int, Port]]] = {
            number: []
            for number, call in enumerate(trace.calls)
            if call.parent == level and id(call.operation) in self.layers
        }
        self.exits: list[list[Port]] = []
        self.origins: dict[Any, frozenset[Port]] = {}

    def read(self) -> Flow | None:
        if not self.reads:
            return None
        self._walk(self.program)
        steps = []
        for number, reads in self.reads.items():
            call = self.calls[number]
            self.layers.pop(id(call.operation), None)
            ports = [(number, place) for place, _ in enumerate(call.output_tensors)]
            steps.append(Step(call.operation, reads, ports))
        # Layers that were not called stand alone.
        steps += [Step(layer, [], []) for layer in self.layers.values()]
        inputs = [(-1, place) for place, _ in enumerate(self.calls[self.level].input_tensors)]
        return Flow(steps, inputs, self.exits)

    def _of(self, variable: Any) -> frozenset[Port]:
        from jax.extend.core import Literal  # as in `programs_in`: not on `import lamella`

        if isinstance(variable, Literal):
            return frozenset()
        return self.origins.get(variable, frozenset())

    def _walk(self, program: "Jaxpr") -> None:
        for equation in program.eqns:
            mark = _mark_of(equation)
            if mark is not None:
                self.origins[equation.outvars[0]] = self._through(mark, equation)
                continue
            sources = [self._of(variable) for variable in equation.invars]
            made = frozenset[Port]().union(*sources)
            for program_inside, _ in programs_in(equation):
                same = _same_arguments(equation, program_inside)
                given = sources if same else [made] * len(program_inside.invars)
                self.origins.update(zip(program_inside.invars, given))
                self._walk(program_inside)
                results = [self._of(variable) for variable in program_inside.outvars]
                if same:
                    self.origins.update(zip(equation.outvars, results))
                    break
                made = made.union(*results)
            else:
                self.origins.update(dict.fromkeys(equation.outvars, made))

    def _through(self, mark: Mark, equation: Any) -> frozenset[Port]:
        """What an array is made of behind a mark."""
        origins = self._of(equation.invars[0])
        if mark.call == self.level and not mark.inwards:
            self.exits.append(sorted(origins))
        elif mark.call == self.level:
            return frozenset({(-1, mark.place)})
        elif mark.call in self.reads and not mark.inwards:
            return frozenset({(mark.call, mark.place)})
        elif mark.call in self.reads:
            # A mask is made outside of the layer that it comes with, from that layer's input.
            if equation.outvars[0].aval.dtype != bool:
                self.reads[mark.call] += [(mark.place, origin) for origin in sorted(origins)]
            return frozenset()
        return origins


def _same_arguments(equation: Any, program: "Jaxpr") -> bool:
    """Whether a program inside of an equation takes and gives the same, as of `jax.jit`."""
    return (
        equation.primitive.name not in ("scan", "while", "cond")
        and len(program.invars) == len(equation.invars)
        and len(program.outvars) == len(equation.outvars)
    )
