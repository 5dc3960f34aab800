"""The ops of linear algebra."""

from lamella.ops.control import jvp as jvp
from lamella.ops.decompositions import *  # noqa: F403
