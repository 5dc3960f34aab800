"""The constructor is the configuration."""

import inspect
from collections.abc import Mapping
from functools import cache
from typing import Any, Self

from lamella._base import registry
from lamella._base.errors import InvalidArgument, WrongType
from lamella._base.naming import snake_case
from lamella._base.serialize import deserialize, is_node, short_form

_SKIPPED_KINDS = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@cache
def constructor_parameters(cls: type) -> dict[str, inspect.Parameter]:
    """The parameters of a class's constructor, by name."""
    signature = inspect.signature(cls.__init__)  # type: ignore[misc]
    return dict(list(signature.parameters.items())[1:])


def _owner(cls: type) -> type:
    """The class whose constructor is used."""
    return next(base for base in cls.__mro__ if "__init__" in base.__dict__)


class Configurable:
    """An object that can be written as the arguments of its own constructor.

    lamella's own classes keep each constructor argument as an attribute of the same name, and the
    config reads those. A person's class may do as it likes: what was passed is remembered.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        made = super().__new__(cls)
        object.__setattr__(made, "_passed", (args, kwargs))
        return made

    def _base_config(self) -> dict[str, Any]:
        """Entries that every object of the family has. A family's base class overrides it."""
        return {}

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain values, enough to make an equal object."""
        cls = type(self)
        owner = _owner(cls)
        if not registry.is_own(owner):
            writer = next(base for base in cls.__mro__ if "get_config" in base.__dict__)
            if writer is Configurable or registry.is_own(writer):
                return self._config_from_passed(owner)
            owner = next((base for base in cls.__mro__ if registry.is_own(base)), Configurable)
        base = self._base_config()
        if owner is Configurable:
            return base
        return {**base, **self._config_from_attributes(owner, base)}

    def _config_from_attributes(self, owner: type, base: dict[str, Any]) -> dict[str, Any]:
        taken, parameters = {*base, *self._not_in_config}, constructor_parameters(owner).items()
        names = [
            key for key, one in parameters if one.kind not in _SKIPPED_KINDS and key not in taken
        ]
        return {name: short_form(getattr(self, name)) for name in names}

    _not_in_config: tuple[str, ...] = ()

    def _config_from_passed(self, owner: type) -> dict[str, Any]:
        args, kwargs = self._passed  # type: ignore[attr-defined]
        bound = inspect.signature(owner.__init__).bind(self, *args, **kwargs)  # type: ignore[misc]
        items = list(bound.signature.parameters.items())[1:]
        passed: dict[str, Any] = {}
        for name, parameter in items:
            if parameter.kind is inspect.Parameter.VAR_POSITIONAL and bound.arguments.get(name):
                raise WrongType(
                    f"{owner.__name__} takes *{name}, which a config cannot hold.",
                    help=f"Name the arguments, or write {owner.__name__}.get_config yourself.",
                )
            if parameter.kind is inspect.Parameter.VAR_KEYWORD:
                passed.update(bound.arguments.get(name, {}))
            elif name in bound.arguments:
                passed[name] = bound.arguments[name]
        takes_any = any(item.kind is inspect.Parameter.VAR_KEYWORD for _, item in items)
        known = {key for key, _ in items}
        base = {key: one for key, one in self._base_config().items() if takes_any or key in known}
        return {**base, **{key: short_form(value) for key, value in passed.items()}}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """A new object from what `get_config` gave."""
        known = {key: deserialize(one) if _holds_node(one) else one for key, one in config.items()}
        try:
            return cls(**known)
        except TypeError as cause:
            raise InvalidArgument(
                f"The config of {cls.__name__} does not fit its constructor: {cause}.",
                help=f"Received the keys {sorted(config)}.",
            ) from cause

    def __repr__(self) -> str:
        parts = []
        for name, parameter in constructor_parameters(_owner(type(self))).items():
            value = getattr(self, name, parameter.default)
            hidden = parameter.kind in _SKIPPED_KINDS or name in self._not_in_config
            if not hidden and not _same(value, parameter.default):
                parts.append(f"{name}={short_text(value)}")
        return f"{type(self).__name__}({', '.join(parts)})"


def short_text(value: Any) -> str:
    """A value as it would be written in a call: functions by name."""
    entry = registry.entry_of(value) if callable(value) else None
    return repr(entry.name if entry else value)


def _same(value: Any, default: Any) -> bool:
    if value is default:
        return True
    if type(value) is type(default) and isinstance(value, (str, int, float, bool, tuple)):
        return bool(value == default)
    if isinstance(default, str):
        plain = callable(value) and not isinstance(value, Configurable)
        entry = registry.entry_of(value if plain else type(value))
        return entry is not None and default in (entry.name, snake_case(entry.name))
    return False


def _holds_node(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_holds_node(item) for item in value)
    return is_node(value)
