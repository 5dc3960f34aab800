"""Penalties on weights."""

from lamella._base.old_spellings import serve_old_names as _serve_old_names
from lamella.regularizers.penalties import *  # noqa: F403
from lamella.regularizers.penalties import _l1l2

_serve_old_names(__name__, l1l2=_l1l2, activity_l1l2=_l1l2)
