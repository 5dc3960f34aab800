"""Deep learning with the Keras API, compiled whole by JAX."""

from lamella import activations as activations
from lamella import backend as backend
from lamella import callbacks as callbacks
from lamella import config as config
from lamella import constraints as constraints
from lamella import datasets as datasets
from lamella import dtype_policies as dtype_policies
from lamella import initializers as initializers
from lamella import layers as layers
from lamella import losses as losses
from lamella import metrics as metrics
from lamella import mixed_precision as mixed_precision
from lamella import models as models
from lamella import ops as ops
from lamella import optimizers as optimizers
from lamella import random as random
from lamella import regularizers as regularizers
from lamella import saving as saving
from lamella import utils as utils
from lamella import visualization as visualization
from lamella._base.errors import LamellaError as LamellaError
from lamella._graph.symbolic import KerasTensor as KerasTensor
from lamella._layer.input_spec import InputSpec as InputSpec
from lamella._layer.layer import Layer as Layer
from lamella._state.policy import DTypePolicy as DTypePolicy
from lamella._state.variable import Variable as Variable
from lamella.initializers import Initializer as Initializer
from lamella.layers import Input as Input
from lamella.losses import Loss as Loss
from lamella.metrics import Metric as Metric
from lamella.models import Functional as Functional
from lamella.models import Model as Model
from lamella.models import Sequential as Sequential
from lamella.optimizers import Optimizer as Optimizer
from lamella.random import SeedGenerator as SeedGenerator
from lamella.regularizers import Regularizer as Regularizer

__version__ = "0.1.0"
