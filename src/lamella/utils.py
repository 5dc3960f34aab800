"""Helpers under the home that Keras gives them."""

from lamella._base.naming import clear_session as clear_session
from lamella._state.seeds import enable_determinism as enable_determinism
from lamella._state.seeds import set_random_seed as set_random_seed
from lamella.data.arrays import pack_x_y_sample_weight as pack_x_y_sample_weight
from lamella.data.encoding import normalize as normalize
from lamella.data.encoding import pad_sequences as pad_sequences
from lamella.data.encoding import to_categorical as to_categorical
from lamella.data.pictures import image_dataset_from_directory as image_dataset_from_directory
from lamella.data.py_dataset import PyDataset as PyDataset
from lamella.data.py_dataset import Sequence as Sequence
from lamella.data.splitting import split_dataset as split_dataset
from lamella.data.streams import unpack_x_y_sample_weight as unpack_x_y_sample_weight
from lamella.data.windows import timeseries_dataset_from_array as timeseries_dataset_from_array
from lamella.saving import CustomObjectScope as CustomObjectScope
from lamella.saving import custom_object_scope as custom_object_scope
from lamella.saving import deserialize_keras_object as deserialize_keras_object
from lamella.saving import get_custom_objects as get_custom_objects
from lamella.saving import get_registered_name as get_registered_name
from lamella.saving import get_registered_object as get_registered_object
from lamella.saving import register_keras_serializable as register_keras_serializable
from lamella.saving import serialize_keras_object as serialize_keras_object
from lamella.visualization import model_to_dot as model_to_dot
from lamella.visualization import plot_model as plot_model
