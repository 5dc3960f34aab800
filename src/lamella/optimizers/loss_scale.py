"""A loss scale that finds its own size, for training in float16."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import jax
import jax.numpy as jnp

from lamella import initializers
from lamella._base import InvalidArgument, check, register, registry
from lamella._base.serialize import deserialize, serialize
from lamella._state.variable import Variable
from lamella.optimizers.base import Optimizer
from lamella.optimizers.checks import Options

_NOT_HERE = set(Options.__annotations__) - {"name"}


@register("optimizer", "lossscaleoptimizer", module="keras.optimizers")
class LossScaleOptimizer(Optimizer):
    """Multiplies the loss by a scale that grows while gradients are finite and halves when not.

    Args:
        inner_optimizer: what changes the weights.
        initial_scale: the first scale.
        dynamic_growth_steps: the scale doubles after so many good steps in a row.
        name: its name, automatic if None.

    A step with a gradient that is not finite changes nothing but the scale.

    Example:
        >>> from lamella.optimizers.sgd import SGD
        >>> weight = Variable(1.0)
        >>> optimizer = LossScaleOptimizer(SGD(0.1), initial_scale=2.0)
        >>> optimizer.apply([jnp.array(2.0)], [weight])
        >>> round(float(weight), 3)
        0.9

    Source: Micikevicius et al. 2018, arXiv:1710.03740.
    """

    def __init__(
        self,
        inner_optimizer: Optimizer,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if not kwargs.pop("dynamic", True):
            raise InvalidArgument(
                "LossScaleOptimizer does not take dynamic=False.",
                help="Set loss_scale_factor on the inner optimizer instead.",
            )
        for key in sorted(_NOT_HERE.intersection(kwargs)):
            if kwargs.pop(key, None) not in (None, False, 0.99):
                raise InvalidArgument(
                    f"LossScaleOptimizer does not take the argument `{key}`.",
                    help=f"Set {key} on the inner optimizer.",
                )
        example = "Pass for example LossScaleOptimizer(Adam())."
        check.of_kind(inner_optimizer, Optimizer, "Argument `inner_optimizer`", example)
        super().__init__(0.0, name=name, **kwargs)
        self.inner_optimizer = inner_optimizer
        self.initial_scale = initial_scale
        self.dynamic_growth_steps = dynamic_growth_steps
        inner_optimizer.loss_scale_factor = None

    def build(self, variables: Sequence[Variable]) -> None:
        self.step_counter = self.add_variable((), dtype="int32", name="step_counter")
        scale = initializers.Constant(self.initial_scale)
        self.dynamic_scale = self.add_variable((), scale, "float32", name="dynamic_scale")
        self.inner_optimizer.build(variables)
        super().build(variables)

    @property
    def variables(self) -> list[Variable]:
        return [*self._variables, *self.inner_optimizer.variables]

    @property
    def averages(self) -> list[tuple[Variable, Variable | None]]:
        return self.inner_optimizer.averages

    @property
    def iterations(self) -> Any:
        return self.inner_optimizer.iterations

    @property
    def learning_rate(self) -> Any:
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self.inner_optimizer.learning_rate = value

    def check_finite(self, grads: Sequence[Any]) -> jax.Array:
        """Whether all entries of all gradients are finite."""
        parts = [jnp.all(jnp.isfinite(gradient)) for gradient in grads if gradient is not None]
        return jnp.all(jnp.stack(parts))

    def apply(
        self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None = None
    ) -> None:
        grads = list(grads)
        if not grads:
            return
        variables = self._variables_for(grads, trainable_variables)
        finite = self.check_finite(grads)
        scale, count = self.dynamic_scale.value, self.step_counter.value
        touched = [*variables, *self.inner_optimizer.variables]
        before = [variable.value for variable in touched]
        plain = [g is None or one.overwrite_with_gradient for g, one in zip(grads, variables)]
        smaller = [g if same else g / scale for g, same in zip(grads, plain)]
        self.inner_optimizer.apply(smaller, variables)
        for variable, old in zip(touched, before):
            if variable.value is not old:
                variable.assign(jnp.where(finite, variable.value, old))
        full = count == self.dynamic_growth_steps - 1
        self.step_counter.assign(jnp.where(finite & ~full, count + 1, 0))
        grown = jnp.where(full, scale * 2.0, scale)
        self.dynamic_scale.assign(jnp.where(finite, grown, scale * 0.5))

    def scale_loss(self, loss: Any) -> Any:
        return loss * (self.dynamic_scale.value if self.built else self.initial_scale)

    def apply_remainder(self, trainable_variables: Iterable[Variable]) -> None:
        self.inner_optimizer.apply_remainder(trainable_variables)

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in ("initial_scale", "dynamic_growth_steps")}
        return {"name": self.name, "inner_optimizer": serialize(self.inner_optimizer), **own}

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Self:
        with registry.custom_objects(custom_objects):
            inner = deserialize(config["inner_optimizer"])
        return cls(inner, **{key: config[key] for key in config if key != "inner_optimizer"})
