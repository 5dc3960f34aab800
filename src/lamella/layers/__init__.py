"""Layers: what models are made of."""

from lamella._base.old_spellings import serve_old_names as _serve_old_names
from lamella._layer.input_spec import InputSpec as InputSpec
from lamella._layer.layer import Layer as Layer
from lamella.layers.activations.rectified import *  # noqa: F403
from lamella.layers.activations.softmax import Softmax as Softmax
from lamella.layers.attention.heads import *  # noqa: F403
from lamella.layers.attention.scored import AdditiveAttention as AdditiveAttention
from lamella.layers.attention.scored import Attention as Attention
from lamella.layers.convolutional.convolution import Conv1D as Conv1D
from lamella.layers.convolutional.convolution import Conv2D as Conv2D
from lamella.layers.convolutional.convolution import Conv3D as Conv3D
from lamella.layers.convolutional.convolution import Convolution1D as Convolution1D
from lamella.layers.convolutional.convolution import Convolution2D as Convolution2D
from lamella.layers.convolutional.convolution import Convolution3D as Convolution3D
from lamella.layers.convolutional.separable import DepthwiseConv1D as DepthwiseConv1D
from lamella.layers.convolutional.separable import DepthwiseConv2D as DepthwiseConv2D
from lamella.layers.convolutional.separable import SeparableConv1D as SeparableConv1D
from lamella.layers.convolutional.separable import SeparableConv2D as SeparableConv2D
from lamella.layers.convolutional.separable import SeparableConvolution1D as SeparableConvolution1D
from lamella.layers.convolutional.separable import SeparableConvolution2D as SeparableConvolution2D
from lamella.layers.convolutional.transposed import Conv1DTranspose as Conv1DTranspose
from lamella.layers.convolutional.transposed import Conv2DTranspose as Conv2DTranspose
from lamella.layers.convolutional.transposed import Conv3DTranspose as Conv3DTranspose
from lamella.layers.convolutional.transposed import Convolution1DTranspose as Convolution1DTranspose
from lamella.layers.convolutional.transposed import Convolution2DTranspose as Convolution2DTranspose
from lamella.layers.convolutional.transposed import Convolution3DTranspose as Convolution3DTranspose
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
from lamella.layers.regularization.dropout import AlphaDropout as AlphaDropout
from lamella.layers.regularization.dropout import Dropout as Dropout
from lamella.layers.regularization.dropout import SpatialDropout1D as SpatialDropout1D
from lamella.layers.regularization.dropout import SpatialDropout2D as SpatialDropout2D
from lamella.layers.regularization.dropout import SpatialDropout3D as SpatialDropout3D
from lamella.layers.regularization.noise import *  # noqa: F403
from lamella.layers.reshaping.edges import *  # noqa: F403
from lamella.layers.reshaping.reshape import *  # noqa: F403
from lamella.layers.reshaping.upsampling import UpSampling1D as UpSampling1D
from lamella.layers.reshaping.upsampling import UpSampling2D as UpSampling2D
from lamella.layers.reshaping.upsampling import UpSampling3D as UpSampling3D
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
