"""How gradients change weights."""

import sys as _sys

from lamella._base.old_spellings import serve_old_names as _serve_old_names
from lamella.optimizers import schedules as schedules
from lamella.optimizers.adafactor import Adafactor as Adafactor
from lamella.optimizers.adagrad import *  # noqa: F403
from lamella.optimizers.adam import Adam as Adam
from lamella.optimizers.adam import AdamW as AdamW
from lamella.optimizers.adam_family import *  # noqa: F403
from lamella.optimizers.base import Optimizer as Optimizer
from lamella.optimizers.lookup import *  # noqa: F403
from lamella.optimizers.loss_scale import LossScaleOptimizer as LossScaleOptimizer
from lamella.optimizers.muon import Muon as Muon
from lamella.optimizers.sgd import SGD as SGD
from lamella.optimizers.sgd import Lion as Lion

_serve_old_names(__name__, legacy=_sys.modules[__name__])
