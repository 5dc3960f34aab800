"""Penalties on weights."""

from lamella._base.old_spellings import serve_old_names as _serve_old_names
from lamella.regularizers.penalties import L1 as L1
from lamella.regularizers.penalties import L1L2 as L1L2
from lamella.regularizers.penalties import L2 as L2
from lamella.regularizers.penalties import OrthogonalRegularizer as OrthogonalRegularizer
from lamella.regularizers.penalties import Regularizer as Regularizer
from lamella.regularizers.penalties import deserialize as deserialize
from lamella.regularizers.penalties import get as get
from lamella.regularizers.penalties import l1 as l1
from lamella.regularizers.penalties import l1_l2 as l1_l2
from lamella.regularizers.penalties import l1l2 as _l1l2
from lamella.regularizers.penalties import l2 as l2
from lamella.regularizers.penalties import orthogonal_regularizer as orthogonal_regularizer
from lamella.regularizers.penalties import serialize as serialize

_serve_old_names(__name__, l1l2=_l1l2, activity_l1l2=_l1l2)
