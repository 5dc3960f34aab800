"""Recurrent layers, their cells, and the wrappers for sequences."""

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
