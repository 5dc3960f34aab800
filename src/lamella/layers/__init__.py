"""Layers: what models are made of."""

from lamella._base.old_spellings import serve_old_names as _serve_old_names
from lamella._layer.input_spec import InputSpec as InputSpec
from lamella._layer.layer import Layer as Layer
from lamella.layers.activations.rectified import *  # noqa: F403
from lamella.layers.activations.softmax import Softmax as Softmax
from lamella.layers.attention.heads import *  # noqa: F403
from lamella.layers.attention.scored import AdditiveAttention as AdditiveAttention
from lamella.layers.attention.scored import Attention as Attention
from lamella.layers.convolutional.convolution import *  # noqa: F403
from lamella.layers.convolutional.separable import *  # noqa: F403
from lamella.layers.convolutional.transposed import *  # noqa: F403
from lamella.layers.core.dense import Dense as Dense
from lamella.layers.core.einsum_dense import EinsumDense as EinsumDense
from lamella.layers.core.embedding import Embedding as Embedding
from lamella.layers.core.input_layer import Input as Input
from lamella.layers.core.input_layer import InputLayer as InputLayer
from lamella.layers.core.lambda_layer import Lambda as Lambda
from lamella.layers.core.plain import *  # noqa: F403
from lamella.layers.lookup import deserialize as deserialize
from lamella.layers.lookup import serialize as serialize
from lamella.layers.merging.dot import Dot as Dot
from lamella.layers.merging.dot import dot as dot
from lamella.layers.merging.elementwise import *  # noqa: F403
from lamella.layers.normalization.batch import BatchNormalization as BatchNormalization
from lamella.layers.normalization.features import *  # noqa: F403
from lamella.layers.normalization.group import GroupNormalization as GroupNormalization
from lamella.layers.normalization.spectral import SpectralNormalization as SpectralNormalization
from lamella.layers.old_layers import merge as _merge
from lamella.layers.old_layers import thresholded_relu as _thresholded_relu
from lamella.layers.pooling.everywhere import *  # noqa: F403
from lamella.layers.pooling.windows import *  # noqa: F403
from lamella.layers.regularization.dropout import *  # noqa: F403
from lamella.layers.reshaping.edges import *  # noqa: F403
from lamella.layers.reshaping.reshape import *  # noqa: F403
from lamella.layers.reshaping.upsampling import *  # noqa: F403
from lamella.layers.rnn.bidirectional import Bidirectional as Bidirectional
from lamella.layers.rnn.gru import GRU as GRU
from lamella.layers.rnn.gru import GRUCell as GRUCell
from lamella.layers.rnn.lstm import LSTM as LSTM
from lamella.layers.rnn.lstm import LSTMCell as LSTMCell
from lamella.layers.rnn.rnn import RNN as RNN
from lamella.layers.rnn.simple_rnn import SimpleRNN as SimpleRNN
from lamella.layers.rnn.simple_rnn import SimpleRNNCell as SimpleRNNCell
from lamella.layers.rnn.stacked_cells import StackedRNNCells as StackedRNNCells
from lamella.layers.rnn.time_distributed import TimeDistributed as TimeDistributed

_serve_old_names(__name__, ThresholdedReLU=_thresholded_relu, merge=_merge)
