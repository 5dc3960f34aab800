"""What weights must obey after every step."""

from lamella._base.old_spellings import serve_old_names as _serve_old_names
from lamella.constraints.projections import Constraint as Constraint
from lamella.constraints.projections import MaxNorm as MaxNorm
from lamella.constraints.projections import MinMaxNorm as MinMaxNorm
from lamella.constraints.projections import NonNeg as NonNeg
from lamella.constraints.projections import UnitNorm as UnitNorm
from lamella.constraints.projections import deserialize as deserialize
from lamella.constraints.projections import get as get
from lamella.constraints.projections import max_norm as max_norm
from lamella.constraints.projections import min_max_norm as min_max_norm
from lamella.constraints.projections import non_neg as non_neg
from lamella.constraints.projections import serialize as serialize
from lamella.constraints.projections import unit_norm as unit_norm

_serve_old_names(__name__)
