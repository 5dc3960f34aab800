"""From a jaxpr to an ONNX graph, equation by equation; loops are graphs inside the graph.

A value is an array that is known at export, a list of whole numbers (sizes and axes), or the name
of a tensor in the graph.
"""

import ast
import itertools
import string
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import jax
import numpy as np

from lamella._base import InvalidArgument

Value = Any

_FORMULAS = tomllib.loads(Path(__file__).with_name("formulas.toml").read_text("utf-8"))
# Nodes for what stands in formulas: Python's operators, and functions in JAX's unknown sizes.
_KINDS = {"Mult": "Mul", "USub": "Neg", "floordiv": "Div", "mod": "Mod", "max": "Max", "min": "Min"}
# Where functions inside functions keep what is inside: ONNX has it in line.
_INSIDE = {"jaxpr", "call_jaxpr", "fun_jaxpr"}
# What would be drawn once, at export, and what may ask for sizes that only the graph knows.
_NEVER_KNOWN = ("random_", "threefry", "rng_", "dim_as_value", "scan", "while")


class Writer:
    """Writes a graph, or one inside another.

    A primitive is written by its line in `formulas.toml` or by the method of its name, which takes
    the values of the operands and gives the value of the result, or a list of them. Meanwhile
    `params` are the equation's settings, `given` and `wanted` the shapes and types of what it takes
    and gives.

    Args:
        onnx: the package.
        around: the graph that this one stands in; the outermost keeps the arrays of all.
    """

    def __init__(self, onnx: Any, around: Self | None = None) -> None:
        self.onnx, self.graph = onnx, onnx.GraphProto(name="body")
        self.root: Self = around.root if around else self
        self.where: str = around.where if around else ""
        self.stored, self.paths, self.sizes = (dict[Any, Any]() for _ in range(3))
        self.count = itertools.count()

    def write(self, body: Any, values: list[Value]) -> list[Value]:
        """Writes the equations of a jaxpr; gives the values of its outputs.

        What does not depend on the inputs is computed here and now: only its result is stored.

        Args:
            body: a jaxpr, closed or not.
            values: those of its constants, if it is not closed, and of its inputs.

        Raises: InvalidArgument, if a primitive has no ONNX form here.
        """
        from jax.extend import core  # brings much along: not on `import lamella`

        if isinstance(body, core.ClosedJaxpr):
            return self.write(body.jaxpr, [*map(self.array, body.consts), *values])
        known = dict(zip([*body.constvars, *body.invars], values, strict=True))

        def read(atom: Any) -> Value:
            is_number = isinstance(atom, core.Literal)
            return self.array(atom.val, atom.aval.dtype) if is_number else known[atom]

        around = self.where
        for eqn in body.eqns:
            self.where = "/".join(filter(None, [around, str(eqn.source_info.name_stack)]))
            results = self._equation(eqn, [read(atom) for atom in eqn.invars])
            known.update(zip(eqn.outvars, results, strict=True))
        self.where = around
        return [read(atom) for atom in body.outvars]

    def _equation(self, eqn: Any, operands: list[Value]) -> list[Value]:
        name, self.params = eqn.primitive.name, eqn.params
        self.given, self.wanted = ([var.aval for var in one] for one in (eqn.invars, eqn.outvars))
        rule = getattr(self, f"_{name}", None)
        for key in _INSIDE.intersection(eqn.params) if rule is None else ():
            return self.write(eqn.params[key], operands)
        known = all(isinstance(operand, np.ndarray) for operand in operands)
        static = all(isinstance(size, int) for spec in self.wanted for size in spec.shape)
        if known and static and not name.startswith(_NEVER_KNOWN):
            results = eqn.primitive.bind(*operands, **eqn.params)
            return list(map(self.array, jax.tree.leaves(results)))
        result = rule(*operands) if rule else self._by_formula(name, operands)
        return result if isinstance(result, list) else [result]

    def _refuse(self, name: str) -> Any:
        raise InvalidArgument(
            f"Layer '{self.where}' computes `{name}`, which lamella does not write as ONNX.",
            help='Pass format="stablehlo", which holds everything that JAX computes.',
        )

    def _by_formula(self, name: str, operands: list[Value]) -> Value:
        names = [*"xyz", *(f"x{index}" for index in range(3, len(operands)))][: len(operands)]
        first = (self.given or self.wanted)[0].dtype
        text = _FORMULAS.get(f"{name} {first}") or _FORMULAS.get(name) or self._refuse(name)
        kind = self.kind(self.wanted[0].dtype)
        text = text.format(**self.params, kind=kind, all=", ".join(names))
        sizes = self.wanted[0].shape or [self.params.get("dim")]
        values = dict(zip(names, operands)) or {"shape": self.shape(sizes)}
        return self.formula(text, values, lambda number: self.array(number, first))

    def fresh(self, kind: str) -> str:
        """A name that no other tensor has, with the layer's in front."""
        return f"{self.where}/{kind}_{next(self.root.count)}"

    def kind(self, dtype: Any) -> int:
        """ONNX's number for a number type. bfloat16 is computed as float32."""
        name = np.dtype(dtype).name.replace("bfloat16", "float32")
        return self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(name))

    def array(self, value: Any, dtype: Any = None) -> np.ndarray:
        """A known value."""
        array = np.asarray(value, dtype)
        return array.astype(np.float32) if array.dtype.name == "bfloat16" else array

    def named(self, value: Value) -> str:
        """The name of a value; what is known is stored, each array once."""
        if isinstance(value, str):
            return value
        root, array = self.root, np.asarray(value, np.int64 if isinstance(value, list) else None)
        if id(array) not in root.stored:
            # The array is kept too, so that no other one gets its identity.
            root.stored[id(array)] = array, root.paths.get(id(array)) or self.fresh("constant")
            tensor = self.onnx.numpy_helper.from_array(*root.stored[id(array)])
            root.graph.initializer.append(tensor)
        return root.stored[id(array)][1]

    def nodes(self, kind: str, count: int, *operands: Value, **attributes: Any) -> list[Value]:
        """Writes a node; gives the names of its outputs."""
        names, outputs = map(self.named, operands), [self.fresh(kind) for _ in range(count)]
        make = self.onnx.helper.make_node
        self.graph.node.append(make(kind, list(names), outputs, outputs[0], **attributes))
        return outputs

    def add(self, kind: str, *operands: Value, **attributes: Any) -> Value:
        """Writes a node with one output; gives its name. Known arrays are turned here and now."""
        if kind == "Transpose" and isinstance(operands[0], np.ndarray):
            return operands[0].transpose(attributes["perm"])
        return self.nodes(kind, 1, *operands, **attributes)[0]

    def formula(self, text: Any, names: Mapping[str, Value], number: Callable[..., Value]) -> Value:
        """Writes a formula such as "Log(x + 1)" as nodes.

        Args:
            text: in Python's syntax; a call's keywords are attributes of its node.
            names: what stands for a value.
            number: the value of a number.
        """
        tree: Any = ast.parse(text, mode="eval").body if isinstance(text, str) else text
        if isinstance(tree, ast.Name):
            return names[tree.id]
        if isinstance(tree, ast.Constant | ast.Tuple):
            content = ast.literal_eval(tree)
            return list(content) if isinstance(content, tuple) else number(content)
        call = isinstance(tree, ast.Call)
        kind = tree.func.id if call else type(tree.op).__name__
        settings = {one.arg: ast.literal_eval(one.value) for one in (tree.keywords if call else ())}
        parts = tree.args if call else ast.iter_child_nodes(tree)
        values = [self.formula(one, names, number) for one in parts if isinstance(one, ast.expr)]
        return self.add(_KINDS.get(kind, kind), *values, **settings)

    def cast(self, value: Value, dtype: Any) -> Value:
        """A value in a number type."""
        return self.add("Cast", value, to=self.kind(dtype))

    def shape(self, sizes: Sequence[Any]) -> Value:
        """Sizes as a tensor of one axis; JAX writes unknown ones like "3*batch^2 + 1"."""
        if all(isinstance(size, int) for size in sizes):
            return list(sizes)
        texts, root = [str(size).replace("^", "**") for size in sizes], self.root
        columns = [root.formula(text, root.sizes, lambda number: [number]) for text in texts]
        return root.add("Concat", *columns, axis=0)

    def reshape(self, value: Value, shape: Sequence[Any]) -> Value:
        """A value in another shape, which may have unknown sizes."""
        sizes: Value = [size if isinstance(size, int) else -1 for size in shape]
        sizes = sizes if sizes.count(-1) < 2 and 0 not in sizes else self.shape(shape)
        return self.add("Reshape", value, sizes, allowzero=1)

    def input(self, spec: Any, name: str) -> str:
        """Enters an input; its unknown sizes are known in the graph from then on."""
        self.graph.input.append(self._info(spec, name))
        for axis, size in enumerate(spec.shape):
            if not isinstance(size, int) and self is self.root:
                self.sizes[str(size)] = self.add("Shape", name, start=axis, end=axis + 1)
        return name

    def output(self, value: Value, spec: Any, name: str) -> None:
        """Enters an output, by a node of its own: it may be an input or a known value."""
        self.graph.output.append(self._info(spec, name))
        self.graph.node.append(self.onnx.helper.make_node("Identity", [self.named(value)], [name]))

    def _info(self, spec: Any, name: str) -> Any:
        sizes = [size if isinstance(size, int) else str(size) for size in spec.shape]
        return self.onnx.helper.make_tensor_value_info(name, self.kind(spec.dtype), sizes)

    def _round(self, x: Value) -> Value:
        to_even = self.params["rounding_method"] == jax.lax.RoundingMethod.TO_NEAREST_EVEN
        return self.add("Round", x) if to_even else self._refuse("round half away from zero")

    def _split(self, x: Value) -> list[Value]:
        sizes = [int(size) for size in self.params["sizes"]]
        return self.nodes("Split", len(sizes), x, sizes, axis=self.params["axis"])

    def _reshape(self, x: Value) -> Value:
        return self.reshape(x, self.wanted[0].shape)

    def _broadcast_in_dim(self, x: Value) -> Value:
        kept = dict(zip(self.params["broadcast_dimensions"], self.given[0].shape))
        shape = self.wanted[0].shape
        column = tuple(kept.get(axis, 1) for axis in range(len(shape)))
        x = x if column == self.given[0].shape else self.reshape(x, column)
        return x if column == shape else self.add("Expand", x, self.shape(shape))

    def _slice(self, x: Value) -> Value:
        starts, stops = self.params["start_indices"], self.params["limit_indices"]
        steps = self.params["strides"] or [1] * len(starts)
        cuts = list(zip(starts, stops, steps, self.given[0].shape))
        axes = [axis for axis, cut in enumerate(cuts) if cut[:3] != (0, cut[3], 1)]
        first, last, step = (self.shape([cuts[axis][i] for axis in axes]) for i in range(3))
        return self.add("Slice", x, first, last, axes, step) if axes else x

    def _rev(self, x: Value) -> Value:
        for axis in self.params["dimensions"]:
            x = self.add("Slice", x, [-1], [-(2**62)], [axis], [-1])
        return x

    def _dynamic_slice(self, x: Value, *starts: Value) -> Value:
        columns = [self.reshape(start, (1,)) for start in starts]
        return self._window(x, self.add("Concat", *columns, axis=0), range(len(starts)))

    def _window(self, x: Value, start: Value, axes: Any) -> Value:
        """What stands in a window of the size in `params`, which is moved so that it fits in."""
        pairs = [(self.params["slice_sizes"][axis], self.given[0].shape[axis]) for axis in axes]
        length, room = self.shape([a for a, _ in pairs]), self.shape([b - a for a, b in pairs])
        start = self.add("Max", self.add("Min", self.cast(start, np.int64), room), [0])
        return self.add("Slice", x, start, self.add("Add", start, length), list(axes))

    def _gather(self, x: Value, index: Value) -> Value:
        axes, mode = self.params["dimension_numbers"], self.params["mode"].name
        given, count, rank = self.given[0].shape, self.given[1].ndim - 1, self.wanted[0].ndim
        mapped, fills = (*axes.operand_batching_dims, *axes.start_index_map), mode == "FILL_OR_DROP"
        if not count and not fills:
            return self.reshape(self._window(x, index, mapped), self.wanted[0].shape)
        rest = [axis for axis in range(len(given)) if axis not in mapped]
        whole = all(self.params["slice_sizes"][axis] == given[axis] for axis in rest)
        if mode == "CLIP" or {*mapped} != {*axes.collapsed_slice_dims} or not whole:
            self._refuse("gather")
        index = self.cast(index, np.int64)
        if fills:  # ONNX counts negative ones from the end
            index = self.add("Where", self.add("Less", index, [0]), [2**62], index)
        found = self.add("GatherND", self.add("Transpose", x, perm=[*mapped, *rest]), index)
        # In what was found the axes of the indices come first, in the result they stand between.
        own, others = iter(range(count, rank)), iter(range(count))
        turned = [next(own if axis in axes.offset_dims else others) for axis in range(rank)]
        return self.add("Transpose", found, perm=turned)

    def _dot_general(self, left: Value, right: Value) -> Value:
        (of_left, of_right), (along_left, along_right) = self.params["dimension_numbers"]
        ranks, wanted = [given.ndim for given in self.given], self.wanted[0].dtype
        same = self.given[0].dtype == wanted
        left, right = (one if same else self.cast(one, wanted) for one in (left, right))
        if ranks[1] == 2 and of_left == (ranks[0] - 1,) and not along_right:
            right = right if of_right == (0,) else self.add("Transpose", right, perm=(1, 0))
            return self.add("MatMul", left, right)
        rows, columns = string.ascii_lowercase[: ranks[0]], [*string.ascii_uppercase[: ranks[1]]]
        for one, other in zip((*of_left, *along_left), (*of_right, *along_right)):
            columns[other] = rows[one]
        alone = [letter for letter in rows if letter not in columns]
        result = [*(rows[axis] for axis in along_left), *alone, *filter(str.isupper, columns)]
        equation = "".join([rows, ",", *columns, "->", *result])
        return self.add("Einsum", left, right, equation=equation)

    def _pad(self, x: Value, filler: Value, config: Any = None) -> Value:
        """Pads by (before, after, between) for each axis; negative ones cut off."""
        config, sizes = config or self.params["padding_config"], list(self.given[0].shape)
        for axis, (_, _, between) in enumerate(config):
            sizes[axis] = sizes[axis] * (between + 1)
            if between:
                x = self.add("Unsqueeze", x, [axis + 1])
                x = self.reshape(self.add("Pad", x, [0, between], filler, [axis + 1]), sizes)
        pads = [low for low, _, _ in config] + [high - between for _, high, between in config]
        return self.add("Pad", x, pads, filler) if any(pads) else x

    def _conv_general_dilated(self, x: Value, kernel: Value) -> Value:
        params, numbers = self.params, self.params["dimension_numbers"]
        config = [(0, 0, 0)] * self.given[0].ndim
        for axis, pad, step in zip(numbers.lhs_spec[2:], params["padding"], params["lhs_dilation"]):
            config[axis] = (*pad, step - 1)
        kernel = self.add("Transpose", kernel, perm=numbers.rhs_spec)
        x = x if params["batch_group_count"] == 1 else self._refuse("conv of groups of rows")
        x = self._pad(x, self.array(0, self.given[0].dtype), config)
        x = self.add("Transpose", x, perm=numbers.lhs_spec)
        steps = {"strides": params["window_strides"], "dilations": params["rhs_dilation"]}
        y = self.add("Conv", x, kernel, group=params["feature_group_count"], **steps)
        return self.add("Transpose", y, perm=np.argsort(numbers.out_spec).tolist())

    def _pool(self, kind: str, x: Value, filler: float) -> Value:
        sizes = [self.params[f"window_{one}"] for one in ("dimensions", "strides", "dilation")]
        # ONNX wants two axes, batch and channels, before those that the window moves along.
        still = [axis for axis, cut in enumerate(zip(*sizes)) if cut == (1, 1, 1)][:2]
        order = [*still, *(axis for axis in range(len(sizes[0])) if axis not in still)]
        x = x if len(still) == 2 else self._refuse("reduce_window")
        pads = zip(self.params["padding"], self.params["base_dilation"])
        config = [(*pad, step - 1) for pad, step in pads]
        x = self._pad(x, self.array(filler, self.given[0].dtype), config)
        x = self.add("Transpose", x, perm=order)
        window, steps, gaps = ([one[axis] for axis in order[2:]] for one in sizes)
        y = self.add(kind, x, kernel_shape=window, strides=steps, dilations=gaps)
        return self.add("Transpose", y, perm=np.argsort(order).tolist())

    def _reduce_window_max(self, x: Value) -> Value:
        return self._pool("MaxPool", x, -np.inf)

    def _reduce_window_sum(self, x: Value) -> Value:
        count = self.array(np.prod(self.params["window_dimensions"]), self.given[0].dtype)
        return self.add("Mul", self._pool("AveragePool", x, 0), count)

    def _scan(self, *operands: Value) -> list[Value]:
        params, body, over = self.params, self.params["jaxpr"], list(operands)
        constants, states = params["num_consts"], params["num_carry"]
        inner = type(self)(self.onnx, self)
        entered = [inner.input(spec, inner.fresh("input")) for spec in body.in_avals[constants:]]
        # ONNX wants something to step over, so there is always one thing more.
        over.append(self.add("Expand", np.float32(0), self.shape([params["length"]])))
        inner.input(jax.ShapeDtypeStruct((), np.float32), inner.fresh("step"))
        values = inner.write(body, [*over[:constants], *entered])
        for value, spec in zip(values, body.out_avals, strict=True):
            inner.output(value, spec, inner.fresh("output"))
        loop, count = inner.graph, len(over) - constants - states
        over = over if not params["reverse"] else self._refuse("scan in reverse")
        return self.nodes("Scan", len(values), *over[constants:], body=loop, num_scan_inputs=count)
