"""What surrounds computation in tf: devices, decorators, scopes, control flow, messages."""

import contextlib
import logging
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import numpy as np

from lamella import ops
from lamella._base import InvalidArgument, LamellaError
from lamella.compat.tensorflow.function import TABLE, define, named
from lamella.compat.tensorflow.tensors import DType, TensorShape, as_dtype, convert

VERSION = "2.21.0+lamella"


class Device(NamedTuple):
    """A device as tf lists it.

    Args:
        name: for instance "/physical_device:CPU:0".
        device_type: "CPU", "GPU" or "TPU".
    """

    name: str
    device_type: str


class TensorSpec:
    """The shape and type of tensors to come.

    Args:
        shape: sizes, None where unknown.
        dtype: the number type.
        name: for people.

    Example:
        >>> TensorSpec((None, 3))
        TensorSpec(shape=(None, 3), dtype=tf.float32)
    """

    def __init__(self, shape: Any = (), dtype: Any = "float32", name: str | None = None) -> None:
        self.shape = TensorShape(shape)
        self.dtype: DType = as_dtype(dtype)
        self.name = name

    def __repr__(self) -> str:
        return f"TensorSpec(shape={tuple(self.shape)}, dtype={self.dtype!r})"


@named("function")
def function(func: Any = None, *args: Any, **kwargs: Any) -> Any:
    """A decorator that leaves the function as it is: fit and predict compile by themselves."""
    return func if callable(func) else lambda target: target


@named("config.list_physical_devices", "config.list_logical_devices")
def list_physical_devices(device_type: str | None = None) -> list[Device]:
    """The devices that JAX has."""
    names = {"cuda": "GPU", "rocm": "GPU"}
    kinds = [names.get(device.platform, device.platform.upper()) for device in jax.devices()]
    kinds += [] if "CPU" in kinds else ["CPU"]
    found = [Device(f"/physical_device:{kind}:{n}", kind) for n, kind in enumerate(kinds)]
    return [device for device in found if device_type in (None, device.device_type)]


def ignored(*args: Any, **kwargs: Any) -> None:
    """Accepted for old code: there is nothing to do here."""


@contextlib.contextmanager
def scope(*args: Any, **kwargs: Any) -> Iterator[None]:
    """A block that changes nothing here."""
    yield


@named("print")
def print_(*inputs: Any, **kwargs: Any) -> None:
    """Prints values, in compiled code when it runs."""
    if any(isinstance(item, jax.core.Tracer) for item in inputs):
        jax.debug.print(" ".join("{}" for _ in inputs), *inputs)
    else:
        print(*(np.asarray(item) if ops.is_tensor(item) else item for item in inputs))


def _while(cond: Any, body: Any, start: Any) -> Any:
    return ops.while_loop(cond, body, tuple(jax.tree.map(convert, item) for item in start))


define(
    "",
    {
        "cond(pred, true_fn, false_fn)": ops.cond,
        "while_loop(cond, body, loop_vars)": _while,
        "map_fn(fn, elems)": lambda run, xs: ops.map(run, jax.tree.map(convert, xs)),
        "executing_eagerly()": lambda: True,
        "get_logger()": lambda: logging.getLogger("tensorflow"),
    },
)
_IGNORED = (
    "config.run_functions_eagerly config.experimental.set_memory_growth "
    "config.set_visible_devices config.experimental.enable_op_determinism autograph.set_verbosity "
    "compat.v1.logging.set_verbosity compat.v1.disable_eager_execution "
    "compat.v1.enable_eager_execution compat.v1.disable_v2_behavior"
)
TABLE.update(dict.fromkeys(_IGNORED.split(), ignored))
TABLE.update(dict.fromkeys(("device", "name_scope", "control_dependencies"), scope))
TABLE.update({f"compat.v1.logging.{n}": getattr(logging, n) for n in ("INFO", "WARN", "ERROR")})
TABLE.update(
    {
        "__version__": VERSION,
        "version.VERSION": VERSION,
        "TensorSpec": TensorSpec,
        "config.experimental.list_physical_devices": list_physical_devices,
        "test.is_gpu_available": lambda *args: bool(list_physical_devices("GPU")),
        "errors.InvalidArgumentError": InvalidArgument,
        "errors.OpError": LamellaError,
    }
)
