"""What fit, evaluate and predict are fed with."""

from lamella.data.arrays import ArrayData as ArrayData
from lamella.data.arrays import pack_x_y_sample_weight as pack_x_y_sample_weight
from lamella.data.arrays import rows_of as rows_of
from lamella.data.py_dataset import PyDataset as PyDataset
from lamella.data.splitting import split_dataset as split_dataset
from lamella.data.streams import StreamData as StreamData
from lamella.data.streams import is_stream as is_stream
from lamella.data.streams import unpack_x_y_sample_weight as unpack_x_y_sample_weight
