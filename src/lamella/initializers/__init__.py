"""First values of variables."""

from lamella._base.old_spellings import serve_old_names as _serve_old_names
from lamella.initializers.base import *  # noqa: F403
from lamella.initializers.constant import *  # noqa: F403
from lamella.initializers.fans import *  # noqa: F403
from lamella.initializers.random import Orthogonal as Orthogonal
from lamella.initializers.random import OrthogonalInitializer as OrthogonalInitializer
from lamella.initializers.random import RandomInitializer as RandomInitializer
from lamella.initializers.random import RandomNormal as RandomNormal
from lamella.initializers.random import RandomUniform as RandomUniform
from lamella.initializers.random import TruncatedNormal as TruncatedNormal
from lamella.initializers.random import VarianceScaling as VarianceScaling
from lamella.initializers.random import compute_fans as compute_fans
from lamella.initializers.random import orthogonal as orthogonal
from lamella.initializers.random import random_normal as random_normal
from lamella.initializers.random import random_uniform as random_uniform
from lamella.initializers.random import truncated_normal as truncated_normal
from lamella.initializers.random import variance_scaling as variance_scaling

_serve_old_names(__name__)
