"""How far predictions are from the truth."""

from lamella._base.old_spellings import serve_old_names as _serve_old_names
from lamella.losses.base import *  # noqa: F403
from lamella.losses.crossentropy import *  # noqa: F403
from lamella.losses.focal import *  # noqa: F403
from lamella.losses.margin import *  # noqa: F403
from lamella.losses.overlap import *  # noqa: F403
from lamella.losses.reduction import Reduction as _Reduction
from lamella.losses.regression import *  # noqa: F403
from lamella.losses.sequence import CTC as CTC
from lamella.losses.sequence import ctc as ctc

_serve_old_names(__name__, Reduction=_Reduction)
