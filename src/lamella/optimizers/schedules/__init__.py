"""Learning rates that depend on the step."""

from lamella.optimizers.schedules.base import *  # noqa: F403
