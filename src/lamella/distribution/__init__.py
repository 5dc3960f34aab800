"""One model on several devices: rows shared out, weights split."""

from lamella.distribution.mesh import *  # noqa: F403
from lamella.distribution.spread import *  # noqa: F403
