"""Settings of the whole library."""

from lamella._base.settings import epsilon as epsilon
from lamella._base.settings import floatx as floatx
from lamella._base.settings import image_data_format as image_data_format
from lamella._base.settings import set_epsilon as set_epsilon
from lamella._base.settings import set_floatx as set_floatx
from lamella._base.settings import set_image_data_format as set_image_data_format
from lamella._state.policy import dtype_policy as dtype_policy
from lamella._state.policy import set_dtype_policy as set_dtype_policy
