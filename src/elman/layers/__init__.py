"""Torch modules around a kernel."""

from elman.layers.drop_in import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell
from elman.layers.recurrent import Recurrent

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNCell", "Recurrent"]
