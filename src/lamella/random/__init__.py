"""Random numbers with explicit seeds."""

from lamella._state.seeds import SeedGenerator as SeedGenerator
