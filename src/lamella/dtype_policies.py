"""Which number types layers compute and store in."""

from lamella._state.policy import DTypePolicy as DTypePolicy
from lamella._state.policy import get as get
