"""Number types, epsilon and image layout under their old home."""

from lamella._base.dtypes import standardize_dtype as standardize_dtype
from lamella._base.naming import clear_session as clear_session
from lamella._base.settings import epsilon as epsilon
from lamella._base.settings import floatx as floatx
from lamella._base.settings import image_data_format as image_data_format
from lamella._base.settings import set_epsilon as set_epsilon
from lamella._base.settings import set_floatx as set_floatx
from lamella._base.settings import set_image_data_format as set_image_data_format
