"""The cells as others have them: written by hand for torch and JAX, and offered by libraries."""

from elman.bench.rivals.gru import gru
from elman.bench.rivals.lstm import lstm
from elman.bench.rivals.lstm_layernorm import lstm_layernorm
from elman.bench.rivals.lstm_peephole import lstm_peephole
from elman.bench.rivals.mgu import mgu
from elman.bench.rivals.mut1 import mut1
from elman.bench.rivals.rival import IDENTITY, ZEROS, Offered, Packed, Rival
from elman.bench.rivals.rnn import rnn

RIVALS: dict[str, Rival] = {
    "rnn": rnn,
    "gru": gru,
    "lstm": lstm,
    "mut1": mut1,
    "mgu": mgu,
    "lstm_peephole": lstm_peephole,
    "lstm_layernorm": lstm_layernorm,
}

__all__ = ["IDENTITY", "RIVALS", "ZEROS", "Offered", "Packed", "Rival"]
