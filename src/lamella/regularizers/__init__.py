"""Penalties on weights."""

from lamella.regularizers.lookup import deserialize as deserialize
from lamella.regularizers.lookup import get as get
from lamella.regularizers.lookup import serialize as serialize
from lamella.regularizers.penalties import L1 as L1
from lamella.regularizers.penalties import L1L2 as L1L2
from lamella.regularizers.penalties import L2 as L2
from lamella.regularizers.penalties import OrthogonalRegularizer as OrthogonalRegularizer
from lamella.regularizers.penalties import Regularizer as Regularizer
