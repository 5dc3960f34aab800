"""Files of models and weights, and names for your own classes in them."""

from lamella.saving.api import *  # noqa: F403
from lamella.saving.object_registration import *  # noqa: F403
