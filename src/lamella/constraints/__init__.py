"""What weights must obey after every step."""

from lamella.constraints.lookup import deserialize as deserialize
from lamella.constraints.lookup import get as get
from lamella.constraints.lookup import serialize as serialize
from lamella.constraints.projections import Constraint as Constraint
from lamella.constraints.projections import MaxNorm as MaxNorm
from lamella.constraints.projections import MinMaxNorm as MinMaxNorm
from lamella.constraints.projections import NonNeg as NonNeg
from lamella.constraints.projections import UnitNorm as UnitNorm
