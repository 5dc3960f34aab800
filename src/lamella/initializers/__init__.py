"""First values of variables."""

from lamella.initializers.base import Initializer as Initializer
from lamella.initializers.constant import Constant as Constant
from lamella.initializers.constant import Identity as Identity
from lamella.initializers.constant import Ones as Ones
from lamella.initializers.constant import Zeros as Zeros
from lamella.initializers.fans import GlorotNormal as GlorotNormal
from lamella.initializers.fans import GlorotUniform as GlorotUniform
from lamella.initializers.fans import HeNormal as HeNormal
from lamella.initializers.fans import HeUniform as HeUniform
from lamella.initializers.fans import LecunNormal as LecunNormal
from lamella.initializers.fans import LecunUniform as LecunUniform
from lamella.initializers.lookup import deserialize as deserialize
from lamella.initializers.lookup import get as get
from lamella.initializers.lookup import serialize as serialize
from lamella.initializers.random import Orthogonal as Orthogonal
from lamella.initializers.random import RandomInitializer as RandomInitializer
from lamella.initializers.random import RandomNormal as RandomNormal
from lamella.initializers.random import RandomUniform as RandomUniform
from lamella.initializers.random import TruncatedNormal as TruncatedNormal
from lamella.initializers.random import VarianceScaling as VarianceScaling
from lamella.initializers.random import compute_fans as compute_fans
