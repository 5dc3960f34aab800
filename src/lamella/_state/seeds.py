"""Where random numbers come from: a seed and a counter, the same stream as Keras's on JAX."""

from __future__ import annotations

import os
import random
import sys
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lamella._base import Configurable, NotReady, UntrackedState, WrongType, naming, register
from lamella._state.variable import Variable

_global: list[SeedGenerator] = []
_DETERMINISTIC = "--xla_gpu_deterministic_ops=true"


def make_default_seed() -> int:
    """A seed from Python's own generator, so that one global seed fixes all."""
    return random.randint(1, int(1e9))


@register("state", module="keras.random")
class SeedGenerator(Configurable):
    """A stream of seeds, kept in a variable so that compiled code can draw from it.

    Args:
        seed: a whole number; None draws one from Python's `random`.
        name: its name, automatic if None.

    Example:
        >>> stream = SeedGenerator(7)
        >>> stream.next().tolist(), stream.next().tolist()
        ([7, 0], [7, 1])
    """

    def __init__(self, seed: int | None = None, name: str | None = None) -> None:
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, (int, np.integer))):
            raise WrongType(
                f"Argument `seed` must be an integer or None. Received: {seed!r}.",
                help="Pass for example seed=42.",
            )
        self.name = name or naming.name_for(type(self))
        self.seed = seed
        first = make_default_seed() if seed is None else int(seed)
        start = np.array([first & 0xFFFFFFFF, 0], "uint32")
        self.state = Variable(start, dtype="uint32", trainable=False, name="seed_generator_state")

    @property
    def variables(self) -> list[Variable]:
        return [self.state]

    def next(self, ordered: bool = True) -> jax.Array:
        """The next key; the counter moves on by one, or unordered to a scattered number."""
        key = self.state.value
        following = key + jnp.array([0, 1], "uint32") if ordered else (key + 1) * 5387 % 933199
        self.state.assign(following)
        return key


def global_seed_generator() -> SeedGenerator:
    """The stream that is used where no seed is given, in eager code only."""
    if isinstance(jnp.zeros(()) + 0, jax.core.Tracer):
        raise UntrackedState(
            "A random number without a seed was asked for in compiled code; it would be drawn once "
            "and be the same at every step.",
            help="Make a SeedGenerator in the layer's __init__ and pass it as `seed`.",
        )
    if not _global:
        _global.append(SeedGenerator(name="global_seed_generator"))
    return _global[0]


def draw_seed(seed: Any) -> jax.Array:
    """A JAX key from a whole number, a SeedGenerator, or None for the global stream."""
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if isinstance(seed, jax.Array):
        return seed
    if seed is None:
        return global_seed_generator().next(ordered=False)
    if isinstance(seed, (int, np.integer)) and not isinstance(seed, bool):
        return jnp.array([int(seed) & 0xFFFFFFFF, 0], "uint32")
    raise WrongType(
        f"Argument `seed` must be an integer, a SeedGenerator or None. Received: {seed!r}.",
        help="Pass for example seed=42.",
    )


def set_random_seed(seed: int) -> None:
    """Fixes Python's, NumPy's and lamella's random numbers for this process.

    With the same seed, layers start from the same weights as in Keras on its JAX backend.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise WrongType(
            f"Argument `seed` must be an integer. Received: {seed!r}.",
            help="Pass for example set_random_seed(42).",
        )
    random.seed(int(seed))
    np.random.seed(int(seed) & 0xFFFFFFFF)
    _global[:] = [SeedGenerator(int(seed), name="global_seed_generator")]


def enable_determinism(seed: int) -> None:
    """Lets a script give the same bits each time it runs on one machine.

    Fixes all random numbers, and has a GPU add up in a fixed order, which is slower; a CPU does so
    by itself.

    Args:
        seed: as for `set_random_seed`.

    Raises: NotReady on a GPU without the flag that the error names: JAX reads it only at its start.

    Example:
        >>> enable_determinism(0)
    """
    set_random_seed(seed)
    flags = os.environ.get("XLA_FLAGS", "")
    if _DETERMINISTIC in flags:
        return
    if jax.default_backend() != "cpu":
        raise NotReady(
            f"{jax.default_backend().upper()} was asked for before its sums were told to be "
            "deterministic.",
            help=f"Start the script with XLA_FLAGS={_DETERMINISTIC} in its environment.",
        )


def random_states() -> dict[str, Any]:
    """Where all random numbers outside of layers are: Python's, NumPy's and the global stream.

    And torch's, if it is there: its DataLoader draws an order from it.

    Example:
        >>> before = random_states()
        >>> first = np.random.random()
        >>> set_random_states(before)
        >>> np.random.random() == first
        True
    """
    stream = _global[0].state.numpy() if _global else None
    found = {"python": random.getstate(), "numpy": np.random.get_state(), "global": stream}
    if (torch := sys.modules.get("torch")) is not None:
        found["torch"] = np.asarray(torch.get_rng_state())
    return found


def set_random_states(states: dict[str, Any]) -> None:
    """Goes back to what `random_states` gave.

    Args:
        states: it.
    """
    random.setstate(states["python"])
    np.random.set_state(states["numpy"])
    if "torch" in states and (torch := sys.modules.get("torch")) is not None:
        torch.set_rng_state(torch.as_tensor(states["torch"]))
    if states["global"] is None:
        _global.clear()
    else:
        global_seed_generator().state.assign(states["global"])
