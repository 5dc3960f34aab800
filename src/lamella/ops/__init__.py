"""Functions of arrays, the same on arrays, variables and symbolic tensors.

All of `numpy`, `nn` and `linalg`, each of which is a list of names and holds nothing else, and what
stands in none of them.
"""

from lamella.ops import linalg as linalg
from lamella.ops import nn as nn
from lamella.ops import numpy as numpy
from lamella.ops.control import *  # noqa: F403
from lamella.ops.convert import *  # noqa: F403
from lamella.ops.crossentropy import log_chances as log_chances
from lamella.ops.crossentropy import same_shape as same_shape
from lamella.ops.linalg import *  # noqa: F403
from lamella.ops.math import *  # noqa: F403
from lamella.ops.nn import *  # noqa: F403
from lamella.ops.numpy import *  # noqa: F403
from lamella.ops.parts import *  # noqa: F403
