"""What weights must obey after every step."""

from lamella._base.old_spellings import serve_old_names as _serve_old_names
from lamella.constraints.projections import *  # noqa: F403

_serve_old_names(__name__)
