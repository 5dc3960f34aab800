"""Random numbers from seeds that can be repeated."""

from lamella._state.seeds import SeedGenerator as SeedGenerator
from lamella.random.distributions import beta as beta
from lamella.random.distributions import binomial as binomial
from lamella.random.distributions import categorical as categorical
from lamella.random.distributions import dropout as dropout
from lamella.random.distributions import gamma as gamma
from lamella.random.distributions import normal as normal
from lamella.random.distributions import randint as randint
from lamella.random.distributions import shuffle as shuffle
from lamella.random.distributions import truncated_normal as truncated_normal
from lamella.random.distributions import uniform as uniform
