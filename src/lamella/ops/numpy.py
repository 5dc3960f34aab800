"""The ops that NumPy has too."""

from lamella.ops.arithmetic import *  # noqa: F403
from lamella.ops.comparison import *  # noqa: F403
from lamella.ops.control import vectorize as vectorize
from lamella.ops.convert import ndim as ndim
from lamella.ops.convert import size as size
from lamella.ops.create import *  # noqa: F403
from lamella.ops.elementary import *  # noqa: F403
from lamella.ops.indexing import *  # noqa: F403
from lamella.ops.math import slogdet as slogdet
from lamella.ops.products import *  # noqa: F403
from lamella.ops.reduce import *  # noqa: F403
from lamella.ops.shaping import *  # noqa: F403
from lamella.ops.statistics import *  # noqa: F403
