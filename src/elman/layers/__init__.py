"""Torch modules around a kernel."""

from elman.layers.drop_in import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell
from elman.layers.ensemble import Ensemble
from elman.layers.recurrent import Recurrent
from elman.layers.stack import Stack
from elman.layers.streams import streams
from elman.layers.weights import load_weights, save_weights

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Ensemble",
    "GRUCell",
    "LSTMCell",
    "RNNCell",
    "Recurrent",
    "Stack",
    "load_weights",
    "save_weights",
    "streams",
]
