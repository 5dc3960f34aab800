"""Half precision under its old home."""

from lamella._state.policy import DTypePolicy as DTypePolicy
from lamella._state.policy import Policy as Policy
from lamella._state.policy import dtype_policy as dtype_policy
from lamella._state.policy import global_policy as global_policy
from lamella._state.policy import set_dtype_policy as set_dtype_policy
from lamella._state.policy import set_global_policy as set_global_policy
