"""Export of a model's inference."""

from pathlib import Path
from typing import Any

import jax
from jax.interpreters import partial_eval
from jax.tree_util import keystr, tree_leaves_with_path

from lamella._base import InvalidArgument, NotReady, dtype_name, is_shape, write_whole
from lamella._base.optional import require
from lamella._graph.symbolic import KerasTensor
from lamella._state import frame as frames
from lamella._state.pure import TRACING, pure, values_of
from lamella.export.writer import Writer

# One for each axis position, as where shapes are inferred: axis 0 of all inputs is one batch.
_SYMBOLS = "batch, axis1, axis2, axis3, axis4, axis5, axis6, axis7"


def export_model(
    model: Any,
    filepath: Any,
    format: str = "onnx",
    verbose: bool | str | None = None,
    input_signature: Any = None,
    **kwargs: Any,
) -> None:
    """Writes what a model predicts, weights included, to a file that runs without lamella.

    Args:
        model: a built model. Random layers such as Dropout are exported as in inference.
        filepath: the file; for "onnx" its name ends in `.onnx`.
        format: "onnx" for ONNX (opset 19; needs the package `onnx`), or "stablehlo" for the
            serialized form of `jax.export`, for CPU, CUDA and TPU in one file (needs the package
            `flatbuffers`).
        verbose: whether to print what was written.
        input_signature: what the model is called with, as anything with `shape` and `dtype` (in a
            list or a dictionary for several inputs); None in a shape is any size. By default the
            model's own inputs.
        kwargs: none; for the signature of Keras.

    Shapes: the batch axis, and every other axis that is None, has any size in the file.

    Raises: InvalidArgument, for another format, and for an operation that has no ONNX form here;
    NotReady, if the model is not built; MissingPackage, without its package; FileProblem, for a
    path that cannot be written.

    Example:
        >>> from lamella import layers, models
        >>> model = models.Sequential([layers.Input((4,)), layers.Dense(3)])
        >>> path = getfixture("tmp_path") / "model.stablehlo"
        >>> model.export(path, format="stablehlo")
        >>> jax.export.deserialize(path.read_bytes()).call(jax.numpy.ones((7, 4))).shape
        (7, 3)
        >>> model.export("model.onnx")  # doctest: +SKIP

    Source: the ONNX operators of opset 19, https://onnx.ai/onnx/operators.
    """
    path = Path(filepath)
    if format not in _WRITERS or kwargs or (format == "onnx" and path.suffix != ".onnx"):
        raise InvalidArgument(
            f"Export writes 'onnx' (*.onnx) or 'stablehlo', not '{path}', {format!r}, {kwargs}.",
            help=f"Write model.export('{path.stem}.onnx'); most other formats are made from that.",
        )
    with TRACING:
        write_whole(path, _WRITERS[format](model, *_inference(model, input_signature)))
    if verbose:
        print(f"Model '{model.name}' is exported to '{path}' ({format}).")


def _inference(model: Any, wanted: Any) -> tuple[Any, Any]:
    """(values of the variables, inputs) -> outputs, and what the inputs are."""
    shape = (model.get_build_config() or {}).get("input_shape")
    given = jax.tree.map(KerasTensor, shape, is_leaf=is_shape) if wanted is None else wanted
    wanted = model.input if wanted is None and model.output_names else given
    if not model.built or wanted is None:
        raise NotReady(
            f"Model '{model.name}' is not built for one input: there is nothing to export.",
            help="Call it on data first, or pass an input_signature for inputs of its own kind.",
        )
    if isinstance(wanted, (list, tuple)) and len(wanted) == 1:
        wanted = wanted[0]  # Keras's signatures are lists, also of one
    symbols = jax.export.symbolic_shape(_SYMBOLS)

    def spec(tensor: Any) -> jax.ShapeDtypeStruct:
        sizes = [symbol if size is None else size for size, symbol in zip(tensor.shape, symbols)]
        return jax.ShapeDtypeStruct(sizes, dtype_name(tensor.dtype))

    def run(inputs: Any) -> Any:
        with frames.changed(training=False, around=_in_scope):
            return model(inputs, training=False)

    return lambda *args: pure(run, model.variables)(*args)[0], jax.tree.map(spec, wanted)


def _in_scope(layer: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    with jax.named_scope(layer.name):
        return layer.call(*args, **kwargs)


def _stablehlo(model: Any, function: Any, specs: Any) -> bytes:
    require("flatbuffers", purpose="to export a model as StableHLO", extra="stablehlo")
    values = jax.device_get(values_of(model.variables))
    compiled = jax.jit(lambda inputs: function(values, inputs))
    return bytes(jax.export.export(compiled, platforms=("cpu", "cuda", "tpu"))(specs).serialize())


def _onnx(model: Any, function: Any, specs: Any) -> bytes:
    onnx = require("onnx", purpose="to export a model as ONNX", extra="onnx")
    writer = Writer(onnx)
    weights = list(map(writer.array, values_of(model.variables)))
    writer.paths.update((id(value), one.path) for value, one in zip(weights, model.variables))
    closed, outputs = jax.make_jaxpr(function, return_shape=True)(weights, specs)
    known = model.output_names is not None
    input_names = model.input_names if known else _names("input", specs)
    names = model.output_names if known else _names("output", outputs)
    inputs = map(writer.input, jax.tree.leaves(specs), input_names)
    body, _ = partial_eval.dce_jaxpr(closed.jaxpr, [True] * len(names), instantiate=True)
    values = writer.write(closed.replace(jaxpr=body), [*weights, *inputs])
    for value, spec, name in zip(values, jax.tree.leaves(outputs), names, strict=True):
        writer.output(value, spec, f"{name}_output" if name in input_names else name)
    writer.graph.name = model.name
    # What runtimes of 2023 and later read.
    made = {"opset_imports": [onnx.helper.make_opsetid("", 19)], "ir_version": 9}
    return onnx.helper.make_model(writer.graph, producer_name="lamella", **made).SerializeToString()


def _names(kind: str, structure: Any) -> list[str]:
    """The keys of dictionaries; what has only a number, or nothing, is called by its kind."""
    paths = [keystr(one, simple=True, separator="_") for one, _ in tree_leaves_with_path(structure)]
    return [path if path[:1].isalpha() else "_".join(filter(None, [kind, path])) for path in paths]


_WRITERS = {"onnx": _onnx, "stablehlo": _stablehlo}
