"""Learning rates that depend on the step."""

from lamella.optimizers.schedules.base import CosineDecay as CosineDecay
from lamella.optimizers.schedules.base import CosineDecayRestarts as CosineDecayRestarts
from lamella.optimizers.schedules.base import ExponentialDecay as ExponentialDecay
from lamella.optimizers.schedules.base import InverseTimeDecay as InverseTimeDecay
from lamella.optimizers.schedules.base import LearningRateSchedule as LearningRateSchedule
from lamella.optimizers.schedules.base import PiecewiseConstantDecay as PiecewiseConstantDecay
from lamella.optimizers.schedules.base import PolynomialDecay as PolynomialDecay
from lamella.optimizers.schedules.base import deserialize as deserialize
from lamella.optimizers.schedules.base import serialize as serialize
