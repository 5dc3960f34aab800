"""First values of variables."""

from lamella._base.old_spellings import serve_old_names as _serve_old_names
from lamella.initializers.base import Initializer as Initializer
from lamella.initializers.base import deserialize as deserialize
from lamella.initializers.base import get as get
from lamella.initializers.base import serialize as serialize
from lamella.initializers.constant import Constant as Constant
from lamella.initializers.constant import Identity as Identity
from lamella.initializers.constant import IdentityInitializer as IdentityInitializer
from lamella.initializers.constant import Ones as Ones
from lamella.initializers.constant import Zeros as Zeros
from lamella.initializers.constant import constant as constant
from lamella.initializers.constant import identity as identity
from lamella.initializers.constant import ones as ones
from lamella.initializers.constant import zeros as zeros
from lamella.initializers.fans import GlorotNormal as GlorotNormal
from lamella.initializers.fans import GlorotUniform as GlorotUniform
from lamella.initializers.fans import HeNormal as HeNormal
from lamella.initializers.fans import HeUniform as HeUniform
from lamella.initializers.fans import LecunNormal as LecunNormal
from lamella.initializers.fans import LecunUniform as LecunUniform
from lamella.initializers.fans import glorot_normal as glorot_normal
from lamella.initializers.fans import glorot_uniform as glorot_uniform
from lamella.initializers.fans import he_normal as he_normal
from lamella.initializers.fans import he_uniform as he_uniform
from lamella.initializers.fans import lecun_normal as lecun_normal
from lamella.initializers.fans import lecun_uniform as lecun_uniform
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
