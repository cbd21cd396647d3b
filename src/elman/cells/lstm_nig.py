"""Long short-term memory without the input gate.

K. Greff, R. K. Srivastava, J. Koutnik, B. R. Steunebrink and J. Schmidhuber, "LSTM: a search space
odyssey", IEEE Transactions on Neural Networks and Learning Systems 28, 2017, section on LSTM
variants: NIG, i = 1. The other equations are those of the paper's forward pass, with peepholes. U
is the paper's R.
"""

from elman.equations import Cell

lstm_nig = Cell(
    """
# LSTM without the input gate (Greff et al. 2017, NIG)
param p_f, p_o
z  = tanh(W_z x + U_z h + b_z)
f  = sigmoid(W_f x + U_f h + p_f * c + b_f)
c' = z + c * f
o  = sigmoid(W_o x + U_o h + p_o * c' + b_o)
h' = tanh(c') * o
""",
    name="lstm_nig",
)
