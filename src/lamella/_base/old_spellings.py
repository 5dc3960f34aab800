"""Old spellings of Keras: each works with one warning that shows today's line, or is refused.

What the old words are is data, in `old_words.py`. Here is how it is applied: to constructors as
they are registered, to methods by `understood`, to a room's names by `serve_old_names`, and to
names given as text by `name_today`.
"""

import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from lamella._base import old_words
from lamella._base.errors import InvalidArgument, MissingName, WrongType
from lamella._base.warn import warn_person

F = TypeVar("F", bound=Callable[..., Any])

_told: set[str] = set()


class OldSpellingWarning(UserWarning):
    """Code uses a spelling of an old Keras; it works, and the message has today's line."""


def tell(spelling: str, message: str) -> None:
    """Warns of an old spelling, once in a process.

    Args:
        spelling: what was used, for instance "Dense.init".
        message: what to write today.
    """
    if spelling not in _told:
        _told.add(spelling)
        warn_person(message, OldSpellingWarning)


def forget() -> None:
    """Lets every old spelling be told of again."""
    _told.clear()


def _short(value: Any) -> str:
    text = repr(value)
    return "..." if len(text) > 40 or "\n" in text or " at 0x" in text else text


def _line(who: str, args: tuple, texts: Mapping[str, str]) -> str:
    """A call as it would be written."""
    given = [_short(value) for value in args]
    given = ["..."] if "..." in given else given
    return f"{who}({', '.join([*given, *(f'{name}={text}' for name, text in texts.items())])})"


class _Reading:
    """Reads the arguments of one call, old ones by their names of today.

    Args:
        who: the class or method, for messages.
        words: what is known of old names.
        names: the parameters that there are.
    """

    def __init__(self, who: str, words: Mapping[str, old_words.Word], names: set[str]) -> None:
        self.who, self.words, self.names = who, words, names
        self.today: dict[str, Any] = {}
        self.texts: dict[str, str] = {}
        self.old: list[str] = []
        self.why: list[str] = []
        self.kept: dict[str, Any] = {}

    def read(self, args: tuple, given: dict[str, Any], sides: int = 0) -> tuple[tuple, dict]:
        """The arguments of today; warns once of each old one."""
        rest = dict(given)
        told_elsewhere = False
        while rest:
            name = next(iter(rest))
            value = rest.pop(name)
            word = self.words.get(name) if name not in self.names else None
            if word is None or isinstance(word, old_words.Elsewhere) or self._is_of_others(word):
                told_elsewhere |= isinstance(word, old_words.Elsewhere) and bool(value)
                self.today[name], self.texts[name] = value, _short(value)
            else:
                self.old.append(f"{self.who}.{name}")
                self._read_one(name, value, word, rest)
        new_args = self._read_sides(args, sides) if sides else args
        if self.old and not told_elsewhere and not _told.issuperset(self.old):
            _told.update(self.old)
            old = _line(self.who, args, {name: _short(value) for name, value in given.items()})
            why = " ".join(["", *dict.fromkeys(self.why)])
            text = f"{old} is an old spelling. Write {_line(self.who, new_args, self.texts)}.{why}"
            warn_person(text, OldSpellingWarning)
        return new_args, self.today

    def _is_of_others(self, word: old_words.Word) -> bool:
        return isinstance(word, old_words.Renamed) and self.names.isdisjoint(word.names)

    def _read_one(self, old: str, value: Any, word: old_words.Word, rest: dict[str, Any]) -> None:
        if isinstance(word, old_words.Renamed):
            name = next(name for name in word.names if name in self.names)
            if name in self.today or name in rest:
                raise InvalidArgument(
                    f"{self.who} received both `{old}` and `{name}`, which are the same.",
                    help=f"Pass `{name}` only.",
                )
            self.today[name] = word.read(value, rest)
            self.texts[name] = _short(self.today[name])
        elif isinstance(word, old_words.Kept):
            self.kept[word.attribute] = value
            self.texts[word.name] = word.text.format(value=value)
        elif isinstance(word, old_words.LeftOut) and not word.accepts:
            self.why.append(word.why)
        elif not isinstance(word, old_words.LeftOut) or value not in word.accepts:
            raise WrongType(
                f"{self.who} does not take the old argument `{old}`. "
                f"Received: {old}={_short(value)}.",
                help=word.why if isinstance(word, old_words.LeftOut) else getattr(word, "help", ""),
            )

    def _read_sides(self, args: tuple, count: int) -> tuple:
        """Positional arguments, where Keras 1 gave the sides of a kernel one by one."""
        sides = args[1 : 1 + count]
        if len(args) != 1 + count or not all(type(side) is int for side in sides):
            return args
        if self.old or count == 3:
            self.old.append(f"{self.who}.sides")
            return (args[0], sides)
        if sides[1] >= sides[0] > 1:
            rows, columns = sides
            tell(
                f"{self.who}.strides",
                f"{_line(self.who, args, {})} means kernel_size={rows}, strides={columns}. Write "
                f"{self.who}({args[0]!r}, {sides!r}) for a kernel of {rows} rows and {columns} "
                f"columns (as in Keras 1), or {self.who}({args[0]!r}, {rows}, strides={columns}).",
            )
        return args


def accept(kind: str, cls: type) -> None:
    """Makes the constructor of one of lamella's own classes understand old arguments.

    Args:
        kind: the table it is registered in.
        cls: the class; one without a constructor of its own stays as it is.
    """
    init = cls.__dict__.get("__init__")
    if init is None or kind not in old_words.FAMILIES:
        return
    words = {**old_words.FAMILIES[kind], **old_words.CLASSES.get(cls.__name__, {})}
    sides = old_words.SIDES.get(cls.__name__, 0)
    most = sides or sys.maxsize  # more positional arguments than that have to be looked at
    none_is_default = old_words.NONE_IS_DEFAULT.get(kind, ())
    trigger = frozenset(words) | frozenset(none_is_default)

    @functools.wraps(init)
    def understanding(self: Any, *args: Any, **kwargs: Any) -> None:
        if len(args) <= most and trigger.isdisjoint(kwargs):
            init(self, *args, **kwargs)
            return
        for name in none_is_default:
            if kwargs.get(name, 0) is None:
                del kwargs[name]
        reading = _Reading(cls.__name__, words, _parameter_names(init))
        args, kwargs = reading.read(args, kwargs, sides)
        init(self, *args, **kwargs)
        for name, value in reading.kept.items():
            setattr(self, name, value)

    cls.__init__ = understanding  # type: ignore[misc]


@functools.cache
def _parameter_names(function: Callable[..., Any]) -> set[str]:
    parameters = inspect.signature(function).parameters.values()
    names = {parameter.name for parameter in parameters}
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        names |= {"inputs", "outputs"}  # Model takes these in either way
    return names


def understood(method: F) -> F:
    """Makes a method understand old arguments; the words are those under its name."""
    words = old_words.CALLS.get(method.__name__, {})
    names = set(inspect.signature(method).parameters)

    @functools.wraps(method)
    def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not words.keys().isdisjoint(kwargs):
            args, kwargs = _Reading(method.__name__, words, names).read(args, kwargs)
        return method(self, *args, **kwargs)

    return wrapped  # type: ignore[return-value]


_NAME_FIRST = ("name", "shape", "dtype", "initializer", "regularizer", "trainable", "constraint")


def name_first(method: F) -> F:
    """Makes `add_weight` understand the order of Keras 2, in which the name came first."""

    @functools.wraps(method)
    def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
        if args and isinstance(args[0], str):
            tell(
                "add_weight.name",
                f"add_weight({args[0]!r}, ...) is an old spelling: pass arguments by name, "
                f"add_weight(name={args[0]!r}, shape=..., initializer=...).",
            )
            args, kwargs = (), {**dict(zip(_NAME_FIRST, args)), **kwargs}
        return method(self, *args, **kwargs)

    return wrapped  # type: ignore[return-value]


def name_today(kind: str, name: str) -> str | None:
    """Today's name of a loss, metric ... given as text; None if the name is not an old one."""
    today = old_words.TEXTS.get(kind, {}).get(name)
    if today is not None:
        tell(f"{kind} {name}", f"The {kind} '{name}' has an old name: write '{today}'.")
    return today


def serve_old_names(module: str, **functions: Any) -> None:
    """Lets a room be asked for names that it had in an old Keras. They are in no list of names.

    Args:
        module: the room, "lamella.layers".
        functions: old names that need code of their own.
    """
    room = sys.modules[module]
    words = old_words.NAMES[module.removeprefix("lamella.")]

    def look_up(name: str) -> Any:
        word = words.get(name)
        if word is None:
            raise AttributeError(f"{module} has no attribute {name!r}", name=name, obj=room)
        if isinstance(word, old_words.Gone):
            raise MissingName(f"{module} has no `{name}`; Keras took it out.", help=word.help)
        tell(f"{module}.{name}", f"{module}.{name} is an old name: write {word}.")
        return functions[name] if name in functions else getattr(room, word.split("(")[0])

    room.__dict__["__getattr__"] = look_up
