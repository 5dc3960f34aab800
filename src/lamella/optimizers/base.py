"""Optimizer: how gradients change variables, and the state that takes."""

import functools
import re
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Self

import jax
import jax.numpy as jnp

from lamella._base import name_for, register, registry, tell
from lamella._base.errors import InvalidArgument, InvalidData, NotReady, WrongType
from lamella._base.serialize import serialize
from lamella._state import frame as frames
from lamella._state.pure import pure, value_and_grad
from lamella._state.stack import Stack
from lamella._state.variable import Variable
from lamella.optimizers import checks
from lamella.optimizers.clipping import clip_by_global_norm, clip_by_norm, clip_by_value
from lamella.optimizers.extension import extend
from lamella.optimizers.schedules.base import LearningRateSchedule
from lamella.optimizers.state import OptimizerState


@register("optimizer", "optimizer", module="keras.optimizers")
class Optimizer(OptimizerState):
    """Changes variables by their gradients; override `build` and `update_step`.

    Args:
        learning_rate: how far one step goes: a number, a schedule, or a function without arguments.
        weight_decay: share of each weight, times the learning rate, that every step takes off.
        clipnorm: the greatest length of each gradient.
        clipvalue: the greatest size of each entry of a gradient.
        global_clipnorm: the greatest length of all gradients taken as one.
        use_ema: whether to keep a moving average of the weights.
        ema_momentum: share of the old average that each step keeps, 0 <= ema_momentum <= 1.
        ema_overwrite_frequency: put the average into the weights every so many steps; None does it
            at the end of training.
        loss_scale_factor: multiplies the loss and divides the gradients, for half precision.
        gradient_accumulation_steps: 2 or more: change the weights once in so many steps, by the
            mean gradient.
        name: its name, automatic if None.

    Raises: WrongType or InvalidArgument, if an argument cannot be used.

    Example:
        >>> class Descent(Optimizer):
        ...     def update_step(self, gradient, variable, learning_rate):
        ...         self.assign_sub(variable, gradient * learning_rate)
        >>> weight = Variable(1.0)
        >>> Descent(learning_rate=0.5).apply([jnp.array(1.0)], [weight])
        >>> float(weight)
        0.5
    """

    def __init__(
        self,
        learning_rate: Any,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        learning_rate = checks.with_old_decay(type(self).__name__, learning_rate, kwargs)
        checks.one_clipping(clipnorm, clipvalue, global_clipnorm)
        checks.averaging(use_ema, ema_momentum, ema_overwrite_frequency)
        checks.accumulation(gradient_accumulation_steps)
        self.name = name_for(type(self)) if name is None else name
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self.built = False
        self._trainable_variables: list[Variable] = []
        self._indices: dict[int, int] = {}
        self._averages: list[Variable | None] = []
        self._accumulators: list[Variable] = []
        self._undecayed: set[int] = set()
        self._undecayed_names: re.Pattern[str] | None = None
        self._iterations = self.add_variable((), dtype="int32", name="iteration")
        checks.learning_rate(learning_rate)
        self._learning_rate = learning_rate
        if not callable(learning_rate):
            self._learning_rate = self._rate_variable(float(learning_rate))

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "build" in cls.__dict__:
            cls.build = _once(cls.__dict__["build"])  # type: ignore[method-assign]

    @property
    def iterations(self) -> Any:
        """How many updates there were."""
        if self.gradient_accumulation_steps:
            return self._iterations.value // self.gradient_accumulation_steps
        return self._iterations

    @property
    def _moves_rows(self) -> bool:
        """Whether a step may be given the gradients of some rows in place of a whole table's."""
        return False

    def _move_rows(self, table: Variable, numbers: jax.Array, gradients: jax.Array) -> None:
        """One step for a table, by a gradient for each reading of a row."""
        raise NotImplementedError

    @property
    def _needs_whole_gradients(self) -> bool:
        names = ("weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "use_ema")
        more = ("loss_scale_factor", "gradient_accumulation_steps")
        return any(getattr(self, name) for name in (*names, *more))

    def build(self, variables: Sequence[Variable]) -> None:
        """Makes the state for the variables that are to be changed.

        A second call only adds what is missing, for layers that were frozen at the first one.
        """
        if self.built:
            extend(self, variables)
            return
        variables = list(variables)
        if self.use_ema:
            self._averages = self.add_optimizer_variables(variables, "average")
        self._indices = {id(variable): index for index, variable in enumerate(variables)}
        if self.gradient_accumulation_steps:
            self._accumulators = [
                self.add_variable_from_reference(variable, "gradient_accumulator")
                for variable in variables
            ]
        self._trainable_variables = variables
        self.built = True

    @property
    def averages(self) -> list[tuple[Variable, Variable | None]]:
        """Each variable with its moving average, if there are any."""
        return list(zip(self._trainable_variables, self._averages))

    def _get_variable_index(self, variable: Variable) -> int:
        return self._indices[id(variable._members[0])]

    def _slot_stacks(self, stacks: Sequence[Stack]) -> list[Stack] | None:
        """Stacks of what is kept beside the members of others; None, if it takes no stacks."""
        return None

    def _rate_variable(self, value: float) -> Variable:
        return self.add_variable(
            (), lambda shape, dtype: jnp.full(shape, value, dtype), "float32", name="learning_rate"
        )

    @property
    def learning_rate(self) -> Any:
        """The learning rate of the next step."""
        rate = self._learning_rate
        if isinstance(rate, LearningRateSchedule):
            return rate(self._iterations.value)
        return rate() if callable(rate) and not isinstance(rate, Variable) else rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        old = self._learning_rate
        if callable(value) and not isinstance(value, Variable):
            self._learning_rate = value
            if isinstance(old, Variable):
                self._variables = [item for item in self._variables if item is not old]
        elif not isinstance(old, Variable):
            raise WrongType(
                f"The learning rate of '{self.name}' follows {old!r} and cannot be set.",
                help="Make the optimizer with a number as learning_rate, or set a new schedule.",
            )
        else:
            old.assign(value)

    @property
    def lr(self) -> Any:
        """The old name of `learning_rate`."""
        tell("optimizer.lr", "optimizer.lr is an old spelling. Write optimizer.learning_rate.")
        return self.learning_rate

    @lr.setter
    def lr(self, value: Any) -> None:
        tell("optimizer.lr", "optimizer.lr is an old spelling. Write optimizer.learning_rate.")
        self.learning_rate = value

    def assign(self, variable: Variable, value: Any) -> None:
        """Gives a variable a new value."""
        variable.assign(value)

    def assign_add(self, variable: Variable, value: Any) -> None:
        """Adds to a variable."""
        variable.assign_add(value)

    def assign_sub(self, variable: Variable, value: Any) -> None:
        """Subtracts from a variable."""
        variable.assign_sub(value)

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Changes one variable by its gradient; every optimizer has its own."""
        raise NotImplementedError(f"{type(self).__name__} has no `update_step` method.")

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> Variable:
        """Changes variables by pairs of (gradient, variable)."""
        pairs = list(grads_and_vars)
        self.apply([gradient for gradient, _ in pairs], [variable for _, variable in pairs])
        return self._iterations

    def apply(
        self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None = None
    ) -> None:
        """Changes variables by their gradients, one step.

        Args:
            grads: one gradient for each variable; None is skipped with a warning.
            trainable_variables: the variables; may be left out once the optimizer is built.

        Raises: NotReady without variables; InvalidArgument for unknown ones; InvalidData, if there
            is no gradient at all.
        """
        grads = list(grads)
        if not grads:
            return
        variables = self._variables_for(grads, trainable_variables)
        grads, variables = _present(grads, variables)
        grads, variables = self._overwrite(grads, variables)
        if grads:
            if self.loss_scale_factor is not None:
                grads = [gradient / self.loss_scale_factor for gradient in grads]
            self._update_all(grads, variables)
            for variable in variables:
                if variable.constraint is not None:
                    variable.assign(variable.constraint(variable.value))
        self._iterations.assign_add(1)

    def minimize(self, loss: Callable[[], Any], trainable_variables: Sequence[Variable]) -> Any:
        """One step down the gradient of a loss; gives the loss from before it.

        w <- w - update(d loss() / dw)

        Args:
            loss: a function of nothing that gives a scalar; it may call layers and update metrics.
            trainable_variables: what to change.

        Example:
            >>> from lamella.optimizers import SGD
            >>> weight = Variable(3.0)
            >>> float(SGD(0.25).minimize(lambda: weight.value ** 2, [weight])), float(weight)
            (9.0, 1.5)
        """
        if not callable(loss):
            raise WrongType(
                f"`minimize` of '{self.name}' wants the loss as a function. "
                f"Received: {type(loss).__name__}, which does not say how it was computed.",
                help="Put it into a function: optimizer.minimize(lambda: ..., weights).",
            )
        variables = list(trainable_variables)
        if not variables and frames.current() is None:
            raise InvalidArgument(
                f"`minimize` of '{self.name}' received no variables: nothing could change.",
                help="A layer has its variables once it is built: call it on data first.",
            )

        def scaled() -> tuple[Any, Any]:
            value = loss()
            return self.scale_loss(value), value

        (_, value), gradients = value_and_grad(scaled, variables, has_aux=True)
        self.apply(gradients, variables)
        return value

    def _variables_for(
        self, grads: list[Any], variables: Sequence[Variable] | None
    ) -> list[Variable]:
        if variables is None:
            if not self.built:
                raise NotReady(
                    f"The optimizer '{self.name}' does not know its variables yet.",
                    help="Call optimizer.build(model.trainable_variables) first, "
                    "or pass them to `apply`.",
                )
            variables = self._trainable_variables
        variables = list(variables)
        if len(variables) != len(grads):
            raise InvalidArgument(
                f"The optimizer '{self.name}' received {len(grads)} gradients for "
                f"{len(variables)} variables.",
                help="Pass one gradient for each variable, in the same order.",
            )
        if not self.built:
            self.build(variables)
            self.built = True
        unknown = [
            variable for variable in variables if id(variable._members[0]) not in self._indices
        ]
        if unknown:
            raise InvalidArgument(
                f"The optimizer '{self.name}' was not built for the variable '{unknown[0].path}'.",
                help="optimizer.build(model.trainable_variables) adds what is missing.",
            )
        return variables

    def _overwrite(
        self, grads: list[Any], variables: list[Variable]
    ) -> tuple[list[Any], list[Variable]]:
        """Gives variables whose "gradient" is their new value that value, and the rest back."""
        kept = []
        for gradient, variable in zip(grads, variables):
            if not variable.overwrite_with_gradient:
                kept.append((gradient, variable))
            elif self.gradient_accumulation_steps:
                store = self._accumulators[self._get_variable_index(variable)]
                greatest = jnp.maximum(gradient, store.value)
                due = self._update_is_due()
                variable.assign(jnp.where(due, greatest, variable.value))
                store.assign(jnp.where(due, jnp.zeros_like(greatest), greatest))
            else:
                variable.assign(gradient)
        return [gradient for gradient, _ in kept], [variable for _, variable in kept]

    def _update_is_due(self) -> jax.Array:
        return (self._iterations.value + 1) % (self.gradient_accumulation_steps or 1) == 0

    def _update_all(self, grads: list[Any], variables: list[Variable]) -> None:
        if self.gradient_accumulation_steps:
            self._accumulate(grads, variables)
        else:
            self._update_now(grads, variables)
        if self.use_ema:
            self._update_averages()

    def _update_now(self, grads: list[Any], variables: list[Variable]) -> None:
        grads = self._clip_gradients(grads)
        self._apply_weight_decay(variables)
        rate = self.learning_rate
        self._update_step_all(grads, variables, rate.value if isinstance(rate, Variable) else rate)

    def _update_step_all(self, grads: list[Any], variables: list[Variable], rate: Any) -> None:
        for gradient, variable in zip(grads, variables):
            self.update_step(gradient, variable, rate)

    def _accumulate(self, grads: list[Any], variables: list[Variable]) -> None:
        # The update is computed at every step and thrown away when it is not due: a select fuses
        # with it, where a branch would copy all state.
        due = self._update_is_due()
        stores = [self._accumulators[self._get_variable_index(variable)] for variable in variables]
        sums = [gradient + store.value for gradient, store in zip(grads, stores)]
        touched = [*variables, *self.variables]
        before = [variable.value for variable in touched]
        count = self.gradient_accumulation_steps
        self._update_now([total / count for total in sums], variables)
        for variable, old in zip(touched, before):
            if variable.value is not old:
                variable.assign(jnp.where(due, variable.value, old))
        for store, total in zip(stores, sums):
            store.assign(jnp.where(due, jnp.zeros_like(total), total))

    def apply_remainder(self, trainable_variables: Iterable[Variable]) -> None:
        """Applies accumulated gradients whose update was not due yet, at the end of training.

        The gradient is the mean over the steps that there were since the last update.

        Args:
            trainable_variables: what may be changed; of it the optimizer takes what it knows.

        Example:
            >>> from lamella.optimizers import SGD
            >>> weight, optimizer = Variable(1.0), SGD(0.5, gradient_accumulation_steps=4)
            >>> optimizer.apply([jnp.array(1.0)], [weight])
            >>> optimizer.apply_remainder([weight])
            >>> float(weight)
            0.5
        """
        every = self.gradient_accumulation_steps
        count = int(self._iterations.value) % every if every and self.built else 0
        if not every or not count:
            return
        variables = [
            variable
            for variable in trainable_variables
            if id(variable) in self._indices and not variable.overwrite_with_gradient
        ]
        stores = [self._accumulators[self._get_variable_index(variable)] for variable in variables]
        self._update_now([store.value / count for store in stores], variables)
        for variable, store in zip(variables, stores):
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable.value))
            store.assign(jnp.zeros_like(store.value))
        self._iterations.assign_add(every - count)

    def _clip_gradients(self, grads: list[Any]) -> list[Any]:
        if self.clipnorm and self.clipnorm > 0:
            return [clip_by_norm(gradient, self.clipnorm) for gradient in grads]
        if self.global_clipnorm and self.global_clipnorm > 0:
            return clip_by_global_norm(grads, self.global_clipnorm)
        if self.clipvalue and self.clipvalue > 0:
            return [clip_by_value(gradient, self.clipvalue) for gradient in grads]
        return grads

    # Weight decay

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Keeps some variables from weight decay.

        Args:
            var_list: variables to leave alone.
            var_names: patterns; variables whose name has one are left alone: ["bias"].
        """
        self._undecayed = {id(variable) for variable in var_list or ()}
        patterns = sorted(set(var_names or ()))
        self._undecayed_names = re.compile("|".join(patterns)) if patterns else None

    def _use_weight_decay(self, variable: Variable) -> bool:
        if id(variable) in self._undecayed:
            return False
        pattern = self._undecayed_names
        return pattern is None or pattern.search(variable.name) is None

    def _apply_weight_decay(self, variables: list[Variable]) -> None:
        if self.weight_decay is None:
            return
        for variable in variables:
            if self._use_weight_decay(variable):
                self._decay(variable, self.weight_decay)

    def _decay(self, variable: Variable, share: float) -> None:
        value = variable.value
        rate = jnp.asarray(self.learning_rate, value.dtype)
        variable.assign(value - value * jnp.asarray(share, value.dtype) * rate)

    # Moving averages

    def _update_averages(self) -> None:
        for variable, average in zip(self._trainable_variables, self._averages):
            if average is None:
                continue
            value = variable.value
            started = jnp.asarray(self.iterations) != 0
            momentum = started.astype(value.dtype) * self.ema_momentum
            average.assign(momentum * average.value + (1 - momentum) * value)
        if self.ema_overwrite_frequency:
            due = (jnp.asarray(self.iterations) + 1) % self.ema_overwrite_frequency == 0
            for variable, average in zip(self._trainable_variables, self._averages):
                if average is not None:
                    variable.assign(jnp.where(due, average.value, variable.value))

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """Puts the moving averages into the variables, if there are any; at the end of training."""
        if not self.use_ema:
            return
        if len(var_list) != len(self._averages):
            raise InvalidArgument(
                f"The optimizer '{self.name}' has {len(self._averages)} averages for "
                f"{len(var_list)} variables.",
                help="Pass the variables that the optimizer was built for.",
            )
        for variable, average in zip(var_list, self._averages):
            if average is not None:
                variable.assign(average.value)

    # As a pure function

    def stateless_apply(
        self,
        optimizer_variables: Sequence[Any],
        grads: Sequence[Any],
        trainable_variables: Sequence[Any],
    ) -> tuple[list[Any], list[Any]]:
        """One step as a pure function of arrays.

        Args:
            optimizer_variables: the state's arrays, in the order of `variables`.
            grads: one gradient for each trainable variable.
            trainable_variables: the variables' arrays.

        Returns (new trainable arrays, new state).
        """
        own, trained = self.variables, self._trainable_variables
        if not self.built:
            raise NotReady(
                f"The optimizer '{self.name}' must be built before stateless_apply.",
                help="Call optimizer.build(model.trainable_variables) first.",
            )
        for name, given, wanted in (
            ("optimizer_variables", optimizer_variables, own),
            ("trainable_variables", trainable_variables, trained),
        ):
            if len(given) != len(wanted):
                raise InvalidArgument(
                    f"`{name}` of '{self.name}' must have {len(wanted)} arrays. "
                    f"Received: {len(given)}.",
                    help="Pass all of them, in order.",
                )
        step = pure(lambda: self.apply(grads), [*trained, *own])
        _, values = step([*trainable_variables, *optimizer_variables])
        return values[: len(trained)], values[len(trained) :]

    def scale_loss(self, loss: Any) -> Any:
        """The loss times `loss_scale_factor`, if there is one."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def _base_config(self) -> dict[str, Any]:
        rate = self._learning_rate
        shown = float(rate) if isinstance(rate, Variable) else serialize(rate)
        options = {name: getattr(self, name) for name in checks.Options.__annotations__}
        return {"name": self.name, "learning_rate": shown, **options}

    def __repr__(self) -> str:
        rate = self._learning_rate
        shown = f"{float(rate):g}" if isinstance(rate, Variable) else repr(rate)
        return f"{type(self).__name__}(learning_rate={shown}, name={self.name!r})"

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Self:
        """A new optimizer from what `get_config` gave; entries that Keras 2 wrote are left out."""
        known = {key: value for key, value in config.items() if key not in checks.KERAS_2_ENTRIES}
        with registry.custom_objects(custom_objects):
            return super().from_config(known)


def _once(build: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(build)
    def build_once(self: Optimizer, variables: Sequence[Variable]) -> None:
        if self.built:
            extend(self, variables)
        else:
            build(self, variables)

    return build_once


def _present(grads: list[Any], variables: list[Variable]) -> tuple[list[jax.Array], list[Variable]]:
    """The pairs that have a gradient."""
    missing = [variable.path for gradient, variable in zip(grads, variables) if gradient is None]
    if len(missing) == len(grads):
        raise InvalidData(
            f"No gradient for any of the {len(grads)} variables: {', '.join(missing[:4])} ...",
            help="The loss must depend on the variables; nothing was trained.",
        )
    if missing:
        warnings.warn(
            f"No gradients for the variables {missing}: they are not trained.", stacklevel=4
        )
    kept = [(jnp.asarray(g), v) for g, v in zip(grads, variables) if g is not None]
    return [gradient for gradient, _ in kept], [variable for _, variable in kept]
