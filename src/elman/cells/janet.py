"""JANET, just another network: an LSTM with nothing but its forget gate.

J. van der Westhuizen and J. Lasenby, "The unreasonable effectiveness of the forget gate",
arXiv:1804.04849, the equations with s and beta, for beta = 1. The paper starts the bias of the
gate by drawing log(u) for u uniform up to the longest dependency; here it starts at 1, the number
that is usual for an LSTM. For memories over T steps write about log(T / 2) instead.
"""

from elman.equations import Cell

janet = Cell(
    """
# JANET, only a forget gate (van der Westhuizen and Lasenby 2018)
param b_f = 1, b_c = 0
s  = W_f x + U_f h + b_f
c  = tanh(W_c x + U_c h + b_c)
h' = sigmoid(s) * h + (1 - sigmoid(s - 1)) * c
""",
    name="janet",
)
