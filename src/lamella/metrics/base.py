"""What every metric is: variables that are added to, and a result made of them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import jax
import jax.numpy as jnp

from lamella import initializers
from lamella._base import Configurable, InvalidArgument, floatx, naming, publish, register, registry
from lamella._base import serialize as plain
from lamella._state import frame as frames
from lamella._state.frame import Values
from lamella._state.policy import policy_from
from lamella._state.variable import Variable


@register("metric", "metric", module="keras.metrics")
class Metric(Configurable):
    """A number that is gathered over many batches.

    Subclasses make variables with `add_variable`, change them in `update_state` and compute
    `result` from them. Both run inside compiled code: no Python branches on values of arrays.

    Args:
        dtype: the number type of the result, None for the default float type.
        name: its name, automatic if None.

    Example:
        >>> class Most(Metric):
        ...     def __init__(self, name="most"):
        ...         super().__init__(name=name)
        ...         self.most = self.add_variable((), "zeros", name="most")
        ...     def update_state(self, y_true, y_pred, sample_weight=None):
        ...         self.most.assign(jnp.maximum(self.most.value, jnp.max(y_pred)))
        ...     def result(self):
        ...         return self.most.value
        >>> float(Most()(None, jnp.array([3.0, 7.0])))
        7.0
    """

    _direction: str | None = None
    """ "up" if more is better, "down" if less is, None if nobody knows."""

    _built: bool = True
    """False as long as some variables wait for the shapes of the first batch."""

    _variables: list[Variable]
    _metrics: list[Metric]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        made = super().__new__(cls, *args, **kwargs)
        object.__setattr__(made, "_variables", [])
        object.__setattr__(made, "_metrics", [])
        return made

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        self.name = name or naming.name_for(type(self))
        self._dtype_policy = policy_from(dtype or floatx())

    @property
    def dtype(self) -> str:
        return self._dtype_policy.compute_dtype

    @property
    def variables(self) -> list[Variable]:
        """Its own variables, then those of metrics that it owns."""
        return [*self._variables, *(v for metric in self._metrics for v in metric.variables)]

    def __setattr__(self, name: str, value: Any) -> None:
        self._track(value)
        object.__setattr__(self, name, value)

    def _track(self, value: Any) -> None:
        if isinstance(value, Variable) and not any(value is known for known in self._variables):
            self._variables.append(value)
        elif isinstance(value, Metric) and not any(value is known for known in self._metrics):
            self._metrics.append(value)
        elif isinstance(value, (list, tuple)):
            for item in value:
                self._track(item)
        elif isinstance(value, dict):
            self._track(list(value.values()))

    def add_variable(
        self,
        shape: Any,
        initializer: Any,
        dtype: Any = None,
        aggregation: str = "sum",
        name: str | None = None,
    ) -> Variable:
        """Makes a variable that belongs to the metric.

        Args:
            shape: its sizes.
            initializer: its first value; `reset_state` sets it to zero all the same.
            dtype: its number type, None for the default float type.
            aggregation: how replicas would be combined; kept for files.
            name: its name.
        """
        path = (*frames.ambient().path, self.name.replace("/", ">"))
        with frames.changed(path=path):
            start = initializers.get("zeros" if initializer is None else initializer)
            fixed: dict[str, Any] = {
                "trainable": False,
                "autocast": False,
                "aggregation": aggregation,
            }
            variable = Variable(start, tuple(shape), dtype, name=name, **fixed)
        self._track(variable)
        return variable

    def add_weight(
        self, shape: Any = (), initializer: Any = None, dtype: Any = None, name: str | None = None
    ) -> Variable:
        """The same as `add_variable`.

        Args:
            shape, initializer, dtype, name: see there.
        """
        return self.add_variable(shape, initializer, dtype, name=name)

    def prepare(self, y_true: Any, y_pred: Any) -> None:
        """Makes the variables that wait for the shapes of the first batch; adds nothing.

        To be called before `update_state` is compiled, as compiled code cannot make variables.

        Args:
            y_true, y_pred: anything with shape and dtype; unknown sizes are None.

        Example:
            >>> import jax
            >>> from lamella.metrics import F1Score
            >>> score, spec = F1Score(), jax.ShapeDtypeStruct((8, 3), "float32")
            >>> score.prepare(spec, spec)
            >>> [variable.name for variable in score.variables[:2]]
            ['true_positives', 'false_positives']
        """
        if self._built and registry.is_own(type(self)):
            return
        specs = jax.tree.map(_spec, (y_true, y_pred))
        scope = Values(outer=frames.ambient().values)
        # What is wrong with the data, or cannot be compiled, is for the real update to say.
        with frames.changed(values=scope), contextlib.suppress(Exception):
            jax.eval_shape(self.update_state, *specs)

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Adds a batch.

        Args:
            *args, **kwargs: usually y_true, y_pred, sample_weight.
        """
        raise NotImplementedError(f"{type(self).__name__} has to define update_state(...).")

    def result(self) -> Any:
        """The value over all that was added, a number or a dictionary of numbers."""
        raise NotImplementedError(f"{type(self).__name__} has to define result().")

    def reset_state(self) -> None:
        """Forgets all that was added."""
        for variable in self.variables:
            variable.assign(jnp.zeros(variable.shape, variable.dtype))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Adds a batch and gives the value over all so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    def stateless_update_state(self, metric_variables: Any, *args: Any, **kwargs: Any) -> list[Any]:
        """As `update_state`, from given values of the variables to new ones.

        Args:
            metric_variables: an array for each of `variables`.
            *args, **kwargs: what `update_state` takes.

        Example:
            >>> from lamella.metrics import Sum
            >>> [float(total) for total in Sum().stateless_update_state([1.0], [2.0, 3.0])]
            [6.0]
        """
        return self._stateless(metric_variables, lambda: self.update_state(*args, **kwargs))[1]

    def stateless_result(self, metric_variables: Any) -> Any:
        """As `result`, from given values of the variables.

        Args:
            metric_variables: an array for each of `variables`.
        """
        return self._stateless(metric_variables, self.result)[0]

    def stateless_reset_state(self) -> list[Any]:
        """The values that the variables have after a reset."""
        return self._stateless([v.value for v in self.variables], self.reset_state)[1]

    def _stateless(
        self, values: Sequence[Any], function: Callable[[], Any]
    ) -> tuple[Any, list[Any]]:
        variables = self.variables
        if len(values) != len(variables):
            raise InvalidArgument(
                f"{type(self).__name__} '{self.name}' has {len(variables)} variables. "
                f"Received: {len(values)} values.",
                help="Pass one array for each of metric.variables, in order.",
            )
        scope = Values(outer=frames.ambient().values)
        for variable, value in zip(variables, values):
            scope.put(variable, jnp.asarray(value, variable.dtype))
        with frames.changed(values=scope):
            result = function()
        return result, [scope.arrays[id(variable)] for variable in variables]

    def _base_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


_ANY_SIZE = 8


def _spec(array: Any) -> jax.ShapeDtypeStruct:
    sizes = tuple(_ANY_SIZE if size is None else size for size in array.shape)
    return jax.ShapeDtypeStruct(sizes, array.dtype)


def get(identifier: Any) -> Any:
    """The metric that an argument means.

    Args:
        identifier: a name, a config, a class, an object, a function, or None, which gives None.

    Raises: UnknownName, if there is none of that name; WrongType, if it is none of those.

    Example:
        >>> get("mse")
        <MeanSquaredError name=mean_squared_error>
    """
    return plain.resolve("metric", identifier)


def serialize(metric: Any) -> Any:
    """A metric as a plain dictionary.

    Args:
        metric: the object.

    Example:
        >>> serialize(get("mse"))["class_name"]
        'MeanSquaredError'
    """
    return plain.serialize(metric)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The metric that a plain dictionary describes.

    Args:
        config: what `serialize` gave.
        custom_objects: your own classes by name.

    Example:
        >>> deserialize(serialize(get("mse")))
        <MeanSquaredError name=mean_squared_error>
    """
    with registry.custom_objects(custom_objects):
        return get(config)


publish(__name__)
