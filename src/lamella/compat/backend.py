"""The functions of `keras.backend` as K, most of them lamella.ops with the old arguments."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lamella import activations, ops, random
from lamella._base import floatx
from lamella._graph.symbolic import KerasTensor
from lamella._state.variable import Variable
from lamella.compat.tensorflow.arithmetic import l2_normalize
from lamella.compat.tensorflow.environment import ignored, scope
from lamella.compat.tensorflow.function import TABLE, define
from lamella.compat.tensorflow.tensors import convert, shape, sizes_of
from lamella.layers import dot as batch_dot


def _variable(value: Any, dtype: Any = None) -> Variable:
    return Variable(convert(value, dtype or floatx()))


def _value(branch: Any) -> Any:
    return branch() if callable(branch) else branch


def _assign(*pairs: tuple[Variable, Any]) -> None:
    for variable, value in pairs:
        variable.assign(value)


def _random(draw: Callable[..., Any]) -> Callable[..., Any]:
    return lambda shape, a, b, dtype, seed: draw(sizes_of(shape), a, b, dtype, seed)


def _batch_dot(x: Any, y: Any, axes: Any) -> Any:
    plain = axes is None and len(y.shape) > 2
    return ops.matmul(x, y) if plain else batch_dot([x, y], axes=-1 if axes is None else axes)


_DRAW = "dtype=None, seed=None)"
define(
    "K",
    {
        "reshape(x, shape)": lambda x, shape: ops.reshape(x, sizes_of(shape)),
        "flatten(x)": lambda x: ops.reshape(x, (-1,)),
        "batch_flatten(x)": lambda x: ops.reshape(x, (-1, int(np.prod(x.shape[1:])))),
        "repeat(x, n)": lambda x, n: ops.repeat(ops.expand_dims(x, 1), n, 1),
        "gather(reference, indices)": lambda x, places: ops.take(x, places, 0),
        "batch_dot(x, y, axes=None)": _batch_dot,
        "l2_normalize(x, axis=None)": lambda x, axis: l2_normalize(x, axis),
        "relu(x, alpha=0.0, max_value=None, threshold=0.0)": activations.relu,
        "dropout(x, level, noise_shape=None, seed=None)": random.dropout,
        "shape(x)": shape,
        "int_shape(x)": lambda x: tuple(x.shape),
        "dtype(x)": lambda x: str(x.dtype),
        "count_params(x)": lambda x: int(np.prod(x.shape)),
        "variable(value, dtype=None)": _variable,
        "constant(value, dtype=None)": lambda value, dtype: convert(value, dtype or floatx()),
        "zeros(shape, dtype=None)": lambda shape, dtype: _variable(np.zeros(shape), dtype),
        "ones(shape, dtype=None)": lambda shape, dtype: _variable(np.ones(shape), dtype),
        "eye(size, dtype=None)": lambda size, dtype: _variable(np.eye(size), dtype),
        f"random_normal(shape, mean=0.0, stddev=1.0, {_DRAW}": _random(random.normal),
        f"random_uniform(shape, minval=0.0, maxval=1.0, {_DRAW}": _random(random.uniform),
        f"truncated_normal(shape, mean=0.0, stddev=1.0, {_DRAW}": _random(random.truncated_normal),
        "get_value(x)": np.asarray,
        "eval(x)": np.asarray,
        "batch_get_value(tensors)": lambda tensors: [np.asarray(tensor) for tensor in tensors],
        "set_value(x, value)": lambda x, value: _assign((x, value)),
        "batch_set_value(tuples)": lambda pairs: _assign(*pairs),
        "switch(condition, then_expression, else_expression)": lambda c, a, b: ops.where(
            c, _value(a), _value(b)
        ),
        "is_keras_tensor(x)": lambda x: isinstance(x, KerasTensor),
        "backend()": lambda: "jax",
    },
)
TABLE.update({"K.name_scope": scope, "K.set_learning_phase": ignored})
NAMES = {name[2:]: value for name, value in TABLE.items() if name.startswith("K.")}
