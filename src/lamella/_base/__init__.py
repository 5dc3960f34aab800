"""The ground floor: what the rest of lamella stands on. Knows Python, NumPy and JAX only."""

from lamella._base.atomic import replacing as replacing
from lamella._base.atomic import write_whole as write_whole
from lamella._base.configurable import Configurable as Configurable
from lamella._base.dtypes import dtype_name as dtype_name
from lamella._base.dtypes import is_float as is_float
from lamella._base.errors import *  # noqa: F403
from lamella._base.exports import publish as publish
from lamella._base.naming import name_for as name_for
from lamella._base.naming import snake_case as snake_case
from lamella._base.old_spellings import tell as tell
from lamella._base.registry import near_miss as near_miss
from lamella._base.registry import register as register
from lamella._base.settings import checked_format as checked_format
from lamella._base.settings import epsilon as epsilon
from lamella._base.settings import floatx as floatx
from lamella._base.shapes import as_shape as as_shape
from lamella._base.shapes import is_shape as is_shape
from lamella._base.signatures import continues as continues
from lamella._base.signatures import taken_by as taken_by
from lamella._base.signatures import with_defaults as with_defaults
from lamella._base.warn import warn_person as warn_person
