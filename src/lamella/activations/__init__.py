"""Functions between layers."""

from lamella.activations.bounded import *  # noqa: F403
from lamella.activations.lookup import *  # noqa: F403
from lamella.activations.rectified import *  # noqa: F403
from lamella.activations.smooth import *  # noqa: F403
