"""Layers and cells that take the place of torch's."""

from elman.layers.drop_in.cells import GRUCell, LSTMCell, RNNCell
from elman.layers.drop_in.layers import GRU, LSTM, RNN

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNCell"]
