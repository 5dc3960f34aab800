"""First values of variables."""

from lamella._base.old_spellings import serve_old_names as _serve_old_names
from lamella.initializers.base import *  # noqa: F403
from lamella.initializers.constant import *  # noqa: F403
from lamella.initializers.fans import *  # noqa: F403
from lamella.initializers.random import *  # noqa: F403

_serve_old_names(__name__)
