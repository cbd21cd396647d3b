"""Long short-term memory without the forget gate.

K. Greff, R. K. Srivastava, J. Koutnik, B. R. Steunebrink and J. Schmidhuber, "LSTM: a search space
odyssey", IEEE Transactions on Neural Networks and Learning Systems 28, 2017, section on LSTM
variants: NFG, f = 1. It is the cell of 1997 (S. Hochreiter and J. Schmidhuber, Neural Computation
9, who squash with scaled logistic functions) with tanh, and with peepholes added. The other
equations are those of the paper's forward pass, with peepholes.
U is the paper's R.
"""

from elman.equations import Cell

lstm_nfg = Cell(
    """
# LSTM without the forget gate (Greff et al. 2017, NFG)
param p_i, p_o
z  = tanh(W_z x + U_z h + b_z)
i  = sigmoid(W_i x + U_i h + p_i * c + b_i)
c' = z * i + c
o  = sigmoid(W_o x + U_o h + p_o * c' + b_o)
h' = tanh(c') * o
""",
    name="lstm_nfg",
)
