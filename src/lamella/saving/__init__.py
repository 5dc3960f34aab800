"""Files of models and weights, and names for your own classes in them."""

from lamella.saving.api import *  # noqa: F403
from lamella.saving.object_registration import CustomObjectScope as CustomObjectScope
from lamella.saving.object_registration import custom_object_scope as custom_object_scope
from lamella.saving.object_registration import deserialize_keras_object as deserialize_keras_object
from lamella.saving.object_registration import get_custom_objects as get_custom_objects
from lamella.saving.object_registration import get_registered_name as get_registered_name
from lamella.saving.object_registration import get_registered_object as get_registered_object
from lamella.saving.object_registration import (
    register_keras_serializable as register_keras_serializable,
)
from lamella.saving.object_registration import serialize_keras_object as serialize_keras_object
