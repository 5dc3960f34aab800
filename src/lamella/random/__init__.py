"""Random numbers from seeds that can be repeated."""

from lamella._state.seeds import SeedGenerator as SeedGenerator
from lamella.random.distributions import *  # noqa: F403
